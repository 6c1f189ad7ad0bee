"""Conditions on another item that a rule binds, compiled to closures that answer True, False, or None for
"not known"."""

from collections.abc import Callable
from dataclasses import dataclass, field

from crm.core.compatibility import saying
from crm.core.compatibility.items import Item, Line
from crm.core.compatibility.links import LINKS, are_fixed
from crm.core.compatibility.rules import HeldWanted, When
from crm.core.compatibility.schemas import ACTIVE, RESERVED, ConditionSeen, HeldState
from crm.core.compatibility.situation import Situation
from crm.core.compatibility.traits import STEPS_OF_ITEMS, is_recorded, is_sale_fixed, sale_state

ItemTest = Callable[[Situation, Line, Item], bool | None]


def always(_line: Line, _item: Item) -> bool:
    """The answer hangs on nothing but the two offerings."""
    return True


def never(_line: Line, _item: Item) -> bool:
    """The answer may differ from check to check."""
    return False


@dataclass(frozen=True, slots=True)
class ItemCondition:
    """A condition on another item.

    `fixed`: the answer, and the words for what it saw, are the same in every check with these two offerings
    and an item of this standing. `sure`: what it saw whenever it surely holds; empty when that differs.
    """

    name: str
    wanted: str
    test: ItemTest
    saw: Callable[[Situation, Line, Item], str]
    fact: str = ""
    fixed: Callable[[Line, Item], bool] = never
    sure: str = ""
    said: dict[str, ConditionSeen] = field(default_factory=dict[str, ConditionSeen])  # words made before
    surely: ConditionSeen | None = field(init=False, default=None)  # `sure` in words

    def __post_init__(self) -> None:
        if self.sure:
            surely = ConditionSeen(saying.FIELD_NAMES[self.name], self.wanted, self.sure)
            object.__setattr__(self, "surely", surely)


def item_conditions(has: HeldWanted, when: When) -> tuple[ItemCondition, ...]:
    """The conditions on the bound item, cheapest first, with the steps that were to be taken with it."""
    found: list[ItemCondition] = [_standing(has.state)]
    listed: tuple[tuple[str, tuple[str, ...], bool, Callable[[Item], str], bool], ...] = (
        ("held", has.offering, True, lambda item: item.code, True),
        ("held_kind", has.kind, True, lambda item: item.kind or "", True),
        ("held_kind_not", has.kind_not, False, lambda item: item.kind or "", True),
        ("held_origin", has.origin, True, lambda item: item.origin, False),
        ("held_origin_not", has.origin_not, False, lambda item: item.origin, False),
    )
    found += [
        _item_in(field, values, wanted, read, fixed)
        for field, values, wanted, read, fixed in listed
        if values
    ]
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
        sure=saying.yes_no(wanted),
    )


_PRESENT = frozenset((ACTIVE, RESERVED))


def _standing(wanted: tuple[HeldState, ...]) -> ItemCondition:
    values = frozenset(wanted) or _PRESENT
    return ItemCondition(
        "held_state",
        saying.words(wanted or (ACTIVE, RESERVED)),
        lambda s, line, item: item.standing in values,
        lambda s, line, item: saying.word(item.standing or ""),
        fixed=always,
        sure=saying.only_word(wanted),
    )


def _item_in(
    field: str, listed: tuple[str, ...], wanted: bool, read: Callable[[Item], str], fixed: bool
) -> ItemCondition:
    values = frozenset(listed)
    return ItemCondition(
        field,
        saying.words(listed),
        lambda s, line, item: (read(item) in values) is wanted,
        lambda s, line, item: saying.word(read(item)),
        fixed=always if fixed else never,
        sure=saying.only_word(listed) if wanted else "",
    )


def _item_tag(field: str, listed: tuple[str, ...], wanted: bool) -> ItemCondition:
    values = frozenset(listed)
    return ItemCondition(
        field,
        saying.words(listed),
        lambda s, line, item: values.isdisjoint(item.tags) is not wanted,
        lambda s, line, item: saying.words(item.tags),
        fixed=always,
    )


def _stays(wanted: bool) -> ItemCondition:
    return ItemCondition(
        "held_stays",
        saying.yes_no(wanted),
        lambda s, line, item: s.stays_beside(item, line) is wanted,
        lambda s, line, item: saying.staying(item, s.stays_beside(item, line)),
        sure=saying.yes_no(True) if wanted else "",
    )


def _any_of(tests: tuple[Callable[[Situation, Line, Item], bool | None], ...], wanted: bool) -> ItemTest:
    def linked(s: Situation, line: Line, item: Item) -> bool | None:
        said = [test(s, line, item) for test in tests]
        return wanted if True in said else None if None in said else not wanted

    return tests[0] if wanted and len(tests) == 1 else linked


def _linked(links: tuple[str, ...], wanted: bool) -> ItemCondition:
    tests = tuple(LINKS[link] for link in links)
    return ItemCondition(
        "held_link" if wanted else "held_link_not",
        saying.words(links),
        _any_of(tests, wanted),
        lambda s, line, item: saying.yes_no(wanted),
        "subscriber.card" if "card_excludes" in links else "",
        fixed=lambda line, item: are_fixed(links, line, item),
        sure=saying.yes_no(wanted),
    )


def _item_sale(wanted: tuple[str, ...]) -> ItemCondition:
    values = frozenset(wanted)
    return ItemCondition(
        "held_sale",
        saying.words(wanted),
        lambda s, line, item: sale_state(item.offering, s.on) in values,
        lambda s, line, item: saying.word(sale_state(item.offering, s.on)),
        fixed=lambda line, item: is_sale_fixed(item.offering),
        sure=saying.only_word(wanted),
    )


def _item_bound(wanted: bool) -> ItemCondition:
    return ItemCondition(
        "held_bound",
        saying.yes_no(wanted),
        lambda s, line, item: None if item.bound is None else item.bound is wanted,
        lambda s, line, item: saying.binding(item),
        "held.locked_until",
    )


def _relation(wanted: tuple[str, ...]) -> ItemCondition:
    values = frozenset(wanted)
    return ItemCondition(
        "relation",
        saying.words(wanted),
        lambda s, line, item: None if (said := s.relation(line, item)) is None else said in values,
        lambda s, line, item: saying.word(s.relation(line, item) or ""),
        "subscriber.brand",
        _is_relation_fixed,
        sure=saying.only_word(wanted),
    )


def _is_relation_fixed(line: Line, item: Item) -> bool:
    """It hangs on the customer's brand only when a plan keeps that brand and the other item asks for one."""
    if line.offering is None or item.offering is None or line.kind != "main_plan":
        return True
    return bool(line.offering.sets_brand) or not item.offering.brands
