"""Which wishes a rehearsal tries for a line: few enough to be quick, enough that no family is left out. Pure.

Only what a changed rule could possibly look at is tried; all else comes out alike by construction. Two
offerings are of one family when no rule can tell them apart other than by their codes, names and fees; one of
each family is tried, and every offering that a changed rule names is a family of its own.
"""

from collections import defaultdict
from collections.abc import Iterator

import msgspec

from crm.core.catalog.engine import Catalogue
from crm.core.catalog.schemas import Offering
from crm.core.compatibility.comparing import changed_ids
from crm.core.compatibility.items import standing_of
from crm.core.compatibility.rules import Rule
from crm.core.compatibility.ruleset import RuleSet
from crm.core.compatibility.saying import word
from crm.core.compatibility.schemas import Change, ChangeItem, Facts, HeldState

MOST_PLANS = 60
MOST_ADDITIONS = 24
HOTLINE = "hotline"


def concerns(rule: Rule, op: str, offering: Offering | None) -> bool:
    """Whether the rule could fire on this operation with this target; says yes when it cannot tell."""
    when = rule.when
    if when.op and op not in when.op:
        return False
    if offering is None:
        return True
    if when.target and offering.code not in when.target:
        return False
    if when.target_kind and offering.kind not in when.target_kind:
        return False
    if offering.kind in when.target_kind_not:
        return False
    if when.target_tag and not set(when.target_tag) & set(offering.tags):
        return False
    return not set(when.target_tag_not) & set(offering.tags)


def _binds_held(rule: Rule) -> bool:
    return rule.when.has is not None and rule.when.has.among == "held"


def _may_bind(rule: Rule, offering: Offering | None) -> bool:
    has = rule.when.has
    if has is None or offering is None:
        return False
    if has.offering and offering.code not in has.offering:
        return False
    if has.kind and offering.kind not in has.kind:
        return False
    return not has.tag or bool(set(has.tag) & set(offering.tags))


