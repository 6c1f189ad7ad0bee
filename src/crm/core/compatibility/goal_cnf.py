"""A goal as a weighted CNF: which main plan and pack to add, partially evaluated for one customer. Pure.

Variables are the candidates; what the customer holds, the brand and the goal's limits are worked in, so that
only choices between candidates are left. Every clause is a necessary condition: the checker decides the rest.
"""

from collections.abc import Sequence
from datetime import date

import msgspec

from crm.core.catalog.engine import Catalogue
from crm.core.catalog.schemas import Offering, OfferingKind, Relation
from crm.core.compatibility.plan_schemas import Cost, Goal
from crm.core.compatibility.schemas import Facts, HeldState
from crm.core.compatibility.situation import standing_of
from crm.core.compatibility.steps import fee_of
from crm.core.compatibility.traits import sale_state

Clause = tuple[int, ...]
_GENERAL = frozenset({"", "国内", "国内主叫", "本地主叫"})
_PACKS = (OfferingKind.DATA_PACK, OfferingKind.VOICE_PACK, OfferingKind.SMS_PACK, OfferingKind.BUNDLE)


class Candidate(msgspec.Struct, frozen=True):
    """One variable: an offering to add, or (variable 1, `stays`) the present main plan."""

    variable: int
    offering: Offering
    fee: int
    gives: tuple[int, ...]  # of each kind the goal asks for, in its order
    stays: bool = False

    @property
    def cost(self) -> Cost:
        """The least it can cost to choose it."""
        return Cost() if self.stays else Cost(1, 0, self.fee)


class Encoding(msgspec.Struct, frozen=True):
    """The goal for this customer: candidates by variable, and the clauses every choice fulfils."""

    plans: tuple[Candidate, ...]
    packs: tuple[Candidate, ...]
    hard: tuple[Clause, ...]

    def chosen(self, model: Sequence[int]) -> tuple[Candidate, ...]:
        """The candidates that a model of the clauses takes."""
        true = {literal for literal in model if literal > 0}
        return tuple([each for each in (*self.plans, *self.packs) if each.variable in true])


def encode(goal: Goal, facts: Facts, catalogue: Catalogue) -> Encoding:
    """The clauses of the goal. What has no published price is no candidate: a limit could not be kept."""
    present = _present(facts, catalogue)
    plans = _plans(goal, facts, catalogue, present)
    packs = _packs(goal, facts, catalogue, len(plans)) if goal.with_pack else ()
    hard: list[Clause] = [tuple([each.variable for each in plans])]
    hard += _at_most_one(plans) + _at_most_one(packs)
    for plan in plans:
        hard += _limits(goal, plan, packs)
        hard += [
            (-plan.variable, -pack.variable) for pack in packs if _excludes(plan, pack, facts, catalogue)
        ]
    return Encoding(plans, packs, tuple(hard))


def cheaper_than(encoding: Encoding, cost: Cost) -> tuple[Clause, ...]:
    """Clauses that only a choice with a lower bound below `cost` fulfils."""
    found: list[Clause] = []
    for plan in encoding.plans:
        if not plan.cost < cost:
            found.append((-plan.variable,))
            continue
        found += [
            (-plan.variable, -pack.variable) for pack in encoding.packs if not total((plan, pack)) < cost
        ]
    return tuple(found)


def total(chosen: tuple[Candidate, ...]) -> Cost:
    """The lower bound of a choice."""
    return Cost(sum(each.cost.steps for each in chosen), 0, sum(each.cost.fen for each in chosen))


def without(chosen: tuple[Candidate, ...], encoding: Encoding) -> Clause:
    """The clause that excludes exactly this choice; there is never a second main plan."""
    packs = {each.variable for each in chosen} & {each.variable for each in encoding.packs}
    (plan,) = [each for each in chosen if each in encoding.plans]
    others = [each.variable for each in encoding.packs if each.variable not in packs]
    return (-plan.variable, *[-each for each in sorted(packs)], *([] if packs else others))


def _present(facts: Facts, catalogue: Catalogue) -> Offering | None:
    for held in facts.held:
        offering = catalogue.get(held.offering)
        active = standing_of(held, facts.on) is HeldState.ACTIVE
        if active and offering is not None and offering.kind is OfferingKind.MAIN_PLAN:
            return offering
    return None


