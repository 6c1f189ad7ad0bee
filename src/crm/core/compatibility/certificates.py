"""The certificate of a verdict: why each rule fired, was overridden, or did not apply. Pure.

It is made once, when a verdict is stored; `proof_reading`, which shares no code with the engine, accepts it.
"""

import hashlib
import json
from collections.abc import Iterable
from typing import Any, NamedTuple

import msgspec

from crm.core.catalog.engine import Catalogue
from crm.core.compatibility.compiled import CompiledRule, is_compared
from crm.core.compatibility.items import Item, Line
from crm.core.compatibility.ruleset import RuleSet
from crm.core.compatibility.schemas import Change, Facts, Finding, Qualification
from crm.core.compatibility.seen import seen_by_item, seen_by_line
from crm.core.compatibility.situation import Situation

FORM = 1


class Certificate(msgspec.Struct, frozen=True, kw_only=True):
    """A proof of one verdict. Lines are named by place in `lines`, items `held:<id>` or `basket:<code>`.

    `false`: line, item (or null), condition, what it saw, and the rules that miss by it. Together with
    `fired` and `overridden` (rule, line, item, and what overrides it) it covers every rule on every line.
    `offerings` are the entries the verdict touched by their hash; null: the catalogue did not have it.
    """

    form: int
    as_of: str
    verdict: str
    rules: str
    catalogue: str
    facts: str
    change: str
    qualification: str
    offerings: dict[str, str | None]
    lines: list[tuple[str, str, str | None, str]]
    witness: tuple[str, int, str | None, list[tuple[str, Any]]] | None
    fired: list[tuple[str, int, str | None]]
    overridden: list[tuple[str, int, str | None, str, str | None]]
    false: list[tuple[int, str | None, str, Any, list[str]]]


class _Fired(NamedTuple):
    rule: CompiledRule
    line: Line
    item: Item | None
    sure: bool


def certify(
    change: Change, facts: Facts, rules: RuleSet, catalogue: Catalogue, qualification: Qualification
) -> Certificate:
    """The certificate of a verdict that `qualify` has given on exactly these inputs."""
    s = Situation(change, facts, catalogue)
    prover = _Prover(s, rules)
    fired = _as_in(qualification.findings, prover.prove())
    places = {id(line): place for place, line in enumerate(s.lines)}
    first = fired[0] if fired else None
    return Certificate(
        form=FORM,
        as_of=facts.on.isoformat(),
        verdict=qualification.verdict.value,
        rules=rules.hash,
        catalogue=catalogue.hash,
        facts=digest(canonical(facts)),
        change=digest(canonical(change)),
        qualification=digest(msgspec.json.encode(qualification).decode()),
        offerings={code: catalogue.entry_hash(code) or None for code in touched(change, facts, catalogue)},
        lines=[(x.op, x.code, x.item.id if x.item else None, x.on.isoformat()) for x in s.lines],
        witness=None if first is None else (*_named(first, places), _values(s, first)),
        fired=[_named(each, places) for each in fired],
        overridden=[(*_named(each, places), by.rule.id, key_of(by.item)) for each, by in prover.overridden],
        false=prover.false(places),
    )


def touched(change: Change, facts: Facts, catalogue: Catalogue) -> list[str]:
    """The codes whose entries a verdict may look at: basket, holdings, what the basket brings or requires."""
    codes = {held.offering for held in facts.held} | {item.offering for item in change.items}
    for item in change.items:
        offering = catalogue.get(item.offering)
        if offering is not None:
            codes.update(offering.includes)
            codes.update(each for each in offering.requires if not each.startswith("tag:"))
    return sorted(codes)


def digest(text: str) -> str:
    """SHA-256 of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def canonical(value: Facts | Change) -> str:
    """JSON with sorted keys: a stored document is compared whatever order its keys came back in."""
    plain = msgspec.to_builtins(value)
    return json.dumps(plain, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def key_of(item: Item | None) -> str | None:
    """How a certificate names an item."""
    if item is None:
        return None
    return f"basket:{item.code}" if item.id is None else f"held:{item.id}"


def _named(fired: _Fired, places: dict[int, int]) -> tuple[str, int, str | None]:
    return fired.rule.id, places[id(fired.line)], key_of(fired.item)


def _values(s: Situation, fired: _Fired) -> list[tuple[str, Any]]:
    """What every condition of the headline's rule saw."""
    rule, line, item = fired.rule, fired.line, fired.item
    names = dict.fromkeys(each.name for each in rule.line_conditions)
    found = [(name, seen_by_line(name, rule, s, line)) for name in names]
    if item is not None:
        names = dict.fromkeys(each.name for each in rule.item_conditions)
        found += [(name, seen_by_item(name, s, line, item)) for name in names]
    return sorted(found, key=lambda each: each[0])


