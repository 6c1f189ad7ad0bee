"""Rules narrowed to what they still ask of a customer, once operation, channel and offerings are known.

Most conditions hang on the offerings alone. Their answers are the same in every check, so a rule is narrowed
once for a target, and once more for a target and a held offering; what is left is asked each time.
"""

from typing import TYPE_CHECKING

from crm.core.catalog.engine import Catalogue
from crm.core.compatibility.compiled import CompiledRule, is_compared
from crm.core.compatibility.schemas import ConditionSeen
from crm.core.compatibility.situation import Item, Line, Situation
from crm.core.compatibility.templates import Spoken, Template
from crm.core.compatibility.wording import seen_on_item, seen_on_line

if TYPE_CHECKING:
    from crm.core.compatibility.ruleset import RuleSet

_REMEMBERED = 50_000  # pairs of target and held offering


class Narrowed:
    """A rule whose fixed conditions hold for this operation, channel and target, and item if it binds one."""

    __slots__ = ("_item_tests", "_line_tests", "_plain", "explain", "remedy_texts", "rule", "script", "seen")

    def __init__(self, rule: CompiledRule, s: Situation, line: Line, item: Item | None) -> None:
        self.rule = rule
        asked = [each for each in rule.line_conditions if not each.fixed(line)]
        self._line_tests = tuple([(each.test, each.fact) for each in asked])
        self._item_tests = ()
        self.seen: list[ConditionSeen | None] = [
            seen_on_line(each, s, line) if each.fixed(line) else None for each in rule.line_conditions
        ]
        if item is not None:
            asked_of_item = [each for each in rule.item_conditions if not each.fixed(line, item)]
            self._item_tests = tuple([(each.test, each.fact) for each in asked_of_item])
            self.seen += [
                seen_on_item(each, s, line, item) if each.fixed(line, item) else None
                for each in rule.item_conditions
            ]
        self._plain = not rule.lacks and rule.rule.valid_from is None and rule.rule.valid_to is None
        spoken = Spoken(s, line, item)
        self.explain: Template = rule.explain.bound(spoken)
        self.script: Template = rule.script.bound(spoken)
        self.remedy_texts = tuple([text.bound(spoken) for text in rule.remedy_texts])

    def ask(self, s: Situation, line: Line, item: Item | None) -> tuple[str, ...] | None:
        """None: it does not fire. Otherwise the facts it lacks to be sure; empty when it surely fires."""
        unknown: tuple[str, ...] = ()
        for test, fact in self._line_tests:
            answer = test(s, line)
            if answer is None:
                unknown += (fact,)
            elif not answer:
                return None
        if item is not None:
            for test_item, fact in self._item_tests:
                answer = test_item(s, line, item)
                if answer is None:
                    unknown += (fact,)
                elif not answer:
                    return None
        return unknown if self._plain else self._ask_more(s, line, unknown)

    def _ask_more(self, s: Situation, line: Line, unknown: tuple[str, ...]) -> tuple[str, ...] | None:
        if not self.rule.is_valid(s):
            return None
        missing = self.rule.lacked(s, line)
        return None if missing is None else unknown + missing


Fired = tuple[Narrowed, Line, Item | None, tuple[str, ...]]


class _ForTarget:
    """The rules left for one operation, channel and target in one stratum."""

    __slots__ = ("alone", "by_key", "in_basket", "pairs")

    def __init__(self, rules: list[CompiledRule], s: Situation, line: Line) -> None:
        self.alone: list[Narrowed] = []
        self.in_basket: list[CompiledRule] = []
        self.by_key: dict[tuple[str, str], list[CompiledRule]] = {}
        self.pairs: dict[str, tuple[Narrowed, ...]] = {}
        for rule in rules:
            if not all(each.test(s, line) for each in rule.line_conditions if each.fixed(line)):
                continue
            if rule.has is None:
                self.alone.append(Narrowed(rule, s, line, None))
            elif rule.has.among == "basket":
                self.in_basket.append(rule)
            else:
                slot, values = rule.held_key()
                for value in values:
                    self.by_key.setdefault((slot, str(value)), []).append(rule)

    def with_item(self, s: Situation, line: Line, item: Item) -> tuple[Narrowed, ...]:
        """The rules left for this held offering, in the order of their ids."""
        keys = [("always", ""), ("code", item.code), ("kind", item.kind or "")]
        keys += [("tag", tag) for tag in item.tags]
        rules = {rule.id: rule for key in keys for rule in self.by_key.get(key, ())}
        return tuple(
            [
                Narrowed(rules[name], s, line, item)
                for name in sorted(rules)
                if _may_bind(rules[name], s, line, item)
            ]
        )


def _may_bind(rule: CompiledRule, s: Situation, line: Line, item: Item) -> bool:
    return all(each.test(s, line, item) for each in rule.item_conditions if each.fixed(line, item))


class Matcher:
    """What of a rule set is left to ask, for one catalogue. Remembers; answers the same without."""

    def __init__(self, rules: "RuleSet", catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self._rules = rules
        self._targets: dict[tuple[int, str, str, str], _ForTarget] = {}
        self._pairs = 0

    def fire(self, s: Situation, stratum: int) -> list[Fired]:
        """Every rule of the stratum that fires, or may fire, on every line."""
        fired: list[Fired] = []
        for line in s.lines:
            left = self._for_target(s, line, stratum)
            for narrowed in left.alone:
                unknown = narrowed.ask(s, line, None)
                if unknown is not None:
                    fired.append((narrowed, line, None, unknown))
            if left.by_key:
                self._fire_pairs(s, line, left, fired)
            if s.adds and left.in_basket:
                _fire_basket(s, line, left, fired)
        return fired

    def _fire_pairs(self, s: Situation, line: Line, left: _ForTarget, fired: list[Fired]) -> None:
        pairs, own = left.pairs, line.item
        for item in s.items:
            if item.standing is None or item.offering is None or item is own:
                continue
            found = pairs.get(item.code)
            if found is None:
                found = pairs[item.code] = left.with_item(s, line, item)
                self._pairs += 1
            for narrowed in found:
                unknown = narrowed.ask(s, line, item)
                if unknown is not None:
                    fired.append((narrowed, line, item, unknown))

    def _for_target(self, s: Situation, line: Line, stratum: int) -> _ForTarget:
        key = (stratum, line.op, s.channel, line.code)
        found = self._targets.get(key)
        if found is None:
            if self._pairs + len(self._targets) > _REMEMBERED:
                self._targets.clear()
                self._pairs = 0
            found = self._targets[key] = _ForTarget(self._rules.candidates(line, stratum), s, line)
        return found


def _fire_basket(s: Situation, line: Line, left: _ForTarget, fired: list[Fired]) -> None:
    for item in s.adds:
        if not is_compared(item, line):
            continue
        for rule in left.in_basket:
            if not _may_bind(rule, s, line, item):
                continue
            narrowed = Narrowed(rule, s, line, item)
            unknown = narrowed.ask(s, line, item)
            if unknown is not None:
                fired.append((narrowed, line, item, unknown))
