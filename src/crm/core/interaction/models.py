"""Tables of interactions (TMF683), identity checks and drafts."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, LargeBinary
from sqlmodel import Field

from crm.platform.ids import new_id
from crm.platform.tables import Json, Moment, Table


class Interaction(Table, table=True):
    """One call, message or web session; partitioned by month of `started_at`."""

    __table_args__ = (
        Index("ix_interaction_subscriber", "subscriber_id", "started_at"),
        Index("ix_interaction_staff", "staff_id", "started_at"),
        {"postgresql_partition_by": "RANGE (started_at)"},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    started_at: datetime = Field(primary_key=True, sa_type=Moment)
    ended_at: datetime | None = Field(default=None, sa_type=Moment)
    channel: str = "hotline"
    msisdn: str = ""
    subscriber_id: UUID | None = None
    staff_id: UUID | None = None
    reason: str = ""
    tags: list[str] = Field(default_factory=list, sa_type=Json)
    note: str = ""
    offer_declined_at: datetime | None = Field(default=None, sa_type=Moment)  # no offer is shown afterwards


class IdentityCheck(Table, table=True):
    """Result, method and time of a check of the caller; never the secret."""

    __table_args__ = (Index("ix_identity_check_interaction", "interaction_id"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    interaction_id: UUID
    subscriber_id: UUID = Field(foreign_key="subscriber.id")
    staff_id: UUID | None = None
    method: str  # own_number | service_password | sms_code
    result: str  # passed | failed | locked | expired
    checked_at: datetime = Field(sa_type=Moment)


class OneTimeCode(Table, table=True):
    """A code sent by SMS; only its keyed hash is stored."""

    id: UUID = Field(default_factory=new_id, primary_key=True)
    interaction_id: UUID = Field(index=True)
    subscriber_id: UUID = Field(foreign_key="subscriber.id")
    code_hash: bytes = Field(sa_type=LargeBinary)
    attempts: int = 0
    expires_at: datetime = Field(sa_type=Moment)
    used_at: datetime | None = Field(default=None, sa_type=Moment)


class Draft(Table, table=True):
    """What an agent typed on a call and has not sent: note, basket, work order."""

    interaction_id: UUID = Field(primary_key=True)
    kind: str = Field(primary_key=True)  # note | basket | work_order
    body: dict[str, Any] = Field(sa_type=Json)
    saved_at: datetime = Field(sa_type=Moment)
