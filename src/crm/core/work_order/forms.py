"""Checks what was typed into a form and makes it readable again. Pure."""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from crm.core.work_order.errors import FieldsInvalid, TooLong
from crm.core.work_order.schemas import FieldKind, FieldValue, FormField, TypeView

CONTENT_LIMIT = 5000
NOTE_LIMIT = 2000
TITLE_LIMIT = 80
_MSISDN = re.compile(r"1\d{10}")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_MOST_YUAN = Decimal(10_000_000)


def clean(text: str) -> str:
    """Text without control characters and outer blanks, with plain line ends."""
    return _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def limited(text: str, what: str, limit: int = NOTE_LIMIT) -> str:
    """Clean text, or `TooLong`. Emoji and rare characters are welcome."""
    kept = clean(text)
    if len(kept) > limit:
        raise TooLong(what, len(kept), limit)
    return kept


def msisdn_of(text: str) -> str | None:
    """Eleven digits from a number as people type it; None when it is not one."""
    digits = re.sub(r"[\s\-()（）]", "", text).removeprefix("+86")
    return digits if _MSISDN.fullmatch(digits) else None


def check_form(kind: TypeView, typed: Mapping[str, Any]) -> dict[str, Any]:
    """The fields as stored: money as integer fen, dates as ISO text, empty ones left out.

    Raises `FieldsInvalid` naming every field that cannot be accepted.
    """
    wrong: dict[str, str] = {}
    kept: dict[str, Any] = {}
    for field in kind.form:
        value = typed.get(field.key)
        text = clean(value) if isinstance(value, str) else value
        if text is None or text == "":
            if field.required:
                wrong[field.key] = f"请填写“{field.label}”"
            continue
        result = _accept(field, text)
        if isinstance(result, _Refusal):
            wrong[field.key] = result.message
        else:
            kept[field.key] = result
    known = {field.key for field in kind.form}
    for key in typed:
        if key not in known:
            wrong[key] = f"“{kind.name}”没有“{key}”这一项"
    if wrong:
        raise FieldsInvalid(wrong)
    return kept


class _Refusal:
    def __init__(self, message: str) -> None:
        self.message = message


def _accept(field: FormField, value: object) -> object:
    text = str(value)
    if field.kind is FieldKind.MONEY:
        return _fen(field, value)
    if field.kind is FieldKind.NUMBER:
        plain = re.fullmatch(r"-?\d{1,12}", text)
        return int(text) if plain else _Refusal(f"“{field.label}”应为整数")
    if field.kind is FieldKind.DATE:
        return _day(field, text)
    if field.kind is FieldKind.SELECT and text not in field.options:
        return _Refusal(f"“{field.label}”请从{'、'.join(field.options)}中选一项")
    if len(text) > field.max_length:
        return _Refusal(f"“{field.label}”共 {len(text)} 字，最多 {field.max_length} 字")
    return text


def _fen(field: FormField, value: object) -> object:
    if isinstance(value, int):
        return value
    try:
        yuan = Decimal(str(value).replace(",", "").replace("，", "").lstrip("¥￥"))
    except InvalidOperation:
        return _Refusal(f"“{field.label}”应为金额，例如 12.50")
    if not yuan.is_finite() or not 0 <= yuan <= _MOST_YUAN or yuan != yuan.quantize(Decimal("0.01")):
        return _Refusal(f"“{field.label}”应在 0 到 1000 万元之间，最多两位小数")
    return int(yuan * 100)


def _day(field: FormField, text: str) -> object:
    try:
        return date.fromisoformat(text.replace("/", "-").replace(".", "-")).isoformat()
    except ValueError:
        return _Refusal(f"“{field.label}”应为日期，例如 2026-11-22")


def title_of(kind: TypeView, fields: Mapping[str, Any]) -> str:
    """The title by the type's pattern, in one line; what is not filled in leaves no trace."""
    values = {field.key: shown(field, fields.get(field.key)) for field in kind.form}
    filled = re.sub(r"\{(\w*)\}", lambda match: values.get(match.group(1), ""), kind.title)
    line = " ".join(filled.split()).replace("（）", "").rstrip("：")
    return line if len(line) <= TITLE_LIMIT else f"{line[: TITLE_LIMIT - 1]}…"


def shown(field: FormField, value: object) -> str:
    """A stored value as people read it."""
    if value is None:
        return ""
    if field.kind is FieldKind.MONEY and isinstance(value, int):
        return f"¥{value // 100:,}.{value % 100:02d}"
    return str(value)


def form_values(kind: TypeView, fields: Mapping[str, Any]) -> tuple[FieldValue, ...]:
    """The filled-in fields in the order of the form, then stored ones the form no longer has."""
    known = tuple(
        FieldValue(field.key, field.label, shown(field, fields[field.key]), field.kind is FieldKind.TEXTAREA)
        for field in kind.form
        if field.key in fields
    )
    keys = {field.key for field in kind.form}
    gone = tuple(FieldValue(key, key, str(value), False) for key, value in fields.items() if key not in keys)
    return known + gone
