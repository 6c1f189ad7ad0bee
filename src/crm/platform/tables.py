"""What every table shares: its name, the names of its constraints, and two column types."""

import re

from sqlalchemy import DateTime, MetaData
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import declared_attr
from sqlmodel import SQLModel

_INNER_CAPITAL = re.compile(r"(?<!^)(?=[A-Z])")

# Every constraint has a name, so that a migration and an error message can speak of it.
SQLModel.metadata.naming_convention = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
).naming_convention


class Table(SQLModel):
    """Base of every table; `WorkOrderEvent` lives in `work_order_event`."""

    @declared_attr.directive
    def __tablename__(cls) -> str:  # pyright: ignore[reportIncompatibleVariableOverride]  # noqa: N805
        return _INNER_CAPITAL.sub("_", cls.__name__).lower()


class Moment(DateTime):
    """A moment: `timestamptz`, aware and in UTC on the Python side."""

    def __init__(self, timezone: bool = True) -> None:
        super().__init__(timezone=timezone)


class Json(JSONB):
    """A document: `jsonb`, with None as SQL NULL."""

    def __init__(self, none_as_null: bool = True) -> None:
        super().__init__(none_as_null=none_as_null)
