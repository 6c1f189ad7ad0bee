"""The only reader of time. Moments are aware UTC inside; days are calendar days of Asia/Shanghai."""

from datetime import UTC, date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


class Clock(Protocol):
    """What the core needs of time."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        ...

    def today(self) -> date:
        """The present calendar day in Asia/Shanghai."""
        ...


class SystemClock:
    """The real clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def today(self) -> date:
        return day_of(self.now())


class FixedClock:
    """A clock that a test or a rehearsal moves by hand."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def today(self) -> date:
        return day_of(self.at)

    def move_to(self, at: datetime) -> None:
        """Set the moment."""
        self.at = at

    def advance(self, by: timedelta) -> None:
        """Let time pass."""
        self.at += by


def day_of(moment: datetime) -> date:
    """The Shanghai calendar day a moment falls on."""
    return moment.astimezone(SHANGHAI).date()


def start_of_day(day: date) -> datetime:
    """The UTC moment at which a Shanghai calendar day begins."""
    return datetime(day.year, day.month, day.day, tzinfo=SHANGHAI).astimezone(UTC)


def first_of_next_month(day: date) -> date:
    """The first day of the calendar month after `day`."""
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def end_of_month(day: date) -> date:
    """The last day of `day`'s calendar month."""
    return first_of_next_month(day) - timedelta(days=1)
