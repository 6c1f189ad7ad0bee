"""Texts of the messages around an order (S4: one at once, one on the day it takes effect)."""

from collections.abc import Iterable, Sequence
from datetime import date

from crm.core.ordering.engine import PlannedItem

_MOST_NAMES = 6


def order_accepted(number: str, items: Sequence[PlannedItem], on: date, fees: dict[str, int | None]) -> str:
    """What was accepted, from when, at which monthly fee (`fees` in fen by offering code)."""
    days = sorted({item.effective_on for item in items})
    parts = [
        f"{_when(day, on)}{_sentence([item for item in items if item.effective_on == day], fees)}"
        for day in days
    ]
    return f"【中国移动】您的业务已受理：{'；'.join(parts)}。受理单号{number}。不是您本人的要求请回拨10086。"


def order_effective(number: str, added: Iterable[str], ended: Iterable[str]) -> str:
    """What took effect today."""
    parts = [f"{verb}{_names(names)}" for verb, names in (("开通", [*added]), ("终止", [*ended])) if names]
    return f"【中国移动】您办理的业务今日生效：{'，'.join(parts)}。受理单号{number}，如有疑问请拨打10086。"


def reservation_cancelled(number: str, names: Iterable[str], kept_plan: str) -> str:
    """What was reserved and will not come; the plan that goes on."""
    goes_on = f"，您的“{kept_plan}”继续使用" if kept_plan else ""
    return f"【中国移动】您已取消预约：{_names([*names])}{goes_on}。受理单号{number}，如有疑问请拨打10086。"


def _sentence(items: Sequence[PlannedItem], fees: dict[str, int | None]) -> str:
    added = [_priced(item, fees) for item in items if item.action == "add"]
    ended = [item.name for item in items if item.action == "delete"]
    return "，".join(f"{verb}{_names(names)}" for verb, names in (("开通", added), ("取消", ended)) if names)


def _priced(item: PlannedItem, fees: dict[str, int | None]) -> str:
    if item.free_until is not None:
        return f"{item.name}（免费体验至{item.free_until.month}月{item.free_until.day}日）"
    fee = fees.get(item.offering)
    return item.name if fee is None else f"{item.name}（月费{fee / 100:g}元）"


def _names(names: Sequence[str]) -> str:
    listed = "、".join(names[:_MOST_NAMES])
    return listed if len(names) <= _MOST_NAMES else f"{listed}等{len(names)}项"


def _when(day: date, on: date) -> str:
    return "即时" if day <= on else f"{day.year}年{day.month}月{day.day}日起"


def group_service_cancelled(name: str, *, continues: bool = False) -> str:
    """A group service was cancelled by work order; what waited for it may be ordered now or goes on."""
    if continues:
        return f"【中国移动】您的“{name}”已取消。您要办的业务将按您同意的内容自动办理，结果另发短信。"
    return f"【中国移动】您的“{name}”已取消，当月即可办理套餐或品牌变更。请拨打10086继续办理。"


def wish_ready(wanted: str) -> str:
    """What the customer has been waiting for is possible; consent is to be given anew."""
    return f"【中国移动】您登记的“{wanted}”现在可以办理。请拨打10086确认价格和生效时间后为您办理。"


def wish_changed(wanted: str) -> str:
    """What the customer has been waiting for needs another step."""
    return f"【中国移动】您登记的“{wanted}”情况有变化，请拨打10086，由人工为您说明并继续办理。"


def go_to_store(wanted: str, bring: Sequence[str]) -> str:
    """What is to be done in a store, and what to bring."""
    with_what = f"，请带{'、'.join(bring)}" if bring else ""
    return f"【中国移动】{wanted}需要到移动营业厅办理{with_what}。如有疑问请拨打10086。"
