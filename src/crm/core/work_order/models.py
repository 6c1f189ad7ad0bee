"""Tables of work orders (TMF697)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from crm.platform.ids import new_id
from crm.platform.tables import Json, Moment


class WorkOrder(SQLModel, table=True):
    """One piece of work. The type, its fields and its deadlines are content in `workorders/`."""

    __tablename__ = "work_order"
    __table_args__ = (
        Index("ix_work_order_queue", "queue", "state", "urgency_rank", "due_at"),
        Index("ix_work_order_assignee", "assignee_id", "state"),
        Index("ix_work_order_subscriber", "subscriber_id", "created_at"),
        Index("ix_work_order_product", "product_id"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    number: str = Field(unique=True)  # WO20261122000123
    idempotency_key: str = Field(unique=True)
    type: str
    state: str  # draft | unassigned | assigned | inProgress | onHold | replied | callBackDue | archived | cancelled
    urgency: str = "普通"  # 普通 | 加急 | 特急
    urgency_rank: int = 2  # 0 特急, 1 加急, 2 普通: the order of claiming
    queue: str
    title: str
    content: str = ""
    fields: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    subscriber_id: UUID | None = None
    msisdn: str = ""
    region: str = ""
    star_level: int = 0
    contact: str = ""
    channel: str = "hotline"
    interaction_id: UUID | None = None
    product_id: UUID | None = None  # the held product it is about (cancel group service)
    parent_id: UUID | None = None
    created_by_id: UUID
    created_group: str = ""
    assignee_id: UUID | None = None
    reply: str = ""
    responsible_unit: str = ""
    satisfaction: str = ""  # 满意 | 接受 | 不满意 | 未知
    sent_back_count: int = 0
    reopened_count: int = 0
    failed_contacts: int = 0
    call_back: bool = False
    created_at: datetime = Field(sa_type=Moment)  # pyright: ignore[reportArgumentType]
    contact_due_at: datetime | None = Field(default=None, sa_type=Moment)  # pyright: ignore[reportArgumentType]
    due_at: datetime = Field(sa_type=Moment)  # pyright: ignore[reportArgumentType]
    closed_at: datetime | None = Field(default=None, sa_type=Moment)  # pyright: ignore[reportArgumentType]
    version: int = 1


class WorkOrderEvent(SQLModel, table=True):
    """One step in the life of a work order."""

    __tablename__ = "work_order_event"
    __table_args__ = (Index("ix_work_order_event_order", "work_order_id", "at"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    work_order_id: UUID = Field(foreign_key="work_order.id")
    at: datetime = Field(sa_type=Moment)  # pyright: ignore[reportArgumentType]
    staff_id: UUID | None = None
    kind: str  # created | claimed | replied | transferred | sentBack | held | resumed | urged | commented | closed …
    from_state: str = ""
    to_state: str = ""
    note: str = ""
