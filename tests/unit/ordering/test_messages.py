"""The texts a customer receives (S4)."""

from datetime import date

from crm.core.ordering.engine import PlannedItem
from crm.core.ordering.messages import order_accepted, order_effective, reservation_cancelled
from tests.unit.ordering.baskets import NEXT, ON


def item(action: str, name: str, day: date, free_until: date | None = None) -> PlannedItem:
    return PlannedItem(action=action, offering=name, name=name, effective_on=day, free_until=free_until)


def test_the_first_message_names_days_and_fees() -> None:
    text = order_accepted(
        "PO20261122000001",
        [item("add", "短信包", ON), item("add", "新套餐", NEXT), item("delete", "旧套餐", NEXT)],
        ON,
        {"短信包": 1000, "新套餐": 5850},
    )
    assert text == (
        "【中国移动】您的业务已受理：即时开通短信包（月费10元）；2026年12月1日起开通新套餐（月费58.5元），取消旧套餐。"
        "受理单号PO20261122000001。不是您本人的要求请回拨10086。"
    )


def test_a_trial_says_how_long_it_is_free() -> None:
    text = order_accepted("PO1", [item("add", "手机报", NEXT, date(2026, 12, 31))], ON, {"手机报": 300})
    assert "手机报（免费体验至12月31日）" in text


def test_long_lists_are_cut() -> None:
    text = order_effective("PO1", [f"业务{n}" for n in range(9)], [])
    assert "业务5等9项" in text
    assert "终止" not in text


def test_a_cancelled_reservation_names_the_plan_that_goes_on() -> None:
    assert "您的“旧套餐”继续使用" in reservation_cancelled("PO1", ["新套餐"], "旧套餐")
    assert "继续使用" not in reservation_cancelled("PO1", ["短信包"], "")
