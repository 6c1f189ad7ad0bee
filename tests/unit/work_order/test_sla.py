"""Deadlines across holidays and 调休 days of 2026, the real calendar files."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.core.work_order import sla
from crm.core.work_order.content import load_work_orders
from crm.core.work_order.schemas import Span, Unit
from crm.platform.clock import SHANGHAI

CALENDAR = load_work_orders(Path(__file__).resolve().parents[3] / "workorders")[0].calendar
DAY_WORK = timedelta(hours=7, minutes=30)


def at(text: str) -> datetime:
    """A Shanghai wall time as a UTC moment."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).astimezone(UTC)


@pytest.mark.parametrize(
    ("day", "working"),
    [
        ("2026-01-01", False), ("2026-01-02", False), ("2026-01-04", True), ("2026-01-05", True),
        ("2026-02-14", True), ("2026-02-15", False), ("2026-02-23", False), ("2026-02-24", True),
        ("2026-02-28", True), ("2026-03-01", False), ("2026-04-06", False), ("2026-05-05", False),
        ("2026-05-09", True), ("2026-06-19", False), ("2026-09-20", True), ("2026-09-25", False),
        ("2026-10-07", False), ("2026-10-08", True), ("2026-10-10", True), ("2026-10-11", False),
        ("2026-11-22", False), ("2026-11-23", True), ("2027-01-01", True), ("2027-01-02", False),
        ("2031-06-02", True), ("2031-06-01", False),
    ],
)  # fmt: skip
def test_holidays_and_exchanged_days(day: str, working: bool) -> None:
    assert CALENDAR.is_working(date.fromisoformat(day)) is working


@pytest.mark.parametrize(
    ("start", "hours", "due"),
    [
        ("2026-11-23 09:00", 2, "2026-11-23 11:00"),
        ("2026-11-23 11:00", 2, "2026-11-23 14:30"),  # over lunch
        ("2026-11-23 16:30", 2, "2026-11-24 09:30"),  # over night
        ("2026-11-20 17:00", 1, "2026-11-23 09:00"),  # over the weekend
        ("2026-11-22 10:00", 1, "2026-11-23 09:30"),  # from a Sunday
        ("2026-02-13 17:00", 1, "2026-02-14 09:00"),  # the Saturday before the Spring Festival is worked
        ("2026-02-14 17:00", 1, "2026-02-24 09:00"),  # nine days off
        ("2026-09-30 16:30", 8, "2026-10-08 17:00"),  # National Day
        ("2026-10-09 17:30", 1, "2026-10-10 09:30"),  # the Saturday after it is worked
    ],
)
def test_working_hours(start: str, hours: int, due: str) -> None:
    assert sla.deadline(at(start), Span(hours, Unit.WORKING_HOURS), CALENDAR) == at(due)


@pytest.mark.parametrize(
    ("start", "days", "due"),
    [
        ("2026-11-23 09:00", 1, "2026-11-24 17:30"),
        ("2026-11-20 23:59", 5, "2026-11-27 17:30"),
        ("2026-02-12 10:00", 5, "2026-02-26 17:30"),  # 13, 14 (exchanged), then 24, 25, 26
        ("2026-09-29 10:00", 5, "2026-10-12 17:30"),  # 30, then 8, 9, 10 (exchanged), 12
        ("2026-12-30 10:00", 3, "2027-01-04 17:30"),  # 31, then 2027 without a holiday list: 1 and 4
    ],
)
def test_working_days(start: str, days: int, due: str) -> None:
    assert sla.deadline(at(start), Span(days, Unit.WORKING_DAYS), CALENDAR) == at(due)


def test_plain_hours_take_no_notice_of_holidays() -> None:
    due = sla.deadline(at("2026-02-14 20:00"), Span(48, Unit.HOURS), CALENDAR)
    assert due == at("2026-02-16 20:00")


def test_pause_gives_back_what_was_left() -> None:
    hours, working = Span(24, Unit.HOURS), Span(8, Unit.WORKING_HOURS)
    held, due, now = at("2026-11-23 10:00"), at("2026-11-23 16:00"), at("2026-11-25 10:00")
    assert sla.resumed(held, due, now, hours, CALENDAR) == at("2026-11-25 16:00")
    assert sla.resumed(held, due, now, working, CALENDAR) == at("2026-11-25 16:00")
    friday, monday = at("2026-11-20 17:00"), at("2026-11-23 09:00")
    assert sla.resumed(friday, monday, at("2026-11-21 12:00"), working, CALENDAR) == at("2026-11-23 09:30")


