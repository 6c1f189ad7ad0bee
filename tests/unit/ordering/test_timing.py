"""Days of a change by the Shanghai calendar."""

from datetime import date

import pytest

from crm.core.catalog.schemas import Offering, OfferingKind, Timing
from crm.core.compatibility.schemas import Held
from crm.core.ordering.timing import effective_day, last_bound_day, last_free_day


@pytest.mark.parametrize(
    ("timing", "on", "expected"),
    [
        (Timing.NOW, date(2026, 10, 31), date(2026, 10, 31)),
        (Timing.THIS_MONTH, date(2026, 10, 31), date(2026, 10, 31)),
        (Timing.NEXT_MONTH, date(2026, 10, 31), date(2026, 11, 1)),
        (Timing.NEXT_MONTH, date(2026, 11, 1), date(2026, 12, 1)),
        (Timing.NEXT_MONTH, date(2026, 12, 31), date(2027, 1, 1)),
        (Timing.NEXT_MONTH, date(2028, 2, 29), date(2028, 3, 1)),
        (Timing.WITH_PLAN, date(2026, 10, 31), date(2026, 11, 1)),
    ],
)
def test_a_timing_means_a_day(timing: Timing, on: date, expected: date) -> None:
    assert effective_day(timing, on) == expected


def test_with_plan_is_the_day_of_the_plan() -> None:
    day = date(2026, 11, 22)
    assert effective_day(Timing.WITH_PLAN, day, plan_on=day) == day


@pytest.mark.parametrize(
    ("until", "expected"),
    [
        (date(2027, 3, 31), date(2027, 4, 1)),
        (date(2026, 11, 22), date(2026, 11, 23)),  # its last day still binds
        (date(2026, 11, 21), date(2026, 12, 1)),  # over: the usual day
        (None, date(2026, 12, 1)),
    ],
)
def test_an_agreement_ends_the_day_after_its_last_bound_day(until: date | None, expected: date) -> None:
    held = Held(id="x", offering="y", locked_until=until)
    assert effective_day(Timing.END_OF_AGREEMENT, date(2026, 11, 22), held=held) == expected


@pytest.mark.parametrize(
    ("on", "months", "expected"),
    [
        (date(2026, 11, 1), 1, date(2026, 11, 30)),
        (date(2026, 11, 30), 1, date(2026, 11, 30)),
        (date(2026, 12, 5), 2, date(2027, 1, 31)),
        (date(2026, 12, 5), 3, date(2027, 2, 28)),
        (date(2026, 12, 5), 0, None),
    ],
)
def test_a_trial_is_free_to_the_end_of_a_month(on: date, months: int, expected: date | None) -> None:
    assert last_free_day(on, months) == expected


@pytest.mark.parametrize(
    ("starts", "months", "expected"),
    [
        (date(2026, 12, 1), 12, date(2027, 11, 30)),
        (date(2026, 11, 22), 12, date(2027, 11, 21)),
        (date(2026, 8, 31), 6, date(2027, 2, 27)),
        (date(2026, 11, 22), 0, None),
    ],
)
def test_a_lock_in_ends_the_day_before_its_anniversary(
    starts: date, months: int, expected: date | None
) -> None:
    offering = Offering(code="a", name="a", kind=OfferingKind.BUNDLE, lock_in_months=months)
    assert last_bound_day(starts, offering) == expected
