"""What a condition saw and what an effect does, in words."""

from collections.abc import Iterable

from crm.core.catalog.schemas import Timing
from crm.core.compatibility import saying
from crm.core.compatibility.compiled import CompiledRule
from crm.core.compatibility.item_conditions import ItemCondition
from crm.core.compatibility.items import Item, Line
from crm.core.compatibility.line_conditions import LineCondition
from crm.core.compatibility.rules import EffectMeant
from crm.core.compatibility.schemas import ConditionSeen, Effect
from crm.core.compatibility.situation import Situation
from crm.core.compatibility.templates import Spoken

_UNKNOWN = "未知"
_SAID = 64
_EFFECT_TEXTS = {
    "cancel": "{name}将{when}取消",
    "lose_discount": "{name}可能{when}取消",
    "open_with_plan": "{name}随{target}开通",
    "keep": "{name}保留，不受影响",
}
_WHEN = {
    Timing.NOW: "立即",
    Timing.THIS_MONTH: "从当月起",
    Timing.NEXT_MONTH: "从次月起",
    Timing.WITH_PLAN: "在变更生效时",
    Timing.END_OF_AGREEMENT: "在协议到期后",
}


class Words:
    """What a rule says whenever it fires for one operation, channel, target and bound offering, if any.

    Filled in is what hangs on nothing else, and what a condition saw because it surely holds. The others are
    listed with their places. Of an effect on the held item only the item's id may be another. `is_spoken`:
    some text must still be filled.
    """

    __slots__ = (
        "_item_places", "_line_places", "_seen", "effects", "explain", "is_spoken", "remedy_texts", "script",
    )  # fmt: skip

    def __init__(self, rule: CompiledRule, s: Situation, line: Line, item: Item | None) -> None:
        self._seen = list(seen(rule, s, line, item))
        self._line_places: list[tuple[int, LineCondition]] = []
        self._item_places: list[tuple[int, ItemCondition]] = []
        for place, each in enumerate(rule.line_conditions):
            if each.surely is None and not each.fixed(line):
                self._line_places.append((place, each))
        first = len(rule.line_conditions)
        if item is not None:
            for place, of_item in enumerate(rule.item_conditions):
                if of_item.surely is None and not of_item.fixed(line, item):
                    self._item_places.append((first + place, of_item))
        spoken = Spoken(s, line, item)
        self.explain = rule.explain.bound(spoken)
        self.script = rule.script.bound(spoken)
        self.remedy_texts = tuple([text.bound(spoken) for text in rule.remedy_texts])
        self.is_spoken = any(each.text is None for each in (self.explain, self.script, *self.remedy_texts))
        self.effects: tuple[Effect, ...] = effects_of(rule.rule.effects, s, line, item)

    def conditions(self, s: Situation, line: Line, item: Item | None) -> tuple[ConditionSeen, ...]:
        """The conditions of a rule that surely fires, each with the value it saw."""
        found = self._seen
        if self._line_places or self._item_places:
            found = found.copy()
            for place, condition in self._line_places:
                found[place] = _seen(condition, condition.saw(s, line))
            if item is not None:
                for place, of_item in self._item_places:
                    found[place] = _seen(of_item, of_item.saw(s, line, item))
        return tuple(found)


def seen(rule: CompiledRule, s: Situation, line: Line, item: Item | None) -> tuple[ConditionSeen, ...]:
    """The conditions of a rule that surely fires, looked at anew."""
    found = [each.surely or _seen(each, each.saw(s, line)) for each in rule.line_conditions]
    if item is not None:
        found += [each.surely or _seen(each, each.saw(s, line, item)) for each in rule.item_conditions]
    return tuple(found)


def doubted(rule: CompiledRule, s: Situation, line: Line, item: Item | None) -> tuple[ConditionSeen, ...]:
    """The conditions of a rule that may fire; of some it is not known whether they hold."""
    found = [
        _seen(each, _UNKNOWN if each.test(s, line) is None else each.saw(s, line))
        for each in rule.line_conditions
    ]
    if item is not None:
        found += [
            _seen(each, _UNKNOWN if each.test(s, line, item) is None else each.saw(s, line, item))
            for each in rule.item_conditions
        ]
    return tuple(found)


def _seen(condition: LineCondition | ItemCondition, saw: str) -> ConditionSeen:
    """The words, made once for the few values that most conditions see."""
    known = condition.said.get(saw)
    if known is None:
        known = ConditionSeen(saying.FIELD_NAMES[condition.name], condition.wanted, saw)
        if len(condition.said) < _SAID:
            condition.said[saw] = known
    return known


def effects_of(
    meant: Iterable[EffectMeant], s: Situation, line: Line, item: Item | None
) -> tuple[Effect, ...]:
    """The effects of a rule on the bound item, or on what the target includes."""
    found: list[Effect] = []
    for each in meant:
        if each.of == "held" and item is not None:
            found.append(_effect(each, line, item.id, item.code, item.name))
        elif each.of == "target_includes" and line.offering is not None:
            for code in line.offering.includes:
                offering = s.catalogue.get(code)
                found.append(_effect(each, line, None, code, code if offering is None else offering.name))
    return tuple(found)


def _effect(meant: EffectMeant, line: Line, held_id: str | None, code: str, name: str) -> Effect:
    text = _EFFECT_TEXTS[meant.kind].format(name=name, when=_WHEN[meant.timing], target=line.name)
    return Effect(meant.kind, held_id, code, name, meant.timing, text)
