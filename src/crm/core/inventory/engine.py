"""States of held products by the calendar. Pure."""

from datetime import date, datetime, timedelta

from crm.platform.clock import SHANGHAI


def state_on(day: date, status: str, starts_on: date, ends_on: date | None) -> str:
    """active, reserved or ended on `day`, whatever the daily job has recorded so far.

    `ends_on` is the first day without the product.
    """
    if status == "terminated" or (ends_on is not None and ends_on <= day):
        return "ended"
    return "reserved" if starts_on > day else "active"


def hour_that_counts(on: date, now: datetime) -> int | None:
    """The hour in Shanghai when `on` is today and a month's last day; nothing else asks for it.

    Left out on other days, so that a judgement does not change with the clock.
    """
    local = now.astimezone(SHANGHAI)
    is_last = (on + timedelta(days=1)).month != on.month
    return local.hour if is_last and local.date() == on else None
