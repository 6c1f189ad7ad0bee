"""What other rooms see of the products a line holds."""

from datetime import date
from uuid import UUID

import msgspec


class HeldProduct(msgspec.Struct, frozen=True, kw_only=True):
    """A product of a line as of a day. Days are Shanghai days.

    `starts_on` is the first day with it, `ends_on` the first day without it, `locked_until` and `free_until`
    are last days, inclusive.
    """

    id: UUID
    offering_code: str
    origin: str  # self | plan | campaign | agreement | trial | group
    state: str  # active | reserved | ended (as of the day asked for)
    starts_on: date
    ends_on: date | None = None
    locked_until: date | None = None
    free_until: date | None = None
    came_with_id: UUID | None = None
    campaign: str = ""
    order_id: UUID | None = None
    group_id: UUID | None = None  # shared with other numbers


class Holdings(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a verdict may need to know of a line as of `on`.

    `products` holds what is active or reserved on that day, and what ended in that calendar month
    (`ends_on` not before its first day; 注意事项 clause 11 asks for it). Nothing here is guessed.
    """

    on: date
    subscriber_id: UUID
    customer_id: UUID
    msisdn: str
    brand: str
    line_kind: str
    region: str
    status: str
    profile_recorded: bool
    star_level: int
    products: tuple[HeldProduct, ...] = ()
    hour: int | None = None  # of the day in Shanghai, on a month's last day only


class LockedLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line whose row this transaction has locked: nobody else changes its products meanwhile."""

    subscriber_id: UUID
    customer_id: UUID
    msisdn: str
    brand: str
    status: str


class StartProduct(msgspec.Struct, frozen=True, kw_only=True):
    """A product to begin. On a day after today it is reserved until the daily job activates it."""

    subscriber_id: UUID
    offering_code: str
    starts_on: date
    origin: str = "self"
    ends_on: date | None = None
    locked_until: date | None = None
    free_until: date | None = None
    came_with_id: UUID | None = None
    campaign: str = ""
    order_id: UUID | None = None


class ProductTurn(msgspec.Struct, frozen=True, kw_only=True):
    """A product that began or ended when its day came."""

    product_id: UUID
    subscriber_id: UUID
    msisdn: str
    offering_code: str
    order_id: UUID | None
    turned: str  # started | ended
    on: date


GROUP_KIND_NAMES: dict[str, str] = {"vnet": "集团V网", "bundle": "多号捆绑", "family": "家庭业务"}


class SharedGroup(msgspec.Struct, frozen=True, kw_only=True):
    """Something several numbers hold together, with how many hold it today."""

    id: UUID
    kind: str  # vnet | bundle | family
    name: str
    offering_code: str
    owner_customer_id: UUID | None
    members: int
    product_id: UUID | None = None  # the product by which the line asked about is a member
    owned: bool = False  # the customer of the line asked about decides for all of it

    @property
    def kind_name(self) -> str:
        """集团V网, 家庭业务 …"""
        return GROUP_KIND_NAMES.get(self.kind, self.kind)

    @property
    def others(self) -> int:
        """How many other numbers hold it."""
        return self.members - (self.product_id is not None)


class GroupMember(msgspec.Struct, frozen=True, kw_only=True):
    """A number in a group and the product by which it belongs to it."""

    subscriber_id: UUID
    customer_id: UUID
    msisdn: str
    product_id: UUID
    offering_code: str
    ends_on: date | None = None  # it leaves on that day already
