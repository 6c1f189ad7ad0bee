"""No plan is cheaper than the one found: said by a proof that a foreign program checks.

A plan is seen as the set of its steps. A set that does not help is one within which nobody gets to the goal
for less; whoever does must leave it, by a step that is offered on the way and lies outside. So every such set
gives a clause over steps, and the checker's findings are what it is made of. With them stands the bound: the
steps taken together cost less than the plan. When no set of steps fulfils both, a SAT solver says so, and its
proof is read by others (`rup.py`, and `dratify` in `make proof`).
"""

import random
from collections.abc import Iterator
from datetime import date
from heapq import heappop, heappush
from itertools import count
from typing import NamedTuple

from pysat.solvers import Solver

from crm.core.catalog.engine import Catalogue
from crm.core.compatibility.engine import qualify
from crm.core.compatibility.offered import blocking, offered
from crm.core.compatibility.plan_schemas import Cost, PlanStep
from crm.core.compatibility.plans import search
from crm.core.compatibility.schemas import Change, Facts, Held, Origin
from crm.core.compatibility.steps import State, after, cost_of
from tests.unit.compatibility.at_most import at_most
from tests.unit.compatibility.planning_world import PLANS, PRODUCTS, WISHES, customer, held, rules, wish

Clause = tuple[int, ...]
Name = tuple[str, str, str]  # what, to what, until when
MOST_STATES, WIDEN_TO = 5_000, 40  # looked at within one set of steps; and when it is widened
NEVER = Cost(10_000, 0, 0)  # dearer than any plan
# What a step of a kind costs; days of waiting come on top.
_LEAST = {
    "record": (1, 1), "cancel": (1, 2), "add": (1, 2), "switch": (1, 3), "work_order": (1, 10),
    "add_profile": (1, 20), "visit_store": (1, 25), "wait": (1, 30),
}  # fmt: skip


class NotMinimal(AssertionError):
    """A set of steps makes the wish possible for less."""


class TooLarge(Exception):
    """More states than anyone wants to look at; nothing is claimed."""


class Refutation(NamedTuple):
    """The formula that says "there is a cheaper plan", and the solver's proof that it has no model."""

    formula: list[Clause]
    proof: list[str]
    cuts: int
    judged: int


class Steps:
    """The steps that have come up, as variables, with the least that each can cost."""

    def __init__(self, today: date) -> None:
        self.today = today
        self.variables: dict[Name, int] = {}
        self._least: dict[int, Cost] = {}
        self._until: dict[int, date] = {}

    def variable(self, step: PlanStep, fen: int) -> int:
        """The variable of a step; on another day it is the same step, unless it is waiting for that day."""
        waits = step.do == "wait"
        name = (step.do, step.held_id or step.offering or step.record, str(step.on) if waits else "")
        if name not in self.variables:
            number = self.variables[name] = len(self.variables) + 1
            self._least[number] = Cost(*_LEAST[step.do], fen)
            if waits:
                self._until[number] = step.on
        return self.variables[name]

    def least(self) -> dict[int, Cost]:
        """The least that each step adds.

        A work order may take over a cancellation that was counted. A wait is charged only the days since the
        next earlier day that somebody may wait for, so that several waits are never charged more than pass.
        """
        found, days = dict(self._least), sorted({self.today, *self._until.values()})
        for number, until in self._until.items():
            before = days[days.index(until) - 1] if until > self.today else until
            cost = found[number]
            found[number] = Cost(cost.steps, cost.trouble + (until - before).days, cost.fen)
        for (do, subject, _), number in self.variables.items():
            if do == "work_order" and ("cancel", subject, "") in self.variables:
                found[number] = Cost(0, _LEAST["work_order"][1] - _LEAST["cancel"][1], 0)
        return found


class World:
    """One wish: what the checker says of every state, asked once."""

    def __init__(self, change: Change, facts: Facts, shop: Catalogue) -> None:
        self.wish, self.start, self.shop = change, State(facts, change), shop
        self.steps = Steps(facts.on)
        self._seen: dict[State, tuple[bool, list[tuple[int, Cost, State]]]] = {}

    @property
    def judged(self) -> int:
        """How many states the checker was asked about."""
        return len(self._seen)

    def look(self, state: State) -> tuple[bool, list[tuple[int, Cost, State]]]:
        """Whether the wish is fulfilled there, and which steps are offered: variable, cost, what follows."""
        if state not in self._seen:
            self._seen[state] = self._judge(state)
        return self._seen[state]

    def _judge(self, state: State) -> tuple[bool, list[tuple[int, Cost, State]]]:
        if not state.change.items:
            return True, []
        verdict = qualify(state.change, state.facts, rules(), self.shop)
        if verdict.can_be_ordered:
            return True, []
        found: list[tuple[int, Cost, State]] = []
        for step in offered(state, blocking(verdict), self.shop, frozenset()):
            cost = cost_of(state, step, self.wish, self.shop)
            found.append((self.steps.variable(step, cost.fen), cost, after(state, step)))
        return False, found

    def ways_out(self, inside: set[int], bound: Cost) -> set[int]:
        """The steps that are offered inside the set and lead out of it; raises when one need not leave it.

        Where nobody reaches the goal at any cost, the set is widened first: fewer ways then lead out.
        """
        reached, outside, complete = self._within(inside, MOST_STATES)
        if not complete:
            raise TooLarge
        if reached is not None:
            if reached < bound:
                raise NotMinimal(f"{reached} is enough, not {bound}")
            return outside
        waiting = sorted(outside)
        while waiting:
            wider = inside | {waiting.pop(0)}
            reached, ways, complete = self._within(wider, MOST_STATES if bound == NEVER else WIDEN_TO)
            if reached is None and complete:
                waiting += sorted(ways - outside)
                inside, outside = wider, ways
        return outside

    def _within(self, inside: set[int], most: int) -> tuple[Cost | None, set[int], bool]:
        """The least cost of the goal with these steps alone, the ways out, and whether all was looked at."""
        order, outside = count(), set[int]()
        waiting, closed = [(Cost(), next(order), self.start)], set[State]()
        goal: Cost | None = None
        while waiting and len(closed) < most:
            spent, _, state = heappop(waiting)
            if state in closed:
                continue
            closed.add(state)
            reached, offers = self.look(state)
            if reached and goal is None:
                goal = spent
            for variable, cost, following in offers:
                if variable in inside:
                    heappush(waiting, (_plus(spent, cost), next(order), following))
                else:
                    outside.add(variable)
        return goal, outside, not waiting


