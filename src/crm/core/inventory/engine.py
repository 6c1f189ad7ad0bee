"""States of held products by the calendar. Pure."""

from datetime import date


def state_on(day: date, status: str, starts_on: date, ends_on: date | None) -> str:
    """active, reserved or ended on `day`, whatever the daily job has recorded so far.

    `ends_on` is the first day without the product.
    """
    if status == "terminated" or (ends_on is not None and ends_on <= day):
        return "ended"
    return "reserved" if starts_on > day else "active"
