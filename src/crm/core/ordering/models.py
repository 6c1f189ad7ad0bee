"""Tables of orders (TMF622), of what the network must be told, and of wishes that wait for a work order."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, text
from sqlmodel import Field

from crm.platform.ids import new_id
from crm.platform.tables import Json, Moment, Table


class ProductOrder(Table, table=True):
    """One accepted request to change products, with the verdict it was accepted under."""

    __table_args__ = (
        Index("ix_product_order_subscriber", "subscriber_id", "ordered_at"),
        Index("ix_product_order_ordered_at", "ordered_at"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    number: str = Field(unique=True)  # PO20261122000123
    idempotency_key: str = Field(unique=True)
    subscriber_id: UUID = Field(foreign_key="subscriber.id")
    msisdn: str = ""  # the number at the time, which the messages go to
    interaction_id: UUID | None = None
    staff_id: UUID | None = None
    staff_number: str = ""
    channel: str
    state: str  # acknowledged | inProgress | pending | completed | cancelled | failed | partial
    ordered_at: datetime = Field(sa_type=Moment)
    completed_at: datetime | None = Field(default=None, sa_type=Moment)
    verdict: str
    change: dict[str, Any] = Field(sa_type=Json)
    facts: dict[str, Any] = Field(sa_type=Json)
    qualification: dict[str, Any] = Field(sa_type=Json)
    consents: list[dict[str, Any]] = Field(default_factory=list, sa_type=Json)
    rules_hash: str
    catalogue_hash: str
    consent_token: str = ""
    note: str = ""


class ProductOrderItem(Table, table=True):
    """One line of an order: what it does to which product, and when."""

    __table_args__ = (
        Index("ix_product_order_item_order", "order_id"),
        Index("ix_product_order_item_due", "effective_on", postgresql_where=text("state = 'pending'")),
        Index("ix_product_order_item_product", "product_id"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    order_id: UUID = Field(foreign_key="product_order.id")
    position: int = 0
    action: str  # add | delete
    offering_code: str
    offering_name: str = ""
    product_id: UUID | None = None
    reason: str = "requested"  # requested | replaced | came_with | effect:<rule id>
    cause_id: UUID | None = None  # the item of the same order that brought this one about
    effective_on: date
    previous_ends_on: date | None = None  # a delete's product would have ended then without this order
    state: str  # pending | inProgress | completed | cancelled | failed
    attempts: int = 0
    failure: str = ""


class ProductOrderEvent(Table, table=True):
    """One step in the life of an order or of one of its items."""

    __table_args__ = (Index("ix_product_order_event_order", "order_id", "at"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    order_id: UUID = Field(foreign_key="product_order.id")
    item_id: UUID | None = None
    at: datetime = Field(sa_type=Moment)
    staff_number: str = ""
    kind: str  # accepted | activated | provisioned | retried | failed | cancelled
    from_state: str = ""
    to_state: str = ""
    note: str = ""


class ProvisioningRequest(Table, table=True):
    """Outbox: what the network must be told, written with the order and sent afterwards."""

    __table_args__ = (
        Index(
            "ix_provisioning_request_due",
            "due_at",
            postgresql_where=text("sent_at IS NULL AND given_up_at IS NULL"),
        ),
        Index("ix_provisioning_request_item", "order_item_id"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    order_item_id: UUID = Field(foreign_key="product_order_item.id")
    msisdn: str
    action: str
    offering_code: str
    due_at: datetime = Field(sa_type=Moment)
    sent_at: datetime | None = Field(default=None, sa_type=Moment)
    given_up_at: datetime | None = Field(default=None, sa_type=Moment)
    attempts: int = 0


class WaitingWish(Table, table=True):
    """A change that waits until a work order has made it possible (注意事项 clause 11 note 3)."""

    __table_args__ = (
        Index("ix_waiting_wish_subscriber", "subscriber_id", "state"),
        Index("ix_waiting_wish_work_order", "work_order_id"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    subscriber_id: UUID = Field(foreign_key="subscriber.id")
    interaction_id: UUID | None = None
    staff_number: str = ""
    change: dict[str, Any] = Field(sa_type=Json)
    work_order_id: UUID
    work_order_number: str
    held_id: UUID | None = None  # the product that goes when the work order is closed as done
    held_name: str = ""
    state: str  # waiting | ready | done | cancelled
    created_at: datetime = Field(sa_type=Moment)
    ready_at: datetime | None = Field(default=None, sa_type=Moment)
    closed_at: datetime | None = Field(default=None, sa_type=Moment)
