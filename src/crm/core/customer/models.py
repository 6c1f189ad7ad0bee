"""Tables of customers and lines. Identity numbers are encrypted; a keyed hash finds them."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Column, Index, LargeBinary, text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlmodel import Field

from crm.platform.ids import new_id
from crm.platform.tables import Moment, Table


class Customer(Table, table=True):
    """A person or an organisation."""

    __table_args__ = (
        Index("ix_customer_identity", "identity_index"),
        # Both sort by code point, so that a prefix is a range under every locale of the server.
        Index("ix_customer_name", "name", postgresql_ops={"name": "text_pattern_ops"}),
        Index("ix_customer_name_grams", "name_grams", postgresql_using="gin"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    name: str
    # Single characters and pairs of the name, so that any part of it is found through a GIN index.
    name_grams: str | None = Field(default=None, sa_column=Column(TSVECTOR))
    kind: str = "person"  # person | organisation
    identity_type: str = "身份证"
    identity_sealed: bytes | None = Field(default=None, sa_type=LargeBinary)
    identity_index: bytes | None = Field(default=None, sa_type=LargeBinary)
    identity_tail: str = ""  # first four and last four, all that is ever shown masked
    profile_recorded: bool = True
    star_level: int = 0
    contact_sealed: bytes | None = Field(default=None, sa_type=LargeBinary)
    created_at: datetime = Field(sa_type=Moment)


class Subscriber(Table, table=True):
    """One phone line."""

    __table_args__ = (
        Index("ix_subscriber_customer", "customer_id"),
        Index("ix_subscriber_msisdn_prefix", "msisdn", postgresql_ops={"msisdn": "text_pattern_ops"}),
        Index("ix_subscriber_msisdn_last4", text("right(msisdn, 4)"), "id"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    customer_id: UUID = Field(foreign_key="customer.id")
    msisdn: str = Field(unique=True)
    brand: str
    line_kind: str = "普通"  # 普通 | 商务IP | 话吧 | 公话
    region: str  # prefecture, e.g. 贵阳
    status: str = "active"  # active | suspended | closed
    service_password_hash: bytes | None = Field(default=None, sa_type=LargeBinary)
    password_failures: int = 0
    password_locked_until_at: datetime | None = Field(default=None, sa_type=Moment)
    opened_on: date
