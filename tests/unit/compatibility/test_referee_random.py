"""The engine and the naive referee agree on 5,000 random cases under rules from all over the vocabulary."""

from tests.unit.compatibility.agreement import CASES, RANDOM_WORLDS, WORLDS, disagreed


def test_random_rules_agree_with_the_referee() -> None:
    for seed in range(CASES):
        catalogue, rules = RANDOM_WORLDS[seed % WORLDS]
        assert not disagreed(seed, rules, catalogue)
