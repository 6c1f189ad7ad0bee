"""Holdings as the checker wants them, and two sets of facts compared in words."""

import base64
import binascii
from collections.abc import Iterator
from datetime import date

import msgspec

from crm.core.catalog.engine import Catalogue
from crm.core.compatibility.schemas import Facts, Held, HeldState, Origin, Qualification, SubscriberFacts
from crm.core.inventory.schemas import HeldProduct, Holdings
from crm.core.ordering.basket import name_of

_LONGEST_BASIS = 64_000
_STATES = {HeldState.ACTIVE: "使用中", HeldState.RESERVED: "已预约", HeldState.ENDED: "已取消"}


def facts_of(holdings: Holdings) -> Facts:
    """What a verdict may depend on, from what the inventory knows of the line."""
    return Facts(
        on=holdings.on,
        hour=holdings.hour,
        subscriber=SubscriberFacts(
            brand=holdings.brand or None,
            line_kind=holdings.line_kind or None,
            region=holdings.region or None,
            status=holdings.status or None,
            profile_recorded=holdings.profile_recorded,
            star_level=holdings.star_level,
        ),
        held=tuple(_held(product) for product in sorted(holdings.products, key=lambda each: each.id)),
    )


def _held(product: HeldProduct) -> Held:
    return Held(
        id=str(product.id),
        offering=product.offering_code,
        origin=Origin(product.origin),
        state=HeldState(product.state),
        starts_on=product.starts_on,
        ends_on=product.ends_on,
        locked_until=product.locked_until,
        came_with=None if product.came_with_id is None else str(product.came_with_id),
        campaign=product.campaign,
    )


class Basis(msgspec.Struct, frozen=True, array_like=True):
    """What a judgement rested on. Travels through the page and is only ever used to explain a difference."""

    facts: Facts
    rules_hash: str
    catalogue_hash: str


def pack_basis(facts: Facts, qualification: Qualification) -> str:
    """The basis as text for a hidden field."""
    basis = Basis(facts, qualification.rules_hash, qualification.catalogue_hash)
    return base64.urlsafe_b64encode(msgspec.msgpack.encode(basis)).decode()


def unpack_basis(text: str) -> Basis | None:
    """The basis that a page handed back; None when it is missing or damaged."""
    if not text or len(text) > _LONGEST_BASIS:
        return None
    try:
        return msgspec.msgpack.decode(base64.urlsafe_b64decode(text.encode()), type=Basis)
    except (msgspec.MsgspecError, binascii.Error, ValueError, RecursionError):
        return None


def differences(
    basis: Basis | None, facts: Facts, now: Qualification, told: tuple[str, ...], catalogue: Catalogue
) -> tuple[str, ...]:
    """What changed since the judgement with `basis`, in sentences for the agent; never empty.

    `told` are the keys of the sentences that were ticked.
    """
    found = [] if basis is None else list(_between(basis, facts, now, catalogue))
    found += [f"现在还须告知：{each.text}" for each in now.sentences if each.key not in told]
    gone = set(told) - {each.key for each in now.sentences}
    if gone:
        found.append(f"原来告知的 {len(gone)} 项已不适用")
    return tuple(found) or ("核对结果与刚才不同",)


def _between(basis: Basis, facts: Facts, now: Qualification, catalogue: Catalogue) -> Iterator[str]:
    old, new = basis.facts, facts
    if old.on != new.on:
        yield f"受理日期由{_day(old.on)}变为{_day(new.on)}"
    if old.hour != new.hour and new.hour is not None:
        yield f"现在已过 {new.hour} 点"
    yield from _line_differences(old.subscriber, new.subscriber)
    before = {each.id: each for each in old.held}
    after = {each.id: each for each in new.held}
    for held in after.values():
        name = name_of(catalogue, held.offering)
        yield from (
            _new_product(held, name) if held.id not in before else _changed(before[held.id], held, name)
        )
    for held in old.held:
        if held.id not in after:
            yield f"“{name_of(catalogue, held.offering)}”已不在客户名下"
    if (basis.rules_hash, basis.catalogue_hash) != (now.rules_hash, now.catalogue_hash):
        yield "业务规则或产品目录刚刚更新"


def _line_differences(old: SubscriberFacts, new: SubscriberFacts) -> Iterator[str]:
    names = {
        "brand": "品牌",
        "line_kind": "号码类型",
        "status": "号码状态",
        "region": "归属地",
        "star_level": "星级",
    }
    for field, name in names.items():
        if getattr(old, field) != getattr(new, field):
            yield f"{name}由{getattr(old, field)}变为{getattr(new, field)}"
    if old.profile_recorded != new.profile_recorded:
        yield "客户资料已补录" if new.profile_recorded else "客户资料变为未录入"


def _new_product(held: Held, name: str) -> Iterator[str]:
    verb = "预约" if held.state is HeldState.RESERVED else "开通"
    when = f"，自{_day(held.starts_on)}起" if held.starts_on else ""
    yield f"刚刚{verb}了“{name}”{when}"


def _changed(old: Held, new: Held, name: str) -> Iterator[str]:
    if old.state is not new.state:
        yield f"“{name}”由{_STATES[old.state]}变为{_STATES[new.state]}"
    elif old.ends_on != new.ends_on:
        yield f"“{name}”将于{_day(new.ends_on)}终止" if new.ends_on else f"“{name}”的终止安排已撤销"
    if old.locked_until != new.locked_until:
        yield f"“{name}”的协议期变为{'到' + _day(new.locked_until) if new.locked_until else '无'}"


def _day(day: date | None) -> str:
    return "未定" if day is None else f"{day.year}年{day.month}月{day.day}日"
