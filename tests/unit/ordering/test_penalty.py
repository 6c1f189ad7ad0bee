"""What leaving an agreement early costs: every formula, months by the calendar, integer fen."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.core.catalog.schemas import Offering, OfferingKind, PenaltyFormula, PenaltyTerms
from crm.core.ordering.penalty import months_left, months_used, quote, yuan
from crm.platform.clock import first_of_next_month

STARTS, UNTIL = date(2026, 8, 14), date(2027, 8, 13)


def bound(formula: PenaltyFormula | None, fee: int = 1000, **terms: Any) -> Offering:
    return Offering(
        code="a", name="甲", kind=OfferingKind.BUNDLE, monthly_fee_fen=fee, lock_in_months=12,
        penalty=None if formula is None else PenaltyTerms(formula=formula, **terms),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("leaving", "until", "left"),
    [
        (date(2026, 12, 1), UNTIL, 9),
        (date(2026, 11, 22), UNTIL, 9),  # November is paid anyway
        (date(2027, 8, 1), UNTIL, 1),  # the last month counts whole
        (date(2027, 8, 2), UNTIL, 0),
        (date(2026, 12, 1), date(2026, 11, 30), 0),
        (date(2026, 12, 1), date(2026, 12, 1), 1),
        (date(2027, 1, 1), date(2027, 12, 31), 12),
    ],
)
def test_months_are_those_of_the_calendar(leaving: date, until: date, left: int) -> None:
    assert months_left(leaving, until) == left


def test_months_used_count_what_was_begun() -> None:
    assert months_used(STARTS, date(2026, 12, 1), 12) == 4
    assert months_used(STARTS, date(2026, 12, 2), 12) == 5
    assert months_used(STARTS, date(2030, 1, 1), 12) == 12
    assert months_used(date(2026, 12, 1), date(2026, 12, 1), 12) == 0


@pytest.mark.parametrize(
    ("offering", "amount", "says"),
    [
        (bound(PenaltyFormula.NONE), 0, "不收违约金"),
        (bound(PenaltyFormula.FLAT, amount_fen=3000), 3000, "30元"),
        (bound(PenaltyFormula.REMAINING_MONTHS, rate_percent=30), 2700, "9 个月 × 每月 10元 × 30% = 27元"),
        (
            bound(PenaltyFormula.REMAINING_MONTHS, fee=333, rate_percent=33),
            989,
            "9.89元",
        ),  # 989.01 rounded down
        (bound(PenaltyFormula.REMAINING_MONTHS, fee=0, rate_percent=100, monthly_fen=500), 4500, "45元"),
        (
            bound(PenaltyFormula.REMAINING_MONTHS, rate_percent=100, at_most_fen=5000),
            5000,
            "= 90元，最多收 50元",
        ),
        (bound(PenaltyFormula.BENEFIT_BACK, monthly_fen=1000), 4000, "4 个月 × 每月 10元"),
        (
            bound(PenaltyFormula.DEVICE_SUBSIDY_PRORATA, subsidy_fen=120_000),
            90_000,
            "剩余 9 个月 ÷ 合约 12 个月",
        ),
        (bound(None), None, "不要估计"),
        (None, None, "不要估计"),
    ],
)
def test_every_formula_says_its_numbers(offering: Offering | None, amount: int | None, says: str) -> None:
    price = quote(offering, STARTS, UNTIL, date(2026, 12, 1))
    assert price.amount_fen == amount
    assert says in price.reckoning


def test_on_the_last_bound_day_it_binds_and_on_the_next_it_does_not() -> None:
    offering = bound(PenaltyFormula.FLAT, amount_fen=3000)
    assert quote(offering, STARTS, UNTIL, UNTIL).amount_fen == 3000
    assert quote(offering, STARTS, UNTIL, UNTIL + timedelta(days=1)).amount_fen == 0


def test_an_unrecorded_beginning_is_never_guessed() -> None:
    offering = bound(PenaltyFormula.BENEFIT_BACK, monthly_fen=1000)
    assert quote(offering, None, UNTIL, date(2026, 12, 1)).amount_fen is None


@given(
    st.sampled_from(list(PenaltyFormula)), st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(0, 900)
)
def test_waiting_never_makes_what_is_left_dearer(formula: PenaltyFormula, leaving: date, days: int) -> None:
    offering = bound(
        formula, amount_fen=3000, rate_percent=30, monthly_fen=1000, subsidy_fen=120_000, at_most_fen=20_000
    )
    starts, until = leaving - timedelta(days=60), leaving + timedelta(days=days)
    now = quote(offering, starts, until, leaving).amount_fen
    later = quote(offering, starts, until, first_of_next_month(leaving)).amount_fen
    assert now is not None
    assert later is not None
    assert later >= 0
    if formula is not PenaltyFormula.BENEFIT_BACK:
        assert later <= now


def test_money_is_read_as_people_read_it() -> None:
    assert [yuan(fen) for fen in (0, 500, 12345, 5)] == ["0元", "5元", "123.45元", "0.05元"]
