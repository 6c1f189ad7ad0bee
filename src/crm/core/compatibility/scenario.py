"""A scenario as JSON: decoded, with every mistake named in Chinese by its place in the file."""

import re
from collections.abc import Iterable

import msgspec

from crm.core.catalog.engine import Catalogue
from crm.core.catalog.schemas import Offering
from crm.core.compatibility.decoding import explain_mismatch
from crm.core.compatibility.errors import ScenarioUnreadable
from crm.core.compatibility.schemas import Scenario

_SCHEMA = "docs/schemas/scenario.schema.json"
_decoder = msgspec.json.Decoder(Scenario)
_SYNTAX = re.compile(r"\(byte (\d+)\)")


def read_scenario(text: bytes) -> Scenario:
    """The scenario in `text`. Raises ScenarioUnreadable with the JSON path of the mistake."""
    try:
        return _decoder.decode(text)
    except msgspec.ValidationError as error:
        raise ScenarioUnreadable(
            f"场景文件 {explain_mismatch(str(error))}，没有校验。请对照 {_SCHEMA} 改正后重试。"
        ) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ScenarioUnreadable(_explain_syntax(text, str(error))) from error


def catalogue_of(scenario: Scenario, delivered: Iterable[Offering]) -> Catalogue:
    """The delivered offerings with the scenario's own put over them, or its own alone."""
    if scenario.only_own_offerings:
        return Catalogue(scenario.offerings)
    return Catalogue([*delivered, *scenario.offerings])


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
