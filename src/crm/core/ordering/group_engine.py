"""A group change seen from one member: what it comes to, what must be told. Pure."""

import hashlib
from collections.abc import Callable, Sequence
from uuid import UUID

import msgspec

from crm.core.catalog.engine import Catalogue
from crm.core.catalog.schemas import Timing
from crm.core.compatibility.schemas import (
    Change,
    ChangeItem,
    Facts,
    Finding,
    Held,
    HeldState,
    Qualification,
    Sentence,
    Verdict,
)
from crm.core.ordering.advice import penalty_sentences
from crm.core.ordering.basket import name_of
from crm.core.ordering.group_schemas import GroupChange, MemberJudgement, Outcome

Qualify = Callable[[Change, Facts], Qualification]


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """A member's verdict with what an order or a work order needs."""

    change: Change
    qualification: Qualification
    outcome: Outcome
    told: tuple[Sentence, ...]  # everything that must have been read out
    step: Finding | None = None  # the finding whose work order ends the shared product


def see(group: GroupChange, held: Held, facts: Facts, channel: str, own: bool, judge: "Judge") -> Seen:
    """Judge the member's part of the change; steps that only need telling count as told."""
    items = [ChangeItem(action="delete", offering=held.offering, held_id=held.id)]
    if group.action == "switch":
        items.append(ChangeItem(action="add", offering=group.offering))
    change = Change(items=tuple(items), channel=channel)
    verdict = judge.qualify(change, facts)
    records = _records(verdict.findings)
    if records:
        change = msgspec.structs.replace(change, recorded=tuple(key for key, _ in records))
        verdict = judge.qualify(change, facts)
    step = _step(verdict, held.id)
    outcome = _outcome(verdict, own, step)
    told = [Sentence(key, text, False, "") for key, text in records]
    if outcome is Outcome.WORK_ORDER and step is not None:
        told += [Sentence(f"step:{step.rule_id}", step.script, False, step.rule_id)] if step.script else []
    elif outcome is Outcome.ORDER:
        told += [*verdict.sentences, *penalty_sentences(verdict, facts, judge.catalogue)]
        told += _losses(held, judge.catalogue, told)
    return Seen(change=change, qualification=verdict, outcome=outcome, told=tuple(told), step=step)


class Judge(msgspec.Struct, frozen=True):
    """The checker and the catalogue that it reads."""

    qualify: Qualify
    catalogue: Catalogue


def member_view(
    seen: Seen, held: Held, subscriber_id: UUID, msisdn: str, own: bool, catalogue: Catalogue
) -> MemberJudgement:
    """The row of the table."""
    diff = seen.qualification.diff
    offering = catalogue.get(held.offering)
    findings = seen.qualification.findings
    return MemberJudgement(
        subscriber_id=subscriber_id,
        product_id=UUID(held.id),
        msisdn_masked=masked(msisdn),
        own=own,
        outcome=seen.outcome,
        verdict=seen.qualification.verdict,
        why=findings[0].explain if findings else "",
        lost=tuple(line.name for line in diff.lost if line.held_id != held.id),
        losses=() if offering is None else offering.losses,
        fee_now_fen=diff.fee_now_fen,
        fee_after_fen=_fee_after(seen, held, catalogue),
    )


def leaving_view(
    held: Held, subscriber_id: UUID, msisdn: str, own: bool, catalogue: Catalogue
) -> MemberJudgement:
    """The row of a member whose product ends already."""
    when = "" if held.ends_on is None else f"，{held.ends_on.month}月{held.ends_on.day}日起不再使用"
    return MemberJudgement(
        subscriber_id=subscriber_id,
        product_id=UUID(held.id),
        msisdn_masked=masked(msisdn),
        own=own,
        outcome=Outcome.LEAVING,
        verdict=None,
        why=f"{name_of(catalogue, held.offering)}已在取消{when}",
        lost=(),
        losses=(),
        fee_now_fen=None,
        fee_after_fen=None,
    )


def is_leaving(held: Held) -> bool:
    """Whether nothing is left to do for this member."""
    return held.state is HeldState.ENDED or held.ends_on is not None


def key_of(text: str) -> str:
    """The tick box of a sentence that several members share."""
    return "told:" + hashlib.sha256(text.encode()).hexdigest()[:16]


def masked(msisdn: str) -> str:
    """138****0003."""
    return msisdn if len(msisdn) < 8 else f"{msisdn[:3]}****{msisdn[-4:]}"


def _records(findings: Sequence[Finding]) -> tuple[tuple[str, str], ...]:
    """Steps the desk records by itself, such as losses read out, each with what is said."""
    return tuple(
        (remedy.record, finding.script or remedy.text)
        for finding in findings
        for remedy in finding.remedies
        if remedy.record
    )


def _losses(held: Held, catalogue: Catalogue, told: Sequence[Sentence]) -> list[Sentence]:
    """What goes with the shared product itself, where no other sentence says it."""
    offering = catalogue.get(held.offering)
    if offering is None:
        return []
    unsaid = [loss for loss in offering.losses if not any(loss in each.text for each in told)]
    if not unsaid:
        return []
    return [Sentence("losses", f"{offering.name}取消后，这些号码不再有：{'、'.join(unsaid)}。", False, "")]


def _step(verdict: Qualification, held_id: str) -> Finding | None:
    for finding in verdict.findings:
        for remedy in finding.remedies:
            if remedy.work_order_type and held_id in (remedy.held_id, finding.held_id):
                return finding
    return None


def _outcome(verdict: Qualification, own: bool, step: Finding | None) -> Outcome:
    if verdict.verdict is Verdict.CONSENT:
        return Outcome.ORDER if own else Outcome.ASK
    if verdict.can_be_ordered:
        return Outcome.ORDER
    if verdict.verdict is Verdict.FIRST and step is not None:
        return Outcome.WORK_ORDER
    return Outcome.LEFT


def _fee_after(seen: Seen, held: Held, catalogue: Catalogue) -> int | None:
    """The monthly fee once the change has happened: the checker's, from the first day it is complete."""
    if seen.outcome is Outcome.LEFT:
        return seen.qualification.diff.fee_now_fen
    offering = catalogue.get(held.offering)
    late = offering is not None and offering.remove_timings[0] is Timing.END_OF_AGREEMENT
    return None if late else seen.qualification.diff.fee_next_month_fen
