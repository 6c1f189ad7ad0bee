"""What the view of a work order is put together from: clocks, history, relatives, filled-in fields."""

from datetime import datetime
from typing import Any

import msgspec

from crm.core.work_order.vocabulary import State


class Clocks(msgspec.Struct, frozen=True):
    """Where the order stands against its promises when read. Minutes are negative when late."""

    due_at: datetime
    minutes_left: int
    level: str  # late | soon | fine | paused | ended
    contact_due_at: datetime | None = None
    contact_minutes_left: int | None = None  # None: contacted, or no promise
    contact_level: str = ""


class EventView(msgspec.Struct, frozen=True):
    """One line of the history."""

    at: datetime
    who: str
    kind: str
    kind_name: str
    from_state: str
    to_state: str
    note: str
    detail: dict[str, Any]


class ChildView(msgspec.Struct, frozen=True):
    """An assistance order, or the parent of one."""

    number: str
    title: str
    state: State
    state_name: str
    queue_name: str
    assignee: str
    due_at: datetime


class FieldValue(msgspec.Struct, frozen=True):
    """A form field with what was typed, ready to be read."""

    key: str
    label: str
    text: str
    long: bool
