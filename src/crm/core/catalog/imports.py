"""Rows of an import file (JSON lines: table, level, name, parent, attrs) as offerings."""

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from crm.core.catalog.checks import BRANDS, MAIN_PLAN_TAG
from crm.core.catalog.errors import ImportFileUnreadable
from crm.core.catalog.folding import spell
from crm.core.catalog.import_amounts import read_add_timings, read_allowances, read_fee, read_remove_timings
from crm.core.catalog.import_limits import adopted_rows, read_last_day, read_stacking
from crm.core.catalog.schemas import Offering, OfferingKind

SERIES_TAG = "套餐系列"
_PARENT_LEVEL = "主业务"
_LEVELS = (_PARENT_LEVEL, "子业务")
_LONGEST_NAME = 120
_LONGEST_LINE = 1_000_000
_MOST_SLUG = 48
_BLANK = b"\xef\xbb\xbf \t\r"  # a byte order mark, too

_KIND_OF_TABLE: dict[str, OfferingKind] = {
    "流量": OfferingKind.DATA_PACK,
    "WLAN": OfferingKind.DATA_PACK,
    "家庭多终端": OfferingKind.FAMILY,
    "国际港澳台": OfferingKind.ROAMING,
}
_TAGS_OF_TABLE: dict[str, tuple[str, ...]] = {
    "流量": ("流量包",),
    "WLAN": ("WLAN",),
    "家庭多终端": ("家庭多终端",),
    "国际港澳台": ("国际及港澳台漫游",),
    "Card": ("卡品",),
}


class SourceRow(msgspec.Struct, frozen=True):
    """One line of the file. Unknown keys are tolerated: other exports carry more."""

    table: str
    level: str
    name: str
    parent: str | None = None
    attrs: dict[str, str] = {}


class ReadRow(NamedTuple):
    """A line with its offering, or with the reason why there is none."""

    line: int
    name: str
    offering: Offering | None
    reason: str = ""


def read_rows(path: Path, source: str) -> list[ReadRow]:
    """Every line of the file that is not blank. Raises `ImportFileUnreadable` when it cannot be opened."""
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as error:
        raise ImportFileUnreadable(str(path), error.strerror or "无法打开") from error
    return map_rows(lines, source)


def map_rows(lines: Iterable[bytes], source: str) -> list[ReadRow]:
    """Lines to offerings; `source` is the import's name. A row that groups others depends on all rows."""
    parsed = [_parse(number, line) for number, line in enumerate(lines, 1) if line.strip(_BLANK)]
    rows = [row for _, row, _ in parsed if row is not None]
    plans = {row.name for row in rows if _is_plan(row)}
    families = {row.parent: row.name in plans for row in rows if row.parent}
    for row in rows:
        if row.parent and row.name in plans:
            families[row.parent] = True
    adopted = adopted_rows(rows)
    read: list[ReadRow] = []
    seen: dict[str, int] = {}
    for number, row, reason in parsed:
        if row is None:
            read.append(ReadRow(number, "", None, reason))
            continue
        offering = _map(row, source, families, adopted.get(id(row), ""))
        first = seen.setdefault(offering.code, number)
        if first != number:
            same = f"与第 {first} 行是同一个产品（表、级别、名称、上级都相同）"
            read.append(ReadRow(number, row.name, None, same))
        else:
            read.append(ReadRow(number, row.name, offering))
    return read


def _parse(number: int, line: bytes) -> tuple[int, SourceRow | None, str]:
    if len(line) > _LONGEST_LINE:
        return number, None, "这一行超过 1 MB，不像产品数据"
    try:
        raw: Any = msgspec.json.decode(line.strip(_BLANK))
    except (msgspec.DecodeError, UnicodeDecodeError):
        return number, None, "不是完整的 JSON，或编码不是 UTF-8"
    try:
        row = msgspec.convert(raw, SourceRow)
    except msgspec.ValidationError as error:
        return number, None, f"字段不对：{error}（要有 table、level、name，attrs 是文字对文字）"
    name = row.name.strip()
    if not name or len(name) > _LONGEST_NAME or any(unicodedata.category(letter) == "Cc" for letter in name):
        return number, None, f"名称为空、超过 {_LONGEST_NAME} 字或含控制字符"
    if row.level not in _LEVELS:
        return number, None, f"不认识的级别“{row.level[:20]}”，应为主业务或子业务"
    return number, msgspec.structs.replace(row, name=name), ""