def test_what_was_late_before_the_pause_stays_late() -> None:
    due = at("2026-11-23 09:00")
    resumed = sla.resumed(at("2026-11-23 10:00"), due, at("2026-11-30 10:00"), Span(24, Unit.HOURS), CALENDAR)
    assert resumed == due


def test_assistance_has_half_of_what_the_parent_has_left() -> None:
    now = at("2026-11-23 10:00")
    assert sla.assistance_deadline(now, now + timedelta(hours=10)) == now + timedelta(hours=5)
    assert sla.assistance_deadline(now, now + timedelta(minutes=20)) == now + timedelta(minutes=30)
    assert sla.assistance_deadline(now, now - timedelta(hours=3)) == now + timedelta(minutes=30)


@pytest.mark.parametrize(
    ("after", "level", "minutes"),
    [(0, "fine", 1440), (17, "fine", 420), (19, "soon", 300), (24, "late", 0), (25, "late", -60)],
)
def test_levels(after: int, level: str, minutes: int) -> None:
    made = at("2026-11-23 10:00")
    clocks = sla.clocks(
        now=made + timedelta(hours=after), created_at=made, due_at=made + timedelta(hours=24),
        contact_due_at=None, contacted_at=None, stopped_at=None, ended_at=None,
    )  # fmt: skip
    assert (clocks.level, clocks.minutes_left) == (level, minutes)


def test_clock_that_stands_still_and_clock_that_ended() -> None:
    made = at("2026-11-23 10:00")
    common = {
        "created_at": made,
        "due_at": made + timedelta(hours=24),
        "contact_due_at": None,
        "contacted_at": None,
    }
    week = made + timedelta(days=7)
    paused = sla.clocks(now=week, stopped_at=made + timedelta(hours=4), ended_at=None, **common)  # pyright: ignore[reportArgumentType]  # moments by name
    assert (paused.level, paused.minutes_left) == ("paused", 20 * 60)
    ended = sla.clocks(now=week, stopped_at=None, ended_at=made + timedelta(hours=25), **common)  # pyright: ignore[reportArgumentType]  # moments by name
    assert (ended.level, ended.minutes_left) == ("ended", -60)


def test_first_contact_has_its_own_clock_until_it_happened() -> None:
    made = at("2026-11-23 10:00")
    common = {
        "created_at": made,
        "due_at": made + timedelta(hours=48),
        "contact_due_at": made + timedelta(hours=24),
    }
    now = made + timedelta(hours=25)
    owed = sla.clocks(now=now, contacted_at=None, stopped_at=None, ended_at=None, **common)
    assert (owed.contact_level, owed.contact_minutes_left, owed.level) == ("late", -60, "fine")
    kept = sla.clocks(now=now, contacted_at=made, stopped_at=None, ended_at=None, **common)
    assert kept.contact_minutes_left is None


FIRST, LAST = datetime(2026, 1, 1), datetime(2026, 12, 1)  # noqa: DTZ001  (days only)
moments = st.datetimes(FIRST, LAST).map(lambda moment: moment.replace(tzinfo=UTC))


@given(start=moments, minutes=st.integers(1, 6000))
def test_adding_and_measuring_working_time_agree(start: datetime, minutes: int) -> None:
    amount = timedelta(minutes=minutes)
    due = CALENDAR.add_working(start, amount)
    assert due > start
    assert CALENDAR.working_between(start, due) == amount
    assert any(opens <= due <= closes for opens, closes in CALENDAR.shifts(due.astimezone(SHANGHAI).date()))


@given(start=moments, first=st.integers(1, 3000), second=st.integers(1, 3000))
def test_working_time_adds_up(start: datetime, first: int, second: int) -> None:
    one, two = timedelta(minutes=first), timedelta(minutes=second)
    whole = CALENDAR.add_working(start, one + two)
    assert CALENDAR.add_working(CALENDAR.add_working(start, one), two) == whole


def test_calendar_without_working_hours_still_answers() -> None:
    empty = sla.WorkCalendar({2026: sla.Year(2026, frozenset(), frozenset(), ())}, SHANGHAI)
    start = at("2026-11-23 10:00")
    assert empty.add_working(start, DAY_WORK) == start + DAY_WORK
