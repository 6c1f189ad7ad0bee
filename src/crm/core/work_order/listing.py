"""The SQL of the queue page: bare asyncpg, two round trips."""

from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec

from crm.core.work_order.forms import msisdn_of
from crm.core.work_order.schemas import ENDED, OPEN, QueueFilter, Sort, State
from crm.platform.database import Connection

TOTAL_CAP = 10_000
"""Nobody pages further than this; counting stops here."""

_OPEN = sorted(state.value for state in OPEN)
_ENDED = sorted(state.value for state in ENDED)
_COLUMNS = (
    "id, number, version, type, urgency, title, msisdn, state, queue, assignee_number, assignee_name,"
    " created_by_number, created_by_name, created_at, due_at, contact_due_at, contacted_at, held_at,"
    " closed_at,"
    " sent_back_count, urged_count, reopened_count"
)
# Ids are made in the order of time, so "created" can walk the primary key.
_ORDER: dict[Sort, str] = {
    Sort.CLAIMING: "urgency_rank {0}, due_at {0}, id {0}",
    Sort.DUE: "due_at {0}, id {0}",
    Sort.NUMBER: "number {0}",
    Sort.CREATED: "id {0}",
    Sort.TYPE: "type {0}, due_at, id",
    Sort.STATE: "state {0}, due_at, id",
    Sort.URGENCY: "urgency_rank {0}, due_at, id",
    Sort.ASSIGNEE: "assignee_number {0}, due_at, id",
}
_COUNTS = """
SELECT queue, state, count(*)::int AS orders, count(*) FILTER (WHERE due_at < $3)::int AS late
  FROM work_order WHERE queue = ANY($1) AND state = ANY($2) GROUP BY queue, state
UNION ALL
SELECT '', 'assigned', count(*)::int, 0 FROM work_order WHERE assignee_id = $4 AND state = ANY($2)
UNION ALL
SELECT '', 'created', count(*)::int, 0 FROM work_order WHERE created_by_id = $4 AND state = ANY($2)
"""


class Reach(msgspec.Struct, frozen=True):
    """What a person may list."""

    staff_id: UUID
    all: bool  # every queue
    mine: tuple[str, ...]  # queues the person works in


class _Query:
    """Conditions with their numbered arguments."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.arguments: list[object] = []

    def add(self, condition: str, *arguments: object) -> None:
        """`{}` in the condition stands for the next argument."""
        marks: list[str] = []
        for argument in arguments:
            self.arguments.append(argument)
            marks.append(f"${len(self.arguments)}")
        self.parts.append(condition.format(*marks))

    @property
    def where(self) -> str:
        return " AND ".join(self.parts) or "true"


async def page(
    connection: Connection, wanted: QueueFilter, reach: Reach, now: datetime, limit: int, offset: int
) -> tuple[list[asyncpg.Record], int]:
    """The rows of a page and how many there are (counted up to `TOTAL_CAP`)."""
    query = _conditions(wanted, reach, now)
    order = _order(wanted)
    # Only words of this module are put into the text; what people typed travels as arguments.
    some = f"SELECT 1 FROM work_order WHERE {query.where} LIMIT {TOTAL_CAP}"  # noqa: S608  (constants; values are bound)
    statement = (
        f"SELECT {_COLUMNS}, (SELECT count(*)::int FROM ({some}) t) AS total FROM work_order"  # noqa: S608  (constants; values are bound)
        f" WHERE {query.where} ORDER BY {order} LIMIT {int(limit)} OFFSET {int(offset)}"
    )
    rows = await connection.fetch(statement, *query.arguments)
    return rows, rows[0]["total"] if rows else 0


def _order(wanted: QueueFilter) -> str:
    """Ended orders have no order of claiming: the newest come first, along the primary key."""
    if wanted.sort is Sort.CLAIMING and wanted.state in {"ended", "any", *_ENDED}:
        return _ORDER[Sort.CREATED].format("DESC")
    return _ORDER[wanted.sort].format("DESC" if wanted.descending else "ASC")


def _conditions(wanted: QueueFilter, reach: Reach, now: datetime) -> _Query:
    query = _Query()
    if not reach.all:
        mine = "(queue = ANY({}) OR created_by_id = {} OR assignee_id = {})"
        query.add(mine, list(reach.mine), reach.staff_id, reach.staff_id)
    if wanted.queue == "mine":
        query.add("queue = ANY({})", list(reach.mine))
    elif wanted.queue:
        query.add("queue = {}", wanted.queue)
    query.add("state = ANY({})", _states(wanted.state))
    if wanted.type:
        query.add("type = {}", wanted.type)
    if wanted.mine:
        query.add("assignee_id = {}", reach.staff_id)
    if wanted.created_by_me:
        query.add("created_by_id = {}", reach.staff_id)
    if wanted.overdue:
        query.add("due_at < {}", now)
        query.add("state = ANY({})", _OPEN)
    if wanted.subscriber_id is not None:
        query.add("subscriber_id = {}", wanted.subscriber_id)
    if wanted.text.strip():
        _match(query, wanted.text.strip())
    return query


def _states(wanted: str) -> list[str]:
    if wanted == "ended":
        return _ENDED
    if wanted == "any":
        return [*_OPEN, *_ENDED]
    return [wanted] if wanted in {state.value for state in State} else _OPEN


def _match(query: _Query, text: str) -> None:
    number = msisdn_of(text)
    if text.upper().startswith("WO"):
        query.add("starts_with(number, {})", text.upper())
    elif number is not None:
        query.add("msisdn = {}", number)
    elif text.isascii() and text.isdecimal():
        query.add("(right(msisdn, {}) = {} OR right(number, {}) = {})", len(text), text, len(text), text)
    else:
        query.add("strpos(lower(title), lower({})) > 0", text)


class Counts(msgspec.Struct, frozen=True):
    """How many open orders there are: by queue and state with how many are late, mine, and made by me."""

    by_queue: dict[str, dict[str, tuple[int, int]]]
    assigned: int
    created: int


async def counts(connection: Connection, queues: list[str], reach: Reach, now: datetime) -> Counts:
    """The figures on the tabs, in one round trip."""
    rows = await connection.fetch(_COUNTS, queues, _OPEN, now, reach.staff_id)
    by_queue: dict[str, dict[str, tuple[int, int]]] = {}
    for row in rows:
        by_queue.setdefault(row["queue"], {})[row["state"]] = (row["orders"], row["late"])
    own = by_queue.pop("", {})
    return Counts(by_queue, own.get("assigned", (0, 0))[0], own.get("created", (0, 0))[0])
