# The map of this project: `make help`.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

UV_VERSION := 0.13.9
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=
JOBS ?= 2

# pyright finds its Node in the wheel and its own bundle; it must not look on the network for newer ones.
export PYRIGHT_PYTHON_IGNORE_WARNINGS := 1
export PYRIGHT_PYTHON_USE_BUNDLED_PYRIGHT := 1

RUNTIME := $(VENV)/.runtime-installed
DEV := $(VENV)/.dev-installed
PROOF := $(VENV)/.proof-installed

.PHONY: help
help: ## Show this map
	@echo "10086 Desk · targets (make TARGET ARGS='…')"
	@grep -hE '^[a-z][a-z-]*:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | awk -F'\t' '{printf "  make %-9s %s\n", $$1, $$2}'
	@echo "Settings: PORT, CRM_DATA_DIR, DATABASE_URL, … see docs/operations.md"

.PHONY: run
run: $(RUNTIME) ## Install what is missing, then start everything; Ctrl-C stops everything
	@exec $(BIN)/crm serve $(ARGS)

.PHONY: test
test: $(DEV) ## Run all tests (ARGS='tests/unit -k name', JOBS=2)
	$(BIN)/pytest -n $(JOBS) --dist loadfile $(ARGS)

.PHONY: check
check: lint content ## What CI checks: style, types, walls, templates, content

.PHONY: lint
lint: $(PROOF) ## Style, types, walls, templates
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright --pythonpath $(BIN)/python
	$(BIN)/lint-imports
	@if [ -d templates ]; then set -x; $(BIN)/djlint templates --lint --quiet; fi

.PHONY: format
format: $(DEV) ## Rewrite the Python files in the house style
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

.PHONY: content
content: $(RUNTIME) ## Check every content file; names file, line and remedy in Chinese
	$(BIN)/crm content check $(ARGS)

.PHONY: migrate
migrate: $(RUNTIME) ## Bring the database to the newest tables
	@$(BIN)/crm migrate $(ARGS)

.PHONY: seed
seed: $(RUNTIME) ## Make demo customers (ARGS='--subscribers 1000000 --seed 7')
	@$(BIN)/crm seed $(ARGS)

.PHONY: bench
bench: $(DEV) ## Measure against bare baselines and print the figures
	@$(BIN)/python bench/bench.py $(ARGS)

.PHONY: proof
proof: $(PROOF) ## Prove the checker: referees, plans, mutants, coverage (ARGS='--only agreement --cases 100000')
	@$(BIN)/python -m proof --jobs $(JOBS) $(ARGS)

.PHONY: lock
lock: $(VENV)/.uv-installed ## Resolve the newest allowed dependencies into the lock files
	$(BIN)/uv pip compile --upgrade $(LOCK_STYLE) pyproject.toml --group build -o requirements.lock
	$(BIN)/uv pip compile --upgrade $(LOCK_STYLE) pyproject.toml --group build --group dev -c requirements.lock -o requirements-dev.lock
	$(BIN)/uv pip compile --upgrade $(LOCK_STYLE) pyproject.toml --group proof -c requirements.lock -o requirements-proof.lock

LOCK_STYLE := --quiet --generate-hashes --universal --python-version 3.11 --no-header --no-annotate

.PHONY: clean
clean: ## Remove the virtual environment and caches; data in .data stays
	rm -rf $(VENV) .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +

# ---------------------------------------------------------------- the virtual environment

# The newest of the usual names, but at least 3.11.
define FIND_PYTHON
for name in $$PYTHON python3 python3.14 python3.13 python3.12 python3.11 python; do \
  if command -v $$name >/dev/null && $$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
    echo $$name; exit 0; fi; done; \
echo "需要 Python 3.11 或更高版本，没有找到；安装后重试，或用 make PYTHON=/path/to/python3 指定。" >&2; exit 1
endef

$(BIN)/python:
	@python=$$($(FIND_PYTHON)) && echo "创建虚拟环境 $(VENV)（$$($$python --version)）" && \
	{ $$python -m venv $(VENV) || { rm -rf $(VENV); echo "无法创建虚拟环境；Debian/Ubuntu 请先安装 python3-venv。" >&2; exit 1; }; }

# Without uv everything still works, only slower: INSTALL falls back to pip.
$(VENV)/.uv-installed: Makefile | $(BIN)/python
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check "uv==$(UV_VERSION)" || echo "uv 安装失败，改用 pip（较慢）。" >&2
	@touch $@

define INSTALL
install() { $(BIN)/uv pip install --quiet --python $(BIN)/python "$$@" || \
  { echo "uv 安装失败，改用 pip（较慢）……" >&2; $(BIN)/python -m pip install --quiet --disable-pip-version-check "$$@"; }; }; install
endef

$(RUNTIME): requirements.lock pyproject.toml $(VENV)/.uv-installed
	@echo "安装锁定的依赖（requirements.lock，校验哈希）……"
	@$(INSTALL) --require-hashes -r requirements.lock
	@$(INSTALL) --no-deps --no-build-isolation -e .
	@touch $@

$(DEV): requirements-dev.lock $(RUNTIME)
	@echo "安装开发依赖（requirements-dev.lock，校验哈希）……"
	@$(INSTALL) --require-hashes -r requirements-dev.lock
	@touch $@

$(PROOF): requirements-proof.lock $(DEV)
	@echo "安装证明工具（requirements-proof.lock，校验哈希）……"
	@$(INSTALL) --require-hashes -r requirements-proof.lock
	@touch $@
