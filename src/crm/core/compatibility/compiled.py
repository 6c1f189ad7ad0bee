"""One rule, compiled: its conditions as closures, its texts as templates, and the keys that can wake it."""

import re

from crm.core.compatibility.checks import CHECKS, Check
from crm.core.compatibility.item_conditions import ItemCondition, item_conditions
from crm.core.compatibility.line_conditions import LineCondition, line_conditions
from crm.core.compatibility.rules import Rule
from crm.core.compatibility.schemas import Verdict
from crm.core.compatibility.situation import Item, Line, Situation
from crm.core.compatibility.templates import Template

OPS = ("change_plan", "add", "remove", "cancel_reserved")
_CLAUSE = re.compile(r"(\d+)(.*)")


class Binding:
    """One way in which a rule fires on a line: the item it binds, and the facts it lacks to be sure."""

    __slots__ = ("item", "unknown")

    def __init__(self, item: Item | None, unknown: tuple[str, ...]) -> None:
        self.item = item
        self.unknown = unknown


class CompiledRule:
    """A rule ready to be asked. Immutable; shared by every check of a process."""

    __slots__ = (
        "cancels_held", "check", "clause", "explain", "has", "id", "item_conditions", "lacks", "line_conditions", "ops",
        "remedy_texts", "rule", "script", "severity", "verdict",
    )  # fmt: skip

    def __init__(self, rule: Rule) -> None:
        when = rule.when
        self.rule = rule
        self.id = rule.id
        self.verdict: Verdict = rule.verdict
        self.severity = rule.verdict.severity
        self.ops: tuple[str, ...] = when.op or OPS
        self.line_conditions: tuple[LineCondition, ...] = line_conditions(when)
        self.has = when.has
        self.item_conditions: tuple[ItemCondition, ...] = (
            () if when.has is None else item_conditions(when.has, when)
        )
        self.lacks: tuple[ItemCondition, ...] = () if when.lacks is None else item_conditions(when.lacks, when)
        self.check: Check | None = None if when.check is None else CHECKS[when.check]
        self.cancels_held = any(each.kind == "cancel" and each.of == "held" for each in rule.effects)
        self.explain = Template(rule.explain)
        self.script = Template(rule.script)
        self.remedy_texts = tuple(Template(remedy.text) for remedy in rule.remedies)
        self.clause = rule.clause or clause_words(rule.source)

    def bindings(self, s: Situation, line: Line) -> list[Binding]:
        """Every way in which the rule fires, or may fire, on this line."""
        rule = self.rule
        if (rule.valid_from is not None and s.on < rule.valid_from) or (
            rule.valid_to is not None and s.on > rule.valid_to
        ):
            return []
        unknown: tuple[str, ...] = ()
        for condition in self.line_conditions:
            answer = condition.test(s, line)
            if answer is None:
                unknown += (condition.fact,)
            elif not answer:
                return []
        if self.lacks:
            missing = self._lacked(s, line)
            if missing is None:
                return []
            unknown += missing
        if self.has is None:
            return [Binding(None, unknown)]
        return self._bound_items(s, line, unknown)

    def _bound_items(self, s: Situation, line: Line, unknown: tuple[str, ...]) -> list[Binding]:
        found: list[Binding] = []
        for item in self._candidates(s, line):
            missing = unknown
            for condition in self.item_conditions:
                answer = condition.test(s, line, item)
                if answer is None:
                    missing += (condition.fact,)
                elif not answer:
                    break
            else:
                found.append(Binding(item, missing))
        return found

    def _candidates(self, s: Situation, line: Line) -> list[Item]:
        """The items that could be bound: never the line's own, and of two adds only the later in order."""
        has = self.has
        assert has is not None
        if has.among == "basket":
            return [item for item in s.adds if (item.kind != "main_plan", item.code) > _order(line)]
        if len(has.tag) == 1:
            pool = s.by_tag.get(has.tag[0], [])
        elif len(has.kind) == 1:
            pool = s.by_kind.get(has.kind[0], [])
        else:
            pool = list(s.items)
        own = line.item
        return [item for item in pool if item is not own and item.offering is not None]

    def _lacked(self, s: Situation, line: Line) -> tuple[str, ...] | None:
        """The unknown facts under which nothing matches `lacks`; None when something surely does."""
        doubts: tuple[str, ...] = ()
        for item in s.items:
            if item is line.item or item.offering is None:
                continue
            answers = [(condition.test(s, line, item), condition.fact) for condition in self.lacks]
            if all(answer for answer, _ in answers):
                return None
            if all(answer is not False for answer, _ in answers):
                doubts += tuple(fact for answer, fact in answers if answer is None)
        return doubts

    def key_of(self) -> tuple[str, tuple[str, ...]]:
        """The most selective thing that must be there for the rule to fire: (slot, any of these values)."""
        when, has = self.rule.when, self.has
        held = has if has is not None and has.among == "held" else None
        for slot, values in (
            ("target", when.target),
            ("held_tag", held.tag if held else ()),
            ("target_tag", when.target_tag),
            ("held_kind", held.kind if held else ()),
            ("target_kind", when.target_kind),
        ):
            if values:
                return slot, values
        return ("always", ()) if held is None else ("any_held", ())


def _order(line: Line) -> tuple[bool, str]:
    return line.kind != "main_plan", line.code


def clause_words(source: str) -> str:
    """A source like S3-11 in the words of the desk."""
    document, _, clause = source.partition("-")
    if document == "S3" and (found := _CLAUSE.match(clause)):
        return f"《10086注意事项》第{found[1]}条{found[2]}"
    return {"S4": "透明消费要求", "catalogue": "产品目录"}.get(document, source)
