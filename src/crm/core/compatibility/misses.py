"""How far a rule is from firing: the fewest conditions that would have to be otherwise."""

from crm.core.compatibility.compiled import CompiledRule, is_compared
from crm.core.compatibility.items import Item, Line
from crm.core.compatibility.situation import Situation


def conditions_missed(rule: CompiledRule, s: Situation) -> int:
    """The fewest conditions that are false on any line, for any item the rule could bind; 0 when it fires.

    That there is no item at all counts as one.
    """
    return min(_missed_on(rule, s, line) for line in s.lines)


def _missed_on(rule: CompiledRule, s: Situation, line: Line) -> int:
    missed = sum(condition.test(s, line) is False for condition in rule.line_conditions)
    missed += not rule.is_valid(s)
    missed += rule.lacked(s, line) is None
    if rule.has is None:
        return missed
    items = _bindable(rule, s, line)
    return missed + min((_missed_of(rule, s, line, item) for item in items), default=1)


def _missed_of(rule: CompiledRule, s: Situation, line: Line, item: Item) -> int:
    """What has ended cannot stay either: that is one condition, not two."""
    missed = {each.name for each in rule.item_conditions if each.test(s, line, item) is False}
    return len(missed - {"held_stays"} if "held_state" in missed else missed)


def _bindable(rule: CompiledRule, s: Situation, line: Line) -> list[Item]:
    if rule.has is not None and rule.has.among == "basket":
        return [item for item in s.adds if is_compared(item, line)]
    return [item for item in s.items if item is not line.item and item.offering is not None]
