"""From a timing to a calendar day of Asia/Shanghai (domain.md §4: months compare by calendar month)."""

from calendar import monthrange
from datetime import date, timedelta

from crm.core.catalog.schemas import Offering, Timing
from crm.core.compatibility.schemas import Held
from crm.platform.clock import end_of_month, first_of_next_month


def effective_day(timing: Timing, on: date, *, plan_on: date | None = None, held: Held | None = None) -> date:
    """The first day of the new situation when a change with `timing` is accepted on `on`.

    `plan_on` is the day on which the plan of the same basket takes effect, `held` the product that ends.
    A change on the 31st with next-month timing yields the 1st of the next month.
    """
    if timing is Timing.NEXT_MONTH:
        return first_of_next_month(on)
    if timing is Timing.WITH_PLAN:
        return plan_on or first_of_next_month(on)
    if timing is Timing.END_OF_AGREEMENT:
        if held is not None and held.locked_until is not None and held.locked_until >= on:
            return held.locked_until + timedelta(days=1)
        return first_of_next_month(on)
    return on


def last_free_day(on: date, trial_months: int) -> date | None:
    """The last day of a free trial that begins on `on`; the month of `on` is the first of `trial_months`."""
    if trial_months <= 0:
        return None
    last = end_of_month(on)
    for _ in range(trial_months - 1):
        last = end_of_month(first_of_next_month(last))
    return last


def last_bound_day(starts_on: date, offering: Offering) -> date | None:
    """The last day of the lock-in of a product that starts on `starts_on`; None without a lock-in."""
    if offering.lock_in_months <= 0:
        return None
    month = starts_on.month - 1 + offering.lock_in_months
    year, month = starts_on.year + month // 12, month % 12 + 1
    return date(year, month, min(starts_on.day, monthrange(year, month)[1])) - timedelta(days=1)
