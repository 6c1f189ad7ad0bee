"""Plans: replayable, the fewest and cheapest steps, consent in its place; a conflict where there is none."""

from collections.abc import Sequence
from datetime import date
from itertools import combinations

import pytest
from hypothesis import given, settings

from crm.core.compatibility.alternatives import alternatives_to
from crm.core.compatibility.conflict import Fact, facts_of, minimal, only
from crm.core.compatibility.engine import qualify
from crm.core.compatibility.offered import blocking, offered
from crm.core.compatibility.plan_schemas import Cost, Plan
from crm.core.compatibility.plans import is_open, lost, plan_for, replay, search, why_impossible
from crm.core.compatibility.schemas import Change, Facts, HeldState, Origin, Qualification, Verdict
from crm.core.compatibility.steps import State, after, apply_step, cost_of
from tests.unit.compatibility.planning_world import TODAY, cases, catalogue, customer, held, rules, wish

KINDS_OF_STEP = [
    "record",
    "cancel",
    "add",
    "switch",
    "work_order",
    "add_profile",
    "visit_store",
    "wait",
    "order",
]


def planned(facts: Facts, change: Change, keep: tuple[str, ...] = ()) -> Plan:
    return plan_for(change, facts, rules(), catalogue(), keep)


def steps_of(plan: Plan) -> list[str]:
    return [step.do for step in plan.steps]


def test_the_campus_vnet_is_cancelled_by_work_order_and_then_the_brand_changes() -> None:
    plan = planned(customer("mzone-campus-a", "vnet-campus"), wish("gotone-standard"))
    assert steps_of(plan) == ["work_order", "order"]
    cancel, order = plan.steps
    assert (cancel.where, cancel.work_order_type, cancel.held_id) == (
        "back_office", "cancel_group_service", "vnet-campus",
    )  # fmt: skip
    assert cancel.say, "the customer hears what is lost before it is cancelled"
    assert "标准全球通" in order.text
    assert plan.outcome is not None
    assert plan.outcome.can_be_ordered
    assert order.say == tuple(each.text for each in plan.outcome.sentences)
    assert plan.proved


def test_losses_are_confirmed_before_the_work_order() -> None:
    plan = planned(customer("mzone-hke", "vnet-hke"), wish("gotone-standard"))
    assert steps_of(plan) == ["record", "work_order", "order"]
    assert plan.steps[0].record == "losses:vnet-hke"


def test_a_lock_in_is_waited_for_to_its_last_day_and_the_bundle_cancelled_then() -> None:
    bundle = held("bundle-guanjia-cailing-1y", locked_until=date(2027, 3, 31), origin=Origin.AGREEMENT)
    plan = planned(customer("gotone-standard", bundle), wish("ao88-88"))
    assert steps_of(plan) == ["wait", "cancel", "order"]
    assert plan.steps[0].on == date(2027, 4, 1), "the lock-in day itself is still bound"


def test_a_music_member_goes_to_the_store_with_the_document() -> None:
    member = held("music-membership", locked_until=date(2027, 6, 30), origin=Origin.AGREEMENT)
    plan = planned(customer("music-a", member), wish("music-b"))
    assert steps_of(plan) == ["visit_store", "order"]
    assert plan.steps[0].bring == ("机主本人", "有效身份证件")
    assert plan.steps[1].where == "store"


def test_a_missing_profile_is_recorded_first() -> None:
    plan = planned(customer("easyown-standard", profile_recorded=False), wish("easyown-changting"))
    assert steps_of(plan) == ["add_profile", "order"]


def test_an_addition_the_plan_forbids_comes_with_another_plan() -> None:
    plan = planned(customer("mzone-net"), wish("vnet-group"))
    assert steps_of(plan) == ["switch", "order"]
    assert plan.cost.fen == min(
        cost.fen for cost in _all_costs(customer("mzone-net"), wish("vnet-group"), 1) if cost.steps == 1
    )


def test_to_cancel_a_vnet_needs_the_work_order_and_nothing_else() -> None:
    plan = planned(customer("mzone-campus-a", "vnet-campus"), wish(delete=("vnet-campus",)))
    assert steps_of(plan) == ["work_order"]
    assert plan.outcome is None
    assert plan.possible


def test_what_can_be_ordered_needs_no_step() -> None:
    plan = planned(customer("gotone-standard"), wish("gotone-business"))
    assert steps_of(plan) == ["order"]
    assert plan.cost == Cost()


def test_a_phone_booth_has_no_plan_and_the_conflict_says_why() -> None:
    plan = planned(customer("gotone-standard", "sms-pack-10", line_kind="话吧"), wish("gotone-business"))
    assert not plan.possible
    assert plan.conflict == ("要办理“全球通商务卡”", "在10086人工台办理", "号码类型是话吧")
    assert any("话吧号码" in each for each in plan.reasons)


def test_what_is_kept_is_neither_cancelled_nor_lost() -> None:
    facts = customer("mzone-campus-a", "vnet-campus")
    assert not planned(facts, wish("gotone-standard"), keep=("vnet-campus",)).possible
    facts = customer("gotone-standard", "gprs-old-20")
    assert planned(facts, wish("ao88-88")).possible
    assert not planned(facts, wish("ao88-88"), keep=("gprs-old-20",)).possible


def test_what_nobody_knows_is_a_question_and_not_a_conflict() -> None:
    plan = planned(customer("gotone-standard", brand=None), wish("vnet-group"))
    if not plan.possible:
        assert plan.questions
        assert plan.conflict == ()


