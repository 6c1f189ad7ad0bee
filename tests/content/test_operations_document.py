"""docs/operations.md tells the truth: settings, make targets and commands are those of the code."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from crm.cli import COMMANDS, cli

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")


def first_column(pattern: str) -> list[str]:
    """What the tables' first columns name, in order."""
    return re.findall(rf"^\| `{pattern}` \|", DOCUMENT, re.MULTILINE)


def test_every_setting_is_listed_once() -> None:
    source = (ROOT / "src" / "crm" / "platform" / "settings.py").read_text(encoding="utf-8")
    in_code = set(re.findall(r'"(PORT|DATABASE_URL|CRM_[A-Z_]+)"', source))
    listed = first_column("([A-Z_]+)")
    assert sorted(listed) == sorted(in_code)


def test_number_defaults_are_those_of_the_code() -> None:
    source = (ROOT / "src" / "crm" / "platform" / "settings.py").read_text(encoding="utf-8")
    in_code = dict(re.findall(r'number\("([A-Z_]+)", (\d+),', source))
    listed = dict(re.findall(r"^\| `([A-Z_]+)` \| `(\d+)` \|", DOCUMENT, re.MULTILINE))
    assert in_code == {name: listed.get(name) for name in in_code}


def test_every_make_target_is_listed_once() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = re.findall(r"^([a-z-]+):.*## ", makefile, re.MULTILINE)
    assert sorted(first_column("make ([a-z-]+)")) == sorted(targets)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_can_be_asked_for_help(name: str) -> None:
    answer = CliRunner().invoke(cli, [name, "--help"])
    assert answer.exit_code == 0, answer.output
    assert re.search(r"[\u4e00-\u9fff]", answer.output), "people at a desk read Chinese"


def test_every_command_is_listed_once() -> None:
    assert sorted(first_column("crm ([a-z-]+)")) == sorted(COMMANDS)
