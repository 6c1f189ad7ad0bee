"""Tables of work orders (TMF697)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field

from crm.platform.ids import new_id
from crm.platform.tables import Json, Moment, Table


class WorkOrder(Table, table=True):
    """One piece of work. The type, its fields and its deadlines are content in `workorders/`.

    Staff numbers and names are kept as they were at the time: a history that changes when somebody
    marries or moves is no history.
    """

    __table_args__ = (
        Index("ix_work_order_queue", "queue", "state", "urgency_rank", "due_at"),
        Index("ix_work_order_assignee", "assignee_id", "state"),
        Index("ix_work_order_creator", "created_by_id", "created_at"),
        Index("ix_work_order_subscriber", "subscriber_id", "created_at"),
        Index("ix_work_order_msisdn", "msisdn", "created_at"),
        Index("ix_work_order_product", "product_id"),
        Index("ix_work_order_parent", "parent_id"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    number: str = Field(unique=True)  # WO20261122000123
    idempotency_key: str = Field(unique=True)
    type: str
    state: str  # a State of schemas.py
    urgency: str = "普通"  # 普通 | 加急 | 特急
    urgency_rank: int = 2  # 0 特急, 1 加急, 2 普通: the order of claiming
    queue: str
    title: str
    content: str = ""
    fields: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    handover: dict[str, Any] = Field(
        default_factory=dict, sa_type=Json
    )  # 事件还原, 客户诉求, 存在问题, 解决措施
    subscriber_id: UUID | None = None
    msisdn: str = ""
    region: str = ""
    star_level: int = 0
    contact: str = ""
    channel: str = "hotline"
    may_escalate: bool = False  # the customer speaks of complaining elsewhere
    interaction_id: UUID | None = None
    product_id: UUID | None = None  # the held product it is about (cancel group service)
    parent_id: UUID | None = None
    repeat_of_id: UUID | None = None
    created_by_id: UUID
    created_by_number: str = ""
    created_by_name: str = ""
    created_group: str = ""
    assignee_id: UUID | None = None
    assignee_number: str = ""
    assignee_name: str = ""
    reply: str = ""
    replied_at: datetime | None = Field(default=None, sa_type=Moment)
    replied_by_number: str = ""
    resolution: str = ""  # done | not_possible
    responsible_unit: str = ""
    cause: str = ""
    satisfaction: str = ""  # 满意 | 接受 | 不满意 | 未知
    sent_back_count: int = 0
    reopened_count: int = 0
    urged_count: int = 0
    failed_contacts: int = 0
    call_back: bool = False
    created_at: datetime = Field(sa_type=Moment)
    contact_due_at: datetime | None = Field(default=None, sa_type=Moment)
    contacted_at: datetime | None = Field(default=None, sa_type=Moment)
    due_at: datetime = Field(sa_type=Moment)
    due_latest_at: datetime | None = Field(default=None, sa_type=Moment)  # no pause moves due_at beyond it
    held_at: datetime | None = Field(default=None, sa_type=Moment)
    closed_at: datetime | None = Field(default=None, sa_type=Moment)
    closed_by_number: str = ""
    version: int = 1


class WorkOrderEvent(Table, table=True):
    """One step in the life of a work order."""

    __table_args__ = (Index("ix_work_order_event_order", "work_order_id", "at"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    work_order_id: UUID = Field(foreign_key="work_order.id")
    at: datetime = Field(sa_type=Moment)
    staff_id: UUID | None = None
    staff_number: str = ""
    staff_name: str = ""
    kind: str  # an Action of states.py, or created | assisted
    from_state: str = ""
    to_state: str = ""
    note: str = ""
    detail: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
