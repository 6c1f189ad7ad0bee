"""Whether a basket can be understood at all, before the rules judge it."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date

from crm.core.catalog.engine import Catalogue
from crm.core.catalog.schemas import Offering, OfferingKind, Relation
from crm.core.compatibility.schemas import Change, ChangeItem, Facts, Held, HeldState
from crm.core.ordering.errors import (
    AlreadyHeld,
    BasketTooLarge,
    BasketUnclear,
    EmptyBasket,
    NotHeld,
    PlanReserved,
    UnknownOffering,
)
from crm.core.ordering.timing import effective_day

MOST_LINES = 50


def check_shape(change: Change, catalogue: Catalogue) -> None:
    """Raise unless every line says what it means; whether it may be done is for the rules to say.

    Raises `EmptyBasket`, `BasketTooLarge`, `BasketUnclear`, `UnknownOffering`.
    """
    if not change.items:
        raise EmptyBasket
    if len(change.items) > MOST_LINES:
        raise BasketTooLarge(MOST_LINES)
    for item in change.items:
        _check_line(item, catalogue)


def _check_line(item: ChangeItem, catalogue: Catalogue) -> None:
    offering = catalogue.get(item.offering)
    if item.action not in {"add", "delete"}:
        raise BasketUnclear(f"受理篮里有不认识的操作“{item.action[:20]}”")
    if item.action == "delete" and not item.held_id:
        name = item.offering if offering is None else offering.name
        raise BasketUnclear(f"取消“{name[:60]}”时没有指明客户名下的哪一项")
    if item.action == "add" and offering is None:
        raise UnknownOffering(item.offering)


def _check_twice(change: Change, catalogue: Catalogue) -> None:
    added = Counter(item.offering for item in change.items if item.action == "add")
    deleted = Counter(item.held_id for item in change.items if item.action == "delete")
    names = {item.held_id: item.offering for item in change.items if item.action == "delete"}
    for code, times in added.items():
        if times > 1:
            raise BasketUnclear(f"“{name_of(catalogue, code)}”在受理篮里出现了 {times} 次")
    for held_id, times in deleted.items():
        if times > 1:
            raise BasketUnclear(f"取消“{name_of(catalogue, names[held_id])}”在受理篮里出现了 {times} 次")
    plans = [code for code in added if is_main_plan(catalogue.get(code))]
    if len(plans) > 1:
        listed = "、".join(name_of(catalogue, code) for code in plans)
        raise BasketUnclear(f"一次只能换一个主套餐，篮里有：{listed}")


def check_holdings(change: Change, facts: Facts, catalogue: Catalogue) -> None:
    """Raise unless what is to be cancelled is held, what is to be added is not, and nothing comes twice.

    The last guard before an order is written, whatever the rules allow. Raises `NotHeld`, `AlreadyHeld`,
    `PlanReserved`, `BasketUnclear`.
    """
    _check_twice(change, catalogue)
    held = {each.id: each for each in facts.held if each.state is not HeldState.ENDED}
    leaving = {item.held_id or "" for item in change.items if item.action == "delete"}
    for item in change.items:
        if item.action == "delete":
            mine = held.get(item.held_id or "")
            if mine is None or mine.offering != item.offering:
                raise NotHeld(name_of(catalogue, item.offering))
    for item, offering in added(change, catalogue):
        if any(
            held[gone].offering == offering.code and held[gone].state is HeldState.ACTIVE for gone in leaving
        ):
            raise BasketUnclear(f"“{offering.name}”在同一单里又办理又取消")
        _check_add(item, offering, [each for each in held.values() if each.id not in leaving], facts.on)
    _check_plans(change, held, leaving, catalogue)


def _check_add(item: ChangeItem, offering: Offering, staying: list[Held], on: date) -> None:
    starts_on = effective_day(item.timing or offering.add_timings[0], on)
    for mine in staying:
        if mine.offering == offering.code and (mine.ends_on is None or mine.ends_on > starts_on):
            raise AlreadyHeld(offering.name)


def _check_plans(change: Change, held: dict[str, Held], leaving: set[str], catalogue: Catalogue) -> None:
    adds_plan = any(is_main_plan(offering) for _, offering in added(change, catalogue))
    for mine in held.values():
        offering = catalogue.get(mine.offering)
        if offering is None or not is_main_plan(offering):
            continue
        if mine.state is HeldState.RESERVED and adds_plan and mine.id not in leaving:
            raise PlanReserved(offering.name)
        if mine.state is HeldState.ACTIVE and mine.id in leaving and not adds_plan:
            raise BasketUnclear(f"主套餐“{offering.name}”不能单独取消，请加入要换成的主套餐")


def stranded(held: Iterable[Held], catalogue: Catalogue) -> frozenset[str]:
    """Names of reserved products that do not go with what is held on their first day.

    That is: a plan they cannot be used with, or the same product once more.
    """
    there = [each for each in held if each.state is not HeldState.ENDED]
    names: set[str] = set()
    for each in there:
        offering = catalogue.get(each.offering)
        if each.state is not HeldState.RESERVED or each.starts_on is None or offering is None:
            continue
        others = [other for other in there if other.id != each.id and _holds(other, each.starts_on)]
        twice = any(other.offering == each.offering for other in others)
        if twice or any(_at_odds(plan, offering, catalogue) for plan in _plans(others, catalogue)):
            names.add(offering.name)
    return frozenset(names)


def _at_odds(plan: Offering, offering: Offering, catalogue: Catalogue) -> bool:
    wrong_brand = bool(plan.sets_brand and offering.brands and plan.sets_brand not in offering.brands)
    return wrong_brand or catalogue.relation(plan, offering) is Relation.INCOMPATIBLE


def _holds(held: Held, on: date) -> bool:
    begun = held.starts_on is None or held.starts_on <= on
    return begun and (held.ends_on is None or held.ends_on > on)


def _plans(held: Iterable[Held], catalogue: Catalogue) -> Iterator[Offering]:
    for each in held:
        offering = catalogue.get(each.offering)
        if offering is not None and is_main_plan(offering):
            yield offering


def added(change: Change, catalogue: Catalogue) -> Iterator[tuple[ChangeItem, Offering]]:
    """The lines that add something, with their offerings; unknown ones are left out."""
    for item in change.items:
        offering = catalogue.get(item.offering)
        if item.action == "add" and offering is not None:
            yield item, offering


def is_main_plan(offering: Offering | None) -> bool:
    """Whether it is a main plan."""
    return offering is not None and offering.kind is OfferingKind.MAIN_PLAN


def name_of(catalogue: Catalogue, code: str) -> str:
    """The name of an offering; its code when the catalogue does not know it."""
    offering = catalogue.get(code)
    return code[:60] if offering is None else offering.name
