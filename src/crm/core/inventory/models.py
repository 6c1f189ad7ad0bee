"""Tables of held products (TMF637 Product)."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Index, text
from sqlmodel import Field

from crm.platform.ids import new_id
from crm.platform.tables import Moment, Table


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
