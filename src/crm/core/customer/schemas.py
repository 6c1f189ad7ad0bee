"""What a search and a customer page show. Everything here is masked already."""

from collections.abc import Mapping
from datetime import date, datetime
from uuid import UUID

import msgspec


class SubscriberLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a customer, as listed in results and beside the customer."""

    subscriber_id: UUID
    customer_id: UUID
    msisdn: str
    name_masked: str
    brand: str
    line_kind: str
    region: str
    status: str  # active | suspended | closed
    star_level: int = 0
    customer_kind: str = "person"  # person | organisation


class WorkOrderHit(msgspec.Struct, frozen=True, kw_only=True):
    """A work order found by its number."""

    number: str
    title: str
    type: str
    state: str
    queue: str
    msisdn: str
    created_at: datetime


class SearchGroup(msgspec.Struct, frozen=True, kw_only=True):
    """Results of one kind. `more` says that there are others beyond the limit."""

    kind: str  # number | prefix | last_four | name | identity | work_order
    title: str  # 号码, 后四位 …
    lines: tuple[SubscriberLine, ...] = ()
    work_orders: tuple[WorkOrderHit, ...] = ()
    more: bool = False


class SearchResult(msgspec.Struct, frozen=True, kw_only=True):
    """Grouped results. `query` is what was understood, `notice` what the agent should know or do."""

    query: str
    groups: tuple[SearchGroup, ...] = ()
    notice: str = ""
    home_region_notice: str = ""  # the number belongs to another province or operator: the sentence to say

    @property
    def total(self) -> int:
        """How many results there are in all groups."""
        return sum(len(group.lines) + len(group.work_orders) for group in self.groups)

    @property
    def only_line(self) -> SubscriberLine | None:
        """The line, when exactly one thing was found: Enter opens it."""
        lines = [line for group in self.groups for line in group.lines]
        return lines[0] if len(lines) == 1 and self.total == 1 else None


class CustomerProduct(msgspec.Struct, frozen=True, kw_only=True):
    """A held product on the timeline. `ends_on` is the first day without it; the other days are inclusive."""

    id: UUID
    offering_code: str
    name: str  # from the catalogue; the code when the catalogue does not know it
    kind: str  # OfferingKind, "" when unknown
    kind_name: str  # 主套餐, V网 …
    origin: str
    origin_name: str  # 自行订购, 随套餐 …
    state: str  # active | reserved | ended
    state_name: str
    starts_on: date
    ends_on: date | None
    locked_until: date | None  # None also when the lock-in is over
    free_until: date | None
    monthly_fee_fen: int | None
    came_with_id: UUID | None = None
    campaign: str = ""
    locked: bool = False  # bound today
    days_locked: int = 0  # days until the lock-in is over, today included


class OpenOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An order that is not finished."""

    id: UUID
    number: str
    state: str
    channel: str
    ordered_at: datetime
    effective_on: date | None = None  # the next day on which something of it takes effect
    offering_names: tuple[str, ...] = ()


class OpenWorkOrder(msgspec.Struct, frozen=True, kw_only=True):
    """A work order that is not archived."""

    id: UUID
    number: str
    type: str
    title: str
    state: str
    queue: str
    urgency: str
    created_at: datetime
    due_at: datetime
    overdue: bool = False


class Contact(msgspec.Struct, frozen=True, kw_only=True):
    """A recent call, message or visit."""

    id: UUID
    started_at: datetime
    ended_at: datetime | None
    channel: str
    reason: str
    staff_number: str = ""
    note: str = ""
    tags: tuple[str, ...] = ()


class OtherStaff(msgspec.Struct, frozen=True, kw_only=True):
    """A colleague who has this customer on the line now."""

    staff_number: str
    since_at: datetime


class Warning360(msgspec.Struct, frozen=True, kw_only=True):
    """Something to notice before speaking. Most pressing first.

    `kind`: other_staff, suspended, closed, profile_missing, password_locked, repeat_call, change_pending,
    work_order_overdue, lock_in_ends.
    """

    kind: str
    severity: str  # alert | caution | info
    text: str


class Customer360(msgspec.Struct, frozen=True, kw_only=True):
    """One line and its customer on one page, masked."""

    subscriber_id: UUID
    customer_id: UUID
    msisdn: str
    name_masked: str  # 张**
    customer_kind: str  # person | organisation
    identity_type: str
    identity_masked: str  # 5201**********1234, "" when none is recorded
    brand: str
    line_kind: str
    region: str
    star_level: int
    status: str
    opened_on: date
    profile_recorded: bool
    as_of: date
    plan: CustomerProduct | None
    products: tuple[CustomerProduct, ...]  # plan first, then by kind and day; what ended last
    open_orders: tuple[OpenOrder, ...]
    open_work_orders: tuple[OpenWorkOrder, ...]
    contacts: tuple[Contact, ...]  # newest first
    warnings: tuple[Warning360, ...]
    other_lines: tuple[SubscriberLine, ...]
    other_staff: tuple[OtherStaff, ...]
    password_locked_until_at: datetime | None = None
    along: Mapping[str, bytes] = {}  # JSON documents that other rooms had read along, by their name
