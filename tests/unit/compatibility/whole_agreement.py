"""The verdicts on a whole catalogue compared with engine and referee, offering by offering.

One customer of a random world is judged against every offering at once, and against each one singly.
"""

import random
from collections.abc import Iterator

import msgspec

from crm.core.catalog.engine import Catalogue
from crm.core.compatibility.engine import qualify
from crm.core.compatibility.outlook import Outlook
from crm.core.compatibility.possibilities import possibilities
from crm.core.compatibility.ruleset import RuleSet
from crm.core.compatibility.schemas import Change, ChangeItem, Facts
from crm.core.compatibility.target_bits import TargetBits
from tests.unit.compatibility.agreement import DELIVERED
from tests.unit.compatibility.random_cases import CHANNELS, a_catalogue, facts_of, some, some_rules
from tests.unit.compatibility.referee import Referee, verdict_of

_CUSTOMERS_A_WORLD = 12


def disagreements(seed: int, cases: int, *, referee: bool = True) -> Iterator[str]:
    """Where the whole catalogue, the engine and the referee do not say the same, of at least `cases` pairs of
    customer and offering: half under the delivered rules, half under random ones. Nothing is yielded when all
    agree. The same seed asks the same."""
    asked = world = 0
    while asked < cases:
        rng = random.Random(f"whole {seed} {world}")
        catalogue = a_catalogue(rng, rng.choice((8, 16, 24)))
        rules = RuleSet(some_rules(rng, catalogue) if world % 2 else DELIVERED.rules)
        world += 1
        targets = TargetBits(catalogue)
        for _ in range(_CUSTOMERS_A_WORLD):
            facts = facts_of(rng, catalogue)
            steps = [f"losses:{held.id}" for held in facts.held] + ["losses:"]
            steps += [f"{step}:{code}" for code in catalogue.offerings for step in ("retention", "price")]
            change = Change(items=(), channel=rng.choice(CHANNELS), recorded=some(rng, steps, 6))
            yield from differences(change, facts, rules, targets, referee=referee)
            asked += len(catalogue)


def differences(
    change: Change, facts: Facts, rules: RuleSet, targets: TargetBits, *, referee: bool = True
) -> Iterator[str]:
    """One customer against every offering; `change` says the channel and the steps taken."""
    catalogue = targets.catalogue
    found = possibilities(Outlook(rules, targets, change.channel, facts.on), facts, change.recorded)
    for code in catalogue.offerings:
        basket = msgspec.structs.replace(change, items=(ChangeItem(action="add", offering=code),))
        whole, single = found.verdict(code), qualify(basket, facts, rules, catalogue).verdict
        if whole is not single:
            yield f"{code}: whole {whole}, engine {single}\n{basket}\n{facts}"
        if referee and whole is not (meant := _meant(basket, facts, rules, catalogue)):
            yield f"{code}: whole {whole}, referee {meant}\n{basket}\n{facts}"


def _meant(change: Change, facts: Facts, rules: RuleSet, catalogue: Catalogue) -> object:
    return verdict_of(Referee(change, facts, rules.rules, catalogue).judge(), rules.rules)