def _as_in(findings: Iterable[Finding], fired: list[_Fired]) -> list[_Fired]:
    """The firings in the order of the findings that report them."""
    waiting: dict[tuple[str | None, ...], list[_Fired]] = {}
    for each in fired:
        about = each.line.item if each.item is None else each.item
        key = (
            each.rule.id,
            each.line.code,
            None if about is None else about.id,
            None if each.item is None else each.item.code,
        )
        waiting.setdefault(key, []).append(each)
    return [
        waiting[finding.rule_id, finding.target, finding.held_id, finding.held_offering].pop(0)
        for finding in findings
    ]


class _Prover:
    """Asks every rule on every line, as the engine does without its index, and keeps why it does not fire."""

    def __init__(self, s: Situation, rules: RuleSet) -> None:
        self._s = s
        self._rules = rules
        self._missed: dict[tuple[int, str | None, str, str], tuple[Any, list[str]]] = {}
        self._at: dict[int, int] = {id(line): place for place, line in enumerate(s.lines)}
        self.overridden: list[tuple[_Fired, _Fired]] = []

    def prove(self) -> list[_Fired]:
        """Everything that fires, after exceptions."""
        first = self._without_exceptions(self._fire(1))
        for each in first:
            if each.item is not None and each.sure and each.rule.cancels_held:
                each.line.cancelled |= {each.item.id}
        return first + self._without_exceptions(self._fire(2))

    def false(self, places: dict[int, int]) -> list[tuple[int, str | None, str, Any, list[str]]]:
        """The misses, grouped by line, item, condition and what it saw."""
        ordered = sorted(self._missed.items(), key=lambda each: (each[0][0], each[0][1] or "", *each[0][2:]))
        return [(place, item, name, saw, sorted(ids)) for (place, item, name, _), (saw, ids) in ordered]

    def _miss(self, rule: CompiledRule, line: Line, item: Item | None, name: str, saw: Any) -> None:
        key = (self._at[id(line)], key_of(item), name, repr(saw))
        self._missed.setdefault(key, (saw, []))[1].append(rule.id)

    def _fire(self, stratum: int) -> list[_Fired]:
        s = self._s
        fired: list[_Fired] = []
        for line in s.lines:
            held = [each for each in s.items if _is_bindable(each, line)]
            added = [each for each in s.adds if is_compared(each, line)]
            for rule in self._rules.compiled:
                if rule.rule.stratum != stratum:
                    continue
                doubt = self._on_line(rule, line)
                if doubt is None:
                    continue
                if rule.has is None:
                    fired.append(_Fired(rule, line, None, not doubt))
                    continue
                for item in added if rule.has.among == "basket" else held:
                    more = self._on_item(rule, line, item)
                    if more is not None:
                        fired.append(_Fired(rule, line, item, not doubt and not more))
        return fired

    def _on_line(self, rule: CompiledRule, line: Line) -> bool | None:
        """None: it misses on this line. Otherwise whether a fact is missing to be sure."""
        s, doubt = self._s, False
        if not rule.is_valid(s):
            self._miss(rule, line, None, "valid", s.on.isoformat())
            return None
        for condition in rule.line_conditions:
            said = condition.test(s, line)
            if said is None:
                doubt = True
            elif not said:
                self._miss(rule, line, None, condition.name, seen_by_line(condition.name, rule, s, line))
                return None
        missing = rule.lacked(s, line)
        if missing is None:
            self._miss(rule, line, None, "lacks", self._there(rule, line))
            return None
        return doubt or bool(missing)

    def _there(self, rule: CompiledRule, line: Line) -> str | None:
        """The item that the rule wants not to be there."""
        for item in self._s.items:
            if item is line.item or item.offering is None:
                continue
            if all(condition.test(self._s, line, item) for condition in rule.lacks):
                return key_of(item)
        return None

    def _on_item(self, rule: CompiledRule, line: Line, item: Item) -> bool | None:
        doubt = False
        for condition in rule.item_conditions:
            said = condition.test(self._s, line, item)
            if said is None:
                doubt = True
            elif not said:
                self._miss(
                    rule, line, item, condition.name, seen_by_item(condition.name, self._s, line, item)
                )
                return None
        return doubt

    def _without_exceptions(self, fired: list[_Fired]) -> list[_Fired]:
        exceptions = [each for each in fired if each.rule.overrides and each.sure]
        left: list[_Fired] = []
        for each in fired:
            by = next((strong for strong in exceptions if _overrides(strong, each)), None)
            if by is None:
                left.append(each)
            else:
                self.overridden.append((each, by))
        return left


def _is_bindable(item: Item, line: Line) -> bool:
    return item.standing is not None and item.offering is not None and item is not line.item


def _overrides(strong: _Fired, other: _Fired) -> bool:
    if other.rule.id not in strong.rule.overrides or other.line is not strong.line:
        return False
    return strong.item is None or other.item is None or strong.item is other.item
