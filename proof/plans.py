"""Plans are minimal: refutations of "there is a cheaper one", read by two checkers other than the solver."""

import random
from functools import partial
from typing import Any

import dratify

from crm.core.catalog.engine import Catalogue
from crm.core.compatibility.schemas import Change, Facts
from crm.platform.errors import CrmError
from proof.killing import ground
from proof.running import Chunk, Options, Result, run_chunks
from tests.unit.compatibility.plan_proof import (
    NotMinimal,
    Refutation,
    TooLarge,
    a_case,
    refutation_of,
    stories,
)
from tests.unit.compatibility.planning_world import catalogue
from tests.unit.compatibility.rup import is_refuted


def problem_of(change: Change, facts: Facts, shop: Catalogue) -> str | None:
    """What is wrong with the plan of one wish; empty when it is proved, None when nothing is claimed."""
    try:
        found = refutation_of(change, facts, shop)
    except (NotMinimal, TooLarge) as error:
        return repr(error)
    except CrmError:
        return None  # a basket that cannot be judged has no plan
    if found is None:
        return None
    by = [name for name, accepts in (("rup.py", _by_rup), ("dratify", _by_dratify)) if not accepts(found)]
    return f"the proof is refused by {' and '.join(by)}" if by else ""


def _by_rup(found: Refutation) -> bool:
    return is_refuted(found.formula, found.proof)


def _by_dratify(found: Refutation) -> bool:
    variables = max((abs(each) for clause in found.formula for each in clause), default=0)
    lines = [f"p cnf {variables} {len(found.formula)}"]
    lines += [" ".join(map(str, (*clause, 0))) for clause in found.formula]
    checker: Any = dratify  # it says nothing of the type of a proof
    return checker.check_proof(dratify.parse_dimacs("\n".join(lines)), "\n".join(found.proof)).ok


def chunk(number: int, cases: int) -> Chunk:
    """Random customers and wishes."""
    for place in range(cases):
        facts, change = a_case(random.Random(f"plan {number} {place}"))
        said = problem_of(change, facts, catalogue())
        if said:
            return Chunk(place + 1, (f"plan {number} {place}: {said}\n{change}\n{facts}",))
    return Chunk(cases, ())


def named() -> Result:
    """The plan stories, and every delivered case as a wish."""
    wishes = [(change, facts, catalogue(), "story") for facts, change in stories()]
    for source, shop in ground().cases:
        name = f"{source.case.rule} {source.case.title}"
        wishes.append((source.case.change(), source.case.facts(shop), shop, name))
    said = [(name, problem_of(change, facts, shop)) for change, facts, shop, name in wishes]
    problems = tuple([f"{name}: {each}" for name, each in said if each])
    proved = sum(each == "" for _, each in said)
    nothing = sum(each is None for _, each in said)
    text = f"{proved} plans of stories and delivered cases proved, {nothing} claim nothing"
    return Result(not problems, f"{text}, {len(problems)} problems", problems)


def run(options: Options) -> Result:
    """Stories, delivered cases, and 2,000 random wishes."""
    wanted = options.wanted(2_000, 50)
    said = run_chunks("plans", partial(chunk, cases=min(50, wanted)), wanted, options)
    if options.quick or not said.passed:
        return said
    also = named()
    return Result(also.passed, f"{said.summary}; {also.summary}", also.problems)
