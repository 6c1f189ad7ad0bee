"""Reads `catalog/offerings/*.toml` and names every mistake with file, line and remedy."""

import difflib
import re
from pathlib import Path
from typing import Any, cast

import msgspec

from crm.core.catalog.checks import OfferingSource, check_all, check_one
from crm.core.catalog.schemas import Offering, OfferingKind, PenaltyFormula, Timing
from crm.platform.content import ContentProblem
from crm.platform.toml_tables import TomlTables

KEYS: tuple[str, ...] = Offering.__struct_fields__
_REQUIRED = ("code", "name", "kind")
_PATH = re.compile(r" - at `\$\.?(\w*)[^`]*`")
_CHOICES: dict[str, str] = {
    "kind": "可选：" + "、".join(OfferingKind),
    "add_timings": "可选：" + "、".join(Timing),
    "remove_timings": "可选：" + "、".join(Timing),
    "penalty": '写成 { formula = "remaining_months", rate_percent = 30 }；formula 可选：'
    + "、".join(PenaltyFormula)
    + "；金额用整数分，键见 catalog/README.md",
}

_TYPES: dict[str, str] = {
    "int": "要整数（金额以分为单位），不加引号",
    "array": '要列表，如 ["全球通"]',
    "date": "要日期，如 2026-11-22，不加引号",
    "str": "要文字，放在半角双引号里",
    "object": "要一组键值",
}


def load_offerings(folder: Path) -> tuple[tuple[Offering, ...], tuple[ContentProblem, ...]]:
    """Every offering of the folder's TOML files, in file order, and what is wrong with the rest.

    An entry with a mistake in itself is left out; one that only refers to something unknown is kept.
    Reads files, nothing else.
    """
    if not folder.is_dir():
        remedy = "检查 CRM_CATALOG_DIR，或恢复 catalog/offerings"
        return (), (ContentProblem(str(folder), None, "产品目录文件夹不存在", remedy),)
    problems: list[ContentProblem] = []
    sources: list[OfferingSource] = []
    paths = sorted(folder.glob("*.toml"))
    if not paths:
        remedy = "确认文件夹是 catalog/offerings，每章一个 .toml 文件"
        problems.append(ContentProblem(str(folder), None, "文件夹里没有产品目录文件（*.toml）", remedy))
    for path in paths:
        file = TomlTables(path, "offering", f"{folder.parent.name}/{folder.name}/{path.name}")
        problems += file.problems
        for index, table in enumerate(file.tables):
            offering = _read_one(file, index, table, problems)
            if offering is not None:
                sources.append(OfferingSource(offering, file, index))
    problems += check_all(sources)
    return tuple(source.offering for source in sources), tuple(problems)


def check_offerings(folder: Path) -> list[ContentProblem]:
    """What is wrong with the folder; empty when everything is right."""
    return list(load_offerings(folder)[1])


def _read_one(
    file: TomlTables, index: int, table: dict[str, Any], problems: list[ContentProblem]
) -> Offering | None:
    found = [_unknown_key(file, index, key) for key in table if key not in KEYS]
    found += [
        ContentProblem(file.file, file.line(index), f"条目缺少 {key}", f'补上 {key} = "…"')
        for key in _REQUIRED
        if key not in table
    ]
    if found:
        problems += found
        return None
    try:
        offering = msgspec.convert(table, Offering)
    except msgspec.ValidationError as error:
        problems.append(_wrong_value(file, index, table, str(error)))
        return None
    found = check_one(OfferingSource(offering, file, index), frozenset(table))
    problems += found
    return None if found else offering


def _unknown_key(file: TomlTables, index: int, key: str) -> ContentProblem:
    near = difflib.get_close_matches(key, KEYS, 1, 0.5)
    remedy = f"是不是 {near[0]}？" if near else "可用的键见 catalog/README.md"
    return ContentProblem(file.file, file.line(index, key), f"不认识的键 {key}", remedy)


def _wrong_value(file: TomlTables, index: int, table: dict[str, Any], error: str) -> ContentProblem:
    at = _PATH.search(error)
    key = at.group(1) if at else ""
    said = table.get(key)
    value = _culprit(key, said)
    remedy = _CHOICES.get(key) or _wanted(error)
    near = difflib.get_close_matches(value or "", [*OfferingKind, *Timing], 1, 0.6)
    if near and key in _CHOICES:
        remedy = f"是不是 {near[0]}？{remedy}"
    line = file.line(index, key or None, value)
    return ContentProblem(file.file, line, f"{table['code']} 的 {key or '内容'} 写得不对", remedy)


def _culprit(key: str, said: object) -> str | None:
    """The text that is wrong: the value itself, or the first item of a list that is none of the choices."""
    if key in _CHOICES and isinstance(said, list):
        known = {*OfferingKind, *Timing}
        return next(
            (item for item in cast("list[Any]", said) if isinstance(item, str) and item not in known), None
        )
    return said if isinstance(said, str) else None


def _wanted(error: str) -> str:
    if "RFC3339" in error:
        return _TYPES["date"]
    if "unknown field" in error:
        return "只能用 kind、amount、scope 三个键"
    if "missing required" in error:
        return '每项要有 kind 和 amount，如 { kind = "sms", amount = 100 }'
    found = (words for type_name, words in _TYPES.items() if f"Expected `{type_name}" in error)
    return next(found, "对照 catalog/README.md 的说明改正")
