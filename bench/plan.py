"""What a plan costs in CPU: blocked wishes of the operating notes, and goals, in catalogues of three sizes.

    python -m bench.plan [offerings ...]

A plan is compared with one bare check of the same basket in the same run. Synthetic main plans and packs are
added to the delivered catalogue; the rules are the delivered ones. Times are CPU milliseconds, p50 / p99.
"""

import random
import statistics
import sys
import time
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from crm.core.catalog.content import load_offerings
from crm.core.catalog.engine import Catalogue
from crm.core.catalog.schemas import Allowance, Offering, OfferingKind
from crm.core.compatibility.content import load_rules
from crm.core.compatibility.engine import qualify
from crm.core.compatibility.goals import find
from crm.core.compatibility.plan_schemas import Goal, Wanted
from crm.core.compatibility.plans import plan_for
from crm.core.compatibility.schemas import Change, ChangeItem, Facts, Held, Origin, SubscriberFacts

CONTENT = Path(__file__).resolve().parents[1] / "catalog"
ON = date(2026, 11, 22)
TURNS, GOAL_TURNS = 300, 15
BUNDLE = "bundle-guanjia-cailing-1y"


def main(sizes: list[int]) -> int:
    """Print a table for each size of the catalogue."""
    rules, _ = load_rules(CONTENT / "rules")
    delivered = load_offerings(CONTENT / "offerings")[0]
    for size in sizes:
        catalogue = Catalogue([*delivered, *_synthetic(size - len(delivered))])
        _ = catalogue.hash
        print(f"\n{len(catalogue):,} offerings, {len(rules.rules)} rules")
        for name, facts, change in _wishes():
            both = (change, facts, rules, catalogue)
            check = _cpu(TURNS, partial(qualify, *both))
            bare = _cpu(TURNS, partial(plan_for, *both, explain=False))
            whole = _cpu(TURNS // 10, partial(plan_for, *both))
            print(f"  {name:28} check {_ms(check)}   plan {_ms(bare)}   with alternatives {_ms(whole)}")
        for name, facts, goal in _goals():
            search = partial(find, goal, facts, rules, catalogue)
            found, spent = search(), _cpu(GOAL_TURNS, search)
            proved = "proved" if found.proved else "cut off"
            print(f"  {name:28} goal {_ms(spent)}   {found.candidates} candidates, {proved}")
    return 0


def _cpu(turns: int, work: Callable[[], Any]) -> list[float]:
    work()
    spent: list[float] = []
    for _ in range(turns):
        begun = time.process_time_ns()
        work()
        spent.append((time.process_time_ns() - begun) / 1e6)
    return sorted(spent)


def _ms(spent: list[float]) -> str:
    return f"{statistics.median(spent):8.2f} / {spent[int(len(spent) * 0.99)]:8.2f} ms"


def _wishes() -> list[tuple[str, Facts, Change]]:
    bound = Held(id="b", offering=BUNDLE, origin=Origin.AGREEMENT, locked_until=date(2027, 3, 31))
    return [
        (
            "campus V-net, other brand",
            _line("mzone-campus-a", _group("vnet-campus")),
            _add("gotone-standard"),
        ),
        ("H V-net, losses first", _line("mzone-hke", _group("vnet-hke")), _add("gotone-standard")),
        ("bundle bound until March", _line("gotone-standard", bound), _add("ao88-88")),
        ("V-net on another brand", _line("mzone-net"), _add("vnet-group")),
        ("phone booth, no plan", _line("gotone-standard", line_kind="话吧"), _add("gotone-business")),
    ]


def _goals() -> list[tuple[str, Facts, Goal]]:
    facts = _line("gotone-standard", _group("vnet-group"))
    wanted = (Wanted(kind="data_mb", amount=10_240),)
    return [
        ("10 GB, keeps the V-net", facts, Goal(wanted=wanted, keep=("vnet-group",), max_fee_fen=15_000)),
        ("10 GB for one yuan: none", facts, Goal(wanted=wanted, max_fee_fen=100, keep=("vnet-group",))),
    ]


def _line(plan: str, *held: Held, line_kind: str = "普通") -> Facts:
    brand = {"g": "全球通", "m": "动感地带"}[plan[0]]
    mine = (Held(id="plan", offering=plan, starts_on=date(2026, 1, 5)), *held)
    subscriber = SubscriberFacts(brand=brand, line_kind=line_kind, profile_recorded=True)
    return Facts(on=ON, hour=10, subscriber=subscriber, held=mine)


def _group(code: str) -> Held:
    return Held(id=code, offering=code, origin=Origin.GROUP, starts_on=date(2026, 1, 5))


def _add(*codes: str) -> Change:
    return Change(items=tuple(ChangeItem(action="add", offering=code) for code in codes))


def _synthetic(count: int) -> list[Offering]:
    rng = random.Random(2026)
    return [_offering(rng, place) for place in range(max(0, count))]


def _offering(rng: random.Random, place: int) -> Offering:
    """One main plan to twenty-four other things, as in the catalogues that are published."""
    plan = place % 25 == 0
    kinds = (OfferingKind.DATA_PACK, OfferingKind.VAS, OfferingKind.DISCOUNT, OfferingKind.VOICE_PACK)
    return Offering(
        code=f"s{place:06}",
        name=f"产品{place}",
        kind=OfferingKind.MAIN_PLAN if plan else rng.choice(kinds),
        tags=("主套餐",) if plan else (),
        sets_brand=rng.choice(["全球通", "动感地带", "神州行"]) if plan else "",
        monthly_fee_fen=rng.randrange(500, 40_000, 100),
        allowances=(Allowance("data_mb", rng.choice([100, 1024, 5120, 20_480]), "国内"),),
        compatible_with=rng.choice([(), ("tag:V网",), ("tag:主套餐",)]),
        incompatible_with=rng.choice([(), (), ("tag:集团V网",)]),
    )


if __name__ == "__main__":
    sys.exit(main([int(each) for each in sys.argv[1:]] or [400, 2_000, 20_000]))
