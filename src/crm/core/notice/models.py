"""Tables of messages."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from crm.platform.ids import new_id
from crm.platform.tables import Moment


class Message(SQLModel, table=True):
    """A text to a customer; partitioned by month of `created_at`. `sent_at` is empty until the gateway took it."""

    __tablename__ = "message"
    __table_args__ = (
        Index("ix_message_subscriber", "subscriber_id", "created_at"),
        {"postgresql_partition_by": "RANGE (created_at)"},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    created_at: datetime = Field(primary_key=True, sa_type=Moment)  # pyright: ignore[reportArgumentType]
    subscriber_id: UUID | None = None
    msisdn: str
    kind: str  # sms_code | order_accepted | plan_effective | …
    text: str  # a one-time code is masked here; only the gateway sees it
    sent_at: datetime | None = Field(default=None, sa_type=Moment)  # pyright: ignore[reportArgumentType]
