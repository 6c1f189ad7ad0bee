"""The nearest offerings that could be ordered now in place of one that cannot. Pure."""

from collections.abc import Callable
from heapq import nsmallest

from crm.core.catalog.engine import Catalogue
from crm.core.catalog.schemas import Offering
from crm.core.compatibility.plan_schemas import Alternative
from crm.core.compatibility.saying import money
from crm.core.compatibility.schemas import Change, ChangeItem, Facts, Qualification
from crm.core.compatibility.traits import sale_state

_MOST_ASKED = 40
_GENERAL_TAGS = frozenset({"主套餐"})


def alternatives_to(
    change: Change,
    facts: Facts,
    catalogue: Catalogue,
    judge: Callable[[Change], Qualification],
    most: int = 3,
) -> tuple[Alternative, ...]:
    """The nearest ones, nearest first: for the first line of the basket that cannot be ordered by itself."""
    for item in change.items:
        wished = catalogue.get(item.offering)
        if item.action != "add" or wished is None:
            continue
        alone = Change(items=(item,), channel=change.channel, recorded=change.recorded)
        if len(change.items) > 1 and judge(alone).can_be_ordered:
            continue
        return _near(wished, change, facts, catalogue, judge, most)
    return ()


def _near(
    wished: Offering,
    change: Change,
    facts: Facts,
    catalogue: Catalogue,
    judge: Callable[[Change], Qualification],
    most: int,
) -> tuple[Alternative, ...]:
    there = {item.offering for item in change.items} | {held.offering for held in facts.held}
    candidates = [
        each
        for each in catalogue.of_kind(wished.kind)
        if each.code not in there and sale_state(each, facts.on) == "on_sale"
    ]
    found: list[Alternative] = []
    for each in nsmallest(_MOST_ASKED, candidates, key=lambda each: distance(wished, each)):
        instead = ChangeItem(action="add", offering=each.code)
        verdict = judge(Change(items=(instead,), channel=change.channel, recorded=change.recorded))
        if verdict.can_be_ordered:
            found.append(_alternative(wished, each, verdict))
            if len(found) == most:
                break
    return tuple(found)


def distance(one: Offering, other: Offering) -> tuple[int, int, int, str]:
    """How far apart two offerings of a kind are: series, allowances, fee; the code breaks ties."""
    shared = len((set(one.tags) & set(other.tags)) - _GENERAL_TAGS)
    kin = (
        shared + 2 * (bool(one.one_of) and one.one_of == other.one_of) + (one.sets_brand == other.sets_brand)
    )
    mine = {(each.kind, each.scope): each.amount for each in one.allowances}
    theirs = {(each.kind, each.scope): each.amount for each in other.allowances}
    gap = sum(
        100 * abs(mine.get(key, 0) - theirs.get(key, 0)) // max(mine.get(key, 0), theirs.get(key, 0), 1)
        for key in mine.keys() | theirs.keys()
    )
    fee = abs((one.monthly_fee_fen or 0) - (other.monthly_fee_fen or 0))
    return -kin, gap, fee, other.code


def _alternative(wished: Offering, each: Offering, verdict: Qualification) -> Alternative:
    difference = None
    if wished.monthly_fee_fen is not None and each.monthly_fee_fen is not None:
        difference = each.monthly_fee_fen - wished.monthly_fee_fen
    shared = [tag for tag in each.tags if tag in wished.tags and tag not in _GENERAL_TAGS]
    why = [f"同属{shared[0]}"] if shared else []
    if each.sets_brand and each.sets_brand == wished.sets_brand:
        why.append(f"同为{each.sets_brand}")
    if difference is not None:
        word = "一样" if not difference else ("贵" if difference > 0 else "便宜") + money(abs(difference))
        why.append(f"月费{word}")
    return Alternative(
        offering=each.code, name=each.name, verdict=verdict.verdict, monthly_fee_fen=each.monthly_fee_fen,
        fee_difference_fen=difference, why="，".join(why),
    )  # fmt: skip
