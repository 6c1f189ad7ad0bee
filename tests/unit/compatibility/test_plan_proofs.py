"""That a cheaper plan exists is refuted in clauses, and a checker that is not the solver reads that."""

import random
from itertools import product

import pytest

from crm.core.compatibility.plan_schemas import Cost
from crm.core.compatibility.plans import search
from tests.unit.compatibility.at_most import at_most
from tests.unit.compatibility.plan_proof import NotMinimal, a_case, refutation_of, refuted, stories
from tests.unit.compatibility.planning_world import catalogue, rules
from tests.unit.compatibility.rup import is_refuted


@pytest.mark.parametrize("place", range(len(stories())))
def test_no_plan_of_a_story_is_dearer_than_it_must_be(place: int) -> None:
    facts, change = stories()[place]
    found = refutation_of(change, facts, catalogue())
    assert found is not None
    assert is_refuted(found.formula, found.proof)


@pytest.mark.parametrize("place", range(len(stories())))
def test_a_bound_above_the_plan_is_not_refuted(place: int) -> None:
    """The proof can fail: of a plan that is too dear by a fen it says that a cheaper one exists."""
    facts, change = stories()[place]
    found = search(change, facts, rules(), catalogue())
    if found.path is not None:
        dearer = Cost(found.cost.steps, found.cost.trouble, found.cost.fen + 1)
        with pytest.raises(NotMinimal):
            refuted(change, facts, dearer, catalogue())


def test_random_wishes_get_plans_that_are_proved() -> None:
    proved = 0
    for seed in range(60):
        facts, change = a_case(random.Random(seed))
        found = refutation_of(change, facts, catalogue())
        if found is not None:
            assert is_refuted(found.formula, found.proof), seed
            proved += 1
    assert proved >= 30


def test_without_one_of_its_cuts_a_refutation_falls() -> None:
    """Every clause that the checker gave is needed where the formula has nothing to spare."""
    facts, change = stories()[2]
    found = refutation_of(change, facts, catalogue())
    assert found is not None
    assert found.cuts > 1
    for place in range(found.cuts):
        assert not is_refuted([*found.formula[:place], *found.formula[place + 1 :]], found.proof)


@pytest.mark.parametrize("seed", range(30))
def test_at_most_says_what_the_sum_says(seed: int) -> None:
    """Every choice of up to six variables, against the clauses; a choice fits when it refutes nothing."""
    rng = random.Random(seed)
    weights = {variable: rng.randint(0, 9) for variable in range(1, rng.randint(2, 7))}
    bound = rng.randint(0, sum(weights.values()))
    clauses = list(at_most(weights, bound, 100))
    for chosen in product([True, False], repeat=len(weights)):
        units = [(variable if taken else -variable,) for variable, taken in zip(weights, chosen, strict=True)]
        weight = sum(weights[variable] for variable, taken in zip(weights, chosen, strict=True) if taken)
        assert is_refuted([*clauses, *units], ["0"]) == (weight > bound)
