"""The audit log: who looked at or changed what, when, from where, on which call. Nothing is ever updated."""

from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import Field

from crm.platform.ids import new_id
from crm.platform.tables import Json, Moment, Table


class AuditEntry(Table, table=True):
    """One look or change; partitioned by month of `at`."""

    __table_args__ = (
        Index("ix_audit_entry_subject", "subject_id", "at"),
        Index("ix_audit_entry_actor", "actor_id", "at"),
        {"postgresql_partition_by": "RANGE (at)"},
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    at: datetime = Field(primary_key=True, sa_type=Moment)
    actor_id: UUID | None = None
    actor_label: str = ""  # staff number, or the channel
    ip: str = ""
    interaction_id: UUID | None = None
    action: str  # customer.view, order.submit …
    subject_kind: str = ""
    subject_id: str = ""
    detail: dict[str, Any] = Field(default_factory=dict, sa_type=Json)


class Signatory(Protocol):
    """Whoever acts; the staff room's Actor fits."""

    @property
    def staff_id(self) -> UUID | None: ...

    @property
    def staff_number(self) -> str: ...

    @property
    def ip(self) -> str: ...

    @property
    def interaction_id(self) -> UUID | None: ...


def record(
    session: AsyncSession,
    by: Signatory,
    at: datetime,
    action: str,
    subject_kind: str,
    subject_id: object,
    **detail: Any,
) -> None:
    """Add an entry to the running transaction: it stands or falls with the change it describes."""
    session.add(
        AuditEntry(
            at=at,
            actor_id=by.staff_id,
            actor_label=by.staff_number,
            ip=by.ip,
            interaction_id=by.interaction_id,
            action=action,
            subject_kind=subject_kind,
            subject_id=str(subject_id),
            detail=detail,
        )
    )
