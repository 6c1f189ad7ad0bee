"""The nearest offerings that could be ordered now in place of one that cannot. Pure."""

from collections.abc import Callable, Iterator
from datetime import date
from heapq import nsmallest
from itertools import chain, islice

from crm.core.catalog.engine import Catalogue
from crm.core.catalog.schemas import Allowance, Offering
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
    found: list[Alternative] = []
    for each in islice(_nearest(wished, there, facts.on, catalogue), _MOST_ASKED):
        instead = ChangeItem(action="add", offering=each.code)
        verdict = judge(Change(items=(instead,), channel=change.channel, recorded=change.recorded))
        if verdict.can_be_ordered:
            found.append(_alternative(wished, each, verdict))
            if len(found) == most:
                break
    return tuple(found)


def _nearest(wished: Offering, there: set[str], on: date, catalogue: Catalogue) -> Iterator[Offering]:
    """What is on sale of the same kind, nearest first: the closest kin, then allowances, fee, and code.

    Kin is worked out once a family, and the rest only for families that are asked for.
    """
    by_kin: dict[int, list[list[Offering]]] = {}
    for family, members in catalogue.families(wished.kind).items():
        by_kin.setdefault(_kin(wished, *family), []).append(members)
    gaps: dict[tuple[Allowance, ...], int] = {}
    for kin in sorted(by_kin, reverse=True):
        near: list[tuple[int, int, str, Offering]] = []
        for each in chain.from_iterable(by_kin[kin]):
            if each.code in there or sale_state(each, on) != "on_sale":
                continue
            gap = gaps.get(each.allowances)
            if gap is None:
                gap = gaps[each.allowances] = _gap(wished, each)
            fee = abs((wished.monthly_fee_fen or 0) - (each.monthly_fee_fen or 0))
            near.append((gap, fee, each.code, each))
        yield from [each for *_, each in nsmallest(_MOST_ASKED, near)]


def _kin(one: Offering, tags: tuple[str, ...], one_of: str, sets_brand: str) -> int:
    shared = len((set(one.tags) & set(tags)) - _GENERAL_TAGS)
    return shared + 2 * (bool(one.one_of) and one.one_of == one_of) + (one.sets_brand == sets_brand)


def _gap(one: Offering, other: Offering) -> int:
    mine = {(each.kind, each.scope): each.amount for each in one.allowances}
    theirs = {(each.kind, each.scope): each.amount for each in other.allowances}
    return sum(
        100 * abs(mine.get(key, 0) - theirs.get(key, 0)) // max(mine.get(key, 0), theirs.get(key, 0), 1)
        for key in mine.keys() | theirs.keys()
    )


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
