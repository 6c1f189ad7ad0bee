"""SQL of customers: the search box and the customer page, one round trip each.

The page reads tables of other rooms (products, orders, work orders, contacts) because it is a view over all
of them; only the audit entry is written, in the same statement, so that nobody sees a page unrecorded.
"""

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec

from crm.core.customer.grams import JOINERS
from crm.core.customer.page import PageRow
from crm.core.customer.query import Meaning, Understood, arguments, assigned_arguments
from crm.core.customer.schemas import WorkOrderHit
from crm.core.staff.schemas import Actor
from crm.platform.database import Database
from crm.platform.ids import new_id


class FoundLine(msgspec.Struct):
    """A line as the search reads it, not masked yet."""

    subscriber_id: UUID
    customer_id: UUID
    msisdn: str
    name: str
    customer_kind: str
    brand: str
    line_kind: str
    region: str
    status: str
    star_level: int


class FoundGroup(msgspec.Struct):
    """One group of results as the database gave it."""

    kind: str
    lines: list[FoundLine]
    work_orders: list[WorkOrderHit]


_LINE = """s.id AS subscriber_id, c.id AS customer_id, s.msisdn, c.name, c.kind AS customer_kind, s.brand,
    s.line_kind, s.region, s.status, c.star_level"""
_JOINED = "subscriber s JOIN customer c ON c.id = s.customer_id"
_FOLDED = f"translate(lower(c.name), '{JOINERS}', '')"
_LINES_OF_CUSTOMERS = """JOIN LATERAL (SELECT * FROM subscriber l WHERE l.customer_id = c.id
    ORDER BY l.opened_on LIMIT 5) s ON TRUE"""


def _group(kind: str, rows: str) -> str:
    return f"SELECT '{kind}' AS kind, (SELECT json_agg(x) FROM ({rows}) x) AS body"


# $1 is always one more than the limit.
_NUMBER = _group("number", f"SELECT {_LINE} FROM {_JOINED} WHERE s.msisdn = $2 LIMIT $1")
_PREFIX = _group(
    "prefix",
    f"""SELECT {_LINE} FROM {_JOINED} WHERE s.msisdn ~>=~ $2 AND s.msisdn ~<~ $3
        ORDER BY s.msisdn USING ~<~ LIMIT $1""",
)


def _last_four(parameter: str) -> str:
    rows = f"SELECT {_LINE} FROM {_JOINED} WHERE right(s.msisdn, 4) = {parameter} ORDER BY s.id LIMIT $1"
    return _group("last_four", rows)


# First names that begin so, through the sorted index and therefore the exact name before longer ones. Only
# when those do not fill the page does PostgreSQL look at the second arm.
_NAME = _group(
    "name",
    f"""SELECT {_LINE} FROM (
            (SELECT * FROM customer WHERE name ~>=~ $2 AND name ~<~ $3 ORDER BY name USING ~<~ LIMIT $1)
            UNION ALL
            (SELECT * FROM customer c WHERE c.name_grams @@ $4::text::tsquery
                AND NOT (c.name ~>=~ $2 AND c.name ~<~ $3) AND position($2 IN {_FOLDED}) > 0 LIMIT $1)
            LIMIT $1) c {_LINES_OF_CUSTOMERS} LIMIT $1""",
)
_NAME_AND_LAST_FOUR = _group(
    "name",
    f"""SELECT {_LINE} FROM {_JOINED} WHERE right(s.msisdn, 4) = $3 AND position($2 IN {_FOLDED}) > 0
        ORDER BY s.id LIMIT $1""",
)
_IDENTITY = _group(
    "identity",
    f"SELECT {_LINE} FROM customer c {_LINES_OF_CUSTOMERS} WHERE c.identity_index = $2 LIMIT $1",
)
_WORK_ORDER = _group(
    "work_order",
    """SELECT w.number, w.title, w.type, w.state, w.queue, w.msisdn, w.created_at FROM work_order w
       WHERE w.number BETWEEN $2 AND $3 AND ($4::text[] IS NULL OR w.queue = ANY($4))
       ORDER BY w.number DESC LIMIT $1""",
)
# A store sees only whom a work order in its queue speaks of: few, so they are filtered one by one.
_ASSIGNED = _group(
    "assigned",
    f"""SELECT DISTINCT ON (s.id) {_LINE} FROM work_order w JOIN subscriber s ON s.id = w.subscriber_id
        JOIN customer c ON c.id = s.customer_id
        WHERE w.queue = ANY($2) AND w.state NOT IN ('archived', 'cancelled')
          AND ($3::text IS NULL OR starts_with(s.msisdn, $3))
          AND ($4::text IS NULL OR right(s.msisdn, 4) = $4)
          AND ($5::text IS NULL OR position($5 IN {_FOLDED}) > 0)
          AND ($6::bytea IS NULL OR c.identity_index = $6)
        ORDER BY s.id LIMIT $1""",
)

