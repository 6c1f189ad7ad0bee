"""What an analyst waits for after changing one of 2,000 rules: compile, lint, every proof.

    python -m bench.rule_edit [rules]

The content is written to a folder of files first; each round changes another rule there. Beside it the least
it could take: the files parsed as TOML. CPU seconds of this process; no database.
"""

import sys
import tempfile
import time
import tomllib
from collections.abc import Callable
from pathlib import Path
from statistics import median

import msgspec

from bench import synthetic, synthetic_cases, synthetic_rules
from crm.core.catalog.engine import Catalogue
from crm.core.compatibility.cases import Case
from crm.core.compatibility.lint import check_rules
from crm.core.compatibility.rules import Rule
from crm.core.compatibility.ruleset import RuleSet

OFFERINGS = 2_000
ROUNDS = 5
BUDGET_S = 2.0


def main(count: int) -> int:
    """Measure and print; 1 when over the budget."""
    catalogue = Catalogue(synthetic.offerings(OFFERINGS))
    rules, cases = proved(count, catalogue)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        synthetic_cases.write(folder, rules, cases)
        whole: list[float] = []
        bare: list[float] = []
        for turn in range(ROUNDS):
            edit(folder, rules[turn * 7])
            bare.append(_spend(lambda: _parse(folder)))
            whole.append(_spend(lambda: _check(folder, catalogue)))
    spent, parsing = median(whole), median(bare)
    verdict = "ok" if spent <= BUDGET_S else "OVER"
    print(f"{len(rules):,} rules, {len(cases):,} proofs, {OFFERINGS:,} offerings")
    print(f"one rule changed → compile, lint, every proof: {spent:.2f} s of {BUDGET_S} s: {verdict}")
    print(f"parsing the files alone: {parsing:.2f} s, ratio {spent / parsing:.1f}")
    return int(spent > BUDGET_S)


def proved(count: int, catalogue: Catalogue) -> tuple[list[Rule], list[Case]]:
    """So many rules with their proofs. Rules that no case can wake are left out."""
    made = synthetic_rules.rules(count + count // 6)
    cases = synthetic_cases.proofs(RuleSet(made), catalogue)
    have = {case.rule for case in cases}
    kept = [rule for rule in made if rule.id in have and have.issuperset(rule.overrides)][:count]
    compiled, ids = RuleSet(kept), {rule.id for rule in kept}
    return kept, synthetic_cases.judged([case for case in cases if case.rule in ids], compiled, catalogue)


def edit(folder: Path, rule: Rule) -> None:
    """Change the words of one rule in its file."""
    path = folder / "rules" / f"{rule.id[3:5]}.toml"
    before = synthetic_cases.table("rule", rule)
    after = synthetic_cases.table("rule", msgspec.structs.replace(rule, title=rule.title + "（修订）"))
    text = path.read_text("utf-8")
    assert before in text
    path.write_text(text.replace(before, after), "utf-8")


def _check(folder: Path, catalogue: Catalogue) -> None:
    problems = check_rules(folder, catalogue)
    assert not problems, problems[:3]


def _parse(folder: Path) -> None:
    for path in sorted(folder.glob("*/*.toml")):
        tomllib.loads(path.read_text("utf-8"))


def _spend(work: Callable[[], None]) -> float:
    begin = time.process_time()
    work()
    return time.process_time() - begin


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 2_000))
