"""A goal as a weighted CNF: which main plan and pack to add, partially evaluated for one customer. Pure.

Variables are the candidates; what the customer holds, the brand and the goal's limits are worked in, so that
only choices between candidates are left. Every clause is a necessary condition: the checker decides the rest.
"""

from collections.abc import Callable, Sequence
from heapq import nsmallest

import msgspec

from crm.core.catalog.engine import Catalogue
from crm.core.catalog.schemas import Offering, OfferingKind, Relation
from crm.core.compatibility.items import standing_of
from crm.core.compatibility.plan_schemas import Cost, Goal
from crm.core.compatibility.schemas import Facts, HeldState
from crm.core.compatibility.steps import fee_of
from crm.core.compatibility.traits import sale_state

Clause = tuple[int, ...]
MOST_PLANS, MOST_PACKS = 120, 60
_GENERAL = frozenset({"", "国内", "国内主叫", "本地主叫"})
_PACKS = (OfferingKind.DATA_PACK, OfferingKind.VOICE_PACK, OfferingKind.SMS_PACK, OfferingKind.BUNDLE)


class Candidate(msgspec.Struct, frozen=True):
    """One variable: an offering to add, or (`stays`) the present main plan."""

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
    cut: Cost | None = None  # of too many candidates the cheapest are taken; no other choice costs less

    def chosen(self, model: Sequence[int]) -> tuple[Candidate, ...]:
        """The candidates that a model of the clauses takes."""
        true = {literal for literal in model if literal > 0}
        return tuple([each for each in (*self.plans, *self.packs) if each.variable in true])


def encode(goal: Goal, facts: Facts, catalogue: Catalogue) -> Encoding:
    """The clauses of the goal. What has no published price is no candidate: a limit could not be kept."""
    present = _present(facts, catalogue)
    some_plans, plans_cut = _plans(goal, facts, catalogue, present)
    some_packs, packs_cut = _packs(goal, facts, catalogue) if goal.with_pack else ([], None)
    suits = not goal.brands or facts.subscriber.brand in goal.brands
    stays = present is not None and suits and present.monthly_fee_fen is not None
    numbered = list(enumerate(([present] if stays and present is not None else []) + some_plans, 1))
    plans = tuple([_candidate(number, each, goal, stays=stays and number == 1) for number, each in numbered])
    packs = tuple([_candidate(number, each, goal) for number, each in enumerate(some_packs, len(plans) + 1)])
    hard: list[Clause] = [tuple([each.variable for each in plans])]
    hard += _at_most_one(plans) + _at_most_one(packs)
    for plan in plans:
        hard += _limits(goal, plan, packs)
        hard += [
            (-plan.variable, -pack.variable) for pack in packs if _excludes(plan, pack, facts, catalogue)
        ]
    cuts = [each for each in (plans_cut, packs_cut) if each is not None]
    return Encoding(plans, packs, tuple(hard), min(cuts, default=None))


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


def _plans(
    goal: Goal, facts: Facts, catalogue: Catalogue, present: Offering | None
) -> tuple[list[Offering], Cost | None]:
    """The main plans that could do, cheapest first, and the least cost of one that was left out."""
    kept = [catalogue.get(each.offering) for each in facts.held if each.id in goal.keep]

    def could_do(offering: Offering) -> bool:
        brand = offering.sets_brand or facts.subscriber.brand or ""
        if offering is present or (goal.brands and brand not in goal.brands):
            return False
        return not any(each is not None and _at_odds(offering, each, brand, catalogue) for each in kept)

    return _cheapest(goal, facts, (OfferingKind.MAIN_PLAN,), catalogue, could_do, MOST_PLANS)


def _packs(goal: Goal, facts: Facts, catalogue: Catalogue) -> tuple[list[Offering], Cost | None]:
    """The packs that give something of what is wanted, and the least cost of one that was left out."""
    held = {each.offering for each in facts.held}

    def could_do(offering: Offering) -> bool:
        if offering.code in held or (offering.one_off_fee_fen and not offering.monthly_fee_fen):
            return False  # held, or a day's or a week's pack
        return any(_amount(offering, one.kind) for one in goal.wanted)

    return _cheapest(goal, facts, _PACKS, catalogue, could_do, MOST_PACKS)


def _cheapest(
    goal: Goal,
    facts: Facts,
    kinds: Sequence[OfferingKind],
    catalogue: Catalogue,
    could_do: Callable[[Offering], bool],
    most: int,
) -> tuple[list[Offering], Cost | None]:
    found = [
        each
        for kind in kinds
        for each in catalogue.of_kind(kind)
        if each.monthly_fee_fen is not None
        and (goal.max_fee_fen is None or fee_of(each) <= goal.max_fee_fen)
        and sale_state(each, facts.on) == "on_sale"
        and (not each.sale_channels or goal.channel in each.sale_channels)
        and could_do(each)
    ]
    found = nsmallest(most + 1, found, key=lambda each: (fee_of(each), each.code))
    return found[:most], Cost(1, 0, fee_of(found[most])) if len(found) > most else None


def _candidate(variable: int, offering: Offering, goal: Goal, *, stays: bool = False) -> Candidate:
    gives = tuple([_amount(offering, one.kind) for one in goal.wanted])
    return Candidate(variable, offering, fee_of(offering), gives, stays)


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
