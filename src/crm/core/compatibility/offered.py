"""Which steps a verdict offers: the remedies of its blocking findings, and what lies beside them. Pure."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from itertools import islice
from typing import Any

from crm.core.catalog.engine import Catalogue
from crm.core.catalog.schemas import Offering, OfferingKind, Relation
from crm.core.compatibility.calendar import bound_until, first_of_next_month
from crm.core.compatibility.items import Item, standing_of
from crm.core.compatibility.links import means
from crm.core.compatibility.plan_schemas import PlanStep
from crm.core.compatibility.saying import day as day_words
from crm.core.compatibility.schemas import (
    Facts,
    Finding,
    Held,
    HeldState,
    Qualification,
    Remedy,
    Verdict,
)
from crm.core.compatibility.steps import State
from crm.core.compatibility.traits import sale_state

_DAY = timedelta(days=1)
_LONGEST_WAIT = timedelta(days=5 * 366)
_MOST_CHOICES = 200  # offerings tried in one place, cheapest first


def blocking(verdict: Qualification) -> tuple[Finding, ...]:
    """The findings that keep the basket from being ordered."""
    return tuple([each for each in verdict.findings if each.verdict.severity > Verdict.CONSENT.severity])


def questions_of(stopped: Iterable[Finding]) -> tuple[str, ...]:
    """What must be verified by somebody before anyone can say more."""
    return tuple(
        dict.fromkeys(
            remedy.text
            for finding in stopped
            for remedy in finding.remedies
            if remedy.do == "verify" and not remedy.record
        )
    )


def offered(
    state: State, stopped: Iterable[Finding], catalogue: Catalogue, keep: frozenset[str]
) -> tuple[PlanStep, ...]:
    """The steps that the findings which stop this basket offer, and what lies beside them: waiting until a
    date at stake has passed, another main plan where the present one stands in the way, one fewer of a full
    group. Nothing in `keep` is cancelled."""
    found: dict[tuple[str, str, str], PlanStep] = {}
    for finding in stopped:
        for step in _of_finding(state, finding, catalogue):
            if step.held_id in keep and step.do in ("cancel", "work_order"):
                continue
            found.setdefault((step.do, step.held_id or step.offering or step.record, str(step.on)), step)
    return tuple(found.values())


def _of_finding(state: State, finding: Finding, catalogue: Catalogue) -> Iterator[PlanStep]:
    for remedy in finding.remedies:
        yield from _of_remedy(state, finding, remedy, catalogue)
    yield from _waiting(state, finding, catalogue)
    target = catalogue.get(finding.target or "")
    if target is None:
        return
    if _plan_in_the_way(state, finding, target, catalogue):
        yield from _other_plans(state, finding, target, catalogue)
    if target.group_limits:
        yield from _room_in_group(state, finding, target, catalogue)


def _of_remedy(state: State, finding: Finding, remedy: Remedy, catalogue: Catalogue) -> Iterator[PlanStep]:
    held = _held(state.facts, remedy.held_id or finding.held_id)
    about: dict[str, Any] = {
        "text": remedy.text, "on": state.facts.on, "where": remedy.where, "bring": remedy.bring,
        "say": (finding.script,) if finding.script else (), "rule_id": finding.rule_id,
        "clause": finding.clause,
    }  # fmt: skip
    if remedy.record:
        if remedy.record not in state.change.recorded:
            yield PlanStep(do="record", record=remedy.record, held_id=remedy.held_id, **about)
    elif remedy.do == "cancel" and held is not None:
        name = _name(catalogue, held.offering)
        named: dict[str, Any] = {**about, "held_id": held.id, "offering": held.offering, "name": name}
        if remedy.work_order_type:
            yield PlanStep(do="work_order", work_order_type=remedy.work_order_type, **named)
        elif all(item.held_id != held.id for item in state.change.items):
            yield PlanStep(do="cancel", **named)
    elif remedy.do == "add":
        yield from _required(state, finding, about, catalogue)
    elif remedy.do == "add_profile" and state.facts.subscriber.profile_recorded is not True:
        yield PlanStep(do="add_profile", **about)
    elif remedy.do == "visit_store" and state.change.channel != "store":
        yield PlanStep(do="visit_store", offering=finding.target, name=finding.target_name, **about)
    elif remedy.do == "wait" and remedy.until is not None and remedy.until >= state.facts.on:
        yield _wait(state, remedy.until + _DAY, finding, remedy.text)


def _required(
    state: State, finding: Finding, about: dict[str, Any], catalogue: Catalogue
) -> Iterator[PlanStep]:
    target = catalogue.get(finding.target or "")
    if target is None:
        return
    there = [
        Item(None, each.offering, catalogue.get(each.offering), state.facts.on)
        for each in state.change.items
        if each.action == "add"
    ]
    there += [
        Item(each, each.offering, catalogue.get(each.offering), state.facts.on)
        for each in state.facts.held
        if standing_of(each, state.facts.on) in (HeldState.ACTIVE, HeldState.RESERVED)
    ]
    for reference in target.requires:
        if any(means(reference, item) for item in there):
            continue
        for offering in _first_on_sale(catalogue.cheapest_first(reference), state.facts.on):
            plan = offering.kind is OfferingKind.MAIN_PLAN
            verb = "换成" if plan else "一并办理"
            mine: dict[str, Any] = {
                **about,
                "text": f"{verb}{offering.name}，{target.name}要和它一起使用",
                "where": "desk",
            }
            yield PlanStep(do="switch" if plan else "add", offering=offering.code, name=offering.name, **mine)


def _waiting(state: State, finding: Finding, catalogue: Catalogue) -> Iterator[PlanStep]:
    """The days on which something at stake changes by itself."""
    days: set[date] = set()
    held = _held(state.facts, finding.held_id)
    if held is not None:
        until = bound_until(held, catalogue.get(held.offering))
        days |= {each for each in (held.ends_on, until and until + _DAY) if each is not None}
        days |= {first_of_next_month(each - _DAY) for each in days}
        if held.state is HeldState.RESERVED and held.starts_on is not None:
            days.add(held.starts_on)
    target = catalogue.get(finding.target or "")
    if target is not None and target.valid_from is not None:
        days.add(target.valid_from)
    on = state.facts.on
    for each in sorted(days):
        if on < each <= on + _LONGEST_WAIT:
            yield _wait(state, each, finding, "")


def _wait(state: State, until: date, finding: Finding, text: str) -> PlanStep:
    name = finding.held_name or finding.target_name
    words = text or f"等到 {day_words(until)}，“{name}”的期限过后再办"
    return PlanStep(
        do="wait", text=words, on=until, held_id=finding.held_id, name=name,
        say=(finding.script,) if finding.script else (), rule_id=finding.rule_id, clause=finding.clause,
    )  # fmt: skip


def _plan_in_the_way(state: State, finding: Finding, target: Offering, catalogue: Catalogue) -> bool:
    """The finding speaks against an addition because of the main plan, or of the brand that comes with it."""
    if target.kind is OfferingKind.MAIN_PLAN or any(
        (found := catalogue.get(item.offering)) is not None and found.kind is OfferingKind.MAIN_PLAN
        for item in state.change.items
        if item.action == "add"
    ):
        return False
    if all(item.action != "add" or item.offering != target.code for item in state.change.items):
        return False
    held = catalogue.get(finding.held_offering or "")
    if held is not None:
        return held.kind is OfferingKind.MAIN_PLAN
    return bool(target.brands) and state.facts.subscriber.brand not in target.brands


def _other_plans(
    state: State, finding: Finding, target: Offering, catalogue: Catalogue
) -> Iterator[PlanStep]:
    held = {each.offering for each in state.facts.held}
    plans = (
        each
        for each in catalogue.cheapest_first(f"kind:{OfferingKind.MAIN_PLAN}")
        if each.code not in held
        and (not target.brands or each.sets_brand in target.brands)
        and catalogue.relation(each, target) is not Relation.INCOMPATIBLE
    )
    for plan in _first_on_sale(plans, state.facts.on):
        yield PlanStep(
            do="switch", text=f"换成{plan.name}，它可以和{target.name}一起用", on=state.facts.on,
            offering=plan.code, name=plan.name, say=(finding.script,) if finding.script else (),
            rule_id=finding.rule_id, clause=finding.clause,
        )  # fmt: skip


def _room_in_group(
    state: State, finding: Finding, target: Offering, catalogue: Catalogue
) -> Iterator[PlanStep]:
    going = {item.held_id for item in state.change.items}
    for held in state.facts.held:
        offering = catalogue.get(held.offering)
        if offering is None or held.id in going or standing_of(held, state.facts.on) is not HeldState.ACTIVE:
            continue
        if offering.one_of in target.group_limits or not set(offering.tags).isdisjoint(target.group_limits):
            yield PlanStep(
                do="cancel", text=f"先取消{offering.name}，给{target.name}腾出名额", on=state.facts.on,
                held_id=held.id, offering=held.offering, name=offering.name,
                rule_id=finding.rule_id, clause=finding.clause,
            )  # fmt: skip


def _first_on_sale(offerings: Iterable[Offering], on: date) -> Iterator[Offering]:
    return islice((each for each in offerings if sale_state(each, on) == "on_sale"), _MOST_CHOICES)


def _held(facts: Facts, held_id: str | None) -> Held | None:
    return next((each for each in facts.held if each.id == held_id), None)


def _name(catalogue: Catalogue, code: str) -> str:
    found = catalogue.get(code)
    return code if found is None else found.name
