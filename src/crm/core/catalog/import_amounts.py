"""Fees, allowances and timings read from an imported row's free text, where it is clear. Pure."""

import re
from collections.abc import Mapping
from typing import NamedTuple

from crm.core.catalog.schemas import Allowance, Timing

_NUMBER = r"(\d{1,6}(?:\.\d{1,2})?)"
_BARE = re.compile(_NUMBER)
_PER = re.compile(rf"{_NUMBER}元/(月|次|张|年|半年|\d{{1,2}}个月)(?![\d/])")
_FLAT = re.compile(rf"{_NUMBER}元")
_TIER = re.compile(rf"^{_NUMBER}(?:元|档)|(?<=包){_NUMBER}元")
_FREE = ("免费", "无月功能费", "0")

_VOICE = re.compile(r"(\d{1,6})(?:分钟(?:免费通话时长)?)?")
_COUNT = re.compile(r"(\d{1,6})条")
_DATA = re.compile(r"(\d{1,7})(GB|G|MB|M)?")
_HOURS = re.compile(r"(\d{1,4})小时")

# Attribute of the source → kind and scope of the allowance.
_ALLOWANCES: dict[str, tuple[str, str]] = {
    "套餐内容_国内主叫": ("voice_minutes", "国内主叫"),
    "套餐内容_国内短信": ("sms", "国内"),
    "套餐内容_国内彩信": ("mms", "国内"),
    "套餐内容_国内流量": ("data_mb", "国内"),
    "套餐内容_定向视频流量": ("data_mb", "定向视频"),
    "套餐内容_夜间闲时流量": ("data_mb", "夜间闲时"),
    "套餐内容_WLAN流量": ("wlan_mb", ""),
    "套餐内容_WLAN时长": ("wlan_minutes", ""),
}


class Fee(NamedTuple):
    """Fen by month and once; None where the row does not say it clearly. The note keeps the row's words."""

    monthly_fen: int | None
    one_off_fen: int
    note: str


def read_fee(name: str, attributes: Mapping[str, str], is_main_plan: bool) -> Fee:
    """The fee, when fee column, charging text and name agree; otherwise only words."""
    column = attributes.get("功能费", "").strip()
    charging = attributes.get("计费方式", "").strip()
    first = re.split(r"[，。；,;（(]", charging, maxsplit=1)[0].strip()
    note = _note(column, first)
    stated = _stated(column, first, attributes.get("产品介绍", ""))
    if stated is None:
        tier = _tier(name)
        if not column and is_main_plan and tier is not None:
            return Fee(tier, 0, f"按档位名称{name}")
        return Fee(None, 0, note)
    fen, unit = stated
    if not _agrees(name, fen, unit):
        return Fee(None, 0, f"{note}（与名称不一致）")
    return Fee(fen, 0, "") if unit == "月" else Fee(0, fen, note)


def _note(column: str, first: str) -> str:
    words = f"功能费{column}元" if _BARE.fullmatch(column) else column
    if first and first != "None" and not (column and first.startswith("客户")):
        words = first if not column or column in first else f"{words}；{first}"
    return words if len(words) <= 120 else words[:119] + "…"


def _stated(column: str, first: str, introduction: str) -> tuple[int, str] | None:
    """(fen, unit) that the row states once and for all."""
    if column in _FREE or (not column and first in _FREE):
        return 0, "月"
    bare = _BARE.fullmatch(column)
    said = _PER.fullmatch(first)
    if said and not column:
        return _fen(said.group(1)), said.group(2)
    if said and bare:
        # The column drops the jiao ("8" for 8.99), so the text is the more exact of the two.
        same = int(float(said.group(1))) == int(float(bare.group(1)))
        return (_fen(said.group(1)), said.group(2)) if same else None
    whole = _PER.fullmatch(column)
    if whole:
        return _fen(whole.group(1)), whole.group(2)
    if bare:
        amount = re.escape(bare.group(1))
        monthly = rf"(?<![\d.])(?:{amount}元(?:/月|每月)|月费(?:只需|仅)?{amount}元)(?!/)"
        return (_fen(bare.group(1)), "月") if re.search(monthly, introduction) else None
    flat = _FLAT.fullmatch(column)
    return (_fen(flat.group(1)), "次") if flat else None


def _agrees(name: str, fen: int, unit: str) -> bool:
    tier = _tier(name)
    if tier is None or fen == 0:
        return True
    yearly = unit == "月" and fen * 12 == tier
    return yearly or abs(tier - fen) < 100


def _tier(name: str) -> int | None:
    found = _TIER.search(name)
    return _fen(found.group(1) or found.group(2)) if found else None


def _fen(yuan: str) -> int:
    return round(float(yuan) * 100)


def read_allowances(attributes: Mapping[str, str], abroad: bool = False) -> tuple[Allowance, ...]:
    """Allowances given as a plain amount; sentences are left to the attributes.

    The columns speak of use at home, so that those of an offering for travels abroad are not read.
    """
    if abroad:
        return ()
    found: list[Allowance] = []
    for key, (kind, scope) in _ALLOWANCES.items():
        amount = _amount(kind, attributes.get(key, "").strip())
        if amount:
            found.append(Allowance(kind, amount, scope))
    return tuple(found)


def _amount(kind: str, text: str) -> int:
    if kind == "voice_minutes":
        said = _VOICE.fullmatch(text)
        return int(said.group(1)) if said else 0
    if kind in ("sms", "mms"):
        said = _COUNT.fullmatch(text)
        return int(said.group(1)) if said else 0
    if kind == "wlan_minutes":
        said = _HOURS.fullmatch(text)
        return int(said.group(1)) * 60 if said else 0
    said = _DATA.fullmatch(text)
    if not said:
        return 0
    return int(said.group(1)) * (1024 if (said.group(2) or "").startswith("G") else 1)


def read_add_timings(text: str, is_main_plan: bool) -> tuple[Timing, ...]:
    """When an order takes effect for a customer who is already with us; the first is the default."""
    now = any(word in text for word in ("立即生效", "当月生效", "当即生效", "当时生效", "即为生效"))
    later = any(word in text for word in ("下月生效", "次月生效"))
    if is_main_plan:
        # "New customers this month, everybody else next month": on the desk it is always a change.
        return (Timing.NEXT_MONTH,) if later or not now else (Timing.NOW,)
    if now and later:
        return (Timing.NOW, Timing.NEXT_MONTH)
    if now:
        return (Timing.NOW,)
    return (Timing.NEXT_MONTH,)


def read_remove_timings(may_cancel: str, text: str, is_main_plan: bool) -> tuple[Timing, ...]:
    """When a cancellation takes effect; what cannot be cancelled ends with its term."""
    if is_main_plan:
        return (Timing.NEXT_MONTH,)
    if may_cancel in ("否", "不支持退订") or any(
        word in may_cancel for word in ("无法取消", "无法退订", "无法自行取消", "无法申请取消")
    ):
        return (Timing.END_OF_AGREEMENT,)
    if any(word in text for word in ("下月生效", "月末失效", "月底失效", "次月生效")):
        return (Timing.NEXT_MONTH,)
    if any(word in text for word in ("取消立即生效", "当时生效", "立即生效", "当月申请当月生效")):
        return (Timing.NOW,)
    return (Timing.NEXT_MONTH,)
