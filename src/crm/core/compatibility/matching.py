"""Rules narrowed to what they still ask of a customer, once operation, channel and offerings are known.

Most conditions hang on the offerings alone. Their answers are the same in every check, so a rule is narrowed
once for a target, and once more for a target and a held offering; what is left is asked each time.
"""

from typing import TYPE_CHECKING

from crm.core.catalog.engine import Catalogue
from crm.core.compatibility.compiled import CompiledRule, ItemAsked, LineAsked, is_compared
from crm.core.compatibility.items import Item, Line
from crm.core.compatibility.schemas import Finding
from crm.core.compatibility.situation import Situation
from crm.core.compatibility.wording import Words

if TYPE_CHECKING:
    from crm.core.compatibility.ruleset import Keyed, RuleSet

_REMEMBERED = 50_000  # pairs of target and held offering


class Narrowed:
    """A rule whose fixed conditions hold for operation, channel, target and bound item, if any.

    `words` are made when it fires for the second time.
    """

    __slots__ = (
        "_item_tests",
        "_line_tests",
        "has_fired",
        "is_second",
        "is_settled",
        "rule",
        "wants_staying",
        "words",
    )

    def __init__(
        self, rule: CompiledRule, line_tests: tuple[LineAsked, ...], item_tests: tuple[ItemAsked, ...]
    ) -> None:
        self.rule = rule
        self.is_second = rule.is_second
        self.wants_staying = rule.wants_staying
        self.is_settled = rule.is_plain and not line_tests and not item_tests  # there is nothing left to ask
        self._line_tests = line_tests
        self._item_tests = item_tests
        self.has_fired = False
        self.words: Words | None = None

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
        return unknown if self.rule.is_plain else self._ask_more(s, line, unknown)

    def _ask_more(self, s: Situation, line: Line, unknown: tuple[str, ...]) -> tuple[str, ...] | None:
        if not self.rule.is_valid(s):
            return None
        missing = self.rule.lacked(s, line)
        return None if missing is None else unknown + missing


Fired = tuple[Narrowed, Line, Item | None, tuple[str, ...]]
Judged = tuple[Finding, Narrowed, Line, Item | None, tuple[str, ...]]  # what fired, with its finding
Asked = tuple[Narrowed, Line, Item | None]


class _ForTarget:
    """The rules left for one operation, channel and target."""

    __slots__ = ("_keyed", "alone", "in_basket", "pairs")

    def __init__(self, keyed: list["Keyed"], s: Situation, line: Line) -> None:
        self._keyed = keyed
        self.pairs: dict[str, tuple[Narrowed, ...]] = {}
        self.alone: list[Narrowed] = []
        self.in_basket: dict[str, tuple[CompiledRule, tuple[LineAsked, ...]]] = {}
        alone = {rule.id: rule for each in keyed for rule in each.alone}
        for rule in alone.values():
            left = rule.left_of_line(s, line)
            if left is not None:
                self.alone.append(Narrowed(rule, left, ()))
        for each in keyed:
            for rule in each.in_basket:
                left = rule.left_of_line(s, line)
                if left is not None:
                    self.in_basket[rule.id] = rule, left

    def with_item(self, s: Situation, line: Line, item: Item) -> tuple[Narrowed, ...]:
        """The rules left for this held offering in this standing."""
        found: dict[str, Narrowed] = {}
        for keyed in self._keyed:
            for rule in keyed.with_item(item):
                if rule.id in found or (left := rule.left_of_line(s, line)) is None:
                    continue
                left_of_item = rule.left_of_item(s, line, item)
                if left_of_item is not None:
                    found[rule.id] = Narrowed(rule, left, left_of_item)
        return tuple(found.values())

    def with_add(self, s: Situation, line: Line, item: Item) -> tuple[Narrowed, ...]:
        """The rules left for this other add of the basket."""
        found = [(rule, left, rule.left_of_item(s, line, item)) for rule, left in self.in_basket.values()]
        return tuple([Narrowed(rule, left, of_item) for rule, left, of_item in found if of_item is not None])


class Matcher:
    """What of a rule set is left to ask, for one catalogue. Remembers; answers the same without."""

    def __init__(self, rules: "RuleSet", catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self._rules = rules
        self._targets: dict[tuple[str, str, str], _ForTarget] = {}
        self._pairs = 0

    def fire(self, s: Situation) -> tuple[list[Fired], list[Asked]]:
        """Every rule of stratum 1 that fires, or may fire, on every line; and what to ask stratum 2."""
        fired: list[Fired] = []
        later: list[Asked] = []
        for line in s.lines:
            left = self._for_target(s, line)
            for narrowed in left.alone:
                if narrowed.is_second:
                    later.append((narrowed, line, None))
                elif narrowed.is_settled:
                    fired.append((narrowed, line, None, ()))
                elif (unknown := narrowed.ask(s, line, None)) is not None:
                    fired.append((narrowed, line, None, unknown))
            self._fire_pairs(s, line, left, fired, later)
            if left.in_basket and s.adds:
                self._fire_basket(s, line, left, fired, later)
        return fired, later

    def _fire_pairs(
        self, s: Situation, line: Line, left: _ForTarget, fired: list[Fired], later: list[Asked]
    ) -> None:
        pairs, own = left.pairs, line.item
        for item in s.items:
            if item.standing is None or item.offering is None or item is own:
                continue
            pair = pairs.get(item.key)
            if pair is None:
                pair = pairs[item.key] = left.with_item(s, line, item)
                self._pairs += 1
            stays = s.stays_beside(item, line)
            for narrowed in pair:
                if narrowed.wants_staying and not stays:
                    continue
                if narrowed.is_second:
                    later.append((narrowed, line, item))
                elif narrowed.is_settled:
                    fired.append((narrowed, line, item, ()))
                elif (unknown := narrowed.ask(s, line, item)) is not None:
                    fired.append((narrowed, line, item, unknown))

    def _fire_basket(
        self, s: Situation, line: Line, left: _ForTarget, fired: list[Fired], later: list[Asked]
    ) -> None:
        for item in s.adds:
            if not is_compared(item, line):
                continue
            key = "in basket " + item.code
            pair = left.pairs.get(key)
            if pair is None:
                pair = left.pairs[key] = left.with_add(s, line, item)
                self._pairs += 1
            for narrowed in pair:
                if narrowed.is_second:
                    later.append((narrowed, line, item))
                elif (unknown := narrowed.ask(s, line, item)) is not None:
                    fired.append((narrowed, line, item, unknown))

    def _for_target(self, s: Situation, line: Line) -> _ForTarget:
        key = (line.op, s.channel, line.code)
        found = self._targets.get(key)
        if found is None:
            if self._pairs + len(self._targets) > _REMEMBERED:
                self._targets.clear()
                self._pairs = 0
            found = self._targets[key] = _ForTarget(self._rules.candidates(line), s, line)
        return found
