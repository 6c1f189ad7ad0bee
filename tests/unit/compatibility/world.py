"""The delivered rules and offerings, and short ways to write a customer and a basket."""

from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from crm.core.catalog.content import load_offerings
from crm.core.catalog.engine import Catalogue
from crm.core.catalog.schemas import Timing
from crm.core.compatibility.content import load_rules
from crm.core.compatibility.engine import qualify
from crm.core.compatibility.ruleset import RuleSet
from crm.core.compatibility.schemas import (
    Change,
    ChangeItem,
    Facts,
    Finding,
    Held,
    Qualification,
    SubscriberFacts,
)  # fmt: skip

CONTENT = Path(__file__).resolve().parents[3] / "catalog"
TODAY = date(2026, 11, 22)


@cache
def rules() -> RuleSet:
    """The delivered rules."""
    found, problems = load_rules(CONTENT / "rules")
    assert problems == ()
    return found


@cache
def catalogue() -> Catalogue:
    """The delivered offerings."""
    return Catalogue(load_offerings(CONTENT / "offerings")[0])


def held(offering: str, held_id: str = "", **more: Any) -> Held:
    """A held product; its id is the offering's code unless given."""
    return Held(id=held_id or offering, offering=offering, **more)


def customer(*products: str | Held, plan: str = "gotone-standard", on: date = TODAY, **known: Any) -> Facts:
    """A line with a plan and products; ordinary but for what is said."""
    found = catalogue().get(plan)
    sub: dict[str, Any] = {
        "brand": found.sets_brand if found else "全球通",
        "line_kind": "普通",
        "profile_recorded": True,
    }
    mine = [each if isinstance(each, Held) else held(each) for each in products]
    if plan:
        mine.insert(0, held(plan, "plan"))
    return Facts(on=on, subscriber=SubscriberFacts(**(sub | known)), held=tuple(mine))


def basket(*adds: str, delete: tuple[str, ...] = (), timing: Timing | None = None, **more: Any) -> Change:
    """Adds by code, deletes as `code` or `code@held id`."""
    items = [ChangeItem(action="add", offering=code, timing=timing) for code in adds]
    for each in delete:
        code, _, held_id = each.partition("@")
        items.append(ChangeItem(action="delete", offering=code, held_id=held_id or code))
    return Change(items=tuple(items), **more)


def judge(facts: Facts, change: Change) -> Qualification:
    """The verdict under the delivered content."""
    return qualify(change, facts, rules(), catalogue())


def fired(found: Qualification) -> set[str]:
    """The ids of the rules that fired."""
    return {finding.rule_id for finding in found.findings}


def finding(found: Qualification, rule_id: str) -> Finding:
    """The one finding of a rule."""
    mine = [each for each in found.findings if each.rule_id == rule_id]
    assert len(mine) == 1, f"{rule_id}: {sorted(fired(found))}"
    return mine[0]
