"""The fewest, then cheapest steps that make a wish possible: uniform-cost search over what verdicts offer.

Every state on the way is judged by the checker itself, so nothing is shown that it would not accept. Pure.
"""

from collections.abc import Callable, Iterable
from heapq import heappop, heappush
from itertools import count

import msgspec

from crm.core.catalog.engine import Catalogue
from crm.core.compatibility.alternatives import alternatives_to
from crm.core.compatibility.conflict import Conflict, smallest_conflict
from crm.core.compatibility.engine import qualify, stopping
from crm.core.compatibility.offered import blocking, offered, questions_of
from crm.core.compatibility.plan_schemas import Alternative, Cost, Plan, PlanStep
from crm.core.compatibility.ruleset import RuleSet
from crm.core.compatibility.schemas import Change, Facts, Qualification
from crm.core.compatibility.steps import State, after, cost_of, without_taken_over

MOST_JUDGED = 600
_MOST_STEPS = 10
Judge = Callable[[State], Qualification]


class Found(msgspec.Struct, frozen=True):
    """Where a search ended. `path` None: there is no way; not `proved`: it was cut off."""

    path: tuple[PlanStep, ...] | None
    end: State
    outcome: Qualification | None
    cost: Cost
    questions: tuple[str, ...]
    proved: bool
    judged: int


def plan_for(
    change: Change,
    facts: Facts,
    rules: RuleSet,
    catalogue: Catalogue,
    keep: Iterable[str] = (),
    *,
    explain: bool = True,
) -> Plan:
    """The best plan for a basket, the plan replayed; without one the conflict in words.

    `keep` are held products that the plan may not lose. `explain`: also look for the smallest conflict and
    for the nearest alternatives. The same inputs give the same plan. Raises what `qualify` raises.
    """
    kept = frozenset(keep)
    found = search(change, facts, rules, catalogue, kept)
    if found.path is None:
        reasons = Conflict((), ())
        if explain and found.proved:
            reasons = smallest_conflict(
                change, facts, catalogue, lambda one, on: why_impossible(one, on, rules, catalogue, kept)
            )
        return Plan(
            possible=False, questions=found.questions, conflict=reasons.facts, reasons=reasons.why,
            alternatives=_alternatives(change, facts, rules, catalogue) if explain else (),
            proved=found.proved, judged=found.judged,
        )  # fmt: skip
    steps = without_taken_over(found.path)
    outcome = replay(change, facts, steps, rules, catalogue)
    if not is_open(change, facts, found.path, rules, catalogue) or outcome != found.outcome:
        raise AssertionError("a plan must end where its replay ends")
    steps = _told(steps, outcome, found.end, catalogue)
    return Plan(
        possible=True, steps=steps, cost=found.cost, change=found.end.change, outcome=outcome,
        questions=found.questions, proved=found.proved, judged=found.judged,
        alternatives=_alternatives(change, facts, rules, catalogue) if explain and found.path else (),
    )  # fmt: skip


def search(
    change: Change, facts: Facts, rules: RuleSet, catalogue: Catalogue, keep: frozenset[str] = frozenset()
) -> Found:
    """The cheapest sequence of offered steps after which the basket can be ordered."""
    start = State(facts, change)
    order = count()
    open_states: list[tuple[Cost, int, State, tuple[PlanStep, ...]]] = [(Cost(), next(order), start, ())]
    closed: set[State] = set()
    questions: dict[str, None] = {}
    judged, cut = 0, False
    while open_states:
        cost, _, state, path = heappop(open_states)
        if state in closed:
            continue
        closed.add(state)
        if not state.change.items:
            return Found(path, state, None, cost, tuple(questions), not cut, judged)
        if judged >= MOST_JUDGED:
            return Found(None, state, None, cost, tuple(questions), False, judged)
        stopped = stopping(state.change, state.facts, rules, catalogue)
        judged += 1
        if not stopped:
            verdict = qualify(state.change, state.facts, rules, catalogue)
            if keep.isdisjoint(lost(verdict)):
                return Found(path, state, verdict, cost, tuple(questions), not cut, judged)
            continue
        questions |= dict.fromkeys(questions_of(stopped))
        if len(path) >= _MOST_STEPS:
            cut = True
            continue
        for step in offered(state, stopped, catalogue, keep):
            following = after(state, step)
            if following not in closed:
                more = cost_of(state, step, change, catalogue)
                heappush(open_states, (_plus(cost, more), next(order), following, (*path, step)))
    return Found(None, start, None, Cost(), tuple(questions), not cut, judged)


def replay(
    change: Change, facts: Facts, steps: Iterable[PlanStep], rules: RuleSet, catalogue: Catalogue
) -> Qualification | None:
    """The verdict after the steps, judged anew; None when they leave nothing to order."""
    state = State(facts, change)
    for step in steps:
        if step.do != "order":
            state = after(state, step)
    return qualify(state.change, state.facts, rules, catalogue) if state.change.items else None


def is_open(
    change: Change, facts: Facts, steps: Iterable[PlanStep], rules: RuleSet, catalogue: Catalogue
) -> bool:
    """Whether every step is offered by the verdict of the very state in which it is taken."""
    state = State(facts, change)
    for step in steps:
        stopped = stopping(state.change, state.facts, rules, catalogue)
        if step not in offered(state, stopped, catalogue, frozenset()):
            return False
        state = after(state, step)
    return True


def lost(verdict: Qualification) -> frozenset[str]:
    """The held products that would not be there afterwards."""
    return frozenset([line.held_id for line in verdict.diff.lost if line.held_id is not None])


def why_impossible(
    change: Change, facts: Facts, rules: RuleSet, catalogue: Catalogue, keep: frozenset[str]
) -> tuple[str, ...] | None:
    """None when there is a plan; else why the wish is blocked as it stands."""
    there = frozenset(each.id for each in facts.held)
    found = search(change, facts, rules, catalogue, keep & there)
    if found.path is not None:
        return None
    verdict = qualify(change, facts, rules, catalogue)
    if verdict.can_be_ordered:
        return ("办理后会失去客户要保留的业务",)
    if all(each.unknown for each in blocking(verdict)):
        return None  # nobody knows is a question, not a conflict
    return tuple(
        dict.fromkeys([each.explain for each in verdict.findings if each.verdict is verdict.verdict])
    )


def _told(
    steps: tuple[PlanStep, ...], outcome: Qualification | None, end: State, catalogue: Catalogue
) -> tuple[PlanStep, ...]:
    """The steps with the order at their end, and what is to be read out and agreed to before it."""
    if outcome is None:
        return steps
    going_first = sorted(end.change.items, key=lambda item: item.action != "delete")
    names = [
        ("办理" if item.action == "add" else "取消") + _name(catalogue, item.offering) for item in going_first
    ]
    where = "store" if end.change.channel == "store" else "desk"
    order = PlanStep(
        do="order", text="、".join(names), on=end.facts.on, where=where, name="、".join(names),
        say=tuple([each.text for each in outcome.sentences]),
    )  # fmt: skip
    return (*steps, order)


def _alternatives(
    change: Change, facts: Facts, rules: RuleSet, catalogue: Catalogue
) -> tuple[Alternative, ...]:
    return alternatives_to(change, facts, catalogue, lambda one: qualify(one, facts, rules, catalogue))


def _plus(one: Cost, other: Cost) -> Cost:
    return Cost(one.steps + other.steps, one.trouble + other.trouble, one.fen + other.fen)


def _name(catalogue: Catalogue, code: str) -> str:
    found = catalogue.get(code)
    return code if found is None else found.name
