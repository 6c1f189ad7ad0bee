"""One rule, compiled: its conditions as closures, its texts as templates, and the key that can wake it."""

import re

from crm.core.compatibility.checks import CHECKS, Check
from crm.core.compatibility.checks import always as settles_line
from crm.core.compatibility.checks import never as leaves_line_open
from crm.core.compatibility.item_conditions import ItemCondition, ItemTest, item_conditions
from crm.core.compatibility.item_conditions import always as settles_item
from crm.core.compatibility.item_conditions import never as leaves_item_open
from crm.core.compatibility.items import Item, Line
from crm.core.compatibility.line_conditions import LineCondition, LineTest, line_conditions
from crm.core.compatibility.rules import HeldWanted, Rule, When
from crm.core.compatibility.schemas import Verdict
from crm.core.compatibility.situation import Situation
from crm.core.compatibility.templates import template

# The last deletes something that is not held: no rule names it, only rules for every operation apply.
OPS = ("change_plan", "add", "remove", "cancel_reserved", "nothing")
# The condition that a key of the held item answers.
_KEY_CONDITIONS = {"tag": "held_tag", "code": "held", "kind": "held_kind", "always": ""}
LineAsked = tuple[LineTest, str]  # a test, and the fact that is missing when it cannot tell
ItemAsked = tuple[ItemTest, str]
_CLAUSE = re.compile(r"(\d+)(.*)")


