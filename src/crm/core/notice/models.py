"""Tables of messages."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, text
from sqlmodel import Field

from crm.platform.ids import new_id
from crm.platform.tables import Moment, Table


class Message(Table, table=True):
    """A text to a customer; partitioned by month. `sent_at` is empty until the gateway took it."""

    __table_args__ = (
        Index("ix_message_subscriber", "subscriber_id", "created_at"),
        Index("ix_message_due", "created_at", postgresql_where=text("sent_at IS NULL")),
        {"postgresql_partition_by": "RANGE (created_at)"},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    created_at: datetime = Field(primary_key=True, sa_type=Moment)
    subscriber_id: UUID | None = None
    msisdn: str
    kind: str  # sms_code | order_accepted | plan_effective | …
    text: str  # a one-time code is masked here; only the gateway sees it
    sent_at: datetime | None = Field(default=None, sa_type=Moment)
