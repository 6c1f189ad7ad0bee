"""What one customer can have of a whole catalogue, at once, beside judging every offering singly.

The baseline asks the engine about a sample of the same offerings in the same run and multiplies. CPU time on
one core, and the memory of a process that does nothing else; every size has its own process. No database.
Run: `python -m bench.whole_catalogue`; one size may follow as `OFFERINGSxRULES`.
"""

import gc
import random
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

from bench import synthetic, synthetic_rules
from crm.core.catalog.engine import Catalogue
from crm.core.compatibility.engine import qualify
from crm.core.compatibility.outlook import Outlook
from crm.core.compatibility.possibilities import possibilities
from crm.core.compatibility.ruleset import RuleSet
from crm.core.compatibility.schemas import Change, ChangeItem, Facts
from crm.core.compatibility.target_bits import TargetBits

SIZES = ((60, 20), (60, 200), (60, 2_000), (2_000, 20), (2_000, 200), (2_000, 2_000),
         (200_000, 20), (200_000, 200), (200_000, 2_000))  # fmt: skip
FOLDER = Path(__file__).parent
CUSTOMERS = 200
ROUNDS = 3
SAMPLE = 60
CHANNEL = "hotline"
BUDGET_MS, BUDGET_MB = 5.0, 300


class World(NamedTuple):
    """Rules and customers over one catalogue, and what it took to prepare them in milliseconds of CPU."""

    rules: RuleSet
    targets: TargetBits
    outlook: Outlook
    customers: Sequence[Facts]
    prepared_ms: float


def main() -> None:
    """Measure and print."""
    print("CPU time; the whole catalogue for one customer, and the same offerings one by one", flush=True)
    for offerings, rules in SIZES:
        size = f"{offerings}x{rules}"
        subprocess.run([sys.executable, "-m", "bench.whole_catalogue", size], cwd=FOLDER.parent, check=True)


def world(offerings: int, rules: int) -> World:
    """A synthetic world, ready to be asked."""
    offered = synthetic.offerings(offerings)
    catalogue = Catalogue(offered)
    customers = synthetic.customers(CUSTOMERS, offered)
    del offered
    ruled = RuleSet(synthetic_rules.rules(rules))
    begin = time.process_time_ns()
    targets = TargetBits(catalogue)
    outlook = Outlook(ruled, targets, CHANNEL, synthetic.ON)
    gc.collect()
    gc.freeze()  # as a server does once it has loaded its content
    return World(ruled, targets, outlook, customers, (time.process_time_ns() - begin) / 1e6)


def report(made: World) -> None:
    """Median and p99 over the customers, memory, and the ratio to one offering after the other."""
    ours = [best(made, facts) for facts in made.customers]
    memory = resident_mb()
    single = singly(made)
    mine = median(ours)
    within = p99(ours) <= BUDGET_MS and memory <= BUDGET_MB
    print(
        f"{made.targets.size:7,} offerings x {len(made.rules.rules):5,} rules: "
        f"median {mine:6.3f} ms, p99 {p99(ours):6.3f} ms, one by one {single:9.1f} ms, "
        f"ratio 1:{single / mine:7.0f}, resident {memory:4.0f} MB, prepared in {made.prepared_ms:6.0f} ms"
        f"  ({'within' if within else 'OVER'} {BUDGET_MS:.0f} ms, {BUDGET_MB} MB)"
    )


def best(made: World, facts: Facts) -> float:
    """The best of several rounds in milliseconds of CPU, so that neighbours do not count."""
    times: list[int] = []
    for _ in range(ROUNDS):
        made.targets.forget()
        begin = time.process_time_ns()
        possibilities(made.outlook, facts)
        times.append(time.process_time_ns() - begin)
    return min(times) / 1e6


def singly(made: World) -> float:
    """What the engine would take for every offering, in milliseconds of CPU, from a sample; agreement too."""
    rng = random.Random(synthetic.SEED)
    catalogue, codes = made.targets.catalogue, made.targets.codes
    sample = rng.sample(codes, min(SAMPLE, len(codes)))
    spent = asked = 0
    for facts in made.customers[:10]:
        found = possibilities(made.outlook, facts)
        for code in sample:
            change = Change(items=(ChangeItem(action="add", offering=code),), channel=CHANNEL)
            begin = time.process_time_ns()
            verdict = qualify(change, facts, made.rules, catalogue).verdict
            spent += time.process_time_ns() - begin
            asked += 1
            assert found.verdict(code) is verdict, f"{code}: {found.verdict(code)} is not {verdict}"
    return spent / asked / 1e6 * len(codes)


def p99(times: Sequence[float]) -> float:
    """The time that 99 of 100 stay under."""
    return sorted(times)[int(len(times) * 0.99)]


def resident_mb() -> float:
    """What the process holds now in megabytes; the most it ever held where the system does not say."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(each for each in status.read_text().splitlines() if each.startswith("VmRSS"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    if len(sys.argv) > 1:
        report(world(*map(int, sys.argv[1].split("x"))))
    else:
        main()