def _plans(goal: Goal, facts: Facts, catalogue: Catalogue, present: Offering | None) -> tuple[Candidate, ...]:
    kept = [catalogue.get(each.offering) for each in facts.held if each.id in goal.keep]
    found: list[Candidate] = []
    for offering in _sorted(catalogue, facts.on, goal):
        if offering.kind is not OfferingKind.MAIN_PLAN or offering is present:
            continue
        brand = offering.sets_brand or facts.subscriber.brand or ""
        if goal.brands and brand not in goal.brands:
            continue
        if any(each is not None and _at_odds(offering, each, brand, catalogue) for each in kept):
            continue
        found.append(_candidate(len(found) + 2, offering, goal))
    suits = not goal.brands or facts.subscriber.brand in goal.brands
    if present is not None and suits and present.monthly_fee_fen is not None:
        found.insert(0, msgspec.structs.replace(_candidate(1, present, goal), stays=True))
    return tuple(found)


def _packs(goal: Goal, facts: Facts, catalogue: Catalogue, plans: int) -> tuple[Candidate, ...]:
    held = {each.offering for each in facts.held}
    found: list[Candidate] = []
    for offering in _sorted(catalogue, facts.on, goal):
        once = offering.one_off_fee_fen > 0 and not offering.monthly_fee_fen  # a day's or a week's pack
        if offering.kind not in _PACKS or offering.code in held or once:
            continue
        candidate = _candidate(plans + 2 + len(found), offering, goal)
        if any(candidate.gives):
            found.append(candidate)
    return tuple(found)


def _sorted(catalogue: Catalogue, on: date, goal: Goal) -> list[Offering]:
    found = [
        each
        for each in catalogue.offerings.values()
        if each.monthly_fee_fen is not None
        and (goal.max_fee_fen is None or fee_of(each) <= goal.max_fee_fen)
        and sale_state(each, on) == "on_sale"
        and (not each.sale_channels or goal.channel in each.sale_channels)
    ]
    return sorted(found, key=lambda each: (fee_of(each), each.code))


def _candidate(variable: int, offering: Offering, goal: Goal) -> Candidate:
    gives = tuple([_amount(offering, one.kind) for one in goal.wanted])
    return Candidate(variable, offering, fee_of(offering), gives)


def _amount(offering: Offering, kind: str) -> int:
    """What it gives of a kind wherever the customer is; a night's or one app's allowance does not count."""
    return sum(each.amount for each in offering.allowances if each.kind == kind and each.scope in _GENERAL)


def _at_most_one(candidates: tuple[Candidate, ...]) -> list[Clause]:
    return [
        (-one.variable, -other.variable)
        for place, one in enumerate(candidates)
        for other in candidates[place + 1 :]
    ]


def _limits(goal: Goal, plan: Candidate, packs: tuple[Candidate, ...]) -> list[Clause]:
    """With this plan: enough of everything, and not dearer than allowed."""
    found: list[Clause] = []
    for place, wanted in enumerate(goal.wanted):
        lacking = wanted.amount - plan.gives[place]
        if lacking > 0:
            found.append((-plan.variable, *[each.variable for each in packs if each.gives[place] >= lacking]))
    if goal.max_fee_fen is not None:
        if plan.fee > goal.max_fee_fen:
            found.append((-plan.variable,))
        found += [
            (-plan.variable, -each.variable) for each in packs if plan.fee + each.fee > goal.max_fee_fen
        ]
    return found


def _excludes(plan: Candidate, pack: Candidate, facts: Facts, catalogue: Catalogue) -> bool:
    brand = plan.offering.sets_brand or facts.subscriber.brand or ""
    if not plan.stays and pack.offering.code in plan.offering.includes:
        return True
    return _at_odds(plan.offering, pack.offering, brand, catalogue)


def _at_odds(plan: Offering, other: Offering, brand: str, catalogue: Catalogue) -> bool:
    if other.brands and brand and brand not in other.brands:
        return True
    return catalogue.relation(plan, other) is Relation.INCOMPATIBLE
