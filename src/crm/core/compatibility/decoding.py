"""What is wrong with JSON or TOML that does not fit its shape, in Chinese."""

import re

_EXPECTED = re.compile(r"Expected `([^`]+)`, got `([^`]+)`")
_FIELD = re.compile(r"Object (missing required|contains unknown) field `([^`]+)`")
_VALUE = re.compile(r"Invalid (?:enum )?value '?([^'`]*?)'?(?: - at|$)")
_AT = re.compile(r" - at `([^`]+)`")
_TYPES = {
    "str": "文字",
    "int": "整数",
    "bool": "true 或 false",
    "array": "列表",
    "object": "对象",
    "date": "日期（如 2026-11-22）",
    "null": "空",
    "float": "小数",
}


def explain_mismatch(error: str) -> str:
    """The message of a msgspec.ValidationError in Chinese: the JSON path, and what is wrong there."""
    at = _AT.search(error)
    place = at.group(1) if at else "$"
    if field := _FIELD.search(error):
        what = "缺少" if field.group(1) == "missing required" else "不认识"
        return f"{place} {what} {field.group(2)}"
    if wrong := _EXPECTED.search(error):
        wanted, got = (
            " 或 ".join(_TYPES.get(each, each) for each in part.split(" | ")) for part in wrong.groups()
        )
        return f"{place} 应为{wanted}，实际是{got}"
    if value := _VALUE.search(error):
        return f"{place} 的值“{value.group(1)}”不在可选范围内"
    return f"{place} 写得不对"
