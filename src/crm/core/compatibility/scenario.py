"""A scenario as JSON: decoded, with every mistake named in Chinese by its place in the file."""

import re
from collections.abc import Iterable

import msgspec

from crm.core.catalog.engine import Catalogue
from crm.core.catalog.schemas import Offering
from crm.core.compatibility.errors import ScenarioUnreadable
from crm.core.compatibility.schemas import Scenario

_SCHEMA = "docs/schemas/scenario.schema.json"
_decoder = msgspec.json.Decoder(Scenario)
_EXPECTED = re.compile(r"Expected `([^`]+)`, got `([^`]+)`")
_FIELD = re.compile(r"Object (missing required|contains unknown) field `([^`]+)`")
_VALUE = re.compile(r"Invalid (?:enum )?value '?([^'`]*?)'?(?: - at|$)")
_AT = re.compile(r" - at `([^`]+)`")
_SYNTAX = re.compile(r"\(byte (\d+)\)")
_TYPES = {
    "str": "文字", "int": "整数", "bool": "true 或 false", "array": "列表", "object": "对象",
    "date": "日期（如 2026-11-22）", "null": "空", "float": "小数",
}  # fmt: skip


def read_scenario(text: bytes) -> Scenario:
    """The scenario in `text`. Raises ScenarioUnreadable with the JSON path of the mistake."""
    try:
        return _decoder.decode(text)
    except msgspec.ValidationError as error:
        raise ScenarioUnreadable(_explain(str(error))) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ScenarioUnreadable(_explain_syntax(text, str(error))) from error


def catalogue_of(scenario: Scenario, delivered: Iterable[Offering]) -> Catalogue:
    """The delivered offerings with the scenario's own put over them, or its own alone."""
    if scenario.only_own_offerings:
        return Catalogue(scenario.offerings)
    return Catalogue([*delivered, *scenario.offerings])


def _explain(error: str) -> str:
    at = _AT.search(error)
    place = at.group(1) if at else "$"
    if field := _FIELD.search(error):
        if field.group(1) == "missing required":
            return f"场景文件 {place} 缺少 {field.group(2)}，没有校验。请补上后重试。"
        return f"场景文件 {place} 里不认识 {field.group(2)}，没有校验。可用的键见 {_SCHEMA}。"
    if wrong := _EXPECTED.search(error):
        wanted, got = (
            " 或 ".join(_TYPES.get(each, each) for each in part.split(" | ")) for part in wrong.groups()
        )
        return f"场景文件 {place} 应为{wanted}，实际是{got}，没有校验。请改正后重试。"
    if value := _VALUE.search(error):
        return f"场景文件 {place} 的值“{value.group(1)}”不在可选范围内，没有校验。可选值见 {_SCHEMA}。"
    return f"场景文件 {place} 写得不对，没有校验。请对照 {_SCHEMA} 改正。"


def _explain_syntax(text: bytes, error: str) -> str:
    if not text.strip():
        return "场景文件是空的，没有校验。请给出一个 JSON 对象，例子见 docs/compatibility.md。"
    at = _SYNTAX.search(error)
    if at is None:
        return "场景文件不是完整的 JSON（或不是 UTF-8 编码），没有校验。请检查文件末尾的括号和引号。"
    before = text[: int(at.group(1))]
    line = before.count(b"\n") + 1
    column = len(before[before.rfind(b"\n") + 1 :].decode("utf-8", "replace")) + 1
    return f"场景文件第 {line} 行第 {column} 列不是合法的 JSON，没有校验。请检查这里的逗号、引号和括号。"
