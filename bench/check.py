"""What one check costs with its whole explanation, beside the least that any answer of its size must cost.

The baseline copies the basket's facts as a plain dictionary and encodes a ready-made answer of the same size
as JSON. Baskets: every proof under catalog/cases that uses delivered offerings only, and one customer with
much. No database. Run: `python -m bench.check`.
"""

import gc
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import msgspec

from crm.core.catalog.content import load_offerings
from crm.core.catalog.engine import Catalogue
from crm.core.compatibility.cases import read_cases
from crm.core.compatibility.content import load_rules
from crm.core.compatibility.engine import qualify
from crm.core.compatibility.ruleset import RuleSet
from crm.core.compatibility.schemas import Change, ChangeItem, Facts, Held, SubscriberFacts

CONTENT = Path(__file__).resolve().parents[1] / "catalog"
ROUNDS = 40
BUDGET_MS = 0.1


class Basket(NamedTuple):
    """One check to make."""

    change: Change
    facts: Facts


def main() -> None:
    """Measure and print."""
    rules, problems = load_rules(CONTENT / "rules")
    assert not problems
    catalogue = Catalogue(load_offerings(CONTENT / "offerings")[0])
    proofs = [source.case for source in read_cases(CONTENT / "cases")[0] if not source.case.offerings]
    baskets = [Basket(case.change(), case.facts(catalogue)) for case in proofs]
    print(f"{len(rules.rules)} rules, {len(catalogue.offerings)} offerings, CPU time of one process")
    report("a proof's basket", baskets, rules, catalogue)
    report("a customer with much", [much()] * 50, rules, catalogue)
    cold(baskets, rules, catalogue)


def much() -> Basket:
    """Eight products and a new plan: seven findings, twelve lines of difference."""
    codes = [
        "gotone-standard",
        "gprs-old-5",
        "vnet-group",
        "sms-pack-10",
        "discount-old-evening",
        "cailing-5",
    ]
    codes += ["laidian-xianshi", "guonei-manyou"]
    facts = Facts(
        on=date(2026, 11, 22),
        subscriber=SubscriberFacts(brand="全球通", line_kind="普通", profile_recorded=True),
        held=tuple(Held(id=f"h{place}", offering=code) for place, code in enumerate(codes)),
    )
    return Basket(Change(items=(ChangeItem(action="add", offering="ao88-88"),)), facts)


def report(name: str, baskets: list[Basket], rules: RuleSet, catalogue: Catalogue) -> None:
    """Medians and p99 over all baskets, and the ratio to the baseline."""
    answers = [msgspec.to_builtins(qualify(each.change, each.facts, rules, catalogue)) for each in baskets]
    inputs = [msgspec.to_builtins(each.facts) for each in baskets]
    size = sum(len(msgspec.json.encode(each)) for each in answers) // len(answers)
    ours = timed([lambda each=each: qualify(each.change, each.facts, rules, catalogue) for each in baskets])
    bare = timed(
        [lambda one=one, two=two: bare_answer(one, two) for one, two in zip(inputs, answers, strict=True)]
    )
    mine, base = median(ours), median(bare)
    verdict = "within" if mine <= BUDGET_MS else "OVER"
    print(
        f"{name:24} {len(baskets):4} checks, answer {size / 1024:4.1f} KB: "
        f"median {mine * 1000:6.1f} µs, p99 {p99(ours) * 1000:6.1f} µs, "
        f"bare {base * 1000:5.1f} µs, ratio {mine / base:4.1f}  ({verdict} {BUDGET_MS} ms)"
    )


def cold(baskets: list[Basket], rules: RuleSet, catalogue: Catalogue) -> None:
    """The first check after a start or a reload, when nothing is remembered."""
    times: list[float] = []
    for each in baskets[:60]:
        fresh = RuleSet(rules.rules)
        begin = time.process_time_ns()
        qualify(each.change, each.facts, fresh, catalogue)
        times.append((time.process_time_ns() - begin) / 1e6)
    print(f"{'nothing remembered yet':24} {len(times):4} checks: median {median(times) * 1000:6.1f} µs")


def bare_answer(facts: dict[str, Any], answer: dict[str, Any]) -> bytes:
    """One dictionary copied and one answer encoded: no thought at all."""
    copied = dict(facts)
    copied["held"] = [dict(each) for each in facts["held"]]
    return msgspec.json.encode(answer)


def timed(checks: list[Callable[[], object]]) -> list[float]:
    """The best of several rounds of each check in milliseconds of CPU, so that neighbours do not count."""
    best = [float("inf")] * len(checks)
    gc.collect()
    for _ in range(ROUNDS):
        for place, check in enumerate(checks):
            begin = time.process_time_ns()
            check()
            best[place] = min(best[place], (time.process_time_ns() - begin) / 1e6)
    return best


def p99(times: list[float]) -> float:
    """The time that 99 of 100 stay under."""
    return sorted(times)[int(len(times) * 0.99)]


if __name__ == "__main__":
    main()