# The call somebody says to be on, if it is their own and still running; else the look is on no call.
_OWN_CALL = (
    "(SELECT n.id FROM interaction n WHERE n.id = {call} AND n.staff_id = {me} AND n.ended_at IS NULL)"
)
_AUDIT = """INSERT INTO audit_entry (id, at, actor_id, actor_label, ip, interaction_id, action, subject_kind,
        subject_id, detail)"""


def _recorded(search: str, action: str = "customer.search", when: str = "seen.lines > 0") -> str:
    """Who found lines has looked at people: one entry a search, in the same round trip."""
    last = max(int(number) for number in re.findall(r"[$]([0-9]+)", search))
    entry, at, me, label, ip, call = (f"${last + place}" for place in range(1, 7))
    return f"""WITH found AS MATERIALIZED ({search}),
    seen AS (SELECT count(*) AS lines, coalesce(jsonb_agg(DISTINCT x->>'customer_id'), '[]') AS customers
        FROM found, json_array_elements(found.body) x),
    audited AS ({_AUDIT}
        SELECT {entry}, {at}, {me}, {label}, {ip}, {_OWN_CALL.format(call=call, me=me)},
            '{action}', 'customer', CASE jsonb_array_length(customers) WHEN 1 THEN customers->>0 ELSE '' END,
            jsonb_build_object('lines', lines, 'customers', customers) FROM seen WHERE {when})
    SELECT kind, body FROM found"""


_SEARCHES: dict[Meaning, str] = {
    Meaning.NUMBER: _recorded(_NUMBER),
    Meaning.PREFIX: _recorded(_PREFIX),
    Meaning.LAST_FOUR: _recorded(_last_four("$2")),
    Meaning.PREFIX_OR_LAST_FOUR: _recorded(f"{_PREFIX} UNION ALL {_last_four('$4')}"),
    Meaning.NAME: _recorded(_NAME),
    Meaning.NAME_AND_LAST_FOUR: _recorded(_NAME_AND_LAST_FOUR),
    # An exact look-up by identity number is on record whether it finds anybody or not.
    Meaning.IDENTITY: _recorded(_IDENTITY, "customer.search_identity", "TRUE"),
}
_ASSIGNED_RECORDED = _recorded(_ASSIGNED)

_PAGE = """
WITH line AS MATERIALIZED (
    SELECT s.id, s.customer_id, s.msisdn, s.brand, s.line_kind, s.region, s.status, s.opened_on,
        s.password_locked_until_at, c.name, c.kind AS customer_kind, c.identity_type, c.identity_tail,
        c.profile_recorded, c.star_level,
        $9::text[] IS NULL OR EXISTS (SELECT FROM work_order w WHERE w.subscriber_id = s.id
            AND w.queue = ANY($9) AND w.state NOT IN ('archived', 'cancelled')) AS may_see
    FROM subscriber s JOIN customer c ON c.id = s.customer_id WHERE {condition}),
audited AS (
    {audit}
    SELECT $2, $3, $4, $5, $6, {own_call},
        CASE WHEN may_see THEN 'customer.view' ELSE 'customer.view_refused' END,
        'subscriber', line.id::text, '{{}}' FROM line)
SELECT (to_json(line)::jsonb || jsonb_build_object(
    'products', (SELECT json_agg(x) FROM (
        SELECT p.id, p.offering_code, p.origin, p.status, p.starts_on, p.ends_on, p.locked_until,
            p.free_until, p.came_with_id, p.campaign, o.name, o.kind,
            (o.document->>'monthly_fee_fen')::int AS monthly_fee_fen
        FROM product p LEFT JOIN product_offering o ON o.code = p.offering_code
        WHERE p.subscriber_id = line.id AND p.status <> 'cancelled'
          AND (p.ends_on IS NULL OR p.ends_on >= $8)) x),
    'orders', (SELECT json_agg(x) FROM (
        SELECT po.id, po.number, po.state, po.channel, po.ordered_at, i.effective_on, i.offering_names
        FROM product_order po LEFT JOIN LATERAL (
            SELECT min(t.effective_on) FILTER (WHERE t.state IN ('pending', 'inProgress')) AS effective_on,
                array_agg(DISTINCT coalesce(o.name, t.offering_code)) AS offering_names
            FROM product_order_item t LEFT JOIN product_offering o ON o.code = t.offering_code
            WHERE t.order_id = po.id) i ON TRUE
        WHERE po.subscriber_id = line.id AND po.state IN ('acknowledged', 'inProgress', 'pending', 'held')
        ORDER BY po.ordered_at DESC LIMIT 20) x),
    'work_orders', (SELECT json_agg(x) FROM (
        SELECT w.id, w.number, w.type, w.title, w.state, w.queue, w.urgency, w.created_at, w.due_at
        FROM work_order w WHERE w.subscriber_id = line.id AND w.state NOT IN ('archived', 'cancelled')
        ORDER BY w.created_at DESC LIMIT 20) x),
    'contacts', (SELECT json_agg(x) FROM (
        SELECT n.id, n.started_at, n.ended_at, n.channel, n.reason, n.note, n.tags, n.staff_id,
            coalesce(m.staff_number, '') AS staff_number
        FROM interaction n LEFT JOIN staff_member m ON m.id = n.staff_id
        WHERE n.subscriber_id = line.id AND n.started_at > $3 - interval '90 days'
          AND n.id IS DISTINCT FROM $7 ORDER BY n.started_at DESC LIMIT 10) x),
    'other_lines', (SELECT json_agg(x) FROM (
        SELECT l.id, l.msisdn, l.brand, l.line_kind, l.region, l.status FROM subscriber l
        WHERE l.customer_id = line.customer_id AND l.id <> line.id ORDER BY l.opened_on LIMIT 20) x),
    'along', json_build_object({along})
))::text AS page FROM line WHERE may_see
UNION ALL SELECT NULL FROM line WHERE NOT may_see
"""
_CONDITIONS = {
    "msisdn": "s.msisdn = $1",
    "subscriber_id": "s.id = $1",
    "call_id": """s.id = (SELECT n.subscriber_id FROM interaction n
        WHERE n.id = $1 AND n.staff_id = $4 AND n.ended_at IS NULL)""",
}

