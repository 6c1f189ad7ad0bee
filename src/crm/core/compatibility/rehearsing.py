"""Judging the same wishes under two rule sets, and who is treated differently because of which rule. Pure."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

import msgspec

from crm.core.catalog.engine import Catalogue
from crm.core.compatibility.comparing import changed_ids
from crm.core.compatibility.engine import fire
from crm.core.compatibility.explain import finding_of
from crm.core.compatibility.matching import Fired
from crm.core.compatibility.publishing_views import (
    Example,
    RehearsalResult,
    RehearsedLine,
    RehearsedOrder,
    RuleEffect,
    Transition,
)
from crm.core.compatibility.rules import Rule
from crm.core.compatibility.ruleset import RuleSet
from crm.core.compatibility.sampling import Sample
from crm.core.compatibility.saying import word
from crm.core.compatibility.schemas import Change, Facts, Verdict
from crm.core.compatibility.situation import Situation
from crm.platform.errors import CrmError

MOST_EXAMPLES = 5


@dataclass
class Difference:
    """One judgement that comes out differently, and the rules that are to blame."""

    before: Verdict
    after: Verdict
    blamed: frozenset[str]
    situation: Situation
    was: "dict[_Key, Fired]"
    becomes: "dict[_Key, Fired]"

    @property
    def step(self) -> int:
        """Above zero: harder."""
        return self.after.severity - self.before.severity

    def why(self, rule_id: str) -> str:
        """The explanation of the rule, or that it applies no longer."""
        for fired, words in ((self.becomes, ""), (self.was, "不再适用：")):
            for key, each in fired.items():
                if key.rule_id == rule_id:
                    return words + finding_of(self.situation, *each).explain
        return ""


@dataclass
class _Tally:
    people: int = 0
    orders: int = 0
    people_reworded: int = 0
    orders_reworded: int = 0
    harder: int = 0
    milder: int = 0
    same: int = 0
    transitions: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])
    examples: list[Example] = field(default_factory=list[Example])


class Rehearser:
    """Plays a draft over lines and orders. Not to be shared between threads."""

    def __init__(self, old: RuleSet, new: RuleSet, catalogue: Catalogue, today: date) -> None:
        self._catalogue = catalogue
        self._changed = changed_ids(old, new)
        self.on = first_day(new, self._changed, today)
        self._sample = Sample(old, new, catalogue)
        self._now = _Pair(old, new, self._changed, catalogue)
        # Orders are judged as of their own day, with the draft as if it had begun by then.
        self._then = _Pair(old, begun(new, self._changed), self._changed, catalogue)
        self._new = new
        self._old = old
        self.forget()

    def forget(self) -> None:
        """Start counting from nothing."""
        self._tallies: dict[str, _Tally] = {}
        self._lines = self._orders = self._judged = self._skipped = 0
        self._people_changed = self._orders_changed = 0
        self._people_reworded = self._orders_reworded = 0

    def lines(self, chunk: Iterable[RehearsedLine]) -> None:
        """Try the sample on each line."""
        for line in chunk:
            self._lines += 1
            moved: set[str] = set()
            reworded: set[str] = set()
            for wish in self._sample.wishes(line.facts):
                found = self._try(self._now, line.label, wish, line.facts)
                if found is not None:
                    (moved if found.step else reworded).update(found.blamed)
            for rule_id in moved:
                self._tally(rule_id).people += 1
            for rule_id in reworded - moved:
                self._tally(rule_id).people_reworded += 1
            self._people_changed += bool(moved)
            self._people_reworded += bool(reworded) and not moved

    def orders(self, chunk: Iterable[RehearsedOrder]) -> None:
        """Judge each order's own basket again."""
        for order in chunk:
            self._orders += 1
            found = self._try(self._then, order.label, order.change, order.facts)
            if found is None:
                continue
            for rule_id in found.blamed:
                self._tally(rule_id).orders += found.step != 0
                self._tally(rule_id).orders_reworded += found.step == 0
            self._orders_changed += found.step != 0
            self._orders_reworded += found.step == 0

    def result(self, seconds: float) -> RehearsalResult:
        """What has been found so far; most people first."""
        effects = [self._effect(rule_id, tally) for rule_id, tally in sorted(self._tallies.items())]
        effects.sort(key=most_first)
        return RehearsalResult(
            on=self.on,
            sample=self._sample.words,
            lines=self._lines,
            orders=self._orders,
            judged=self._judged,
            people_changed=self._people_changed,
            orders_changed=self._orders_changed,
            skipped=self._skipped,
            seconds=seconds,
            by_rule=tuple(effects),
            people_reworded=self._people_reworded,
            orders_reworded=self._orders_reworded,
        )

    def _try(self, pair: "_Pair", label: str, wish: Change, facts: Facts) -> Difference | None:
        self._judged += 1
        try:
            found = pair.difference(wish, facts)
        except CrmError:
            self._skipped += 1
            return None
        if found is None:
            return None
        for rule_id in found.blamed:
            tally = self._tally(rule_id)
            tally.harder += found.step > 0
            tally.milder += found.step < 0
            tally.same += found.step == 0
            tally.transitions[(found.before.value, found.after.value)] += 1
            if len(tally.examples) < MOST_EXAMPLES and all(each.label != label for each in tally.examples):
                said, why = self._said(wish), found.why(rule_id)
                tally.examples.append(Example(label, said, found.before.value, found.after.value, why))
        return found

    def _tally(self, rule_id: str) -> _Tally:
        return self._tallies.setdefault(rule_id, _Tally())

    def _effect(self, rule_id: str, tally: _Tally) -> RuleEffect:
        rule = self._new.get(rule_id) or self._old.get(rule_id)
        moved = [Transition(*pair, count) for pair, count in tally.transitions.most_common()]
        return RuleEffect(
            rule_id=rule_id,
            title="" if rule is None else rule.title,
            people=tally.people,
            orders=tally.orders,
            harder=tally.harder,
            milder=tally.milder,
            same=tally.same,
            transitions=tuple(moved),
            examples=tuple(tally.examples),
            people_reworded=tally.people_reworded,
            orders_reworded=tally.orders_reworded,
        )

    def _said(self, wish: Change) -> str:
        said: list[str] = []
        for item in wish.items:
            offering = self._catalogue.get(item.offering)
            name = item.offering if offering is None else offering.name
            plan = offering is not None and offering.kind == "main_plan"
            verb = "取消" if item.action == "delete" else "换成" if plan else "开通"
            said.append(f"{verb}“{name}”")
        where = "" if wish.channel == "hotline" else f"（{word(wish.channel)}）"
        return "，".join(said) + where


