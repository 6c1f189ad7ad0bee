"""Rules narrowed to one channel and day, each with the set of offerings it can speak of. Pure.

Conditions on operation, channel, target and day become one set. Rules that ask the same of the customer and
say the same are joined into one, unless an exception names them.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

import msgspec

from crm.core.compatibility.compiled import CompiledRule
from crm.core.compatibility.customer_bits import HeldAsked
from crm.core.compatibility.line_bits import LineAsked
from crm.core.compatibility.rules import HeldWanted, ItemWanted, Step, When
from crm.core.compatibility.ruleset import RuleSet
from crm.core.compatibility.schemas import Verdict
from crm.core.compatibility.target_bits import TargetBits
from crm.core.compatibility.traits import STEPS_OF_ITEMS
from crm.platform.bitsets import union, without

HeldKey = tuple[str, str]
_SLOTS = {"tag": "tag", "code": "offering", "kind": "kind"}


class Group(NamedTuple):
    """Rules that ask the same of the customer and say the same, or one rule that an exception names."""

    line: int  # place in Outlook.lines
    held: int  # place in Outlook.helds; -1: none is bound
    verdict: Verdict
    cancels: bool  # the bound item, which stratum 2 is to see
    name: str  # the id of a rule that an exception names, or of the exception
    targets: int


class Outlook:
    """The rules of one channel and day over one catalogue."""

    def __init__(self, rules: RuleSet, targets: TargetBits, channel: str, on: date) -> None:
        self.targets = targets
        self.channel, self.on = channel, on
        self._sale = targets.sale(on)
        self._unions: dict[tuple[object, ...], int] = {}
        self._line_places: dict[LineAsked, int] = {}
        self._held_places: dict[HeldAsked, int] = {}
        self.alone: dict[int, list[Group]] = {}
        self.by_key: dict[int, dict[HeldKey, list[Group]]] = {}
        self.overrides: dict[str, frozenset[str]] = {}
        for stratum in (1, 2):
            self._enter(stratum, [each for each in rules.compiled if each.rule.stratum == stratum])
        self.lines: tuple[LineAsked, ...] = tuple(self._line_places)
        self.reading_cancelled = [place for place, each in enumerate(self.lines) if _reads_cancelled(each)]
        self.helds: tuple[HeldAsked, ...] = tuple(self._held_places)
        del self._unions, self._line_places, self._held_places

    def _enter(self, stratum: int, rules: Iterable[CompiledRule]) -> None:
        speaking = [(each, bits) for each in rules if (bits := self._bits(each.rule.when, each))]
        ids = {each.id for each, _ in speaking}
        named = {each.id for each, _ in speaking if each.overrides & ids}
        named |= {other for each, _ in speaking for other in each.overrides & ids}
        joined: dict[tuple[HeldKey | None, int, int, Verdict, bool, str], int] = defaultdict(int)
        for each, bits in speaking:
            self.overrides[each.id] = each.overrides & ids
            when = each.rule.when
            line = self._line_places.setdefault(_line_asked(when), len(self._line_places))
            name = each.id if each.id in named else ""
            cancels = stratum == 1 and each.cancels_held
            for key, asked in _held_keys(each):
                held = -1
                if asked is not None:
                    held = self._held_places.setdefault(asked, len(self._held_places))
                joined[key, line, held, each.verdict, cancels, name] |= bits
        self.alone[stratum] = []
        by_key: defaultdict[HeldKey, list[Group]] = defaultdict(list)
        for (key, line, held, verdict, cancels, name), bits in joined.items():
            into = self.alone[stratum] if key is None else by_key[key]
            into.append(Group(line, held, verdict, cancels, name, bits))
        self.by_key[stratum] = dict(by_key)

    def _bits(self, when: When, rule: CompiledRule) -> int:
        """The offerings a rule can speak of when one of them is added; none when it never fires then."""
        about = rule.rule
        if (about.valid_from is not None and self.on < about.valid_from) or (
            about.valid_to is not None and self.on > about.valid_to
        ):
            return 0
        if when.channel and self.channel not in when.channel:
            return 0
        if when.item is not None and when.item != ItemWanted():
            return 0  # a line that adds is about no held item
        if when.has is not None and when.has.among == "basket":
            return 0  # nothing else is in this basket
        targets = self.targets
        bits = targets.plans if "change_plan" in rule.ops else 0
        bits |= targets.others if "add" in rule.ops else 0
        for field, values, wanted in (
            ("target", when.target, True),
            ("kind", when.target_kind, True),
            ("kind", when.target_kind_not, False),
            ("tag", when.target_tag, True),
            ("tag", when.target_tag_not, False),
            ("sale", when.target_sale, True),
            ("price", when.target_price, True),
        ):
            if values:
                meant = self._any_of(field, values)
                bits = bits & meant if wanted else without(bits, meant)
        for trait in when.target_has:
            bits &= targets.trait[trait]
        for trait in when.target_lacks:
            bits = without(bits, targets.trait[trait])
        return bits

    def _any_of(self, field: str, values: tuple[str, ...]) -> int:
        key = (field, values)
        known = self._unions.get(key)
        if known is None:
            known = self._unions[key] = self._looked_up(field, values)
        return known

    def _looked_up(self, field: str, values: tuple[str, ...]) -> int:
        targets = self.targets
        if field == "target":
            return union(targets.of(code) for code in values)
        if field == "tag":
            return targets.tag.any_of(values)
        sets = {"kind": targets.kind, "sale": self._sale, "price": targets.price}[field]
        return union(sets.get(value, 0) for value in values)


def _of_line(when: When, steps: tuple[Step, ...]) -> list[Step]:
    """The steps asked of the target; those of items are asked of the bound item, if a rule binds one."""
    return [step for step in steps if when.has is None or step not in STEPS_OF_ITEMS]


def _line_asked(when: When) -> LineAsked:
    taken: list[tuple[Step, bool]] = [(step, True) for step in _of_line(when, when.recorded)]
    missing: list[tuple[Step, bool]] = [(step, False) for step in _of_line(when, when.not_recorded)]
    return LineAsked(
        brand=when.brand,
        new_brand=when.new_brand,
        brand_change=when.brand_change,
        line_kind=when.line_kind,
        status=when.status,
        profile_recorded=when.profile_recorded,
        plan_tag=when.plan_tag,
        steps=(*taken, *missing),
        check=when.check,
        lacks=None if when.lacks is None else HeldAsked(when.lacks),
    )


def _reads_cancelled(asked: LineAsked) -> bool:
    """Whether the answer may change once stratum 1 has cancelled something."""
    wanted = None if asked.lacks is None else asked.lacks.wanted
    return wanted is not None and "left_alone" in wanted.link + wanted.link_not


def _held_keys(rule: CompiledRule) -> list[tuple[HeldKey | None, HeldAsked | None]]:
    """Under which keys an item finds the rule, and what is asked of it besides the key."""
    when = rule.rule.when
    if when.has is None:
        return [(None, None)]
    losses = [True] * ("losses" in when.recorded) + [False] * ("losses" in when.not_recorded)
    slot, values = rule.held_key()
    rest: HeldWanted = when.has
    if slot in _SLOTS:
        rest = msgspec.structs.replace(rest, **{_SLOTS[slot]: ()})
    asked = HeldAsked(rest, tuple(losses))
    return [((slot, str(value)), asked) for value in values]
