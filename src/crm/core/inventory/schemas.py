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
