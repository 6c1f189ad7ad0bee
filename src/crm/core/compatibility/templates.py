"""Texts with a small fixed set of places to fill, split once and joined when a finding needs them."""

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from crm.core.compatibility import saying
from crm.core.compatibility.items import Item, Line
from crm.core.compatibility.links import grounds
from crm.core.compatibility.rules import HELD_PLACEHOLDERS, PLACEHOLDERS
from crm.core.compatibility.situation import Situation

_PLACE = re.compile(r"\{(\w*)\}")


class Spoken(NamedTuple):
    """What a text may speak of. `held_names` stands for several items where one sentence covers them all."""

    s: Situation
    line: Line
    item: Item | None
    detail: str = ""
    held_names: str = ""


class Template:
    """A text of a rule. `merges`: it speaks of held items by name only, so one sentence can cover several.

    `text` is the whole text where nothing is left to fill.
    """

    __slots__ = ("_fillers", "_parts", "merges", "text")

    def __init__(self, parts: Sequence[str], merges: bool) -> None:
        self._parts = tuple(parts)  # texts and names of places by turns
        self.merges = merges
        self.text = parts[0] if len(parts) == 1 else None
        names = enumerate(parts[1::2])
        self._fillers = [(2 * place + 1, _FILLERS[name]) for place, name in names if name in _FILLERS]

    def bound(self, spoken: Spoken) -> "Template":
        """The text with the places filled that hang on nothing but the two offerings."""
        parts = [self._parts[0]]
        for name, after in zip(self._parts[1::2], self._parts[2::2], strict=True):
            if name in _FIXED:
                parts[-1] += _FILLERS[name](spoken) + after
            else:
                parts += [name, after]
        return Template(parts, self.merges)

    def fill(self, spoken: Spoken | None) -> str:
        """The text with its places filled; what to fill them from may be left out when there are none."""
        if self.text is not None:
            return self.text
        assert spoken is not None
        parts = list(self._parts)
        for place, filler in self._fillers:
            parts[place] = filler(spoken)
        return "".join(parts)


def template(text: str) -> Template:
    """A text as it is written in a rule."""
    parts = _PLACE.split(text)
    return Template(parts, HELD_PLACEHOLDERS.isdisjoint(set(parts[1::2]) - {"held"}))


def unknown_places(text: str) -> tuple[str, ...]:
    """Places in the text that nothing fills; also a lone brace, shown as itself."""
    strange = [name for name in _PLACE.findall(text) if name not in PLACEHOLDERS]
    if "{" in (rest := _PLACE.sub("", text)) or "}" in rest:
        strange.append("{" if "{" in rest else "}")
    return tuple(strange)


def places(text: str) -> frozenset[str]:
    """The places a text names."""
    return frozenset(_PLACE.findall(text))


def _held(spoken: Spoken) -> str:
    if spoken.held_names:
        return spoken.held_names
    return spoken.item.name if spoken.item is not None else ""


def _campaign(spoken: Spoken) -> str:
    item = spoken.item or spoken.line.item
    return (item.held.campaign if item is not None and item.held is not None else "") or "相关协议"


def _held_end(spoken: Spoken) -> str:
    item = spoken.item or spoken.line.item
    return "" if item is None else saying.end_of(item)


def _held_losses(spoken: Spoken) -> str:
    offering = spoken.item.offering if spoken.item is not None else None
    return "" if offering is None else "、".join(offering.losses) or "其优惠内容"


def _target_losses(spoken: Spoken) -> str:
    offering = spoken.line.offering
    return "" if offering is None else "、".join(offering.losses) or "其优惠内容"


def _includes(spoken: Spoken) -> str:
    offering, catalogue = spoken.line.offering, spoken.s.catalogue
    if offering is None:
        return ""
    found = [(code, catalogue.get(code)) for code in offering.includes]
    return "、".join([code if each is None else each.name for code, each in found])


def _grounds(spoken: Spoken) -> str:
    words = grounds(spoken.line, spoken.item)
    return f"依据：{words}。" if words else ""


def _plan(spoken: Spoken) -> str:
    return "主套餐" if spoken.s.plan is None else spoken.s.plan.name


def _retention(spoken: Spoken) -> str:
    return "" if spoken.line.offering is None else spoken.line.offering.retention


_FILLERS: dict[str, Callable[[Spoken], str]] = {
    "held": _held,
    "held_end": _held_end,
    "held_losses": _held_losses,
    "campaign": _campaign,
    "target": lambda spoken: spoken.line.name,
    "target_losses": _target_losses,
    "includes": _includes,
    "price": lambda spoken: saying.price(spoken.line.offering),
    "starts": lambda spoken: saying.day(spoken.line.on),
    "retention": _retention,
    "plan": _plan,
    "brand": lambda spoken: spoken.s.brand or "未知品牌",
    "new_brand": lambda spoken: spoken.s.new_brand or "未知品牌",
    "line_kind": lambda spoken: spoken.s.facts.subscriber.line_kind or "未知类型",
    "grounds": _grounds,
    "detail": lambda spoken: spoken.detail,
}
_FIXED = frozenset(
    {"held", "held_losses", "target", "target_losses", "includes", "price", "retention", "grounds"}
)
