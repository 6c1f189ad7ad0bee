"""A rule version as files: `rules/*.toml` and their proofs `cases/*.toml`, kept as they were written."""

import re
import tempfile
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

import msgspec

from crm.core.catalog.engine import Catalogue
from crm.core.compatibility.cases import Case, read_cases
from crm.core.compatibility.content import load_rules
from crm.core.compatibility.lint import check_rules
from crm.core.compatibility.rules import Rule
from crm.core.compatibility.ruleset import RuleSet
from crm.platform.content import ContentProblem

_PATH = re.compile(r"(rules|cases)/[\w.-]{1,80}\.toml")
_MOST_FILES = 200
_MOST_CHARACTERS = 2_000_000
_as_rules = msgspec.json.Decoder(tuple[Rule, ...]).decode


def read_folder(folder: Path) -> tuple[dict[str, str], tuple[ContentProblem, ...]]:
    """The texts of a content folder by path; a folder without `rules/` is taken for the rules themselves."""
    files: dict[str, str] = {}
    problems: list[ContentProblem] = []
    places = [("rules", folder / "rules"), ("cases", folder / "cases")]
    if not (folder / "rules").is_dir():
        places = [("rules", folder)]
    for kind, place in places:
        for path in sorted(place.glob("*.toml")):
            try:
                files[f"{kind}/{path.name}"] = path.read_text("utf-8-sig")
            except (OSError, UnicodeDecodeError):
                problems.append(
                    ContentProblem(f"{kind}/{path.name}", None, "文件读不了", "存成 UTF-8，检查权限")
                )
    if not any(name.startswith("rules/") for name in files):
        problems.append(ContentProblem(str(folder), None, "没有规则文件", "文件夹里要有 rules/*.toml"))
    return files, tuple(problems)


def shape_problems(files: Mapping[str, str]) -> tuple[ContentProblem, ...]:
    """Names outside `rules/` and `cases/`, too many files, too much text."""
    found = [
        ContentProblem(name[:100], None, "文件名不合规", "只能是 rules/名称.toml 或 cases/名称.toml")
        for name in files
        if not _PATH.fullmatch(name)
    ]
    if len(files) > _MOST_FILES or sum(map(len, files.values())) > _MOST_CHARACTERS:
        found.append(ContentProblem("rules", None, "内容过大", f"最多 {_MOST_FILES} 个文件、200 万字"))
    return tuple(found)


@contextmanager
def laid_out(files: Mapping[str, str]) -> Generator[Path]:
    """The files in a temporary folder, so that every check names file and line as for delivered content."""
    with tempfile.TemporaryDirectory(prefix="crm-rules-") as name:
        folder = Path(name)
        (folder / "rules").mkdir()
        (folder / "cases").mkdir()
        for path, text in files.items():
            (folder / path).write_text(text, "utf-8")
        yield folder


def rules_of(files: Mapping[str, str]) -> tuple[RuleSet, tuple[ContentProblem, ...]]:
    """The rules in the files and what is wrong with them."""
    if problems := shape_problems(files):
        return RuleSet(()), problems
    with laid_out(files) as folder:
        rules, problems = load_rules(folder / "rules")
    if not rules.rules and not problems:
        problems = (ContentProblem("rules", None, "没有任何规则", "至少写一条 [[rule]]"),)
    return rules, problems


def cases_of(files: Mapping[str, str]) -> tuple[Case, ...]:
    """The proofs that can be read."""
    with laid_out(files) as folder:
        return tuple(source.case for source in read_cases(folder / "cases")[0])


def proof_problems(files: Mapping[str, str], catalogue: Catalogue) -> tuple[ContentProblem, ...]:
    """Everything lint and the proofs find, measured against the catalogue in force."""
    if problems := shape_problems(files):
        return problems
    with laid_out(files) as folder:
        return tuple(check_rules(folder, catalogue))


def document_of(rules: RuleSet) -> str:
    """The canonical JSON whose SHA-256 is the rule set's hash."""
    return msgspec.json.encode(rules.rules, order="sorted").decode()


def from_document(document: str, named: str) -> RuleSet:
    """A stored rule set under the name it was stored with. Raises msgspec.ValidationError.

    A later release may know more fields of a rule and would hash it otherwise; the name stays the stored one,
    because verdicts carry it.
    """
    rules = RuleSet(_as_rules(document))
    rules.hash = named
    return rules