class CompiledRule:
    """A rule ready to be asked. Immutable; shared by every check of a process."""

    __slots__ = (
        "_item_open", "_item_rest", "_item_settled", "_lacks_tags", "_line_open", "_line_rest",
        "_line_settled", "cancels_held", "check", "clause", "explain", "has", "has_effects", "id", "is_plain",
        "is_second", "item_conditions", "lacks", "line_conditions", "named", "ops", "overrides",
        "remedy_texts", "rule", "script", "stops", "verdict", "wants_staying",
    )  # fmt: skip

    def __init__(self, rule: Rule) -> None:
        when = rule.when
        self.rule = rule
        self.id = rule.id
        self.verdict: Verdict = rule.verdict
        self.stops = rule.verdict.severity > Verdict.CONSENT.severity
        self.overrides = frozenset(rule.overrides)
        self.ops: tuple[str, ...] = when.op or OPS
        self.line_conditions: tuple[LineCondition, ...] = line_conditions(when)
        self.has: HeldWanted | None = when.has
        self.item_conditions: tuple[ItemCondition, ...] = (
            () if when.has is None else item_conditions(when.has, when)
        )
        self.lacks: tuple[ItemCondition, ...] = (
            () if when.lacks is None else item_conditions(when.lacks, When())
        )
        self._lacks_tags = frozenset(() if when.lacks is None else when.lacks.tag)
        self.check: Check | None = None if when.check is None else CHECKS[when.check]
        self.is_plain = not self.lacks and rule.valid_from is None and rule.valid_to is None
        self.is_second = rule.stratum == 2
        self.wants_staying = when.has is not None and when.has.stays is True
        self._sort_line_conditions()
        self._sort_item_conditions()
        self.cancels_held = any(each.kind == "cancel" and each.of == "held" for each in rule.effects)
        self.explain = template(rule.explain)
        self.script = template(rule.script)
        self.remedy_texts = tuple(template(remedy.text) for remedy in rule.remedies)
        self.clause = rule.clause or clause_words(rule.source)
        self.has_effects = bool(rule.effects)
        self.named = (rule.id, rule.title, rule.source, self.clause)  # as findings begin

    def _sort_line_conditions(self) -> None:
        """Apart: what offerings settle, and what is always open. The index has seen to operation and key."""
        known = {"op", self.key()[0]}
        rest = tuple([each for each in self.line_conditions if each.name not in known])
        self._line_settled = tuple([each.test for each in rest if each.fixed is settles_line])
        self._line_rest = tuple([each for each in rest if each.fixed is not settles_line])
        self._line_open: tuple[LineAsked, ...] | None = None
        if all(each.fixed is leaves_line_open for each in self._line_rest):
            self._line_open = tuple([(each.test, each.fact) for each in self._line_rest])

    def _sort_item_conditions(self) -> None:
        """The same; the index has seen to a held item's key, and whether it stays is asked once for all."""
        known: set[str] = set()
        if self.has is not None and self.has.among == "held":
            known = {_KEY_CONDITIONS[self.held_key()[0]], "held_stays" if self.wants_staying else ""}
        rest = tuple([each for each in self.item_conditions if each.name not in known])
        self._item_settled = tuple([each.test for each in rest if each.fixed is settles_item])
        self._item_rest = tuple([each for each in rest if each.fixed is not settles_item])
        self._item_open: tuple[ItemAsked, ...] | None = None
        if all(each.fixed is leaves_item_open for each in self._item_rest):
            self._item_open = tuple([(each.test, each.fact) for each in self._item_rest])

    def left_of_line(self, s: Situation, line: Line) -> tuple[LineAsked, ...] | None:
        """What is still to ask of a line with this operation, channel and target; None: it cannot fire."""
        for test in self._line_settled:
            if not test(s, line):
                return None
        if self._line_open is not None:
            return self._line_open
        left: list[LineAsked] = []
        for each in self._line_rest:
            if not each.fixed(line):
                left.append((each.test, each.fact))
            elif not each.test(s, line):
                return None
        return tuple(left)

    def left_of_item(self, s: Situation, line: Line, item: Item) -> tuple[ItemAsked, ...] | None:
        """What is still to ask of a bound item of this offering; None: it cannot be bound."""
        for test in self._item_settled:
            if not test(s, line, item):
                return None
        if self._item_open is not None:
            return self._item_open
        left: list[ItemAsked] = []
        for each in self._item_rest:
            if not each.fixed(line, item):
                left.append((each.test, each.fact))
            elif not each.test(s, line, item):
                return None
        return tuple(left)

    def is_valid(self, s: Situation) -> bool:
        """Whether the rule is in force on the as-of day."""
        rule = self.rule
        if rule.valid_from is not None and s.on < rule.valid_from:
            return False
        return rule.valid_to is None or s.on <= rule.valid_to

    def lacked(self, s: Situation, line: Line) -> tuple[str, ...] | None:
        """The unknown facts under which nothing matches `lacks`; None when something surely does."""
        if not self.lacks or (self._lacks_tags and self._lacks_tags.isdisjoint(s.held_tags())):
            return ()
        doubts: tuple[str, ...] = ()
        for item in s.items:
            if item is line.item or item.offering is None:
                continue
            missing: tuple[str, ...] = ()
            for condition in self.lacks:
                answer = condition.test(s, line, item)
                if answer is None:
                    missing += (condition.fact,)
                elif not answer:
                    break
            else:
                if not missing:
                    return None
                doubts += missing
        return doubts

    def key(self) -> tuple[str, tuple[str, ...]]:
        """What the target must be for the rule to fire: a slot and any of its values."""
        when = self.rule.when
        for slot, values in (
            ("target", when.target),
            ("target_tag", when.target_tag),
            ("target_kind", when.target_kind),
        ):
            if values:
                return slot, values
        return "always", ("",)

    def held_key(self) -> tuple[str, tuple[str, ...]]:
        """What the bound item must be for the rule to fire."""
        assert self.has is not None
        for slot, values in (("tag", self.has.tag), ("code", self.has.offering), ("kind", self.has.kind)):
            if values:
                return slot, values
        return "always", ("",)


def is_compared(item: Item, line: Line) -> bool:
    """Whether a line looks at this add of its basket; of two adds the first does: plans, then by code."""
    if line.change.action != "add":
        return True
    return (item.kind != "main_plan", item.code) > (line.kind != "main_plan", line.code)


def clause_words(source: str) -> str:
    """A source like S3-11 in the words of the desk."""
    document, _, clause = source.partition("-")
    if document == "S3" and (found := _CLAUSE.match(clause)):
        return f"《10086注意事项》第{found[1]}条{found[2]}"
    return {"S4": "透明消费要求", "catalogue": "产品目录"}.get(document, source)
