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
from proof.mutants import Mutant, mutants_of
from proof.running import ROOT, Options, Result

SURVIVORS = Path(__file__).with_name("survivors.toml")
LEAST = 0.98


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


def judged(mutants: list[Mutant], alive: list[str], known: dict[str, str]) -> Result:
    """The score, by chapter; what is neither killed nor argued, and what is argued and killed."""
    problems = [f"survives, not argued: {name}" for name in alive if name not in known]
    names = {mutant.name for mutant in mutants}
    rules = {mutant.of for mutant in mutants}
    for name in known:
        if name.split(" ")[0] in rules and name not in alive:
            state = "killed" if name in names else "no such mutant"
            problems.append(f"argued, but {state}: {name}")
    unargued = [name for name in alive if name not in known]
    score = 1 - len(alive) / max(len(mutants), 1)
    chapters = {each.rule.id: each.file.file for each in ground().sources}
    of_all = Counter(chapters[mutant.of] for mutant in mutants)
    of_alive = Counter(chapters[name.split(" ")[0]] for name in alive)
    lines = [
        f"  {chapter}: {of_all[chapter] - of_alive[chapter]} of {of_all[chapter]}"
        for chapter in sorted(of_all)
    ]
    summary = f"{len(mutants)} mutants, {len(alive)} survive ({score:.1%} killed), {len(unargued)} not argued"
    return Result(not problems and score >= LEAST, summary, (*lines, *problems))


def run(options: Options) -> Result:
    """All mutants; in a hurry those of every twelfth rule."""
    rules = [each.rule for each in ground().sources]
    if options.quick:
        rules = rules[::12]
    mutants = [mutant for rule in rules for mutant in mutants_of(rule)]
    return judged(mutants, surviving(mutants, options.jobs), argued())
