"""The smallest set of facts that cannot stand together, when a wish has no plan. Pure.

Deletion first (take away what does not matter), then every smaller subset is tried: what comes out is
impossible by itself, and possible without any one of its facts.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import combinations
from typing import NamedTuple

import msgspec

from crm.core.catalog.engine import Catalogue
from crm.core.catalog.schemas import Offering
from crm.core.compatibility import saying
from crm.core.compatibility.calendar import bound_until
from crm.core.compatibility.items import standing_of
from crm.core.compatibility.schemas import Change, ChangeItem, Facts, Held

# Answers None when the wish is possible, else why it is not.
Ask = Callable[[Change, Facts], tuple[str, ...] | None]
_MOST_ASKED = 300
_CHANNELS = {
    "hotline": "10086人工台",
    "web": "网上营业厅",
    "app": "手机客户端",
    "sms": "短信",
    "tmf": "开放接口",
}


class Conflict(NamedTuple):
    """The facts in words, and why they cannot stand together."""

    facts: tuple[str, ...]
    why: tuple[str, ...]


class Fact(msgspec.Struct, frozen=True):
    """One thing that could be otherwise: a line of the wish, a held product, or a field of the subscriber."""

    kind: str  # wish | held | field | channel
    name: str
    words: str


def smallest_conflict(change: Change, facts: Facts, catalogue: Catalogue, ask: Ask) -> Conflict:
    """The smallest conflict of an impossible wish; of several equally small ones the first in order."""
    everything = facts_of(change, facts, catalogue)
    if ask(*only(everything, change, facts, catalogue)) is None:
        return Conflict((), ())
    core = minimal(everything, lambda kept: ask(*only(kept, change, facts, catalogue)))
    why = ask(*only(core, change, facts, catalogue)) or ()
    return Conflict(tuple([each.words for each in core]), why)


def minimal(
    facts: Sequence[Fact], ask: Callable[[Sequence[Fact]], tuple[str, ...] | None]
) -> tuple[Fact, ...]:
    """The smallest impossible subset, as far as `_MOST_ASKED` questions reach; no fact in it is needless."""
    core = list(facts)
    asked = 0
    for each in facts:
        rest = [other for other in core if other is not each]
        asked += 1
        if _has_wish(rest) and ask(rest) is not None:
            core = rest
    for size in range(1, len(core)):
        for some in combinations(facts, size):
            if not _has_wish(some):
                continue
            asked += 1
            if asked > _MOST_ASKED:
                return tuple(core)
            if ask(some) is not None:
                return some
    return tuple(core)


def facts_of(change: Change, facts: Facts, catalogue: Catalogue) -> tuple[Fact, ...]:
    """Everything about the wish and the line that could be otherwise, each in words."""
    return (*_wishes(change, catalogue), *_held(facts, catalogue), *_fields(change, facts))


def only(kept: Iterable[Fact], change: Change, facts: Facts, catalogue: Catalogue) -> tuple[Change, Facts]:
    """The wish and the facts with everything but `kept` made harmless."""
    names = {(each.kind, each.name) for each in kept}
    items = tuple([item for item in change.items if ("wish", _name_of(item)) in names])
    held = tuple([each for each in facts.held if ("held", each.id) in names])
    subscriber = facts.subscriber
    if ("field", "brand") not in names:
        subscriber = msgspec.structs.replace(subscriber, brand=_suiting(items, held, facts, catalogue))
    for field, harmless in (("line_kind", "普通"), ("status", "active"), ("profile_recorded", True)):
        if ("field", field) not in names:
            subscriber = msgspec.structs.replace(subscriber, **{field: harmless})
    channel = change.channel if ("channel", change.channel) in names else "store"
    return (
        msgspec.structs.replace(change, items=items, channel=channel),
        msgspec.structs.replace(facts, held=held, subscriber=subscriber),
    )


def _wishes(change: Change, catalogue: Catalogue) -> list[Fact]:
    verbs = {"add": "要办理", "delete": "要取消"}
    return [
        Fact(
            "wish",
            _name_of(item),
            f"{verbs.get(item.action, item.action)}“{_name(catalogue, item.offering)}”",
        )
        for item in change.items
    ]


def _held(facts: Facts, catalogue: Catalogue) -> list[Fact]:
    found: list[Fact] = []
    for held in facts.held:
        if standing_of(held, facts.on) is None:
            continue
        until = bound_until(held, catalogue.get(held.offering))
        more = f"（协议到 {saying.day(until)}）" if until is not None and until >= facts.on else ""
        more = more or (f"（{held.campaign}）" if held.campaign else "")
        found.append(Fact("held", held.id, f"客户有“{_name(catalogue, held.offering)}”{more}"))
    return found


def _fields(change: Change, facts: Facts) -> list[Fact]:
    subscriber = facts.subscriber
    found: list[Fact] = []
    if change.channel in _CHANNELS:
        found.append(Fact("channel", change.channel, f"在{_CHANNELS[change.channel]}办理"))
    found.append(Fact("field", "brand", f"客户品牌是{subscriber.brand or '未知'}"))
    if subscriber.line_kind != "普通":
        found.append(Fact("field", "line_kind", f"号码类型是{subscriber.line_kind or '未知'}"))
    if subscriber.status != "active":
        found.append(Fact("field", "status", f"号码状态是{saying.word(subscriber.status or '未知')}"))
    if subscriber.profile_recorded is not True:
        found.append(Fact("field", "profile_recorded", "客户资料没有录入"))
    return found


def _suiting(
    items: Sequence[ChangeItem], held: Sequence[Held], facts: Facts, catalogue: Catalogue
) -> str | None:
    """A brand that the wish does not mind, so that the real brand says nothing."""
    plan = next((_offering(catalogue, each.offering) for each in held), None)
    for item in items:
        offering = _offering(catalogue, item.offering)
        if offering is not None and (offering.sets_brand or offering.brands):
            return offering.sets_brand or offering.brands[0]
    return plan.sets_brand if plan is not None and plan.sets_brand else facts.subscriber.brand


def _offering(catalogue: Catalogue, code: str) -> Offering | None:
    return catalogue.get(code)


def _name_of(item: ChangeItem) -> str:
    return f"{item.action}:{item.offering}:{item.held_id or ''}"


def _name(catalogue: Catalogue, code: str) -> str:
    found = catalogue.get(code)
    return code if found is None else found.name


def _has_wish(facts: Iterable[Fact]) -> bool:
    return any(each.kind == "wish" for each in facts)
