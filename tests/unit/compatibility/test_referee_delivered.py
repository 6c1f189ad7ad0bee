"""The engine and the naive referee agree on 5,000 random cases under the delivered rules."""

import random

from crm.core.compatibility.engine import qualify
from tests.unit.compatibility.agreement import CASES, DELIVERED, DELIVERED_WORLDS, WORLDS, disagreed
from tests.unit.compatibility.random_cases import change_of, facts_of


def test_delivered_rules_agree_with_the_referee() -> None:
    for seed in range(CASES):
        catalogue, rules = DELIVERED_WORLDS[seed % WORLDS]
        assert not disagreed(seed, rules, catalogue)


def test_the_random_cases_reach_every_delivered_rule() -> None:
    """A referee that never sees a rule proves nothing about it."""
    fired: set[str] = set()
    for seed in range(6_000):
        rng = random.Random(seed)
        catalogue, rules = DELIVERED_WORLDS[seed % WORLDS]
        facts = facts_of(rng, catalogue)
        found = qualify(change_of(rng, facts, catalogue), facts, rules, catalogue)
        fired |= {finding.rule_id for finding in found.findings if not finding.unknown}
    never = {rule.id for rule in DELIVERED.rules} - fired
    assert len(never) <= 4, sorted(never)
