"""Steps towards a wish: which ones a verdict offers, what facts and basket are after one. Pure."""

from datetime import date

import msgspec

from crm.core.catalog.engine import Catalogue
from crm.core.catalog.schemas import Offering
from crm.core.compatibility.plan_schemas import Cost, PlanStep
from crm.core.compatibility.schemas import (
    Change,
    ChangeItem,
    Facts,
    Held,
    HeldState,
)

_OFFICE_HOUR = 10  # whoever waits for a day can be served in the morning
_UNKNOWN_FEE = 100_000_00  # an unpublished price is dearer than any published one
_TROUBLE = {
    "record": 1, "cancel": 2, "add": 2, "switch": 3, "work_order": 10, "add_profile": 20, "visit_store": 25,
    "wait": 30,
}  # fmt: skip
# On another day the customer has to hear it again.
_ANOTHER_DAY = frozenset({"wait", "add_profile", "visit_store"})


class State(msgspec.Struct, frozen=True):
    """The facts and the basket at one point of a plan."""

    facts: Facts
    change: Change


def apply_step(facts: Facts, step: PlanStep) -> Facts:
    """The facts once the step has been taken. Steps that only change the basket leave them alone."""
    if step.do == "wait":
        held = tuple([_aged(each, step.on) for each in facts.held])
        return msgspec.structs.replace(facts, on=step.on, hour=_OFFICE_HOUR, held=held)
    if step.do == "work_order":
        return msgspec.structs.replace(
            facts,
            held=tuple([_ended(each, facts.on) if each.id == step.held_id else each for each in facts.held]),
        )
    if step.do == "add_profile":
        subscriber = msgspec.structs.replace(facts.subscriber, profile_recorded=True)
        return msgspec.structs.replace(facts, subscriber=subscriber)
    return facts


def change_after(change: Change, step: PlanStep) -> Change:
    """The basket once the step has been taken."""
    items, recorded, channel = change.items, change.recorded, change.channel
    if step.do == "cancel" and step.offering is not None:
        items = (*items, ChangeItem(action="delete", offering=step.offering, held_id=step.held_id))
    elif step.do in ("add", "switch") and step.offering is not None:
        items = (*items, ChangeItem(action="add", offering=step.offering))
    elif step.do == "work_order":
        items = tuple([each for each in items if each.held_id is None or each.held_id != step.held_id])
    elif step.do == "record":
        recorded = (*recorded, step.record)
    elif step.do == "visit_store":
        channel = "store"
    if step.do in _ANOTHER_DAY:
        recorded = ()
    return Change(items=items, channel=channel, recorded=recorded)


def after(state: State, step: PlanStep) -> State:
    """Facts and basket once the step has been taken; in one order, so that equal states are equal."""
    change = change_after(state.change, step)
    ordered = msgspec.structs.replace(
        change, items=tuple(sorted(change.items, key=_by_content)), recorded=tuple(sorted(change.recorded))
    )
    return State(apply_step(state.facts, step), ordered)


def cost_of(state: State, step: PlanStep, wish: Change, catalogue: Catalogue) -> Cost:
    """What the step adds to the cost of a plan.

    A work order that takes over a cancellation which the plan had put into the basket replaces that step.
    """
    trouble, fen, steps = _TROUBLE[step.do], 0, 1
    if step.do == "wait":
        trouble += (step.on - state.facts.on).days
    elif step.do in ("add", "switch"):
        fen = fee_of(catalogue.get(step.offering or ""))
    elif step.do == "work_order" and _takes_over(state.change, wish, step.held_id):
        trouble, steps = trouble - _TROUBLE["cancel"], 0
    return Cost(steps, trouble, fen)


def without_taken_over(steps: tuple[PlanStep, ...]) -> tuple[PlanStep, ...]:
    """The steps without cancellations that a later work order makes."""
    by_order = {step.held_id for step in steps if step.do == "work_order"}
    return tuple([step for step in steps if step.do != "cancel" or step.held_id not in by_order])


def _takes_over(change: Change, wish: Change, held_id: str | None) -> bool:
    def names(some: Change) -> bool:
        return any(item.held_id == held_id and item.action == "delete" for item in some.items)

    return names(change) and not names(wish)


def fee_of(offering: Offering | None) -> int:
    """The first month's fees for comparing; a price nobody published counts as dearer than any."""
    if offering is None or offering.monthly_fee_fen is None:
        return _UNKNOWN_FEE
    return offering.monthly_fee_fen + offering.one_off_fee_fen


def _aged(held: Held, on: date) -> Held:
    if held.state is HeldState.RESERVED and held.starts_on is not None and held.starts_on <= on:
        return msgspec.structs.replace(held, state=HeldState.ACTIVE)
    return held


def _ended(held: Held, on: date) -> Held:
    return msgspec.structs.replace(held, state=HeldState.ENDED, ends_on=on)


def _by_content(item: ChangeItem) -> tuple[str, str, str, str]:
    return item.action, item.offering, item.held_id or "", item.timing or ""
