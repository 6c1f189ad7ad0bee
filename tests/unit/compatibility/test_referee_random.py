"""The engine and the naive referee agree on 5,000 random cases under rules from all over the vocabulary."""

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.compatibility.agreement import RANDOM_WORLDS, WORLDS, check, quick


@quick
@given(seed=st.integers(0, 2**32), world=st.integers(0, WORLDS - 1))
def test_random_rules_agree_with_the_referee(seed: int, world: int) -> None:
    catalogue, rules = RANDOM_WORLDS[world]
    check(seed, rules, catalogue)