class Sample:
    """The wishes for any line, given what changed between two rule sets."""

    def __init__(self, old: RuleSet, new: RuleSet, catalogue: Catalogue) -> None:
        ids = changed_ids(old, new)
        self._rules = tuple(rule for side in (old, new) for rule in side.rules if rule.id in ids)
        self._catalogue = catalogue
        named = {channel for rule in self._rules for channel in rule.when.channel}
        self._channels = (HOTLINE, *sorted(named - {HOTLINE}))
        self._with_steps = any(rule.when.recorded or rule.when.not_recorded for rule in self._rules)
        self.left_out = 0
        self.plans = self._families("change_plan")
        self.adds = self._families("add")
        self._bindable: dict[str, int] = {}  # code → the rules, as bits, that could bind an item of it
        self._free = sum(1 << place for place, rule in enumerate(self._rules) if not _binds_held(rule))
        self._worth_adding: dict[int, tuple[str, ...]] = {}
        self._worth_removing: dict[tuple[int, str, str], bool] = {}

    @property
    def words(self) -> tuple[str, ...]:
        """What is tried, for the person who reads the result."""
        if not self._rules:
            return ("两版规则没有差别，没有可试的办理。",)
        said = [
            f"换主套餐：{len(self.plans)} 类套餐各取一个代表",
            f"开通：{len(self.adds)} 类业务各取一个代表",
            "取消：客户名下每一项业务（预约的按取消预约）",
            f"渠道：{'、'.join(word(each) for each in self._channels)}",
            "只试改动的规则可能管到的办理；每次一项，几项一起办的由历史订单覆盖",
        ]
        if self._with_steps:
            said.append("凡规则看“本次来电已记录”的，另按步骤都已做再试一遍")
        if self.left_out:
            said.append(
                f"类别过多，有 {self.left_out} 类没有试：先试改动的规则点名的，再试按标签、类别说到的"
            )
        return tuple(said)

    def wishes(self, facts: Facts) -> Iterator[Change]:
        """The baskets to try for one line: those on which a changed rule could fire."""
        held = {each.offering for each in facts.held if standing_of(each, facts.on) is HeldState.ACTIVE}
        alive = self._alive(facts)
        for code in self._additions(alive):
            if code not in held:
                yield from self._spoken(ChangeItem(action="add", offering=code))
        for each in facts.held:
            standing = standing_of(each, facts.on)
            if standing not in (HeldState.ACTIVE, HeldState.RESERVED):
                continue
            op = "cancel_reserved" if standing is HeldState.RESERVED else "remove"
            if self._is_removal_concerned(alive, op, each.offering):
                yield from self._spoken(ChangeItem(action="delete", offering=each.offering, held_id=each.id))

    def _alive(self, facts: Facts) -> int:
        """The changed rules, as bits, that find what they must bind among the line's items."""
        alive = self._free
        for each in facts.held:
            bits = self._bindable.get(each.offering)
            if bits is None:
                offering = self._catalogue.get(each.offering)
                places = (place for place, rule in enumerate(self._rules) if _may_bind(rule, offering))
                bits = self._bindable[each.offering] = sum(1 << place for place in places)
            alive |= bits
        return alive

    def _concerned(self, alive: int, op: str, offering: Offering | None) -> bool:
        return any(
            alive >> place & 1 and concerns(rule, op, offering) for place, rule in enumerate(self._rules)
        )

    def _additions(self, alive: int) -> tuple[str, ...]:
        known = self._worth_adding.get(alive)
        if known is None:
            get = self._catalogue.get
            known = tuple(code for code in self.plans if self._concerned(alive, "change_plan", get(code)))
            known += tuple(code for code in self.adds if self._concerned(alive, "add", get(code)))
            self._worth_adding[alive] = known
        return known

    def _is_removal_concerned(self, alive: int, op: str, code: str) -> bool:
        key = (alive, op, code)
        known = self._worth_removing.get(key)
        if known is None:
            known = self._worth_removing[key] = self._concerned(alive, op, self._catalogue.get(code))
        return known

    def _spoken(self, item: ChangeItem) -> Iterator[Change]:
        for channel in self._channels:
            yield Change(items=(item,), channel=channel)
            if self._with_steps:
                steps = (f"retention:{item.offering}", f"losses:{item.held_id}", f"price:{item.offering}")
                yield Change(items=(item,), channel=channel, recorded=steps)

    def _families(self, op: str) -> tuple[str, ...]:
        plans = op == "change_plan"
        named = {code for rule in self._rules for code in rule.when.target}
        speakers = self._who_names()
        families: dict[object, str] = {}
        for code, offering in sorted(self._catalogue.offerings.items()):
            if (offering.kind == "main_plan") is not plans:
                continue
            if any(concerns(rule, op, offering) for rule in self._rules):
                key = code if code in named else (_looks(offering), frozenset(speakers[code]))
                families.setdefault(key, code)
        found = sorted(families.values(), key=lambda code: (code not in named, -self._meant(code), code))
        most = MOST_PLANS if plans else MOST_ADDITIONS
        self.left_out += max(len(found) - most, 0)
        return tuple(found[:most])

    def _meant(self, code: str) -> int:
        """How many changed rules speak of this offering by tag or kind, rather than of any."""
        spoken = (rule for rule in self._rules if rule.when.target_tag or rule.when.target_kind)
        return sum(
            concerns(rule, "add", self._catalogue.get(code)) for rule in spoken if "add" in rule.when.op
        )

    def _who_names(self) -> dict[str, set[tuple[str, str]]]:
        """Code → the offerings that name it in a list of theirs, and in which."""
        found: dict[str, set[tuple[str, str]]] = defaultdict(set)
        for offering in self._catalogue.offerings.values():
            for field in ("compatible_with", "incompatible_with", "requires", "includes", "waives"):
                for code in getattr(offering, field):
                    found[code].add((offering.code, field))
        return found


def _looks(offering: Offering) -> bytes:
    """All that a rule can see of an offering besides code, name and amounts."""
    fee = offering.monthly_fee_fen
    paid = None if fee is None else int(bool(fee or offering.one_off_fee_fen))
    bare = msgspec.structs.replace(
        offering,
        code="",
        name="",
        monthly_fee_fen=paid,
        one_off_fee_fen=int(bool(offering.one_off_fee_fen)),
        fee_note="",
        allowances=(),
        losses=("",) * bool(offering.losses),
        retention="有" * bool(offering.retention),
        summary="",
        source="",
        attributes={},
    )
    return msgspec.json.encode(bare, order="sorted")
