"""Goals: the best ways are found exactly, and an UNSAT proof that a foreign program checks says so."""

import random
from itertools import product

import pytest
from pysat.solvers import Solver

from crm.core.catalog.engine import Catalogue
from crm.core.catalog.schemas import Allowance, Offering, OfferingKind
from crm.core.compatibility.engine import qualify
from crm.core.compatibility.goal_cnf import Candidate, Clause, Encoding, cheaper_than, encode, total, without
from crm.core.compatibility.goals import find, proposals
from crm.core.compatibility.plan_schemas import Cost, Goal, GoalAnswer, Wanted
from crm.core.compatibility.plans import lost, plan_for
from crm.core.compatibility.schemas import Facts
from tests.unit.compatibility.planning_world import catalogue, customer, rules, wish
from tests.unit.compatibility.rup import is_refuted

TEN_GB = (Wanted(kind="data_mb", amount=10_240),)


def test_any_plan_with_ten_gigabytes_that_keeps_my_vnet() -> None:
    facts = customer("gotone-standard", "vnet-group")
    found = find(Goal(wanted=TEN_GB, keep=("vnet-group",), max_fee_fen=15_000), facts, rules(), catalogue())
    assert found.answers
    assert found.proved
    for answer in found.answers:
        assert answer.allowances[0].amount >= 10_240
        assert answer.monthly_fee_fen <= 15_000
        assert answer.plan.outcome is not None
        assert answer.plan.outcome.can_be_ordered
        assert "vnet-group" not in lost(answer.plan.outcome)
        assert qualify(answer.change, facts, rules(), catalogue()).verdict is answer.verdict


def test_demands_that_cannot_be_met_together_are_named_and_no_other() -> None:
    facts = customer("gotone-standard", "vnet-group")
    goal = Goal(wanted=TEN_GB, max_fee_fen=100, keep=("vnet-group",), with_pack=False)
    found = find(goal, facts, rules(), catalogue())
    assert found.answers == ()
    assert found.conflict == ("流量（MB）至少 10240", "费用不超过 1元")


def test_of_too_many_candidates_the_cheapest_are_tried_and_nothing_more_is_claimed() -> None:
    """130 cheap plans of which nobody knows whether they suit the V-net, and a dear one that does."""
    delivered = [catalogue().offerings[code] for code in ("gotone-standard", "vnet-group")]
    allowances = (Allowance("data_mb", 20_000, "国内"),)
    cheap = [
        Offering(
            code=f"cheap-{place:03}", name=f"便宜{place}", kind=OfferingKind.MAIN_PLAN, sets_brand="全球通",
            monthly_fee_fen=1000 + place, allowances=allowances,
        )
        for place in range(130)
    ]  # fmt: skip
    dear = Offering(
        code="dear", name="贵", kind=OfferingKind.MAIN_PLAN, sets_brand="全球通", monthly_fee_fen=9000,
        allowances=allowances, compatible_with=("vnet-group",),
    )  # fmt: skip
    facts, goal = customer("gotone-standard", "vnet-group"), Goal(wanted=TEN_GB, keep=("vnet-group",))
    found = find(goal, facts, rules(), Catalogue([*delivered, *cheap, dear]))
    assert (found.answers, found.proved, found.conflict) == ((), False, ())
    found = find(goal, facts, rules(), Catalogue([*delivered, *cheap[:100], dear]))
    assert [each.offerings for each in found.answers] == [("dear",)]
    assert found.proved


def test_what_is_held_and_enough_is_not_sold_again() -> None:
    facts = customer("gotone-standard")
    found = find(Goal(most=2), facts, rules(), catalogue())
    assert all(answer.change.items for answer in found.answers)


@pytest.mark.parametrize("seed", range(12))
def test_the_best_answer_is_the_best_of_all_choices(seed: int) -> None:
    """Brute force over every plan and pack of a small random catalogue agrees, steps and money."""
    shop, facts, goal = _small_world(random.Random(seed))
    found = find(goal, facts, rules(), shop)
    best = min(_all_answers(shop, facts, goal), default=None)
    if best is None:
        assert found.answers == ()
        return
    assert found.proved
    assert _cost(found.answers[0], shop, facts) == best


@pytest.mark.parametrize("seed", range(12))
def test_nothing_better_exists_says_a_proof_that_the_solver_does_not_check(seed: int) -> None:
    """Every choice with a lower bound below the answer is refuted: by the clauses or by the checker."""
    shop, facts, goal = _small_world(random.Random(seed))
    found = find(goal, facts, rules(), shop)
    encoding = encode(goal, facts, shop)
    cost = _cost(found.answers[0], shop, facts) if found.answers else Cost(99, 0, 0)
    formula: list[Clause] = [*encoding.hard, *cheaper_than(encoding, cost)]
    formula += [without(chosen, encoding) for chosen in _refuted(encoding, cost, facts, shop, goal)]
    with Solver(name="g4", bootstrap_with=[list(each) for each in formula], with_proof=True) as solver:
        assert solver.solve() is False
        proof = solver.get_proof()
    assert is_refuted(formula, proof)
    assert not is_refuted(encoding.hard, proof) or not list(proposals(encoding))


