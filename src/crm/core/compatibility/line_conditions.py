"""Conditions on a basket line, compiled to closures that answer True, False, or None for "not known"."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from crm.core.compatibility import saying
from crm.core.compatibility.checks import CHECKS, always, never
from crm.core.compatibility.items import Line
from crm.core.compatibility.rules import ItemWanted, When
from crm.core.compatibility.schemas import ConditionSeen
from crm.core.compatibility.situation import Situation
from crm.core.compatibility.traits import (
    STEPS_OF_ITEMS,
    has_trait,
    is_recorded,
    is_sale_fixed,
    price_state,
    sale_state,
    same,
)  # fmt: skip

LineTest = Callable[[Situation, Line], bool | None]


@dataclass(frozen=True, slots=True)
class LineCondition:
    """A condition on a line, with words for what it wants and what it saw.

    `fixed` says whether the answer is the same in every check with this operation, channel and target, so
    that it is asked once and remembered. `fact` is what is missing when the test answers None. `sure`: what
    it saw whenever it surely holds; empty when that differs.
    """

    name: str
    wanted: str
    test: LineTest
    saw: Callable[[Situation, Line], str]
    fact: str = ""
    fixed: Callable[[Line], bool] = never
    sure: str = ""
    said: dict[str, ConditionSeen] = field(default_factory=dict[str, ConditionSeen])  # words made before
    surely: ConditionSeen | None = field(init=False, default=None)  # `sure` in words

    def __post_init__(self) -> None:
        if self.sure:
            surely = ConditionSeen(saying.FIELD_NAMES[self.name], self.wanted, self.sure)
            object.__setattr__(self, "surely", surely)


def line_conditions(when: When) -> tuple[LineCondition, ...]:
    """The conditions of `when` that need no other item, cheapest first."""
    found: list[LineCondition] = []
    if when.op:
        found.append(_one_of("op", when.op, lambda s, line: line.op))
    if when.channel:
        found.append(_one_of("channel", when.channel, lambda s, line: s.channel))
    found += _target_conditions(when)
    found += _fact_conditions(when)
    if when.item is not None:
        found += _own_item_conditions(when.item)
    if when.check is not None:
        found.append(_check(when.check))
    return tuple(found)


def _target_conditions(when: When) -> list[LineCondition]:
    listed: tuple[tuple[str, tuple[str, ...], Callable[[Situation, Line], str]], ...] = (
        ("target", when.target, lambda s, line: line.code),
        ("target_kind", when.target_kind, lambda s, line: line.kind or ""),
        ("target_price", when.target_price, lambda s, line: price_state(line.offering)),
    )
    found = [_one_of(field, values, read) for field, values, read in listed if values]
    if when.target_kind_not:
        found.append(_kind_not(when.target_kind_not))
    for name, tags, wanted in (
        ("target_tag", when.target_tag, True),
        ("target_tag_not", when.target_tag_not, False),
    ):
        if tags:
            found.append(_tags(name, tags, wanted))
    if when.target_sale:
        sale = _one_of("target_sale", when.target_sale, lambda s, line: sale_state(line.offering, s.on))
        found.append(replace(sale, fixed=_is_sale_fixed))
    for wanted, names in ((True, when.target_has), (False, when.target_lacks)):
        found += [_trait(trait, wanted) for trait in names]
    return found


def _is_sale_fixed(line: Line) -> bool:
    return is_sale_fixed(line.offering)


def _fact_conditions(when: When) -> list[LineCondition]:
    listed: tuple[tuple[str, tuple[str, ...], Callable[[Situation], str | None], str], ...] = (
        ("line_kind", when.line_kind, lambda s: s.facts.subscriber.line_kind, "subscriber.line_kind"),
        ("status", when.status, lambda s: s.facts.subscriber.status, "subscriber.status"),
        ("brand", when.brand, lambda s: s.brand, "subscriber.brand"),
        ("new_brand", when.new_brand, lambda s: s.new_brand, "subscriber.brand"),
    )
    found = [_known(field, values, read, fact) for field, values, read, fact in listed if values]
    if when.brand_change is not None:
        found.append(_brand_change(when.brand_change))
    if when.plan_tag:
        found.append(_plan_tag(when.plan_tag))
    if when.profile_recorded is not None:
        found.append(_profile(when.profile_recorded))
    for wanted, steps in ((True, when.recorded), (False, when.not_recorded)):
        found += [_recorded(step, wanted) for step in steps if when.has is None or step not in STEPS_OF_ITEMS]
    return found


def _own_item_conditions(item: ItemWanted) -> list[LineCondition]:
    found = [
        _own_origin(field, origins, wanted)
        for field, origins, wanted in (
            ("item_origin", item.origin, True),
            ("item_origin_not", item.origin_not, False),
        )
        if origins
    ]
    if item.bound is not None:
        bound = item.bound
        found.append(
            LineCondition(
                "item_bound",
                saying.yes_no(bound),
                lambda s, line: False if line.item is None else same(line.item.bound, bound),
                lambda s, line: saying.binding(line.item) if line.item else "",
                "held.locked_until",
            )
        )
    if item.bundled is not None:
        bundled = item.bundled
        found.append(
            LineCondition(
                "item_bundled",
                saying.yes_no(bundled),
                lambda s, line: line.item is not None and s.is_bundled(line) is bundled,
                lambda s, line: saying.yes_no(s.is_bundled(line)),
                sure=saying.yes_no(bundled),
            )
        )
    return found


def _own_origin(field: str, origins: tuple[str, ...], wanted: bool) -> LineCondition:
    values = frozenset(origins)
    return LineCondition(
        field,
        saying.words(origins),
        lambda s, line: line.item is not None and (line.item.origin in values) is wanted,
        lambda s, line: saying.word(line.item.origin) if line.item else "",
        sure=saying.only_word(origins) if wanted else "",
    )


def _check(name: str) -> LineCondition:
    check = CHECKS[name]
    return LineCondition(
        "check",
        saying.word(name),
        lambda s, line: None if (said := check.test(s, line)) is None else bool(said),
        lambda s, line: check.test(s, line) or "",
        check.fact,
        check.fixed,
    )


def _one_of(field: str, wanted: tuple[str, ...], read: Callable[[Situation, Line], str]) -> LineCondition:
    values = frozenset(wanted)
    return LineCondition(
        field,
        saying.words(wanted),
        lambda s, line: read(s, line) in values,
        lambda s, line: saying.word(read(s, line)),
        fixed=always,
        sure=saying.only_word(wanted),
    )


def _kind_not(unwanted: tuple[str, ...]) -> LineCondition:
    values = frozenset(unwanted)
    return LineCondition(
        "target_kind_not",
        saying.words(unwanted),
        lambda s, line: line.kind not in values,
        lambda s, line: saying.word(line.kind or ""),
        fixed=always,
    )


def _tags(field: str, listed: tuple[str, ...], wanted: bool) -> LineCondition:
    values = frozenset(listed)
    return LineCondition(
        field,
        saying.words(listed),
        lambda s, line: values.isdisjoint(line.tags) is not wanted,
        lambda s, line: saying.words(line.tags),
        fixed=always,
    )


def _trait(trait: str, wanted: bool) -> LineCondition:
    return LineCondition(
        "target_has" if wanted else "target_lacks",
        saying.word(trait),
        lambda s, line: has_trait(line.offering, trait) is wanted,
        lambda s, line: saying.yes_no(has_trait(line.offering, trait)),
        fixed=always,
        sure=saying.yes_no(wanted),
    )


def _known(
    field: str, wanted: tuple[str, ...], read: Callable[[Situation], str | None], fact: str
) -> LineCondition:
    values = frozenset(wanted)
    return LineCondition(
        field,
        saying.words(wanted),
        lambda s, line: None if (value := read(s)) is None else value in values,
        lambda s, line: saying.word(read(s) or ""),
        fact,
        sure=saying.only_word(wanted),
    )


def _brand_change(wanted: bool) -> LineCondition:
    def test(s: Situation, _line: Line) -> bool | None:
        if s.new_plan is None or s.new_plan.offering is None or not s.new_plan.offering.sets_brand:
            return not wanted
        return None if s.brand is None else (s.brand != s.new_brand) is wanted

    def saw(s: Situation, _line: Line) -> str:
        return f"{s.brand} → {s.new_brand}"

    return LineCondition("brand_change", saying.yes_no(wanted), test, saw, "subscriber.brand")


def _plan_tag(wanted: tuple[str, ...]) -> LineCondition:
    values = frozenset(wanted)
    return LineCondition(
        "plan_tag",
        saying.words(wanted),
        lambda s, line: None if s.plan_tags is None else not values.isdisjoint(s.plan_tags),
        lambda s, line: s.plan.name if s.plan is not None else "",
        "held.main_plan",
    )


def _profile(wanted: bool) -> LineCondition:
    return LineCondition(
        "profile_recorded",
        saying.yes_no(wanted),
        lambda s, line: same(s.facts.subscriber.profile_recorded, wanted),
        lambda s, line: saying.yes_no(bool(s.facts.subscriber.profile_recorded)),
        "subscriber.profile_recorded",
        sure=saying.yes_no(wanted),
    )


def _recorded(step: str, wanted: bool) -> LineCondition:
    return LineCondition(
        "recorded" if wanted else "not_recorded",
        saying.word(step),
        lambda s, line: is_recorded(s, step, line, None) is wanted,
        lambda s, line: saying.yes_no(is_recorded(s, step, line, None)),
        sure=saying.yes_no(wanted),
    )