def test_alternatives_can_be_ordered_now() -> None:
    bundle = held("bundle-guanjia-cailing-1y", locked_until=date(2027, 3, 31), origin=Origin.AGREEMENT)
    facts = customer("gotone-standard", bundle)
    plan = planned(facts, wish("ao88-88"))
    assert 1 <= len(plan.alternatives) <= 3
    for each in plan.alternatives:
        assert qualify(wish(each.offering), facts, rules(), catalogue()).can_be_ordered
        assert each.offering != "ao88-88"
    assert alternatives_to(wish(delete=("bundle-guanjia-cailing-1y",)), facts, catalogue(), _never) == ()


def _never(change: Change) -> Qualification:
    raise AssertionError("nothing is to be added, so nothing can stand in for it")


def test_waiting_moves_the_calendar_and_what_was_said_is_said_again() -> None:
    facts = customer(
        "gotone-standard", held("gprs-new-20", state=HeldState.RESERVED, starts_on=date(2026, 12, 1))
    )
    bundle = held("bundle-guanjia-cailing-1y", locked_until=date(2026, 11, 30), origin=Origin.AGREEMENT)
    waited = planned(customer("gotone-standard", bundle), wish("ao88-88")).steps[0]
    assert waited.do == "wait"
    later = apply_step(facts, waited)
    assert later.on == date(2026, 12, 1)
    assert later.held[1].state is HeldState.ACTIVE
    state = after(State(facts, wish("ao88-88", recorded=("price:ao88-88",))), waited)
    assert state.change.recorded == ()


@settings(max_examples=120, deadline=None)
@given(cases())
def test_a_plan_replays_to_its_goal_and_no_step_is_out_of_order(case: tuple[Facts, Change]) -> None:
    facts, change = case
    plan = planned(facts, change)
    if not plan.possible:
        return
    assert all(step.do in KINDS_OF_STEP for step in plan.steps)
    outcome = replay(change, facts, plan.steps, rules(), catalogue())
    assert outcome == plan.outcome
    assert outcome is None or outcome.verdict.severity <= Verdict.CONSENT.severity
    found = search(change, facts, rules(), catalogue())
    assert found.path is not None
    assert is_open(change, facts, found.path, rules(), catalogue())


@settings(max_examples=120, deadline=None)
@given(cases())
def test_neither_consent_nor_any_other_step_can_be_left_out(case: tuple[Facts, Change]) -> None:
    facts, change = case
    found = search(change, facts, rules(), catalogue())
    for place in range(len(found.path or ())):
        assert found.path is not None
        shorter = found.path[:place] + found.path[place + 1 :]
        if not is_open(change, facts, shorter, rules(), catalogue()):
            continue
        outcome = replay(change, facts, shorter, rules(), catalogue())
        assert outcome is not None
        assert not outcome.can_be_ordered, found.path[place]


@settings(max_examples=60, deadline=None)
@given(cases())
def test_no_plan_is_shorter_or_cheaper_than_the_one_found(case: tuple[Facts, Change]) -> None:
    facts, change = case
    found = search(change, facts, rules(), catalogue())
    if not found.proved:
        return
    # Where there is no plan, two steps are tried all the same.
    costs = _all_costs(facts, change, min(found.cost.steps, 2) if found.path is not None else 2)
    if found.path is None:
        assert costs == []
    elif found.cost.steps <= 2:
        assert min(costs) == found.cost
    else:
        assert costs == []


def _all_costs(facts: Facts, change: Change, most: int) -> list[Cost]:
    """What every sequence of at most `most` steps costs that ends in an order. No queue, no memory."""
    found: list[Cost] = []

    def walk(state: State, spent: Cost, seen: tuple[State, ...]) -> None:
        if not state.change.items:
            found.append(spent)
            return
        verdict = qualify(state.change, state.facts, rules(), catalogue())
        if verdict.can_be_ordered:
            found.append(spent)
            return
        for step in offered(state, blocking(verdict), catalogue(), frozenset()):
            more = cost_of(state, step, change, catalogue())
            following = after(state, step)
            total = Cost(spent.steps + more.steps, spent.trouble + more.trouble, spent.fen + more.fen)
            if total.steps <= most and following not in seen:
                walk(following, total, (*seen, following))

    walk(State(facts, change), Cost(), ())
    return found


@settings(max_examples=150, deadline=None)
@given(cases())
def test_a_conflict_is_one_and_has_no_needless_fact(case: tuple[Facts, Change]) -> None:
    facts, change = case
    plan = planned(facts, change)
    if plan.possible or not plan.conflict:
        return
    everything = facts_of(change, facts, catalogue())

    def ask(kept: Sequence[Fact]) -> tuple[str, ...] | None:
        return why_impossible(*only(kept, change, facts, catalogue()), rules(), catalogue(), frozenset())

    core = minimal(everything, ask)
    assert tuple(each.words for each in core) == plan.conflict
    assert ask(core) is not None
    for size in range(1, len(core)):
        for some in combinations(core, size):
            if any(each.kind == "wish" for each in some):
                assert ask(some) is None, [each.words for each in some]


@pytest.mark.parametrize("plan", ["ao88-88", "gotone-business"])
def test_the_same_question_gets_the_same_plan_whatever_the_order(plan: str) -> None:
    one = customer("gotone-standard", "gprs-old-20", "vnet-group", "sms-pack-10")
    other = Facts(on=TODAY, hour=10, subscriber=one.subscriber, held=tuple(reversed(one.held)))
    assert planned(one, wish(plan)) == planned(other, wish(plan))


def test_nothing_kept_is_lost_in_the_outcome() -> None:
    plan = planned(customer("gotone-standard", "vnet-group"), wish("gotone-business"), keep=("vnet-group",))
    assert plan.outcome is not None
    assert "vnet-group" not in lost(plan.outcome)