def refuted(change: Change, facts: Facts, bound: Cost, shop: Catalogue) -> Refutation:
    """The refutation of "a plan costs less than `bound`". Raises NotMinimal when one does, and TooLarge."""
    world, cuts, inside = World(change, facts, shop), list[Clause](), set[int]()
    while True:
        cuts.append(tuple(sorted(world.ways_out(inside, bound))))
        if not cuts[-1]:
            return Refutation(cuts, ["0"], len(cuts), world.judged)
        formula = [*cuts, *_below(world.steps, bound, {each for cut in cuts for each in cut})]
        with Solver(name="g4", bootstrap_with=[list(each) for each in formula], with_proof=True) as solver:
            if not solver.solve():
                return Refutation(formula, [*(solver.get_proof() or []), "0"], len(cuts), world.judged)
            inside = set(solver.get_model() or []) & set(world.steps.variables.values())


def _below(steps: Steps, bound: Cost, used: set[int]) -> Iterator[Clause]:
    """What the steps cost together is below the bound: each counted at the least it can cost."""
    costs = {variable: cost for variable, cost in steps.least().items() if variable in used}
    money = 1 + bound.fen + sum(each.fen for each in costs.values())
    trouble = 1 + bound.trouble + sum(each.trouble for each in costs.values())

    def number(cost: Cost) -> int:
        return (cost.steps * trouble + cost.trouble) * money + cost.fen

    weights = {variable: number(cost) for variable, cost in costs.items()}
    yield from at_most(weights, number(bound) - 1, 1 + max(steps.variables.values()))


def _plus(one: Cost, other: Cost) -> Cost:
    return Cost(one.steps + other.steps, one.trouble + other.trouble, one.fen + other.fen)


def refutation_of(change: Change, facts: Facts, shop: Catalogue) -> Refutation | None:
    """The refutation that goes with the plan the search finds, or with its "there is none".

    None where nothing is claimed: the search was cut off, or nothing costs less than nothing.
    """
    found = search(change, facts, rules(), shop)
    if not found.proved or (found.path is not None and found.cost == Cost()):
        return None
    return refuted(change, facts, found.cost if found.path is not None else NEVER, shop)


def stories() -> list[tuple[Facts, Change]]:
    """The plans of the stories: by work order, after a wait, at the store, with another plan, and none."""
    bundle = held("bundle-guanjia-cailing-1y", locked_until=date(2027, 3, 31), origin=Origin.AGREEMENT)
    member = held("music-membership", locked_until=date(2027, 6, 30), origin=Origin.AGREEMENT)
    return [
        (customer("mzone-campus-a", "vnet-campus"), wish("gotone-standard")),
        (customer("mzone-hke", "vnet-hke"), wish("gotone-standard")),
        (customer("gotone-standard", bundle), wish("ao88-88")),
        (customer("music-a", member), wish("music-b")),
        (customer("easyown-standard", profile_recorded=False), wish("easyown-changting")),
        (customer("mzone-net"), wish("vnet-group")),
        (customer("mzone-campus-a", "vnet-campus"), wish(delete=("vnet-campus",))),
        (customer("gotone-standard", "sms-pack-10", line_kind="话吧"), wish("gotone-business")),
        (customer("mzone-hke", "vnet-hke", "sms-pack-10"), wish("gotone-standard", delete=("sms-pack-10",))),
    ]


def a_case(rng: random.Random) -> tuple[Facts, Change]:
    """A customer with up to three products, and one or two lines."""
    products: list[Held | str] = []
    for code in rng.sample(PRODUCTS, rng.randint(0, 3)):
        until = rng.choice([None, None, date(2026, 11, 22), date(2027, 1, 31)])
        known = {"origin": Origin.AGREEMENT} if until and rng.random() < 0.5 else {}
        products.append(held(code, locked_until=until, **known))
    line_kind = rng.choice(["普通", "普通", "普通", "话吧"])
    facts = customer(rng.choice(PLANS), *products, line_kind=line_kind, profile_recorded=rng.random() < 0.5)
    adds = [rng.choice(WISHES)] if rng.random() < 0.7 else []
    ends = [rng.choice(facts.held).offering] if rng.random() < 0.5 or not adds else []
    return facts, wish(*adds, delete=tuple(ends))
