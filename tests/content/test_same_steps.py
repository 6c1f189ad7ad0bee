"""A downgrade takes no more steps than an upgrade, between any two plans that may be exchanged both ways.

A step is what the agent must do besides putting the plan into the basket and submitting: a sentence to tick,
an identity check, a step to take first. More of them downwards is only right when a clause of the source
asks for it because of what is involved, never because the customer will pay less: then the same rule also
asks on the way up to the same plan.
"""

from collections import Counter
from datetime import date
from functools import cache
from itertools import combinations
from pathlib import Path

import pytest

from crm.core.catalog.content import load_offerings
from crm.core.catalog.engine import Catalogue
from crm.core.catalog.schemas import Offering, OfferingKind
from crm.core.compatibility.content import load_rules
from crm.core.compatibility.engine import qualify
from crm.core.compatibility.schemas import (
    Change,
    ChangeItem,
    Facts,
    Held,
    Qualification,
    SubscriberFacts,
)
from crm.core.ordering.authentication import checks_for_change

ROOT = Path(__file__).resolve().parents[2]
OFFERINGS = load_offerings(ROOT / "catalog" / "offerings")[0]
CATALOGUE = Catalogue(OFFERINGS)
RULES = load_rules(ROOT / "catalog" / "rules")[0]
PLANS = [each for each in OFFERINGS if each.kind is OfferingKind.MAIN_PLAN and each.state == "on_sale"]
HOLDINGS = ((), ("gprs-new-20", "sms-pack-10", "laidian-xianshi"), ("gprs-old-20", "cailing-5"))


@cache
def judged(held: str, wanted: str, extras: tuple[str, ...]) -> Qualification:
    plan = CATALOGUE.offerings[held]
    since = date(2025, 1, 1)
    facts = Facts(
        on=date(2026, 11, 22),
        subscriber=SubscriberFacts(
            brand=plan.sets_brand or "全球通",
            line_kind="普通",
            region="贵阳",
            profile_recorded=True,
            star_level=3,
        ),
        held=tuple(Held(id=code, offering=code, starts_on=since) for code in (held, *extras)),
    )
    return qualify(Change(items=(ChangeItem(action="add", offering=wanted),)), facts, RULES, CATALOGUE)


def steps(verdict: Qualification) -> Counter[str]:
    """What is to be done before the submit, by the rule that asks for it."""
    asked = Counter(sentence.rule_id for sentence in verdict.sentences)
    asked.update(f"check:{check.method}" for check in checks_for_change(verdict.channel, ()))
    asked.update(finding.rule_id for finding in verdict.findings for _ in finding.remedies)
    return asked


def fee(plan: Offering) -> int:
    return plan.monthly_fee_fen or 0


@pytest.mark.parametrize("extras", HOLDINGS, ids=lambda extras: "+".join(extras) or "plan only")
def test_down_takes_no_more_steps_than_up(extras: tuple[str, ...]) -> None:
    clauses = {rule.id: rule.source for rule in RULES.rules}
    pairs = 0
    for one, other in combinations(PLANS, 2):
        low, high = sorted((one, other), key=fee)
        up, down = judged(low.code, high.code, extras), judged(high.code, low.code, extras)
        if not (up.can_be_ordered and down.can_be_ordered):
            continue
        pairs += 1
        for rule_id in steps(down) - steps(up):
            assert clauses[rule_id].startswith(("S3-", "S4")), f"{high.code} → {low.code}: {rule_id}"
            assert asks_on_the_way_up(rule_id, low, extras), f"{rule_id} asks only downwards, to {low.code}"
    assert pairs > 300, "the catalogue has plans that can be exchanged both ways"


def asks_on_the_way_up(rule_id: str, target: Offering, extras: tuple[str, ...]) -> bool:
    """Whether the rule asks as well when a cheaper (or as cheap) plan is given up for the target.

    A cheapest plan has nothing below it: then a plan beside it stands for the direction.
    """
    cheaper = [plan for plan in PLANS if plan.code != target.code and fee(plan) <= fee(target)]
    ways = [judged(plan.code, target.code, extras) for plan in cheaper or PLANS if plan.code != target.code]
    return any(rule_id in steps(way) for way in ways)


def test_only_clause_12_asks_for_retention_and_never_for_a_change_of_plan() -> None:
    for rule in RULES.rules:
        if any(remedy.do == "record_retention" for remedy in rule.remedies):
            assert tuple(rule.when.op) == ("remove",), rule.id
            assert rule.source == "S3-12", rule.id
