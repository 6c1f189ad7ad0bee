"""One check with its whole explanation, under 20, 200 and 2,000 rules and 60, 2,000 and 200,000 offerings.

    python -m bench.checker

Customers hold three to twelve products; every check is another customer's. `first`: the pair of target and
product may never have been met. `again`: the same basket for the third time, as the desk's redraws judge it.
Beside it the least any answer of its size must cost (facts copied, a ready answer encoded), and zen-engine on
the same rules where it is installed (`pip install zen-engine==2.1.3`). CPU time of this process; no database.
"""

import gc
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from statistics import median

import msgspec

from bench import synthetic, synthetic_rules, zen_baseline
from bench.check import bare_answer, p99
from bench.synthetic import Basket
from crm.core.catalog.engine import Catalogue
from crm.core.compatibility.engine import qualify
from crm.core.compatibility.rules import Rule
from crm.core.compatibility.ruleset import RuleSet

RULES = (20, 200, 2_000)
OFFERINGS = (60, 2_000, 200_000)
CHECKS = 400
ROUNDS = 7
ZEN_CHECKS = 40
BUDGET_MS = 0.3


def main() -> int:
    """Measure and print; 1 when 2,000 rules are over their budget in a catalogue of the desk's size."""
    print(f"{CHECKS} checks each, µs of CPU (median / p99), best of {ROUNDS} rounds; a round begins anew")
    columns = [("rules", 6), ("offerings", 9), ("findings", 8), ("first", 13), ("again", 13), ("bare", 13)]
    columns += [("ratio", 6), ("zen", 15), ("resident", 9)]
    print(" ".join(name.rjust(width) for name, width in columns))
    spent: dict[tuple[int, int], float] = {}
    for offered in OFFERINGS:
        catalogue = Catalogue(synthetic.offerings(offered))
        _ = catalogue.hash
        for count in RULES:
            spent[count, offered] = report(count, catalogue)
    print()
    for offered in OFFERINGS:
        worst = spent[RULES[-1], offered]
        verdict = "ok" if worst <= BUDGET_MS else "OVER"
        print(f"2,000 rules, {offered:,} offerings: p99 {worst:.3f} ms of {BUDGET_MS} ms: {verdict}")
    return int(spent[2_000, 2_000] > BUDGET_MS)


def report(count: int, catalogue: Catalogue) -> float:
    """Print one row; returns the p99 in ms of baskets judged again."""
    rules = synthetic_rules.rules(count)
    baskets = synthetic.baskets(CHECKS, catalogue)
    first, again = [float("inf")] * CHECKS, [float("inf")] * CHECKS
    compiled = RuleSet(rules)
    for turn in range(ROUNDS):
        compiled = RuleSet(rules) if turn else compiled
        checks = [_check(each, compiled, catalogue) for each in baskets]
        _least(first, spend(checks))
        spend(checks)
        _least(again, spend(checks))
    answers = [qualify(*each, compiled, catalogue) for each in baskets]
    plain = [(msgspec.to_builtins(each.facts), msgspec.to_builtins(answer)) for each, answer in
             zip(baskets, answers, strict=True)]  # fmt: skip
    bare = spend([lambda pair=pair: bare_answer(*pair) for pair in plain])
    findings = sum(len(each.findings) for each in answers) / CHECKS
    print(
        f"{count:6,} {len(catalogue):9,} {findings:8.1f} {_both(first)} {_both(again)} {_both(bare)}"
        f" {median(again) / median(bare):6.1f} {_zen(rules, baskets, catalogue):>15} {resident_mb():6.0f} MB",
        flush=True,
    )
    return p99(again)


def _least(best: list[float], spent: Sequence[float]) -> None:
    best[:] = [min(pair) for pair in zip(best, spent, strict=True)]


def _check(basket: Basket, rules: RuleSet, catalogue: Catalogue) -> Callable[[], object]:
    return lambda: qualify(basket.change, basket.facts, rules, catalogue)


def _zen(rules: Sequence[Rule], baskets: Sequence[Basket], catalogue: Catalogue) -> str:
    evaluate = zen_baseline.table_of(rules)
    if evaluate is None:
        return "not installed"
    asked = [zen_baseline.asked_of(*each, catalogue) for each in baskets[:ZEN_CHECKS]]
    return _both(spend([partial(zen_baseline.ask, evaluate, lines) for lines in asked]))


def spend(checks: Sequence[Callable[[], object]]) -> list[float]:
    """Milliseconds of CPU for each, run once."""
    gc.collect()
    spent: list[float] = []
    for check in checks:
        begin = time.process_time_ns()
        check()
        spent.append((time.process_time_ns() - begin) / 1e6)
    return spent


def resident_mb() -> float:
    """Memory this process holds."""
    status = Path("/proc/self/status").read_text("ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")) / 1024


def _both(spent: Sequence[float]) -> str:
    return f"{median(spent) * 1e3:5.0f} / {p99(list(spent)) * 1e3:5.0f}"


if __name__ == "__main__":
    sys.exit(main())
