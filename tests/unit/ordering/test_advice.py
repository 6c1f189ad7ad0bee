"""Month's end, penalties to be told, retention that a declined offer settles: pure decisions."""

from datetime import UTC, date, datetime

import msgspec
import pytest

from crm.core.catalog.engine import Catalogue
from crm.core.catalog.schemas import Offering, OfferingKind, PenaltyFormula, PenaltyTerms, Timing
from crm.core.compatibility.schemas import (
    Change,
    ChangeItem,
    Diff,
    DiffLine,
    Facts,
    Held,
    Qualification,
    SubscriberFacts,
    Verdict,
)
from crm.core.ordering.advice import (
    deadline_of_month,
    month_end_notice,
    penalty_notices,
    penalty_sentences,
    waits_for_next_month,
)

PACK = Offering(
    code="pack", name="流量包", kind=OfferingKind.DATA_PACK, monthly_fee_fen=1000,
    add_timings=(Timing.NEXT_MONTH, Timing.NOW),
)  # fmt: skip
BUNDLE = Offering(
    code="bundle", name="捆绑", kind=OfferingKind.BUNDLE, monthly_fee_fen=1000, lock_in_months=12,
    penalty=PenaltyTerms(formula=PenaltyFormula.REMAINING_MONTHS, rate_percent=30),
)  # fmt: skip
CATALOGUE = Catalogue([PACK, BUNDLE])


def line(code: str, on: date | None, held: str | None = None) -> DiffLine:
    return DiffLine(held, code, code, "bundle", 1000, Timing.NEXT_MONTH, on)


def verdict(
    kind: Verdict, *, lost: tuple[DiffLine, ...] = (), gained: tuple[DiffLine, ...] = ()
) -> Qualification:
    return Qualification(
        verdict=kind,
        findings=(),
        diff=Diff(lost, (), gained, 0, 0, 0),
        sentences=(),
        as_of=date(2026, 11, 29),
        channel="hotline",
        rules_hash="",
        catalogue_hash="",
        facts_hash="",
        consent_token="",
        facts_read=(),
    )


@pytest.mark.parametrize(
    ("on", "begins", "flagged"),
    [
        (date(2026, 11, 28), date(2026, 12, 1), False),
        (date(2026, 11, 29), date(2026, 12, 1), True),
        (date(2026, 11, 30), date(2026, 12, 1), True),
        (date(2026, 12, 1), date(2027, 1, 1), False),
        (date(2026, 12, 31), date(2027, 1, 1), True),
        (date(2028, 2, 28), date(2028, 3, 1), True),  # a leap year's February has 29 days
        (date(2028, 2, 27), date(2028, 3, 1), False),
        (date(2026, 11, 30), date(2026, 11, 30), False),  # takes effect today
    ],
)
def test_the_last_two_days_flag_what_begins_with_the_next_month(
    on: date, begins: date, flagged: bool
) -> None:
    found = month_end_notice(verdict(Verdict.ALLOW, gained=(line("pack", begins),)), on, 2)
    assert (found is not None) is flagged


def test_the_notice_names_deadline_and_what_missing_it_means() -> None:
    found = month_end_notice(
        verdict(Verdict.ALLOW, gained=(line("pack", date(2027, 1, 1)),)), date(2026, 12, 31), 2
    )
    assert found is not None
    assert "只剩 1 天" in found.text
    assert "2027年2月1日" in found.text
    assert found.deadline == datetime(2026, 12, 31, 16, tzinfo=UTC)


def test_each_verdict_gets_its_own_advice_and_a_refusal_none() -> None:
    on, gained = date(2026, 11, 30), (line("pack", date(2026, 12, 1)),)
    texts = {kind: month_end_notice(verdict(kind, gained=gained), on, 2) for kind in Verdict}
    assert texts[Verdict.REFUSE] is None
    assert "工单期限" in (texts[Verdict.FIRST] or pytest.fail("no notice")).text
    assert "营业厅" in (texts[Verdict.STORE] or pytest.fail("no notice")).text
    assert "提交" in (texts[Verdict.CONSENT] or pytest.fail("no notice")).text


def test_the_last_minute_of_a_month_is_shanghais() -> None:
    assert deadline_of_month(date(2026, 11, 30)) == datetime(2026, 11, 30, 15, 59, tzinfo=UTC)
    assert deadline_of_month(date(2026, 12, 1)) == datetime(2026, 12, 31, 15, 59, tzinfo=UTC)


@pytest.mark.parametrize(("timing", "waits"), [(None, True), (Timing.NEXT_MONTH, True), (Timing.NOW, False)])
def test_a_basket_waits_for_next_month_when_the_rest_of_it_does(timing: Timing | None, waits: bool) -> None:
    items = (
        ChangeItem(action="delete", offering="bundle", held_id="h1"),
        ChangeItem(action="add", offering="pack", timing=timing),
    )
    assert waits_for_next_month(Change(items=items), "h1", CATALOGUE) is waits
    assert not waits_for_next_month(Change(items=items[:1]), "h1", CATALOGUE)


HELD = Held(id="h1", offering="bundle", starts_on=date(2026, 8, 14), locked_until=date(2027, 8, 13))
FACTS = Facts(on=date(2026, 11, 29), subscriber=SubscriberFacts(), held=(HELD,))


def test_an_allowed_early_end_must_be_read_out_with_its_price() -> None:
    ends = verdict(Verdict.DISCLOSE, lost=(line("捆绑", date(2026, 12, 1), "h1"),))
    (sentence,) = penalty_sentences(ends, FACTS, CATALOGUE)
    assert sentence.consent
    assert "27元" in sentence.text
    dearer = msgspec.structs.replace(
        FACTS, held=(msgspec.structs.replace(HELD, locked_until=date(2028, 8, 13)),)
    )
    (other,) = penalty_sentences(ends, dearer, CATALOGUE)
    assert other.key != sentence.key, "another price has not been ticked"


def test_an_end_after_the_agreement_costs_nothing_to_tell() -> None:
    ends = verdict(Verdict.ALLOW, lost=(line("捆绑", date(2027, 8, 14), "h1"),))
    assert penalty_sentences(ends, FACTS, CATALOGUE) == ()
    ends = verdict(Verdict.ALLOW, lost=(line("捆绑", date(2027, 8, 13), "h1"),))
    assert len(penalty_sentences(ends, FACTS, CATALOGUE)) == 1, "the last day is bound"


def test_where_the_rules_refuse_the_price_is_only_information() -> None:
    refused = verdict(Verdict.REFUSE, lost=(line("捆绑", date(2027, 8, 14), "h1"),))
    change = Change(items=(ChangeItem(action="delete", offering="bundle", held_id="h1"),))
    (notice,) = penalty_notices(change, refused, FACTS, CATALOGUE)
    assert "27元" in notice.text
    assert penalty_sentences(refused, FACTS, CATALOGUE) == ()
    assert penalty_notices(change, verdict(Verdict.ALLOW), FACTS, CATALOGUE) == ()
