"""The third-party files are exactly those that vendor.toml names."""

import hashlib
import tomllib
from pathlib import Path

import pytest

from crm.channels.desk.assets import FOLDER

MANIFEST = tomllib.loads((FOLDER / "vendor.toml").read_text("utf-8"))["file"]


@pytest.mark.parametrize("entry", MANIFEST, ids=[each["path"] for each in MANIFEST])
def test_a_vendored_file_is_the_one_named(entry: dict[str, str]) -> None:
    assert hashlib.sha256((FOLDER / entry["path"]).read_bytes()).hexdigest() == entry["sha256"]
    assert entry["version"] in entry["path"]
    assert (FOLDER / entry["licence_file"]).read_text("utf-8").strip()


def test_nothing_is_vendored_without_an_entry() -> None:
    named = {entry["path"] for entry in MANIFEST}
    there = {str(path.relative_to(FOLDER)) for path in (FOLDER / "vendor").glob("*") if path.is_file()}
    assert there == named


def test_every_icon_that_a_template_uses_is_in_the_sprite() -> None:
    import re

    sprite = set(
        re.findall(r'<symbol id="([^"]+)"', next(FOLDER.glob("vendor/lucide-*.svg")).read_text("utf-8"))
    )
    templates = Path(__file__).parents[2] / "templates"
    used: set[str] = set()
    for path in templates.rglob("*.html"):
        used |= set(re.findall(r'icon\("([a-z0-9-]+)"', path.read_text("utf-8")))
    assert used
    assert used <= sprite
