"""SQL over orders of the past and wishes that were stopped: for rehearsals, and for the page of a rule."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import msgspec

from crm.platform.database import Connection
from crm.platform.ids import new_id


class OrderUnderRule(msgspec.Struct, frozen=True):
    """A past order in whose verdict a rule fired; nothing of the customer."""

    number: str
    ordered_at: datetime
    verdict: str
    channel: str


class Stop(NamedTuple):
    """A wish of a call that a rule stopped; `target` and `held` are offering codes, or empty."""

    rule_id: str
    verdict: str
    subscriber_id: UUID
    interaction_id: UUID
    staff_number: str
    target: str
    held: str


class StoppedWish(msgspec.Struct, frozen=True):
    """The same as it is shown, with what became of it on the same call. Times in UTC."""

    msisdn: str
    stopped_at: datetime
    verdict: str
    staff_number: str
    target: str
    held: str
    wish_state: str  # of the change that waits for a step; empty when none was started
    work_order_number: str
    order_number: str  # of an order for it placed afterwards on that call; empty when none was


_ADD_STOPS = """
INSERT INTO stopped_wish
    (id, stopped_at, rule_id, verdict, subscriber_id, interaction_id, staff_number, target, held)
SELECT id, stopped_at, rule_id, verdict, subscriber_id, interaction_id, staff_number, target, held
FROM unnest($1::uuid[], $2::timestamptz[],
    $3::text[], $4::text[], $5::uuid[], $6::uuid[], $7::text[], $8::text[], $9::text[])
    AS new (id, stopped_at, rule_id, verdict, subscriber_id, interaction_id, staff_number, target, held)
ON CONFLICT ON CONSTRAINT uq_stopped_wish_once DO NOTHING
"""
_COUNT_STOPS = "SELECT count(*) FROM stopped_wish WHERE rule_id = $1 AND stopped_at >= $2 AND stopped_at < $3"
_STOPS_OF = """
SELECT line.msisdn, s.stopped_at, s.verdict, s.staff_number, s.target, s.held,
    coalesce(wish.state, '') AS wish_state, coalesce(wish.work_order_number, '') AS work_order_number,
    coalesce(placed.number, '') AS order_number
FROM (
    SELECT * FROM stopped_wish WHERE rule_id = $1 AND stopped_at >= $2 AND stopped_at < $3
    ORDER BY stopped_at DESC, id DESC LIMIT $4 OFFSET $5
) s
JOIN subscriber line ON line.id = s.subscriber_id
LEFT JOIN LATERAL (
    SELECT w.state, w.work_order_number FROM waiting_wish w
    WHERE w.subscriber_id = s.subscriber_id AND w.interaction_id = s.interaction_id
    ORDER BY w.created_at DESC LIMIT 1
) wish ON true
LEFT JOIN LATERAL (
    SELECT o.number FROM product_order o
    WHERE o.subscriber_id = s.subscriber_id AND o.interaction_id = s.interaction_id
        AND o.ordered_at > s.stopped_at
        AND (s.target = '' OR EXISTS (
            SELECT FROM product_order_item i WHERE i.order_id = o.id AND i.offering_code = s.target
        ))
    ORDER BY o.ordered_at DESC LIMIT 1
) placed ON true
ORDER BY s.stopped_at DESC, s.id DESC
"""
_WITH_RULE = """
SELECT number, ordered_at, verdict, channel FROM product_order
WHERE ordered_at >= $1
    AND jsonb_path_query_array(qualification, '$."findings"[*]."rule_id"') @> to_jsonb($2::text)
ORDER BY ordered_at DESC LIMIT $3
"""
_PAST = """
SELECT id, number, msisdn, facts, change FROM product_order
WHERE ordered_at >= $1 AND id > $2 ORDER BY id LIMIT $3
"""


async def count_since(connection: Connection, since: datetime) -> int:
    """How many orders were placed since then."""
    return await connection.fetchval("SELECT count(*) FROM product_order WHERE ordered_at >= $1", since) or 0


async def past_orders(
    connection: Connection, since: datetime, after: UUID, limit: int
) -> list[tuple[UUID, str, str, str, str]]:
    """Id, number, MSISDN, facts and basket (both as JSON text) of orders since then, by id."""
    rows = await connection.fetch(_PAST, since, after, limit)
    return [(row["id"], row["number"], row["msisdn"], row["facts"], row["change"]) for row in rows]


async def orders_with_rule(
    connection: Connection, rule_id: str, since: datetime, limit: int
) -> tuple[OrderUnderRule, ...]:
    """The newest orders since then whose verdict carries a finding of the rule."""
    rows = await connection.fetch(_WITH_RULE, since, rule_id, limit)
    return tuple(OrderUnderRule(*row) for row in rows)


async def add_stops(connection: Connection, stops: Mapping[Stop, datetime]) -> None:
    """Write wishes with the moment they were stopped; those known from this call already are left alone."""
    rows = sorted(stops)
    moments = [stops[each] for each in rows]
    columns = map(list, zip(*rows, strict=True))
    await connection.execute(_ADD_STOPS, [new_id() for _ in rows], moments, *columns)


async def forget_stops(connection: Connection, before: datetime) -> None:
    """Drop stopped wishes of before then."""
    await connection.execute("DELETE FROM stopped_wish WHERE stopped_at < $1", before)


async def has_stops(connection: Connection, rule_id: str) -> bool:
    """Whether any stopped wish of a rule is kept."""
    found = await connection.fetchval("SELECT EXISTS (SELECT FROM stopped_wish WHERE rule_id = $1)", rule_id)
    return bool(found)


async def stops_of(
    connection: Connection, rule_id: str, week: tuple[datetime, datetime], limit: int, offset: int
) -> tuple[int, tuple[StoppedWish, ...]]:
    """How many wishes a rule stopped between two moments, and a page of them, newest first, with numbers."""
    total = await connection.fetchval(_COUNT_STOPS, rule_id, *week)
    rows = await connection.fetch(_STOPS_OF, rule_id, *week, limit, offset)
    return total or 0, tuple(StoppedWish(*row) for row in rows)
