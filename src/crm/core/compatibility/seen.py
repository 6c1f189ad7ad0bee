"""What each condition of the vocabulary looks at, as plain values for a certificate."""

from collections.abc import Callable
from typing import Any

from crm.core.compatibility.compiled import CompiledRule
from crm.core.compatibility.items import Item, Line
from crm.core.compatibility.links import LINKS
from crm.core.compatibility.situation import Situation
from crm.core.compatibility.traits import has_trait, is_recorded, price_state, sale_state

_ABSENT = "absent"  # the line is about no held product
_TRAITS = ("includes", "trial", "retention", "losses", "stackable")
_STEPS = ("losses", "retention", "price")


def seen_by_line(name: str, rule: CompiledRule, s: Situation, line: Line) -> Any:
    """What a line condition of the rule sees; None: not known."""
    if name == "check":
        assert rule.check is not None
        said = rule.check.test(s, line)
        return None if said is None else bool(said)
    return _ON_LINE[name](s, line)


def seen_by_item(name: str, s: Situation, line: Line, item: Item) -> Any:
    """What a condition on another item sees; None: not known."""
    return _ON_ITEM[name](s, line, item)


def _traits(_s: Situation, line: Line) -> list[str]:
    return [each for each in _TRAITS if has_trait(line.offering, each)]


def _steps(s: Situation, line: Line) -> list[str]:
    return [each for each in _STEPS if is_recorded(s, each, line, None)]


def _item_steps(s: Situation, line: Line, item: Item) -> list[str]:
    return ["losses"] if is_recorded(s, "losses", line, item) else []


def _brand_change(s: Situation, _line: Line) -> bool | None:
    if s.new_plan is None or s.new_plan.offering is None or not s.new_plan.offering.sets_brand:
        return False
    return None if s.brand is None else s.brand != s.new_brand


def _of_own(read: Callable[[Situation, Line, Item], Any]) -> Callable[[Situation, Line], Any]:
    return lambda s, line: _ABSENT if line.item is None else read(s, line, line.item)


def _links(s: Situation, line: Line, item: Item) -> dict[str, bool | None]:
    said = {name: test(s, line, item) for name, test in LINKS.items()}
    return {name: answer for name, answer in said.items() if answer is not False}


_ON_LINE: dict[str, Callable[[Situation, Line], Any]] = {
    "op": lambda s, line: line.op,
    "channel": lambda s, line: s.channel,
    "target": lambda s, line: line.code,
    "target_kind": lambda s, line: line.kind or "",
    "target_kind_not": lambda s, line: line.kind or "",
    "target_tag": lambda s, line: list(line.tags),
    "target_tag_not": lambda s, line: list(line.tags),
    "target_sale": lambda s, line: sale_state(line.offering, s.on),
    "target_price": lambda s, line: price_state(line.offering),
    "target_has": _traits,
    "target_lacks": _traits,
    "brand": lambda s, line: s.brand,
    "new_brand": lambda s, line: s.new_brand,
    "brand_change": _brand_change,
    "line_kind": lambda s, line: s.facts.subscriber.line_kind,
    "status": lambda s, line: s.facts.subscriber.status,
    "profile_recorded": lambda s, line: s.facts.subscriber.profile_recorded,
    "plan_tag": lambda s, line: None if s.plan_tags is None else list(s.plan_tags),
    "recorded": _steps,
    "not_recorded": _steps,
    "item_origin": _of_own(lambda s, line, item: item.origin.value),
    "item_origin_not": _of_own(lambda s, line, item: item.origin.value),
    "item_bound": _of_own(lambda s, line, item: item.bound),
    "item_bundled": _of_own(lambda s, line, item: s.is_bundled(line)),
}
_ON_ITEM: dict[str, Callable[[Situation, Line, Item], Any]] = {
    "held": lambda s, line, item: item.code,
    "held_kind": lambda s, line, item: item.kind or "",
    "held_kind_not": lambda s, line, item: item.kind or "",
    "held_tag": lambda s, line, item: list(item.tags),
    "held_tag_not": lambda s, line, item: list(item.tags),
    "held_origin": lambda s, line, item: item.origin.value,
    "held_origin_not": lambda s, line, item: item.origin.value,
    "held_state": lambda s, line, item: None if item.standing is None else item.standing.value,
    "held_sale": lambda s, line, item: sale_state(item.offering, s.on),
    "relation": lambda s, line, item: s.relation(line, item),
    "held_stays": lambda s, line, item: s.stays_beside(item, line),
    "held_bound": lambda s, line, item: item.bound,
    "held_link": _links,
    "held_link_not": _links,
    "recorded": _item_steps,
    "not_recorded": _item_steps,
}
