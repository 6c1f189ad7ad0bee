"""Tables of orders (TMF622)."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from crm.platform.ids import new_id
from crm.platform.tables import Json, Moment


class ProductOrder(SQLModel, table=True):
    """One accepted request to change products, with the verdict it was accepted under."""

    __tablename__ = "product_order"
    __table_args__ = (Index("ix_product_order_subscriber", "subscriber_id", "ordered_at"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    number: str = Field(unique=True)  # PO20261122000123
    idempotency_key: str = Field(unique=True)
    subscriber_id: UUID = Field(foreign_key="subscriber.id")
    interaction_id: UUID | None = None
    staff_id: UUID | None = None
    channel: str
    state: str  # acknowledged | inProgress | pending | held | completed | cancelled | failed | partial | rejected
    ordered_at: datetime = Field(sa_type=Moment)  # pyright: ignore[reportArgumentType]
    completed_at: datetime | None = Field(default=None, sa_type=Moment)  # pyright: ignore[reportArgumentType]
    verdict: str
    change: dict[str, Any] = Field(sa_type=Json)
    facts: dict[str, Any] = Field(sa_type=Json)
    qualification: dict[str, Any] = Field(sa_type=Json)
    consents: list[dict[str, Any]] = Field(default_factory=list, sa_type=Json)
    rules_hash: str
    catalogue_hash: str
    consent_token: str = ""
    note: str = ""


class ProductOrderItem(SQLModel, table=True):
    """One line of an order: what it does to which product, and when."""

    __tablename__ = "product_order_item"
    __table_args__ = (
        Index("ix_product_order_item_order", "order_id"),
        Index("ix_product_order_item_due", "state", "effective_on"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    order_id: UUID = Field(foreign_key="product_order.id")
    action: str  # add | delete | modify
    offering_code: str
    product_id: UUID | None = None
    reason: str = "requested"  # requested | replaced | came_with | effect:<rule id>
    effective_on: date
    state: str  # pending | inProgress | completed | cancelled | failed
    attempts: int = 0
    failure: str = ""


class ProvisioningRequest(SQLModel, table=True):
    """Outbox: what the network must be told, written with the order and sent afterwards."""

    __tablename__ = "provisioning_request"
    __table_args__ = (Index("ix_provisioning_request_due", "sent_at", "due_at"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    order_item_id: UUID = Field(foreign_key="product_order_item.id")
    msisdn: str
    action: str
    offering_code: str
    due_at: datetime = Field(sa_type=Moment)  # pyright: ignore[reportArgumentType]
    sent_at: datetime | None = Field(default=None, sa_type=Moment)  # pyright: ignore[reportArgumentType]
    attempts: int = 0