def _is_plan(row: SourceRow) -> bool:
    """A main plan is a tariff one is on: a 套餐 with its own minutes of calls, or a card that is a line."""
    if row.level == _PARENT_LEVEL:
        return False
    if row.table == "Card":
        return not any(word in row.name for word in ("副卡", "爱家"))
    return row.table == "套餐" and "套餐内容_国内主叫" in row.attrs


def _map(row: SourceRow, source: str, families: dict[str, bool], series: str) -> Offering:
    is_plan = _is_plan(row)
    brands = _brands(row.attrs.get("适用品牌", "") or row.attrs.get("开通客户限制", ""))
    fee = read_fee(row.name, row.attrs, is_plan)
    # A 主业务 row is sold itself only when nothing names it as parent and it states one price of its own.
    is_series = row.level == _PARENT_LEVEL and (row.name in families or fee.monthly_fen is None)
    kind = _kind(row, is_plan or (is_series and families.get(row.name, False)))
    series = row.parent or series
    tags = [*_TAGS_OF_TABLE.get(row.table, ()), *([series] if series else [])]
    if is_series:
        tags = [SERIES_TAG, *tags]
    elif is_plan:
        tags = [MAIN_PLAN_TAG, "4G套餐", *tags]
    offering = Offering(
        code=_code(row),
        name=row.name,
        kind=kind,
        brands=brands,
        sets_brand=brands[0] if is_plan and len(brands) == 1 else "",
        tags=tuple(dict.fromkeys(tags)),
        state="series" if is_series else "on_sale",
        monthly_fee_fen=fee.monthly_fen,
        one_off_fee_fen=fee.one_off_fen,
        fee_note=fee.note,
        allowances=read_allowances(row.attrs, abroad=kind is OfferingKind.ROAMING),
        add_timings=read_add_timings(row.attrs.get("开通生效规则", ""), is_plan),
        remove_timings=read_remove_timings(
            row.attrs.get("能否变更或取消", ""), row.attrs.get("取消变更生效规则", ""), is_plan
        ),
        summary=_summary(row),
        source=f"导入：{source}",
        attributes={"表": row.table, "级别": row.level, "上级业务": row.parent or "", **row.attrs},
    )
    return _limited(offering, series)


def _limited(offering: Offering, series: str) -> Offering:
    """With what the row says of how often and when it is sold."""
    rule = "" if offering.state == "series" else offering.attributes.get("累次叠加规则", "")
    stacking = read_stacking(rule, offering.code, offering.name, series)
    counted = [key for key in (*stacking.at_once, *stacking.by_month) if key != offering.code]
    return msgspec.structs.replace(
        offering,
        tags=tuple(dict.fromkeys((*offering.tags, *counted))),
        one_of=stacking.one_of,
        group_limits=dict(stacking.at_once),
        month_limits=dict(stacking.by_month),
        stackable=stacking.stackable,
        last_day_closes=read_last_day(offering.attributes.get("受理时间", "")),
    )


def _kind(row: SourceRow, is_plan: bool) -> OfferingKind:
    if is_plan:
        return OfferingKind.MAIN_PLAN
    if row.table in _KIND_OF_TABLE:
        return OfferingKind.VAS if row.name.startswith(("和校园", "亲情通")) else _KIND_OF_TABLE[row.table]
    if row.table == "Card":
        return OfferingKind.FAMILY
    if "短信" in row.name or "彩信" in row.name:
        return OfferingKind.SMS_PACK
    return OfferingKind.VAS


def _brands(text: str) -> tuple[str, ...]:
    """The brands, when the text names brands and nothing else; a longer condition stays in the attributes."""
    named = tuple(part for part in re.split(r"[、，,\s]+", text) if part)
    return named if named and all(part in BRANDS for part in named) else ()


def _summary(row: SourceRow) -> str:
    text = row.attrs.get("产品介绍") or row.attrs.get("套餐内容") or ""
    text = " ".join(text.split())
    return text if len(text) <= 200 else text[:199] + "…"


def _code(row: SourceRow) -> str:
    """Readable, and the same for the same table, level, name and parent, whatever else the row says."""
    identity = "\n".join((row.table, row.level, row.name, row.parent or ""))
    full = spell(unicodedata.normalize("NFKC", row.name).casefold())[1]
    slug = re.sub(r"[^a-z0-9]+", "-", full)[:_MOST_SLUG].strip("-") or "offering"
    return f"{slug}-{hashlib.sha256(identity.encode()).hexdigest()[:6]}"
