"""Engine and referee on random cases: verdict, findings and effects are the same.

A chunk is one world: a catalogue and a rule set that all its cases share, so that what the engine remembers
of them is tried too, and compiling is paid once.
"""

import random
from functools import partial

import msgspec

from crm.core.catalog.content import load_offerings
from crm.core.catalog.engine import Catalogue
from crm.core.catalog.schemas import Offering
from crm.core.compatibility.content import load_rules
from crm.core.compatibility.ruleset import RuleSet
from crm.core.compatibility.schemas import Change, Facts, Scenario
from proof.running import ROOT, Chunk, Options, Result, run_chunks
from tests.unit.compatibility.agreement import disagreement, smaller
from tests.unit.compatibility.random_cases import a_catalogue, change_of, facts_of, some_rules

CASES = 1_000
USUAL, QUICK = 10_000_000, 2_000


class World:
    """A catalogue and the rules that are judged over it."""

    def __init__(self, number: int) -> None:
        rng = random.Random(f"world {number}")
        self.delivered = number % 4 >= 2
        if number % 4 == 3:
            self.catalogue = Catalogue(load_offerings(ROOT / "catalog/offerings")[0])
        else:
            self.catalogue = a_catalogue(rng)
        if self.delivered:
            self.rules = RuleSet(load_rules(ROOT / "catalog/rules")[0].rules)
        else:
            self.rules = RuleSet(some_rules(rng, self.catalogue))

    def case(self, number: int, place: int) -> tuple[Change, Facts]:
        """One customer and basket."""
        rng = random.Random(f"case {number} {place}")
        facts = facts_of(rng, self.catalogue)
        return change_of(rng, facts, self.catalogue), facts


def chunk(number: int, cases: int = CASES) -> Chunk:
    """The disagreements of one world; it stops at the first."""
    world = World(number)
    for place in range(cases):
        change, facts = world.case(number, place)
        if disagreement(change, facts, world.rules, world.catalogue):
            return Chunk(place + 1, (_told(world, number, place, change, facts),))
    return Chunk(cases, ())


def _told(world: World, number: int, place: int, change: Change, facts: Facts) -> str:
    change, facts = smaller(change, facts, world.rules, world.catalogue)
    rules = fewer_rules(change, facts, world)
    said = disagreement(change, facts, rules, world.catalogue)
    scenario = Scenario(
        facts=facts, change=change, offerings=needed(change, facts, rules, world), only_own_offerings=True
    )
    text = f"world {number}, case {place}: {said}\nscenario for `crm qualify`:\n{_json(scenario)}"
    return text if world.delivered else f"{text}\nrules, random:\n{_json(rules.rules)}"


def fewer_rules(change: Change, facts: Facts, world: World) -> RuleSet:
    """The rules without which the disagreement is gone."""
    left = list(world.rules.rules)
    for rule in world.rules.rules:
        less = [each for each in left if each is not rule]
        if disagreement(change, facts, RuleSet(less), world.catalogue):
            left = less
    return RuleSet(left)


def needed(change: Change, facts: Facts, rules: RuleSet, world: World) -> tuple[Offering, ...]:
    """The offerings without which the disagreement is gone."""
    left = list(world.catalogue.offerings.values())
    for offering in tuple(left):
        less = [each for each in left if each is not offering]
        if disagreement(change, facts, rules, Catalogue(less)):
            left = less
    return tuple(left)


def _json(value: object) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()


def run(options: Options) -> Result:
    """10,000,000 cases, or a few."""
    wanted = options.wanted(USUAL, QUICK)
    return run_chunks("agreement", partial(chunk, cases=min(CASES, wanted)), wanted, options)
