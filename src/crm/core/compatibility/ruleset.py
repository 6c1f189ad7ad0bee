"""All rules together: sorted, hashed, and indexed by what a change touches."""

import hashlib
from collections.abc import Iterable, Iterator

import msgspec

from crm.core.catalog.engine import Catalogue
from crm.core.compatibility.compiled import OPS, CompiledRule
from crm.core.compatibility.items import Item, Line
from crm.core.compatibility.matching import Matcher
from crm.core.compatibility.rules import Rule


class Keyed:
    """The rules of one operation that one thing about the target can wake, by what can wake them besides."""

    __slots__ = ("_always", "_by_held", "alone", "in_basket")

    def __init__(self) -> None:
        self.alone: list[CompiledRule] = []
        self.in_basket: list[CompiledRule] = []
        self._always: list[CompiledRule] = []
        self._by_held: dict[str, dict[str, list[CompiledRule]]] = {"code": {}, "kind": {}, "tag": {}}

    def enter(self, rule: CompiledRule) -> None:
        """Add a rule."""
        if rule.has is None:
            self.alone.append(rule)
        elif rule.has.among == "basket":
            self.in_basket.append(rule)
        elif rule.held_key()[0] == "always":
            self._always.append(rule)
        else:
            slot, values = rule.held_key()
            for value in values:
                self._by_held[slot].setdefault(str(value), []).append(rule)

    def with_item(self, item: Item) -> Iterator[CompiledRule]:
        """The rules that can bind an item of this offering; one may come twice."""
        yield from self._always
        codes, kinds, tags = self._by_held.values()
        yield from codes.get(item.code, ())
        yield from kinds.get(item.kind or "", ())
        for tag in item.tags:
            yield from tags.get(tag, ())


class RuleSet:
    """An immutable set of rules. `hash` names exactly this content, whatever order the files had."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.rules: tuple[Rule, ...] = tuple(sorted(rules, key=lambda rule: rule.id))
        self.hash: str = hashlib.sha256(msgspec.json.encode(self.rules, order="sorted")).hexdigest()
        self.compiled: tuple[CompiledRule, ...] = tuple(CompiledRule(rule) for rule in self.rules)
        self._read_by = {frozenset([op]): self._reads(op) for op in OPS}
        self._by_id = {each.id: each for each in self.compiled}
        self._matcher: Matcher | None = None
        self._index: dict[str, dict[tuple[str, str], Keyed]] = {op: {} for op in OPS}
        for each in self.compiled:
            self._enter(each)

    def get(self, rule_id: str) -> Rule | None:
        """The rule with this id, or None."""
        found = self._by_id.get(rule_id)
        return None if found is None else found.rule

    def compiled_of(self, rule_id: str) -> CompiledRule:
        """The compiled rule with this id. Raises KeyError."""
        return self._by_id[rule_id]

    def matcher(self, catalogue: Catalogue) -> Matcher:
        """What of these rules is left to ask under this catalogue; the last catalogue's is kept."""
        known = self._matcher
        if known is None or known.catalogue is not catalogue:
            known = self._matcher = Matcher(self, catalogue)
        return known

    def _enter(self, rule: CompiledRule) -> None:
        slot, values = rule.key()
        for op in rule.ops:
            for value in values:
                self._index[op].setdefault((slot, str(value)), Keyed()).enter(rule)

    def read_by(self, ops: frozenset[str]) -> tuple[str, ...]:
        """The facts of the subscriber that any rule for these operations may look at, by name."""
        known = self._read_by.get(ops)
        if known is None:
            each = [self._read_by[frozenset([op])] for op in ops]
            known = self._read_by[ops] = tuple(sorted({name for names in each for name in names}))
        return known

    def _reads(self, op: str) -> tuple[str, ...]:
        found: set[str] = set()
        for rule in self.rules:
            when = rule.when
            if when.op and op not in when.op:
                continue
            if when.brand or when.new_brand or when.brand_change is not None or when.check is not None:
                found.add("subscriber.brand")
            if when.has is not None and when.has.relation:
                found.add("subscriber.brand")
            found |= {f"subscriber.{field}" for field in ("line_kind", "status") if getattr(when, field)}
            if when.profile_recorded is not None:
                found.add("subscriber.profile_recorded")
        return tuple(sorted(found))

    def candidates(self, line: Line) -> list[Keyed]:
        """The rules that can fire on a line with this operation and target; one may be there twice."""
        entries = self._index[line.op]
        keys = [("always", ""), ("target", line.code), ("target_kind", line.kind or "")]
        keys += [("target_tag", tag) for tag in line.tags]
        return [entries[key] for key in keys if key in entries]
