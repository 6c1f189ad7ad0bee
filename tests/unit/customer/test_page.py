"""The customer page put together from rows: states, lock-ins, warnings, colleagues."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest

from crm.core.customer.page import ContactRow, PageRow, ProductRow, WorkOrderRow, compose, state_of
from crm.core.customer.schemas import Customer360

NOW = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
TODAY = date(2026, 11, 22)
ME = uuid4()
COLLEAGUE = uuid4()


def line(**changes: Any) -> PageRow:
    row = PageRow(
        id=uuid4(),
        customer_id=uuid4(),
        msisdn="13800010003",
        brand="全球通",
        line_kind="普通",
        region="贵阳",
        status="active",
        opened_on=date(2020, 1, 1),
        password_locked_until_at=None,
        name="张伟",
        customer_kind="person",
        identity_type="身份证",
        identity_tail="52011234",
        profile_recorded=True,
        star_level=5,
        products=None,
        orders=None,
        work_orders=None,
        contacts=None,
        other_lines=None,
    )
    return msgspec.structs.replace(row, **changes)


def product(code: str, **changes: Any) -> ProductRow:
    row = ProductRow(
        id=uuid4(),
        offering_code=code,
        origin="self",
        status="active",
        starts_on=date(2026, 1, 1),
        ends_on=None,
        locked_until=None,
        free_until=None,
        came_with_id=None,
        campaign="",
        name=code,
        kind="vas",
        monthly_fee_fen=500,
    )
    return msgspec.structs.replace(row, **changes)


def call(
    hours_ago: float, staff_id: UUID = COLLEAGUE, *, ended: bool = True, channel: str = "hotline"
) -> ContactRow:
    started = NOW - timedelta(hours=hours_ago)
    return ContactRow(
        id=uuid4(),
        started_at=started,
        ended_at=started + timedelta(minutes=3) if ended else None,
        channel=channel,
        reason="consult-data",
        note="",
        tags=(),
        staff_id=staff_id,
        staff_number="1002" if staff_id == COLLEAGUE else "1001",
    )


def page(**changes: Any) -> Customer360:
    return compose(line(**changes), TODAY, NOW, ME, {"consult-data": "流量与上网"})


def kinds(shown: Customer360) -> list[str]:
    return [each.kind for each in shown.warnings]


def test_nothing_to_warn_of() -> None:
    shown = page(products=[product("gotone-standard", kind="main_plan")])
    assert shown.warnings == ()
    assert shown.plan is not None
    assert (shown.name_masked, shown.identity_masked) == ("张**", "5201**********1234")


@pytest.mark.parametrize(
    ("status", "starts_on", "ends_on", "state"),
    [
        ("active", date(2026, 11, 22), None, "active"),
        ("reserved", date(2026, 11, 22), None, "active"),  # the daily job is late
        ("reserved", date(2026, 12, 1), None, "reserved"),
        ("active", date(2026, 1, 1), date(2026, 12, 1), "active"),
        ("active", date(2026, 1, 1), date(2026, 11, 22), "ended"),
        ("terminated", date(2026, 1, 1), date(2026, 11, 10), "ended"),
    ],
)
def test_states_follow_the_calendar(status: str, starts_on: date, ends_on: date | None, state: str) -> None:
    assert state_of(status, starts_on, ends_on, TODAY) == state


def test_a_lock_in_is_inclusive_and_counts_down() -> None:
    last_day = page(products=[product("bundle", locked_until=TODAY)]).products[0]
    over = page(products=[product("bundle", locked_until=TODAY - timedelta(days=1))]).products[0]
    assert (last_day.locked, last_day.days_locked) == (True, 1)
    assert (over.locked, over.locked_until, over.days_locked) == (False, None, 0)


def test_only_a_lock_in_that_ends_soon_is_worth_a_word() -> None:
    assert kinds(page(products=[product("bundle", locked_until=TODAY + timedelta(days=59))])) == [
        "lock_in_ends"
    ]
    assert kinds(page(products=[product("bundle", locked_until=TODAY + timedelta(days=60))])) == []


def test_the_plan_comes_first_and_what_ended_last() -> None:
    shown = page(
        products=[
            product("gone", status="terminated", ends_on=date(2026, 11, 3)),
            product("ring"),
            product("next-plan", kind="main_plan", status="reserved", starts_on=date(2026, 12, 1)),
            product("plan", kind="main_plan"),
        ]
    )
    assert [each.offering_code for each in shown.products] == ["plan", "ring", "next-plan", "gone"]
    assert shown.plan is not None
    assert shown.plan.offering_code == "plan"
    assert kinds(shown) == ["change_pending"]


def test_an_unknown_offering_is_shown_by_its_code() -> None:
    shown = page(products=[product("x-17", name=None, kind=None, monthly_fee_fen=None)])
    assert (shown.products[0].name, shown.products[0].kind_name) == ("x-17", "其他业务")


def test_repeat_calls_count_within_72_hours_on_the_hotline() -> None:
    assert kinds(page(contacts=[call(71.9)])) == ["repeat_call"]
    assert kinds(page(contacts=[call(72.1)])) == []
    assert kinds(page(contacts=[call(5, channel="sms")])) == []
    assert "流量与上网" in page(contacts=[call(5)]).warnings[0].text


def test_a_colleague_on_the_line_comes_before_everything() -> None:
    shown = page(contacts=[call(0.2, ended=False)], status="suspended", profile_recorded=False)
    assert kinds(shown)[:3] == ["other_staff", "suspended", "profile_missing"]
    assert [each.staff_number for each in shown.other_staff] == ["1002"]


def test_my_own_call_and_one_forgotten_for_hours_are_nobody_elses() -> None:
    assert page(contacts=[call(0.2, ME, ended=False)]).other_staff == ()
    assert page(contacts=[call(5, ended=False)]).other_staff == ()


def test_an_overdue_work_order_is_named() -> None:
    order = WorkOrderRow(
        id=uuid4(),
        number="WO20261120000001",
        type="complaint",
        title="投诉",
        state="assigned",
        queue="back_office",
        urgency="普通",
        created_at=NOW - timedelta(days=3),
        due_at=NOW - timedelta(hours=1),
    )
    shown = page(work_orders=[order])
    assert shown.open_work_orders[0].overdue
    assert "WO20261120000001" in shown.warnings[0].text


def test_a_password_lock_that_is_over_is_forgotten() -> None:
    assert kinds(page(password_locked_until_at=NOW + timedelta(minutes=1))) == ["password_locked"]
    assert kinds(page(password_locked_until_at=NOW)) == []