_decode_lines = msgspec.json.Decoder(list[FoundLine]).decode
_decode_work_orders = msgspec.json.Decoder(list[WorkOrderHit]).decode
_decode_page = msgspec.json.Decoder(PageRow).decode


class NotTheirs(Exception):
    """The line exists, but not for these groups."""


class CustomerRepository:
    """Reads of the customer room."""

    def __init__(self, db: Database, along: Mapping[str, str]) -> None:
        """`along`: sub-selects of other rooms by name; see `CustomerService`."""
        self._db = db
        places = {"line": "line.id", "call": "$7::uuid", "me": "$4::uuid", "now": "$3::timestamptz"}
        selects = ", ".join(f"'{name}', ({select.format(**places)})" for name, select in along.items())
        own_call = _OWN_CALL.format(call="$7", me="$4")
        self._pages = {
            key: _PAGE.format(condition=condition, along=selects, audit=_AUDIT, own_call=own_call)
            for key, condition in _CONDITIONS.items()
        }

    async def line_of(self, msisdn: str) -> UUID | None:
        """The line with this number; shows nothing of it."""
        async with self._db.reading() as connection:
            return await connection.fetchval("SELECT id FROM subscriber WHERE msisdn = $1", msisdn)

    async def search(
        self,
        actor: Actor,
        sought: Understood,
        identity_index: bytes | None,
        only_queues: tuple[str, ...] | None,
        at: datetime,
        limit: int,
    ) -> list[FoundGroup]:
        """The groups found for `sought`, up to `limit` + 1 in each; `only_queues` narrows to a store's."""
        sql, arguments = _statement(actor, sought, identity_index, only_queues, at)
        async with self._db.reading() as connection:
            rows = await connection.fetch(sql, limit + 1, *arguments)
        return [_found(row["kind"], row["body"]) for row in rows if row["body"] is not None]

    async def page(
        self,
        actor: Actor,
        by: str,
        key: str | UUID,
        at: datetime,
        first_of_month: date,
        only_queues: tuple[str, ...] | None,
    ) -> PageRow | None:
        """The line with everything around it; records this look. None when there is no such line.

        `by` is msisdn, subscriber_id or call_id. Raises `NotTheirs`, after recording the attempt.
        """
        call_id = key if by == "call_id" else actor.interaction_id
        async with self._db.reading() as connection:
            row = await connection.fetchrow(
                self._pages[by], key, new_id(), at, actor.staff_id, actor.staff_number, actor.ip, call_id,
                first_of_month, only_queues,
            )  # fmt: skip
        if row is None:
            return None
        if row["page"] is None:
            raise NotTheirs
        return _decode_page(row["page"])


def _statement(
    actor: Actor,
    sought: Understood,
    identity_index: bytes | None,
    only_queues: tuple[str, ...] | None,
    at: datetime,
) -> tuple[str, tuple[Any, ...]]:
    """The SQL for a meaning and its arguments after the limit."""
    if sought.meaning is Meaning.WORK_ORDER:
        return _WORK_ORDER, (sought.text, sought.upper, only_queues)
    entry = (new_id(), at, actor.staff_id, actor.staff_number, actor.ip, actor.interaction_id)
    if only_queues is not None:
        return _ASSIGNED_RECORDED, (*assigned_arguments(sought, identity_index, only_queues), *entry)
    return _SEARCHES[sought.meaning], (*arguments(sought, identity_index), *entry)


def _found(kind: str, body: str) -> FoundGroup:
    if kind == "work_order":
        return FoundGroup(kind, [], _decode_work_orders(body))
    return FoundGroup(kind, _decode_lines(body), [])
