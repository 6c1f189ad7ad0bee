"""Deadlines on working calendars with Chinese holidays and 调休 days. Pure: moments in, moments out."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta, tzinfo

import msgspec

from crm.core.work_order.schemas import Clocks, Span, Unit

_DAY = timedelta(days=1)
_SEARCH_DAYS = 800  # no deadline reaches further; stops a calendar without working days
LEAST_ASSISTANCE = timedelta(minutes=30)


class Year(msgspec.Struct, frozen=True):
    """The working calendar of one year; hours are pairs of local times."""

    year: int
    holidays: frozenset[date]
    working_days: frozenset[date]
    hours: tuple[tuple[time, time], ...]


class WorkCalendar:
    """Working time across years. A year without a file rests at weekends and keeps the usual hours."""

    def __init__(self, years: Mapping[int, Year], zone: tzinfo) -> None:
        self._years = dict(years)
        self._zone = zone
        latest = max(self._years, default=None)
        self._usual = self._years[latest].hours if latest is not None else ((time(9), time(18)),)

    def is_working(self, day: date) -> bool:
        """Whether people work on this Shanghai day."""
        year = self._years.get(day.year)
        if year is not None and day in year.working_days:
            return True
        if year is not None and day in year.holidays:
            return False
        return day.weekday() < 5

    def shifts(self, day: date) -> Iterator[tuple[datetime, datetime]]:
        """The working stretches of a day, aware; none when it is free."""
        if not self.is_working(day):
            return
        year = self._years.get(day.year)
        for start, end in year.hours if year is not None else self._usual:
            yield datetime.combine(day, start, self._zone), datetime.combine(day, end, self._zone)

    def add_working(self, start: datetime, amount: timedelta) -> datetime:
        """The moment at which `amount` of working time after `start` is used up, in `start`'s zone."""
        left = amount
        day = start.astimezone(self._zone).date()
        for _ in range(_SEARCH_DAYS):
            for opens, closes in self.shifts(day):
                begin = max(opens, start)
                if begin >= closes:
                    continue
                if closes - begin >= left:
                    return (begin + left).astimezone(start.tzinfo)
                left -= closes - begin
            day += _DAY
        return start + amount

    def working_between(self, start: datetime, end: datetime) -> timedelta:
        """Working time between two moments; zero when `end` is not after `start`."""
        total = timedelta()
        day, last = start.astimezone(self._zone).date(), end.astimezone(self._zone).date()
        while day <= last:
            for opens, closes in self.shifts(day):
                total += max(timedelta(), min(closes, end) - max(opens, start))
            day += _DAY
        return total

    def end_of_working_day(self, start: datetime, days: int) -> datetime:
        """Close of work on the `days`-th working day, counted from the day after `start`."""
        day = start.astimezone(self._zone).date()
        left = days
        for _ in range(_SEARCH_DAYS):
            day += _DAY
            if self.is_working(day):
                left -= 1
            if left <= 0:
                *_, (_, closes) = self.shifts(day)
                return closes.astimezone(start.tzinfo)
        return start + timedelta(days=days)


def deadline(start: datetime, span: Span, calendar: WorkCalendar) -> datetime:
    """When a promise of `span` given at `start` falls due."""
    if span.unit is Unit.HOURS:
        return start + timedelta(hours=span.amount)
    if span.unit is Unit.WORKING_HOURS:
        return calendar.add_working(start, timedelta(hours=span.amount))
    return calendar.end_of_working_day(start, span.amount)


def resumed(
    held_at: datetime, due_at: datetime, now: datetime, span: Span, calendar: WorkCalendar
) -> datetime:
    """The new due moment of an order whose clock stood still from `held_at` until `now`.

    What was left is counted on from now in the unit of the promise; what was late stays late.
    """
    if due_at <= held_at:
        return due_at
    if span.unit is Unit.HOURS:
        return due_at + (now - held_at)
    return calendar.add_working(now, calendar.working_between(held_at, due_at))


def assistance_deadline(now: datetime, parent_due_at: datetime) -> datetime:
    """Half of what the parent has left, but never less than half an hour."""
    return now + max(LEAST_ASSISTANCE, (parent_due_at - now) / 2)


def minutes_until(due_at: datetime, now: datetime) -> int:
    """Whole minutes left, rounded down; negative when late."""
    return int((due_at - now).total_seconds() // 60)


def level(created_at: datetime, due_at: datetime, now: datetime) -> str:
    """late, soon (less than a quarter of the time is left) or fine."""
    if now >= due_at:
        return "late"
    return "soon" if due_at - now < (due_at - created_at) / 4 else "fine"


def clocks(
    *,
    now: datetime,
    created_at: datetime,
    due_at: datetime,
    contact_due_at: datetime | None,
    contacted_at: datetime | None,
    stopped_at: datetime | None,
    ended_at: datetime | None,
) -> Clocks:
    """Where an order stands. `stopped_at`: since when its clock is paused; `ended_at`: when it ended."""
    if ended_at is not None:
        return Clocks(due_at, minutes_until(due_at, ended_at), "ended")
    moment = stopped_at or now
    standing = "paused" if stopped_at is not None and due_at > stopped_at else level(created_at, due_at, now)
    if contact_due_at is None or contacted_at is not None:
        return Clocks(due_at, minutes_until(due_at, moment), standing)
    return Clocks(
        due_at,
        minutes_until(due_at, moment),
        standing,
        contact_due_at,
        minutes_until(contact_due_at, now),
        level(created_at, contact_due_at, now),
    )