def most_first(effect: RuleEffect) -> tuple[int, int, str]:
    """Order of effects: most other verdicts first, then most other words."""
    reworded = effect.people_reworded + effect.orders_reworded
    return (-effect.people - effect.orders, -reworded, effect.rule_id)


class _Pair:
    """Two rule sets to compare on one wish, and small ones that show quickly when nothing differs."""

    def __init__(self, old: RuleSet, new: RuleSet, changed: frozenset[str], catalogue: Catalogue) -> None:
        self._sides = (old, new)
        self._few = tuple(_relevant(rules, changed) for rules in self._sides)
        self._changed = changed
        self._seen = frozenset(each for each in changed if _is_seen(old.get(each), new.get(each)))
        self._catalogue = catalogue

    def difference(self, wish: Change, facts: Facts) -> Difference | None:
        """What differs, or None. Raises what the checker raises."""
        s = Situation(wish, facts, self._catalogue)
        if not any(self._touches(s, few) for few in self._few):
            return None
        before, after = (_fired(s, rules) for rules in self._sides)
        differing = {key.rule_id for key in before.keys() ^ after.keys()}
        for key in before.keys() & after.keys():
            if key.rule_id in self._seen and finding_of(s, *before[key]) != finding_of(s, *after[key]):
                differing.add(key.rule_id)
        if not differing:
            return None
        blamed = differing & self._changed or differing
        return Difference(_headline(before), _headline(after), frozenset(blamed), s, before, after)

    def _touches(self, s: Situation, few: RuleSet) -> bool:
        return any(key.rule_id in self._changed for key in _fired(s, few))


class _Key(NamedTuple):
    """A rule that fired, for one line and item."""

    rule_id: str
    verdict: Verdict
    target: str
    own: str | None
    held: str | None


def _fired(s: Situation, rules: RuleSet) -> dict[_Key, Fired]:
    for line in s.lines:
        line.cancelled = frozenset()  # what another rule set took away
    found: dict[_Key, Fired] = {}
    for each in fire(s, rules):
        narrowed, line, item, unknown = each
        verdict = Verdict.FIRST if unknown else narrowed.rule.verdict
        held = None if item is None else item.id or item.code
        found[_Key(narrowed.rule.id, verdict, line.code, line.change.held_id, held)] = each
    return found


def _headline(fired: Iterable[_Key]) -> Verdict:
    return max((key.verdict for key in fired), key=lambda verdict: verdict.severity, default=Verdict.ALLOW)


def _is_seen(old: Rule | None, new: Rule | None) -> bool:
    """Whether a change shows in a finding even where the rule fires as before; a title alone says nothing."""
    if old is None or new is None:
        return True
    kept = {"title": old.title, "owner": old.owner, "valid_from": old.valid_from, "valid_to": old.valid_to}
    return msgspec.structs.replace(new, **kept, overrides=old.overrides) != old


def _relevant(rules: RuleSet, changed: frozenset[str]) -> RuleSet:
    """The changed rules, with those whose effects a changed rule of stratum 2 reads.

    A difference needs a changed rule that fires on one side: whatever an unchanged rule adds, replaces or
    takes away, it does on both. An unchanged rule may silence a changed one; the full comparison sees that.
    """
    mine = [rule for rule in rules.rules if rule.id in changed]
    if any(rule.stratum == 2 for rule in mine):
        cancelling = (each.rule for each in rules.compiled if each.cancels_held and each.id not in changed)
        mine += [msgspec.structs.replace(rule, overrides=()) for rule in cancelling]
    return RuleSet([msgspec.structs.replace(rule, overrides=()) for rule in mine])


def first_day(new: RuleSet, changed: frozenset[str], today: date) -> date:
    """The day on which all changed rules are in force: today, or the latest start among them."""
    starts = [rule.valid_from for rule in new.rules if rule.id in changed and rule.valid_from is not None]
    return max([today, *starts])


def begun(rules: RuleSet, changed: frozenset[str]) -> RuleSet:
    """The rule set with its changed rules in force from the beginning of time."""
    if not any(rule.valid_from is not None and rule.id in changed for rule in rules.rules):
        return rules
    return RuleSet(
        msgspec.structs.replace(rule, valid_from=None) if rule.id in changed else rule for rule in rules.rules
    )
