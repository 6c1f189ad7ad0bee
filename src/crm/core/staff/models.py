"""Tables of the staff room."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, LargeBinary
from sqlmodel import Field

from crm.platform.ids import new_id
from crm.platform.tables import Moment, Table


class StaffGroup(Table, table=True):
    """A team, a back-office group or a store."""

    id: UUID = Field(default_factory=new_id, primary_key=True)
    code: str = Field(unique=True)
    name: str
    kind: str  # team | back_office | business | store
    region: str = ""


class StaffMember(Table, table=True):
    """A person with a staff number and one role."""

    id: UUID = Field(default_factory=new_id, primary_key=True)
    staff_number: str = Field(unique=True)
    name: str
    role: str
    password_hash: str
    active: bool = True
    must_change_password: bool = False
    failed_logins: int = 0
    locked_until_at: datetime | None = Field(default=None, sa_type=Moment)


class StaffMembership(Table, table=True):
    """A person belongs to groups."""

    staff_id: UUID = Field(foreign_key="staff_member.id", primary_key=True)
    group_id: UUID = Field(foreign_key="staff_group.id", primary_key=True)


class StaffSession(Table, table=True):
    """A login; the key is the SHA-256 of the cookie's secret."""

    __table_args__ = (Index("ix_staff_session_staff", "staff_id"),)

    token_hash: bytes = Field(primary_key=True, sa_type=LargeBinary)
    staff_id: UUID = Field(foreign_key="staff_member.id")
    csrf: str
    ip: str = ""
    created_at: datetime = Field(sa_type=Moment)
    seen_at: datetime = Field(sa_type=Moment)
    expires_at: datetime = Field(sa_type=Moment)
