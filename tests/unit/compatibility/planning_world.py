"""Customers and wishes for planning: the delivered rules and offerings, small random mixtures of them."""

from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from crm.core.catalog.content import load_offerings
from crm.core.catalog.engine import Catalogue
from crm.core.compatibility.content import load_rules
from crm.core.compatibility.ruleset import RuleSet
from crm.core.compatibility.schemas import Change, ChangeItem, Facts, Held, Origin, SubscriberFacts

CONTENT = Path(__file__).resolve().parents[3] / "catalog"
TODAY = date(2026, 11, 22)
PLANS = (
    "gotone-standard",
    "gotone-business",
    "ao88-88",
    "mzone-campus-a",
    "mzone-hke",
    "easyown-standard",
    "music-a",
)
PRODUCTS = (
    "vnet-group", "vnet-campus", "vnet-hke", "gprs-old-20", "gprs-new-20", "bundle-guanjia-cailing-1y",
    "discount-old-evening", "sms-pack-10", "sms-pack-prefecture", "group-cailing-package", "music-membership",
)  # fmt: skip
WISHES = (
    *PLANS,
    "music-b",
    "vnet-group",
    "gprs-old-20",
    "sms-pack-10",
    "easyown-changting",
    "discount-old-evening",
)
_ORIGINS = {"vnet-group": Origin.GROUP, "vnet-campus": Origin.GROUP, "vnet-hke": Origin.GROUP}


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


def held(code: str, **more: Any) -> Held:
    """A held product whose id is its code."""
    values: dict[str, Any] = {"origin": _ORIGINS.get(code, Origin.SELF), "starts_on": date(2026, 1, 5)}
    return Held(id=code, offering=code, **(values | more))


def customer(plan: str, *products: Held | str, **known: Any) -> Facts:
    """A line with this plan and these products."""
    offering = catalogue().get(plan)
    values: dict[str, Any] = {
        "brand": offering.sets_brand if offering else None, "line_kind": "普通", "profile_recorded": True,
    }  # fmt: skip
    mine = [held(plan), *(each if isinstance(each, Held) else held(each) for each in products)]
    return Facts(on=TODAY, hour=10, subscriber=SubscriberFacts(**(values | known)), held=tuple(mine))


def wish(*adds: str, delete: tuple[str, ...] = (), **more: Any) -> Change:
    """A basket of additions and cancellations."""
    items = [ChangeItem(action="add", offering=code) for code in adds]
    items += [ChangeItem(action="delete", offering=code, held_id=code) for code in delete]
    return Change(items=tuple(items), **more)


@st.composite
def customers(draw: st.DrawFn) -> Facts:
    """A line with up to three products, some bound, some of unknown origin."""
    products: list[Held] = []
    for code in draw(st.lists(st.sampled_from(PRODUCTS), max_size=3, unique=True)):
        until = draw(st.sampled_from([None, None, date(2026, 11, 22), date(2027, 1, 31)]))
        origin = draw(
            st.sampled_from([_ORIGINS.get(code, Origin.SELF), Origin.AGREEMENT if until else Origin.SELF])
        )
        products.append(held(code, locked_until=until, origin=origin))
    line_kind = draw(st.sampled_from(["普通", "普通", "普通", "话吧"]))
    plan = draw(st.sampled_from(PLANS))
    return customer(plan, *products, line_kind=line_kind, profile_recorded=draw(st.booleans()))


@st.composite
def wishes(draw: st.DrawFn, facts: Facts) -> Change:
    """One or two lines: something new, or the end of something held."""
    adds = draw(st.lists(st.sampled_from(WISHES), max_size=1))
    ends = draw(st.lists(st.sampled_from([each.offering for each in facts.held]), max_size=1))
    return wish(*(adds or ([] if ends else ["gotone-business"])), delete=tuple(ends))


@st.composite
def cases(draw: st.DrawFn) -> tuple[Facts, Change]:
    """A customer and what he wants."""
    facts = draw(customers())
    return facts, draw(wishes(facts))
