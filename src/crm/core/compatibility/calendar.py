"""Days of the Shanghai calendar: when a change begins, when an agreement ends, which month a day is in."""

from datetime import date, timedelta
from functools import lru_cache

from crm.core.catalog.schemas import Offering, Timing
from crm.core.compatibility.schemas import Held, Origin

_DAY = timedelta(days=1)
_NEXT_MONTH, _WITH_PLAN, _END_OF_AGREEMENT = Timing.NEXT_MONTH, Timing.WITH_PLAN, Timing.END_OF_AGREEMENT
_AGREED = frozenset((Origin.CAMPAIGN, Origin.AGREEMENT))


@lru_cache(maxsize=1024)
def first_of_next_month(day: date) -> date:
    """The first day of the calendar month after `day`."""
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def add_months(day: date, months: int) -> date:
    """The same day `months` later, or the last day of that month where it is shorter."""
    place = day.month - 1 + months
    first = date(day.year + place // 12, place % 12 + 1, 1)
    length = (first_of_next_month(first) - first).days
    return first.replace(day=min(day.day, length))


def same_month(one: date, other: date) -> bool:
    """Whether both days lie in one calendar month: how the source compares (clauses 2, 11)."""
    return one.year == other.year and one.month == other.month


def starts_with(timing: Timing, on: date, plan_on: date | None, bound_until: date | None) -> date:
    """The first day of the new situation for a change with `timing` accepted on `on`.

    `plan_on` is when the plan of the same basket begins, `bound_until` the last day of the item's agreement.
    """
    if timing is _NEXT_MONTH:
        return first_of_next_month(on)
    if timing is _WITH_PLAN:
        return plan_on or first_of_next_month(on)
    if timing is _END_OF_AGREEMENT:
        if bound_until is not None and bound_until >= on:
            return bound_until + _DAY
        return first_of_next_month(on)
    return on


def bound_until(held: Held, offering: Offering | None) -> date | None:
    """The last day of the held item's agreement, inclusive; None when there is none or nobody knows it."""
    if held.locked_until is not None:
        return held.locked_until
    if offering is not None and offering.lock_in_months and held.starts_on is not None:
        return add_months(held.starts_on, offering.lock_in_months) - _DAY
    return None


def is_bound(held: Held, offering: Offering | None, until: date | None, on: date) -> bool | None:
    """Whether an agreement still binds on `on`; None when the dates that would tell are missing.

    A campaign or agreement whose end nobody recorded still binds: its terms are not ours to end (clause 12).
    """
    if until is not None:
        return until >= on
    if held.origin in _AGREED:
        return True
    if offering is not None and offering.lock_in_months:
        return None
    return False


def last_day(ends_on: date) -> date:
    """The last day with an item whose first day without it is `ends_on`."""
    return ends_on - _DAY
