"""What a condition saw, in words."""

from crm.core.compatibility import saying
from crm.core.compatibility.item_conditions import ItemCondition
from crm.core.compatibility.line_conditions import LineCondition
from crm.core.compatibility.schemas import ConditionSeen
from crm.core.compatibility.situation import Item, Line, Situation

_UNKNOWN = "未知"


def seen_on_line(
    condition: LineCondition, s: Situation, line: Line, *, doubted: bool = False
) -> ConditionSeen:
    """The condition with the value it saw. `doubted`: ask first whether it could be seen at all."""
    unseen = doubted and condition.test(s, line) is None
    saw = _UNKNOWN if unseen else condition.saw(s, line)
    return ConditionSeen(saying.FIELD_NAMES[condition.field], condition.wanted, saw)


def seen_on_item(
    condition: ItemCondition, s: Situation, line: Line, item: Item, *, doubted: bool = False
) -> ConditionSeen:
    """The condition on the bound item with the value it saw."""
    unseen = doubted and condition.test(s, line, item) is None
    saw = _UNKNOWN if unseen else condition.saw(s, line, item)
    return ConditionSeen(saying.FIELD_NAMES[condition.field], condition.wanted, saw)
