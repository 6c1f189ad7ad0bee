"""Small catalogue and verdicts for the unit tests of ordering."""

from datetime import date

from crm.core.catalog.engine import Catalogue
from crm.core.catalog.schemas import Offering, OfferingKind, Timing
from crm.core.compatibility.schemas import (
    Change,
    ChangeItem,
    Diff,
    DiffLine,
    Effect,
    Facts,
    Finding,
    Held,
    Qualification,
    Sentence,
    SubscriberFacts,
    Verdict,
)

ON = date(2026, 11, 22)
NEXT = date(2026, 12, 1)

CATALOGUE = Catalogue(
    [
        Offering(code="old-plan", name="旧套餐", kind=OfferingKind.MAIN_PLAN, sets_brand="全球通"),
        Offering(
            code="new-plan",
            name="新套餐",
            kind=OfferingKind.MAIN_PLAN,
            sets_brand="全球通",
            includes=("mail", "news"),
            trial_months=1,
            monthly_fee_fen=5800,
        ),
        Offering(
            code="plain-plan",
            name="普通套餐",
            kind=OfferingKind.MAIN_PLAN,
            includes=("mail",),
            add_timings=(Timing.NOW, Timing.NEXT_MONTH),
        ),
        Offering(code="lone-plan", name="专用套餐", kind=OfferingKind.MAIN_PLAN, incompatible_with=("gprs",)),
        Offering(code="mail", name="手机邮箱", kind=OfferingKind.VAS, add_timings=(Timing.NOW,)),
        Offering(code="news", name="手机报", kind=OfferingKind.VAS, add_timings=(Timing.NOW,)),
        Offering(code="gprs", name="GPRS包", kind=OfferingKind.DATA_PACK),
        Offering(
            code="pack",
            name="短信包",
            kind=OfferingKind.SMS_PACK,
            add_timings=(Timing.NOW,),
            remove_timings=(Timing.NOW,),
            lock_in_months=12,
        ),
    ]
)


def facts(*held: Held, on: date = ON) -> Facts:
    """A 全球通 line that holds these products."""
    return Facts(on=on, subscriber=SubscriberFacts(brand="全球通", profile_recorded=True), held=held)


def add(code: str, timing: Timing | None = None) -> ChangeItem:
    """A line that adds something."""
    return ChangeItem(action="add", offering=code, timing=timing)


def remove(code: str, held_id: str, timing: Timing | None = None) -> ChangeItem:
    """A line that cancels something."""
    return ChangeItem(action="delete", offering=code, held_id=held_id, timing=timing)


def basket(*items: ChangeItem) -> Change:
    """The lines as one change."""
    return Change(items=items)


def line(
    offering: str,
    held_id: str | None = None,
    day: date | None = NEXT,
    timing: Timing | None = Timing.NEXT_MONTH,
) -> DiffLine:
    """A product that is lost or gained."""
    return DiffLine(
        held_id=held_id,
        offering=offering,
        name=offering,
        kind="",
        monthly_fee_fen=None,
        timing=timing,
        effective_on=day,
    )


def finding(rule: str, target: str, *effects: Effect) -> Finding:
    """A finding that carries effects."""
    return Finding(
        rule_id=rule,
        rule_title=rule,
        source="S3-6",
        clause="注意事项第6条",
        verdict=Verdict.CONSENT,
        target=target,
        target_name=target,
        held_id=None,
        held_offering=None,
        held_name="",
        conditions=(),
        explain="",
        script="",
        effects=effects,
    )


def judged(
    *findings: Finding,
    lost: tuple[DiffLine, ...] = (),
    gained: tuple[DiffLine, ...] = (),
    sentences: tuple[Sentence, ...] = (),
    verdict: Verdict = Verdict.CONSENT,
) -> Qualification:
    """A verdict with these differences."""
    return Qualification(
        verdict=verdict,
        findings=findings,
        diff=Diff(lost, (), gained, None, None, None),
        sentences=sentences,
        as_of=ON,
        channel="hotline",
        rules_hash="r",
        catalogue_hash="c",
        facts_hash="f",
        consent_token="t",
        facts_read=(),
    )
