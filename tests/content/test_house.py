"""The rules of the house that no linter knows: sizes, names, the one commit, error codes in the docs."""

import ast
import importlib
import pkgutil
import re
from pathlib import Path

import pytest

import crm
from crm.platform.errors import CrmError

ROOT = Path(__file__).resolve().parents[2]
CODE = sorted((ROOT / "src").rglob("*.py"))
TEMPLATES = sorted((ROOT / "templates").rglob("*.*"))
BANNED = {"utils", "util", "helpers", "helper", "manager", "common", "misc"}


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", CODE, ids=_name)
def test_a_file_is_small_and_says_what_it_is_for(path: Path) -> None:
    text = path.read_text("utf-8")
    assert len(text.splitlines()) <= 300
    tree = ast.parse(text)
    assert path.parent.name == "versions" or ast.get_docstring(tree), "a module says what it is for"
    assert BANNED.isdisjoint(re.split(r"[_.]", path.stem))
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno is not None:
            assert node.end_lineno - node.lineno < 40, f"{node.name} is longer than 40 lines"


@pytest.mark.parametrize("path", TEMPLATES, ids=_name)
def test_a_template_is_small(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= 120


def test_whoever_silences_a_checker_says_why() -> None:
    mark = re.compile(r"# (?:noqa: [A-Z0-9, ]+|(?:type|pyright): ignore\[[^\]]+\])(.*)$")
    silent = [
        f"{_name(path)}:{number}"
        for folder in ("src", "tests", "checks", "proof", "bench")
        for path in sorted((ROOT / folder).rglob("*.py"))
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if (found := mark.search(line)) and not re.search(r"\w", found.group(1))
    ]
    assert silent == [], "a reason follows the mark: # noqa: X000  (why) or # pyright: ignore[x]  # why"


def test_there_is_one_commit() -> None:
    commits = [_name(path) for path in CODE if re.search(r"\.commit\(", path.read_text("utf-8"))]
    assert commits == ["src/crm/platform/database.py"]


def test_no_statement_names_a_schema() -> None:
    named = [
        _name(path)
        for path in CODE
        if re.search(r"\b(FROM|INTO|JOIN|UPDATE) public\.", path.read_text("utf-8"))
    ]
    assert named == []


def _all_errors() -> dict[str, type[CrmError]]:
    for module in pkgutil.walk_packages(crm.__path__, "crm."):
        if ".migrations." not in module.name:
            importlib.import_module(module.name)
    found: dict[str, type[CrmError]] = {}
    waiting = [CrmError]
    while waiting:
        error = waiting.pop()
        assert error.code not in found or found[error.code] is error, f"two errors are called {error.code}"
        found[error.code] = error
        waiting += error.__subclasses__()
    return found


def test_every_error_code_is_in_the_docs_and_no_other() -> None:
    documented = dict(
        re.findall(
            r"^\| `(\w+)` \| (\w+) \|", (ROOT / "docs/error-codes.md").read_text("utf-8"), re.MULTILINE
        )
    )
    assert documented == {code: error.kind.value for code, error in _all_errors().items()}
