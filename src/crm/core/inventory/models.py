"""Tables of held products (TMF637 Product) and of the groups of numbers that share one."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Index, text
from sqlmodel import Field

from crm.platform.ids import new_id
from crm.platform.tables import Moment, Table


class ProductGroup(Table, table=True):
    """Something several numbers hold together: a group V-net, a family bundle. Its members' products name it.

    The owner decides for the whole group; a member only for the own number.
    """

    __table_args__ = (Index("ix_product_group_owner", "owner_customer_id"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    kind: str  # vnet | bundle | family
    name: str
    offering_code: str
    owner_customer_id: UUID | None = Field(default=None, foreign_key="customer.id")
    created_at: datetime = Field(sa_type=Moment)


class Product(Table, table=True):
    """An offering that a line holds, will hold, or held.

    `starts_on` is the first day and `ends_on` the first day without it (both Shanghai days);
    `locked_until` is the last bound day, inclusive.
    """

    __table_args__ = (
        Index("ix_product_subscriber", "subscriber_id", "ends_on"),
        # The daily job looks only at what waits for its day.
        Index("ix_product_to_start", "starts_on", postgresql_where=text("status = 'reserved'")),
        Index(
            "ix_product_to_end", "ends_on", postgresql_where=text("status = 'active' AND ends_on IS NOT NULL")
        ),
        Index("ix_product_group", "group_id", postgresql_where=text("group_id IS NOT NULL")),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    subscriber_id: UUID = Field(foreign_key="subscriber.id")
    offering_code: str
    origin: str = "self"  # Origin of the checker
    status: str = "active"  # active | reserved | terminated | cancelled
    starts_on: date
    ends_on: date | None = None
    locked_until: date | None = None
    came_with_id: UUID | None = None
    campaign: str = ""
    order_id: UUID | None = None
    free_until: date | None = None  # last day of a free trial, inclusive
    created_at: datetime = Field(sa_type=Moment)
    group_id: UUID | None = Field(default=None, foreign_key="product_group.id")  # shared with other numbers