def test_the_proof_checker_refuses_what_does_not_follow() -> None:
    assert is_refuted([[1, 2], [-1, 2], [1, -2], [-1, -2]], ["2 0", "0"])
    assert not is_refuted([[1, 2], [-1, 2]], ["2 0", "0"])
    assert not is_refuted([[1, 2]], ["1 0", "0"])


def _refuted(
    encoding: Encoding, cost: Cost, facts: Facts, shop: Catalogue, goal: Goal
) -> list[tuple[Candidate, ...]]:
    """The choices that look cheaper and are not, each by its own plan."""
    found: list[tuple[Candidate, ...]] = []
    for chosen in proposals(encoding):
        if not total(chosen) < cost:
            break
        real = _cost_of_choice(chosen, facts, shop, goal)
        assert real is None or not real < cost, "the answer was not the best"
        found.append(chosen)
    return found


def _cost_of_choice(chosen: tuple[Candidate, ...], facts: Facts, shop: Catalogue, goal: Goal) -> Cost | None:
    added = [each.offering.code for each in chosen if not each.stays]
    if not added:
        return None
    plan = plan_for(wish(*added), facts, rules(), shop, goal.keep, explain=False)
    if not plan.possible or plan.change is None or plan.change.channel != "hotline":
        return None
    if {item.offering for item in plan.change.items if item.action == "add"} != set(added):
        return None
    return Cost(plan.cost.steps + len(added), plan.cost.trouble, plan.cost.fen + total(chosen).fen)


def _cost(answer: GoalAnswer, shop: Catalogue, facts: Facts) -> Cost:
    added = [item.offering for item in answer.change.items]
    fees = sum(shop.offerings[code].monthly_fee_fen or 0 for code in added)
    cost = answer.plan.cost
    return Cost(cost.steps + len(added), cost.trouble, cost.fen + fees)


def _all_answers(shop: Catalogue, facts: Facts, goal: Goal) -> list[Cost]:
    present = facts.held[0].offering
    plans = [each for each in shop.offerings.values() if each.kind is OfferingKind.MAIN_PLAN]
    packs = [each for each in shop.offerings.values() if each.kind is OfferingKind.DATA_PACK]
    found: list[Cost] = []
    for plan, pack in product(plans, [None, *packs]):
        both = [plan] if pack is None else [plan, pack]
        data = sum(each.amount for one in both for each in one.allowances)
        fee = sum(each.monthly_fee_fen or 0 for each in both)
        if data < goal.wanted[0].amount or (goal.max_fee_fen is not None and fee > goal.max_fee_fen):
            continue
        added = tuple(
            Candidate(place, each, each.monthly_fee_fen or 0, ())
            for place, each in enumerate(both)
            if each.code != present
        )
        cost = _cost_of_choice(added, facts, shop, goal) if added else None
        if cost is not None:
            found.append(cost)
    return found


def _small_world(rng: random.Random) -> tuple[Catalogue, Facts, Goal]:
    """A handful of plans and packs beside a few delivered offerings, and a customer with a V-net."""
    delivered = [catalogue().offerings[code] for code in ("gotone-standard", "vnet-group", "gprs-old-20")]
    own = [_plan(rng, place) for place in range(6)] + [_pack(rng, place) for place in range(4)]
    goal = Goal(
        wanted=(Wanted(kind="data_mb", amount=rng.choice([500, 2000, 6000])),),
        max_fee_fen=rng.choice([None, 6000, 12_000]),
        keep=rng.choice([(), ("vnet-group",)]),
        most=1,
    )
    return Catalogue([*delivered, *own]), customer("gotone-standard", "vnet-group", "gprs-old-20"), goal


def _plan(rng: random.Random, place: int) -> Offering:
    said = rng.choice(["compatible", "incompatible", "nothing"])
    return Offering(
        code=f"plan-{place}", name=f"套餐{place}", kind=OfferingKind.MAIN_PLAN, tags=("主套餐",),
        sets_brand=rng.choice(["全球通", "全球通", "神州行"]), monthly_fee_fen=rng.choice([3000, 5000, 8000]),
        allowances=(Allowance("data_mb", rng.choice([100, 1000, 3000, 8000]), "国内"),),
        compatible_with=("vnet-group", "gprs-old-20") if said == "compatible" else ("gprs-old-20",),
        incompatible_with=("vnet-group",) if said == "incompatible" else (),
    )  # fmt: skip


def _pack(rng: random.Random, place: int) -> Offering:
    return Offering(
        code=f"pack-{place}", name=f"流量包{place}", kind=OfferingKind.DATA_PACK,
        monthly_fee_fen=rng.choice([500, 1000, 2000]),
        allowances=(Allowance("data_mb", rng.choice([500, 2000, 5000]), "国内"),),
        incompatible_with=rng.choice([(), ("plan-1",), ("gotone-standard",)]),
        compatible_with=("tag:主套餐",),
    )  # fmt: skip
