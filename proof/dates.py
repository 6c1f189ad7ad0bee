"""The calendar of the engine made wrong by a day or a month, one function at a time.

The delivered rules hold no dates of their own: "still bound", "this month", "on sale", "from the next month"
are asked of the engine's calendar. So a date is moved there, and the cases must notice.
"""

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

import msgspec

from crm.core.catalog.schemas import Offering
from crm.core.compatibility import calendar, items, traits

_DAY, _MONTH = timedelta(days=1), timedelta(days=31)
Function = Callable[..., Any]


def _moved_result(original: Function, by: timedelta) -> Function:
    def moved(*arguments: Any) -> Any:
        found = original(*arguments)
        return None if found is None else found + by

    return moved


def _moved_argument(original: Function, place: int, by: timedelta) -> Function:
    def moved(*arguments: Any) -> Any:
        day = arguments[place]
        changed = None if day is None else day + by
        return original(*arguments[:place], changed, *arguments[place + 1 :])

    return moved


def _months(original: Function, by: int) -> Function:
    def moved(day: date, months: int) -> date:
        return original(day, months + by)

    return moved


def _sold(field: str, by: timedelta) -> Function:
    def moved(offering: Offering | None, on: date) -> str:
        day = getattr(offering, field) if offering is not None else None
        if offering is not None and day is not None:
            offering = msgspec.structs.replace(offering, **{field: day + by})
        return _SALE_STATE(offering, on)

    return moved


_SALE_STATE = traits.sale_state


_MOVES = {
    "a day later": _DAY,
    "a day earlier": -_DAY,
    "a month later": _MONTH,
    "a month earlier": -_MONTH,
}


def date_mutants() -> dict[str, tuple[Function, Function]]:
    """By name, the function and what stands in for it."""
    found: dict[str, tuple[Function, Function]] = {}
    for words, by in _MOVES.items():
        next_month = calendar.first_of_next_month
        found[f"dates first_of_next_month {words}"] = next_month, _moved_result(next_month, by)
        until = calendar.bound_until
        found[f"dates bound_until {words}"] = until, _moved_result(until, by)
        found[f"dates is_bound {words}"] = calendar.is_bound, _moved_argument(calendar.is_bound, 3, by)
        last = calendar.last_day
        found[f"dates last_day {words}"] = last, _moved_result(last, by)
        standing = items.standing_of
        found[f"dates standing_of {words}"] = standing, _moved_argument(standing, 1, by)
        month = calendar.same_month
        found[f"dates same_month {words}"] = month, _moved_argument(month, 0, by)
        for field in ("valid_from", "valid_to"):
            found[f"dates sale_state {field} {words}"] = _SALE_STATE, _sold(field, by)
    for by in (1, -1):
        found[f"dates add_months {by:+}"] = calendar.add_months, _months(calendar.add_months, by)
    return found


@contextmanager
def standing_in(original: Function, other: Function) -> Generator[None]:
    """Every module of the engine that knows the function gets the other one."""
    places: list[tuple[dict[str, Any], str]] = []
    for name, module in list(sys.modules.items()):
        if name.startswith("crm.core.compatibility"):
            places += [(vars(module), key) for key, value in vars(module).items() if value is original]
    for names, key in places:
        names[key] = other
    try:
        yield
    finally:
        for names, key in places:
            names[key] = original
