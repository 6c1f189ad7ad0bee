"""Which mutants of the rules the proofs in catalog/cases, or lint, notice.

Those that nobody notices must be argued in survivors.toml, one by one: a survivor without an argument fails,
and so does an argument about a mutant that is noticed.
"""

import tomllib
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import msgspec

from crm.core.catalog.content import load_offerings
from crm.core.catalog.engine import Catalogue
from crm.core.compatibility.cases import CaseSource, read_cases, run_case
from crm.core.compatibility.content import RuleSource, read_rules
from crm.core.compatibility.lint import check_conditions
from crm.core.compatibility.ruleset import RuleSet
from proof.dates import date_mutants, standing_in
from proof.mutants import Mutant, mutants_of
from proof.running import ROOT, Options, Result

SURVIVORS = Path(__file__).with_name("survivors.toml")
LEAST, LEAST_COUNTED = 0.98, 500  # of so many mutants a share says something


class Ground(NamedTuple):
    """What mutants are measured against: cases with their own catalogue each, by the rule they are of."""

    catalogue: Catalogue
    sources: list[RuleSource]
    cases: list[tuple[CaseSource, Catalogue]]


@cache
def ground() -> Ground:
    """The delivered content, read once a process."""
    offerings = load_offerings(ROOT / "catalog/offerings")[0]
    catalogue = Catalogue(offerings)
    cases: list[tuple[CaseSource, Catalogue]] = []
    for source in read_cases(ROOT / "catalog/cases")[0]:
        own = Catalogue([*offerings, *source.case.offerings]) if source.case.offerings else catalogue
        bare = msgspec.structs.replace(source.case, offerings=())
        cases.append((CaseSource(bare, source.file, source.index), own))
    return Ground(catalogue, read_rules(ROOT / "catalog/rules")[0], cases)


def unsound() -> tuple[str, ...]:
    """What cases and lint say of the rules as they are: with that, they would notice any mutant."""
    known = ground()
    problems = check_conditions(known.sources, known.catalogue)
    rules = RuleSet(each.rule for each in known.sources)
    for case, catalogue in known.cases:
        problems += run_case(case, rules, catalogue)
    return tuple([str(each) for each in problems])


def survives(mutant: Mutant) -> bool:
    """Whether neither a case nor lint notices; the rule's own cases are asked first."""
    known = ground()
    changed = [_mutated(each, mutant) for each in known.sources]
    sources = [each for each in changed if each is not None]
    rules = RuleSet(each.rule for each in sources)
    for case, catalogue in sorted(known.cases, key=lambda each: each[0].case.rule != mutant.of):
        if run_case(case, rules, catalogue):
            return False
    return not check_conditions(sources, known.catalogue)


def date_survives(name: str) -> bool:
    """Whether no case notices that the engine's calendar is wrong in this way."""
    known = ground()
    rules = RuleSet(each.rule for each in known.sources)
    with standing_in(*date_mutants()[name]):
        try:
            return not any(run_case(case, rules, catalogue) for case, catalogue in known.cases)
        except (ValueError, AssertionError):  # a calendar that is wrong may name a day that is none
            return False


def _mutated(source: RuleSource, mutant: Mutant) -> RuleSource | None:
    if source.rule.id != mutant.of:
        return source
    return None if mutant.rule is None else RuleSource(mutant.rule, source.file, source.index)


def surviving(mutants: Iterable[Mutant], jobs: int) -> list[str]:
    """The names of the mutants that nobody notices."""
    found = list(mutants)
    if jobs == 1:
        alive = map(survives, found)
        return [mutant.name for mutant, lives in zip(found, alive, strict=True) if lives]
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        alive = pool.map(survives, found, chunksize=20)
        return [mutant.name for mutant, lives in zip(found, alive, strict=True) if lives]


def argued() -> dict[str, str]:
    """The mutants that are said to be as good as the rule, each with the reason."""
    tables = tomllib.loads(SURVIVORS.read_text("utf-8")).get("survivor", [])
    return {name: table["why"] for table in tables for name in table["mutants"]}


def judged(names: list[str], alive: list[str], known: dict[str, str]) -> Result:
    """The score, by chapter; what is neither killed nor argued, and what is argued and killed."""
    unargued = [name for name in alive if name not in known]
    problems = [f"survives, not argued: {name}" for name in unargued]
    asked = {name.split(" ")[0] for name in names}
    problems += [
        f"argued, but {'killed' if name in names else 'no such mutant'}: {name}"
        for name in known
        if name.split(" ")[0] in asked and name not in alive
    ]
    chapters = {each.rule.id: each.file.file for each in ground().sources}
    made = Counter(chapters.get(name.split(" ")[0], "dates") for name in names)
    left = Counter(chapters.get(name.split(" ")[0], "dates") for name in alive)
    lines = [f"  {chapter}: {made[chapter] - left[chapter]} of {made[chapter]}" for chapter in sorted(made)]
    score = 1 - len(alive) / max(len(names), 1)
    if score < LEAST and len(names) > LEAST_COUNTED:
        problems.append(f"at least {LEAST:.0%} must be killed")
    summary = f"{len(names)} mutants, {len(alive)} survive ({score:.1%} killed), {len(unargued)} not argued"
    return Result(not problems, summary, (*lines, *problems))


def run(options: Options) -> Result:
    """All mutants; in a hurry those of every twelfth rule."""
    if problems := unsound():
        return Result(False, "the delivered rules do not pass their own proofs", problems)
    rules = [each.rule for each in ground().sources]
    mutants = [mutant for rule in (rules[::12] if options.quick else rules) for mutant in mutants_of(rule)]
    dates = [] if options.quick else list(date_mutants())
    names = [*(mutant.name for mutant in mutants), *dates]
    alive = [*surviving(mutants, options.jobs), *(name for name in dates if date_survives(name))]
    return judged(names, alive, argued())
