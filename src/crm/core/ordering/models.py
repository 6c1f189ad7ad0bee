"""Tables of orders (TMF622) and group orders, of what the network must be told, of wishes that wait."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Index, UniqueConstraint, literal_column, text
from sqlmodel import Field

from crm.platform.ids import new_id
from crm.platform.tables import Json, Moment, Table

_RULE_IDS: ColumnElement[Any] = literal_column(
    """jsonb_path_query_array(qualification, '$."findings"[*]."rule_id"'::jsonpath)"""
)


class ProductOrder(Table, table=True):
    """One accepted request to change products, with the verdict it was accepted under."""

    __table_args__ = (
        Index("ix_product_order_subscriber", "subscriber_id", "ordered_at"),
        Index("ix_product_order_ordered_at", "ordered_at"),
        Index(
            "ix_product_order_rules",
            _RULE_IDS.label("rules"),
            postgresql_using="gin",
            postgresql_ops={"rules": "jsonb_path_ops"},
        ),
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
    """A change that waits until a work order, a day or a profile makes it possible (clause 11 note 3).

    With the token of the verdict at the end of the plan the customer has agreed to exactly that verdict.
    """

    __table_args__ = (
        Index("ix_waiting_wish_subscriber", "subscriber_id", "state"),
        Index("ix_waiting_wish_work_order", "work_order_id"),
        Index("ix_waiting_wish_open", "ready_on", postgresql_where=text("state IN ('waiting', 'ready')")),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    subscriber_id: UUID = Field(foreign_key="subscriber.id")
    interaction_id: UUID | None = None
    staff_number: str = ""
    change: dict[str, Any] = Field(sa_type=Json)
    work_order_id: UUID | None = None
    work_order_number: str = ""
    waits_for: str = Field(default="work_order", sa_column_kwargs={"server_default": "work_order"})
    ready_on: date | None = None  # waits_for day: from when it is possible
    steps: list[dict[str, Any]] = Field(
        default_factory=list, sa_type=Json, sa_column_kwargs={"server_default": "[]"}
    )  # of the plan that was adopted, after the one it waits for
    agreed: list[dict[str, Any]] = Field(
        default_factory=list, sa_type=Json, sa_column_kwargs={"server_default": "[]"}
    )  # sentences the customer has agreed to beforehand
    agreed_token: str = Field(default="", sa_column_kwargs={"server_default": ""})
    order_number: str = Field(default="", sa_column_kwargs={"server_default": ""})
    looked_at: datetime | None = Field(default=None, sa_type=Moment)  # last try to go on
    attempts: int = Field(default=0, sa_column_kwargs={"server_default": "0"})  # tries that failed
    asked_at: datetime | None = Field(default=None, sa_type=Moment)  # the customer was asked to agree anew
    held_id: UUID | None = None  # the product that goes when the work order is closed as done
    held_name: str = ""
    state: str  # waiting | ready | done | cancelled
    created_at: datetime = Field(sa_type=Moment)
    ready_at: datetime | None = Field(default=None, sa_type=Moment)
    closed_at: datetime | None = Field(default=None, sa_type=Moment)


class StoppedWish(Table, table=True):
    """What a rule stopped on a call, once a call; dropped after a quarter."""

    __table_args__ = (
        UniqueConstraint("interaction_id", "rule_id", "target", "held", name="uq_stopped_wish_once"),
        Index("ix_stopped_wish_rule", "rule_id", "stopped_at"),
        Index("ix_stopped_wish_age", "stopped_at"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    stopped_at: datetime = Field(sa_type=Moment)
    rule_id: str
    verdict: str  # first | store | refuse
    subscriber_id: UUID = Field(foreign_key="subscriber.id")
    interaction_id: UUID
    staff_number: str = ""
    target: str  # offering code, or empty
    held: str  # offering code, or empty


class GroupOrder(Table, table=True):
    """A change of all that a group shares: one order or work order a member, continued until it is done."""

    __table_args__ = (
        Index("ix_group_order_group", "group_id", "created_at"),
        Index("ix_group_order_running", "created_at", postgresql_where=text("state = 'running'")),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    number: str = Field(unique=True)  # GO20261122000001
    idempotency_key: str = Field(unique=True)
    group_id: UUID = Field(foreign_key="product_group.id")
    group_name: str
    subscriber_id: UUID  # the owner's line that called
    customer_id: UUID  # the owner
    interaction_id: UUID
    staff_id: UUID
    staff_number: str
    staff_name: str
    staff_role: str
    action: str  # cancel | switch
    offering_code: str = ""  # switch: what the members get instead
    offering_name: str = ""
    told: list[str] = Field(default_factory=list, sa_type=Json)  # sentences the owner has heard
    note: str = ""
    state: str  # running | done
    total: int
    done: int = 0
    created_at: datetime = Field(sa_type=Moment)
    finished_at: datetime | None = Field(default=None, sa_type=Moment)


class GroupOrderMember(Table, table=True):
    """One number of a group order and what became of it."""

    __table_args__ = (
        UniqueConstraint("group_order_id", "product_id", name="uq_group_order_member_product"),
        Index(
            "ix_group_order_member_waiting",
            "group_order_id",
            "position",
            postgresql_where=text("state = 'waiting'"),
        ),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    group_order_id: UUID = Field(foreign_key="group_order.id")
    position: int
    subscriber_id: UUID = Field(foreign_key="subscriber.id")
    customer_id: UUID
    msisdn: str
    product_id: UUID
    state: str  # waiting | ordered | work_order | left | failed
    attempts: int = 0
    verdict: str = ""
    order_number: str = ""
    work_order_number: str = ""
    note: str = ""
    settled_at: datetime | None = Field(default=None, sa_type=Moment)
