"""How another item is tied to the target of a line."""

from collections.abc import Callable

from crm.core.compatibility.schemas import HeldState
from crm.core.compatibility.situation import Item, Line, Situation


def _same_offering(_s: Situation, line: Line, item: Item) -> bool:
    return item.code == line.code


def _same_tier(_s: Situation, line: Line, item: Item) -> bool:
    if line.offering is None or item.offering is None or item.code == line.code:
        return False
    return bool(line.offering.one_of) and line.offering.one_of == item.offering.one_of


def _came_with_target(_s: Situation, line: Line, item: Item) -> bool:
    return line.item is not None and item.held is not None and item.held.came_with == line.item.id


def _included_in_target(_s: Situation, line: Line, item: Item) -> bool:
    return line.offering is not None and item.code in line.offering.includes


def _ends_with_plan(s: Situation, line: Line, item: Item) -> bool:
    return item.ends_with_plan and line is s.new_plan


def _left_alone(s: Situation, line: Line, item: Item) -> bool:
    """Something the item requires was held, goes with this line, and nothing left or added replaces it."""
    if item.offering is None or not item.offering.requires or not s.stays_beside(item, line):
        return False
    if item.id in line.cancelled:
        return False
    going, staying = _after(s, line)
    return any(
        any(means(reference, each) for each in going) and not any(means(reference, each) for each in staying)
        for reference in item.offering.requires
    )


def _after(s: Situation, line: Line) -> tuple[list[Item], list[Item]]:
    """What this line takes away, and what is there afterwards, the basket's adds included."""
    going: list[Item] = []
    adds = [each for each in s.lines if each.change.action == "add"]
    staying = [Item(None, each.code, each.offering, s.on) for each in adds]
    for each in s.items:
        if each.standing is None or each.standing is HeldState.ENDED:
            continue
        if s.stays_beside(each, line) and each.id not in line.cancelled:
            staying.append(each)
        elif each is line.item or each.id in line.cancelled or (line is s.new_plan and _leaves(each)):
            going.append(each)
    return going, staying


def _leaves(item: Item) -> bool:
    return item.kind == "main_plan" or item.ends_with_plan


def means(reference: str, item: Item) -> bool:
    """Whether a catalogue reference (a code, or `tag:…`) means this item."""
    if reference.startswith("tag:"):
        return reference[4:] in item.tags
    return reference == item.code


FIXED_LINKS = frozenset({"same_offering", "same_tier", "included_in_target"})  # the two offerings tell

LINKS: dict[str, Callable[[Situation, Line, Item], bool]] = {
    "same_offering": _same_offering,
    "same_tier": _same_tier,
    "came_with_target": _came_with_target,
    "included_in_target": _included_in_target,
    "ends_with_plan": _ends_with_plan,
    "left_alone": _left_alone,
}
