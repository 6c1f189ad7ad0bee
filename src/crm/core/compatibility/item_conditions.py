"""Conditions on another item that a rule binds, compiled to closures that answer True, False, or None for
"not known"."""

from collections.abc import Callable
from typing import NamedTuple

from crm.core.compatibility import saying
from crm.core.compatibility.links import LINKS
from crm.core.compatibility.rules import HeldWanted, When
from crm.core.compatibility.schemas import HeldState
from crm.core.compatibility.situation import Item, Line, Situation
from crm.core.compatibility.traits import STEPS_OF_ITEMS, is_recorded, sale_state, same

ItemTest = Callable[[Situation, Line, Item], bool | None]


class ItemCondition(NamedTuple):
    """A condition on another item."""

    field: str
    wanted: str
    test: ItemTest
    saw: Callable[[Situation, Line, Item], str]
    fact: str = ""


def item_conditions(has: HeldWanted, when: When) -> tuple[ItemCondition, ...]:
    """The conditions on the bound item, cheapest first, with the steps that were to be taken with it."""
    found: list[ItemCondition] = [_standing(has.state)]
    listed: tuple[tuple[str, tuple[str, ...], bool, Callable[[Item], str]], ...] = (
        ("held", has.offering, True, lambda item: item.code),
        ("held_kind", has.kind, True, lambda item: item.kind or ""),
        ("held_kind_not", has.kind_not, False, lambda item: item.kind or ""),
        ("held_origin", has.origin, True, lambda item: item.origin),
        ("held_origin_not", has.origin_not, False, lambda item: item.origin),
    )
    found += [_item_in(field, values, wanted, read) for field, values, wanted, read in listed if values]
    found += [
        _item_tag(field, values, wanted)
        for field, values, wanted in (("held_tag", has.tag, True), ("held_tag_not", has.tag_not, False))
        if values
    ]
    found += [_linked(links, wanted) for links, wanted in ((has.link, True), (has.link_not, False)) if links]
    found += _judged_conditions(has)
    for wanted, steps in ((True, when.recorded), (False, when.not_recorded)):
        found += [_recorded(step, wanted) for step in steps if step in STEPS_OF_ITEMS]
    return tuple(found)


def _judged_conditions(has: HeldWanted) -> list[ItemCondition]:
    found: list[ItemCondition] = []
    if has.stays is not None:
        found.append(_stays(has.stays))
    if has.sale:
        found.append(_item_sale(has.sale))
    if has.bound is not None:
        found.append(_item_bound(has.bound))
    if has.relation:
        found.append(_relation(has.relation))
    return found


def _recorded(step: str, wanted: bool) -> ItemCondition:
    return ItemCondition(
        "recorded" if wanted else "not_recorded",
        saying.word(step),
        lambda s, line, item: is_recorded(s, step, line, item) is wanted,
        lambda s, line, item: saying.yes_no(is_recorded(s, step, line, item)),
    )


_PRESENT = frozenset((HeldState.ACTIVE.value, HeldState.RESERVED.value))


def _standing(wanted: tuple[HeldState, ...]) -> ItemCondition:
    values = frozenset(str(each) for each in wanted) or _PRESENT
    return ItemCondition(
        "held_state",
        saying.words(wanted or (HeldState.ACTIVE, HeldState.RESERVED)),
        lambda s, line, item: item.standing in values,
        lambda s, line, item: saying.word(item.standing or ""),
    )


def _item_in(
    field: str, listed: tuple[str, ...], wanted: bool, read: Callable[[Item], str]
) -> ItemCondition:
    values = frozenset(str(each) for each in listed)
    return ItemCondition(
        field,
        saying.words(listed),
        lambda s, line, item: (read(item) in values) is wanted,
        lambda s, line, item: saying.word(read(item)),
    )


def _item_tag(field: str, listed: tuple[str, ...], wanted: bool) -> ItemCondition:
    values = frozenset(listed)
    return ItemCondition(
        field,
        saying.words(listed),
        lambda s, line, item: values.isdisjoint(item.tags) is not wanted,
        lambda s, line, item: saying.words(item.tags),
    )


def _stays(wanted: bool) -> ItemCondition:
    return ItemCondition(
        "held_stays",
        saying.yes_no(wanted),
        lambda s, line, item: s.stays_beside(item, line) is wanted,
        lambda s, line, item: saying.staying(item, s.stays_beside(item, line)),
    )


def _linked(links: tuple[str, ...], wanted: bool) -> ItemCondition:
    tests = tuple(LINKS[link] for link in links)
    return ItemCondition(
        "held_link" if wanted else "held_link_not",
        saying.words(links),
        lambda s, line, item: any(test(s, line, item) for test in tests) is wanted,
        lambda s, line, item: saying.yes_no(wanted),
    )


def _item_sale(wanted: tuple[str, ...]) -> ItemCondition:
    values = frozenset(wanted)
    return ItemCondition(
        "held_sale",
        saying.words(wanted),
        lambda s, line, item: sale_state(item.offering, s.on) in values,
        lambda s, line, item: saying.word(sale_state(item.offering, s.on)),
    )


def _item_bound(wanted: bool) -> ItemCondition:
    return ItemCondition(
        "held_bound",
        saying.yes_no(wanted),
        lambda s, line, item: same(item.bound, wanted),
        lambda s, line, item: saying.binding(item),
        "held.locked_until",
    )


def _relation(wanted: tuple[str, ...]) -> ItemCondition:
    values = frozenset(str(each) for each in wanted)
    return ItemCondition(
        "relation",
        saying.words(wanted),
        lambda s, line, item: None if (said := s.relation(line, item)) is None else said in values,
        lambda s, line, item: saying.word(s.relation(line, item) or ""),
        "subscriber.brand",
    )
