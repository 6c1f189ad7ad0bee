"""Reads one TOML file into a struct and names every mistake with its line, in words for operations people."""

import difflib
import re
import tomllib
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from crm.platform.content import ContentProblem
from crm.platform.toml_tables import TomlTables

_T = TypeVar("_T", bound=msgspec.Struct)
_WANTED: tuple[tuple[str, str], ...] = (
    ("Expected `bool`", "写 true 或 false，不加引号"),
    ("Expected `array`", '写成列表，如 ["答复"]'),
    ("Expected `int`", "写整数，不加引号"),
    ("Expected `date`", "写日期，如 2026-10-01，不加引号"),
    ("Expected `str`", "写文字，放在半角双引号里"),
    ("Expected `object`", "写成一段 [表名]"),
)


class ContentFile:
    """A parsed file with the lines its tables and keys stand on; `problems` grows while it is read."""

    def __init__(self, path: Path, shown_as: str) -> None:
        self.file = shown_as
        self.problems: list[ContentProblem] = []
        self.raw: dict[str, Any] = {}
        self._lines: list[str] = []
        try:
            text = path.read_text("utf-8-sig")
            self.raw = tomllib.loads(text)
            self._lines = text.splitlines()
        except (OSError, ValueError):
            # Read again by the shared reader, whose explanations of broken TOML are better than ours.
            self.problems += TomlTables(path, "form", shown_as).problems

    def line(self, table: str = "", index: int = 0, key: str = "") -> int | None:
        """Line (from 1) of a key in the `index`-th table of this name, or of the table itself."""
        start, end = self._extent(table, index)
        if start is None:
            return None
        wanted = re.compile(rf"\s*[\"']?{re.escape(key)}[\"']?\s*=")
        found = (n + 1 for n in range(start, end) if key and wanted.match(self._lines[n]))
        return next(found, start + 1)

    def _extent(self, table: str, index: int) -> tuple[int | None, int]:
        heads = [n for n, line in enumerate(self._lines) if re.match(r"\s*\[", line) and "=" not in line]
        if not table:
            return 0, heads[0] if heads else len(self._lines)
        named = re.compile(rf"\s*\[{{1,2}}\s*{re.escape(table)}\s*\]")
        mine = [n for n in heads if named.match(self._lines[n])]
        if index >= len(mine):
            return None, 0
        after = [n for n in heads if n > mine[index]]
        return mine[index], after[0] if after else len(self._lines)

    def add(self, message: str, remedy: str, table: str = "", index: int = 0, key: str = "") -> None:
        """Note a mistake at a key."""
        self.problems.append(ContentProblem(self.file, self.line(table, index, key), message, remedy))

    def read(self, raw: object, shape: type[_T], table: str = "", index: int = 0) -> _T | None:
        """The table as a struct, or None after noting every unknown, missing and ill-typed key."""
        if not isinstance(raw, dict):
            self.add(f"{table} 应是一段表", f"写成 [{table}]，下面每行一个键", table, index)
            return None
        entries: dict[str, Any] = raw  # pyright: ignore[reportUnknownVariableType]  # keys of TOML are strings
        known = {field.encode_name: field for field in msgspec.structs.fields(shape)}
        before = len(self.problems)
        for key in entries:
            if key not in known:
                self.add(
                    f"不认识的键 {key}",
                    near(key, known, "可用的键见 workorders/README.md"),
                    table,
                    index,
                    key,
                )
        for key, field in known.items():
            if key not in entries:
                if field.required:
                    self.add(f"缺少 {key}", f"补上 {key} = …", table, index)
                continue
            self._check_type(entries[key], field.type, table, index, key)
        return None if len(self.problems) > before else msgspec.convert(entries, shape)

    def _check_type(self, value: object, wanted: Any, table: str, index: int, key: str) -> None:
        try:
            msgspec.convert(value, wanted)
        except msgspec.ValidationError as error:
            remedy = next((words for start, words in _WANTED if start in str(error)), "")
            choices = _choices(wanted)
            if "enum" in str(error) and choices:
                remedy = near(str(value), choices, f"可选：{'、'.join(choices)}")
            shown = value.isoformat() if isinstance(value, date) else str(value)[:40]
            self.add(
                f"{key} 写成“{shown}”不对", remedy or "对照 workorders/README.md 改正", table, index, key
            )


def near(word: str, known: Iterable[str], otherwise: str) -> str:
    """“是不是 …？” for the nearest known word, or the other remedy."""
    found = difflib.get_close_matches(word, list(known), 1, 0.5)
    return f"是不是 {found[0]}？" if found else otherwise


def _choices(wanted: Any) -> tuple[str, ...]:
    members = getattr(wanted, "__members__", None)
    return tuple(str(member.value) for member in members.values()) if members else ()
