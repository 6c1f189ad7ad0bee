"""How another item is tied to the target of a line."""

from collections.abc import Callable, Iterable

from crm.core.catalog.schemas import Offering
from crm.core.compatibility.items import Item, Line
from crm.core.compatibility.schemas import ENDED
from crm.core.compatibility.situation import Situation


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
        if each.standing is None or each.standing is ENDED:
            continue
        if s.stays_beside(each, line) and each.id not in line.cancelled:
            staying.append(each)
        elif each is line.item or each.id in line.cancelled or (line is s.new_plan and _leaves(each)):
            going.append(each)
    return going, staying


def _leaves(item: Item) -> bool:
    return item.kind == "main_plan" or item.ends_with_plan


def _card_excludes(s: Situation, line: Line, item: Item) -> bool | None:
    """A secondary card has a list of its own; a main card and a single line (it becomes one) share the other.

    None: the line's card is not known and the two lists differ.
    """
    card = s.facts.subscriber.card
    if card is None:
        main, secondary = _on_card("main", line, item), _on_card("secondary", line, item)
        return main if main is secondary else None
    return _on_card("secondary" if card == "secondary" else "main", line, item)


def _on_card(card: str, line: Line, item: Item) -> bool:
    target, other = line.offering, item.offering
    if target is None or other is None:
        return False
    return _names(target.card_exclusions.get(card, ()), other) or _names(
        other.card_exclusions.get(card, ()), target
    )


def _names(references: Iterable[str], offering: Offering) -> bool:
    return any(
        each[4:] in offering.tags if each.startswith("tag:") else each == offering.code for each in references
    )


def grounds(line: Line, item: Item | None) -> str:
    """The words of the source that says the two exclude each other; empty when no source is kept."""
    target, other = line.offering, None if item is None else item.offering
    if target is None or other is None:
        return ""
    for one, of in ((target, other), (other, target)):
        # By reference: a stored entry has no other order, and a past verdict must say the same again.
        for reference, words in sorted(one.relation_sources.items()):
            if _names((reference,), of):
                return words
    return ""


def means(reference: str, item: Item) -> bool:
    """Whether a catalogue reference (a code, or `tag:…`) means this item."""
    if reference.startswith("tag:"):
        return reference[4:] in item.tags
    return reference == item.code


LINKS: dict[str, Callable[[Situation, Line, Item], bool | None]] = {
    "same_offering": _same_offering,
    "same_tier": _same_tier,
    "came_with_target": _came_with_target,
    "included_in_target": _included_in_target,
    "ends_with_plan": _ends_with_plan,
    "left_alone": _left_alone,
    "card_excludes": _card_excludes,
}

# When the answer is the same in every check with this operation, target and other offering.
_FIXED: dict[str, Callable[[Line, Item], bool]] = {
    "came_with_target": lambda line, item: line.change.action == "add",
    "ends_with_plan": lambda line, item: line.op != "change_plan",
    "left_alone": lambda line, item: item.offering is None or not item.offering.requires,
    "card_excludes": lambda line, item: (
        not (_has_card_lists(line.offering) or _has_card_lists(item.offering))
    ),
}


def are_fixed(links: Iterable[str], line: Line, item: Item) -> bool:
    """Whether operation and offerings alone decide these links."""
    for link in links:
        decides = _FIXED.get(link)
        if decides is not None and not decides(line, item):
            return False
    return True


def _has_card_lists(offering: Offering | None) -> bool:
    return offering is not None and bool(offering.card_exclusions)
