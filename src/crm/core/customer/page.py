"""Turns what the database knows of a line into the customer page: masks, states, lock-ins, warnings. Pure."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from crm.core.catalog.schemas import KIND_NAMES, OfferingKind
from crm.core.customer.masking import mask_identity, mask_name
from crm.core.customer.schemas import (
    Contact,
    Customer360,
    CustomerProduct,
    OpenOrder,
    OpenWorkOrder,
    OtherStaff,
    SubscriberLine,
)
from crm.core.customer.signals import warnings_of

ORIGIN_NAMES = {
    "self": "自行订购",
    "plan": "随套餐",
    "campaign": "营销活动",
    "agreement": "协议",
    "trial": "随套餐试用",
    "group": "集团",
}
STATE_NAMES = {"active": "使用中", "reserved": "预约中", "ended": "本月已结束"}
# A call that nobody closed is not a colleague on the line for ever.
_CALL_LASTS_AT_MOST = timedelta(hours=4)
_KIND_ORDER: dict[str, int] = {kind.value: place for place, kind in enumerate(OfferingKind)}
_STATE_ORDER = {"active": 0, "reserved": 1, "ended": 2}


class ProductRow(msgspec.Struct):
    """A product as the page query reads it."""

    id: UUID
    offering_code: str
    origin: str
    status: str
    starts_on: date
    ends_on: date | None
    locked_until: date | None
    free_until: date | None
    came_with_id: UUID | None
    campaign: str
    name: str | None
    kind: str | None
    monthly_fee_fen: int | None


class OrderRow(msgspec.Struct):
    """An open order as the page query reads it."""

    id: UUID
    number: str
    state: str
    channel: str
    ordered_at: datetime
    effective_on: date | None
    offering_names: tuple[str, ...] | None


class WorkOrderRow(msgspec.Struct):
    """An open work order as the page query reads it."""

    id: UUID
    number: str
    type: str
    title: str
    state: str
    queue: str
    urgency: str
    created_at: datetime
    due_at: datetime


class ContactRow(msgspec.Struct):
    """An interaction as the page query reads it."""

    id: UUID
    started_at: datetime
    ended_at: datetime | None
    channel: str
    reason: str
    note: str
    tags: tuple[str, ...]
    staff_id: UUID | None
    staff_number: str


class LineRow(msgspec.Struct):
    """Another line of the customer."""

    id: UUID
    msisdn: str
    brand: str
    line_kind: str
    region: str
    status: str


class PageRow(msgspec.Struct):
    """Everything the page query reads in one go."""

    id: UUID
    customer_id: UUID
    msisdn: str
    brand: str
    line_kind: str
    region: str
    status: str
    opened_on: date
    password_locked_until_at: datetime | None
    name: str
    customer_kind: str
    identity_type: str
    identity_tail: str
    profile_recorded: bool
    star_level: int
    products: list[ProductRow] | None
    orders: list[OrderRow] | None
    work_orders: list[WorkOrderRow] | None
    contacts: list[ContactRow] | None
    other_lines: list[LineRow] | None
    along: dict[str, msgspec.Raw] = {}


def compose(
    row: PageRow, today: date, now: datetime, me: UUID, reason_names: Mapping[str, str]
) -> Customer360:
    """The page as `me` sees it now; `reason_names` are the call reasons in words."""
    products = tuple(sorted((_product(each, today) for each in row.products or ()), key=_place))
    plan = next((each for each in products if each.kind == "main_plan" and each.state == "active"), None)
    shown: dict[str, Any] = {
        "subscriber_id": row.id,
        "customer_id": row.customer_id,
        "msisdn": row.msisdn,
        "name_masked": mask_name(row.name, row.customer_kind),
        "customer_kind": row.customer_kind,
        "identity_type": row.identity_type,
        "identity_masked": mask_identity(row.identity_tail),
        "brand": row.brand,
        "line_kind": row.line_kind,
        "region": row.region,
        "star_level": row.star_level,
        "status": row.status,
        "opened_on": row.opened_on,
        "profile_recorded": row.profile_recorded,
        "password_locked_until_at": _still(row.password_locked_until_at, now),
    }
    page = Customer360(
        **shown,
        as_of=today,
        plan=plan,
        products=products,
        open_orders=tuple(_order(each) for each in row.orders or ()),
        open_work_orders=tuple(_work_order(each, now) for each in row.work_orders or ()),
        contacts=tuple(_contact(each, reason_names) for each in row.contacts or ()),
        warnings=(),
        other_lines=tuple(_other_line(each, row) for each in row.other_lines or ()),
        other_staff=_others_on_the_line(row.contacts or (), now, me),
        along={name: bytes(document) for name, document in row.along.items()},
    )
    return msgspec.structs.replace(page, warnings=warnings_of(page, now))


def state_of(status: str, starts_on: date, ends_on: date | None, today: date) -> str:
    """active, reserved or ended by the calendar, so that a late daily job changes no answer."""
    if status == "terminated" or (ends_on is not None and ends_on <= today):
        return "ended"
    return "reserved" if starts_on > today else "active"


def _product(row: ProductRow, today: date) -> CustomerProduct:
    state = state_of(row.status, row.starts_on, row.ends_on, today)
    locked = state != "ended" and row.locked_until is not None and row.locked_until >= today
    locked_until = row.locked_until if locked else None
    kind = row.kind or ""
    return CustomerProduct(
        id=row.id,
        offering_code=row.offering_code,
        name=row.name or row.offering_code,
        kind=kind,
        kind_name=KIND_NAMES[OfferingKind(kind)] if kind in _KIND_ORDER else "其他业务",
        origin=row.origin,
        origin_name=ORIGIN_NAMES.get(row.origin, row.origin),
        state=state,
        state_name=STATE_NAMES[state],
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        locked_until=locked_until,
        free_until=row.free_until if row.free_until is not None and row.free_until >= today else None,
        monthly_fee_fen=row.monthly_fee_fen,
        came_with_id=row.came_with_id,
        campaign=row.campaign,
        locked=locked and row.starts_on <= today,
        days_locked=(locked_until - today).days + 1 if locked_until is not None else 0,
    )


def _place(product: CustomerProduct) -> tuple[int, int, date, str]:
    kind_place = _KIND_ORDER.get(product.kind, len(_KIND_ORDER))
    return _STATE_ORDER[product.state], kind_place, product.starts_on, product.offering_code


def _order(row: OrderRow) -> OpenOrder:
    return OpenOrder(
        id=row.id,
        number=row.number,
        state=row.state,
        channel=row.channel,
        ordered_at=row.ordered_at,
        effective_on=row.effective_on,
        offering_names=row.offering_names or (),
    )


def _work_order(row: WorkOrderRow, now: datetime) -> OpenWorkOrder:
    return OpenWorkOrder(
        id=row.id,
        number=row.number,
        type=row.type,
        title=row.title,
        state=row.state,
        queue=row.queue,
        urgency=row.urgency,
        created_at=row.created_at,
        due_at=row.due_at,
        overdue=row.due_at < now,
    )


def _contact(row: ContactRow, reason_names: Mapping[str, str]) -> Contact:
    return Contact(
        id=row.id,
        started_at=row.started_at,
        ended_at=row.ended_at,
        channel=row.channel,
        reason=reason_names.get(row.reason, row.reason),
        staff_number=row.staff_number,
        note=row.note,
        tags=row.tags,
    )


def _other_line(row: LineRow, of: PageRow) -> SubscriberLine:
    return SubscriberLine(
        subscriber_id=row.id,
        customer_id=of.customer_id,
        msisdn=row.msisdn,
        name_masked=mask_name(of.name, of.customer_kind),
        brand=row.brand,
        line_kind=row.line_kind,
        region=row.region,
        status=row.status,
        star_level=of.star_level,
        customer_kind=of.customer_kind,
    )


def _others_on_the_line(
    contacts: list[ContactRow] | tuple[()], now: datetime, me: UUID
) -> tuple[OtherStaff, ...]:
    since: dict[str, datetime] = {}
    for each in contacts:
        open_call = each.ended_at is None and now - each.started_at < _CALL_LASTS_AT_MOST
        if open_call and each.staff_number and each.staff_id != me:
            since.setdefault(each.staff_number, each.started_at)
    return tuple(OtherStaff(staff_number=number, since_at=at) for number, at in since.items())


def _still(until: datetime | None, now: datetime) -> datetime | None:
    return until if until is not None and until > now else None
