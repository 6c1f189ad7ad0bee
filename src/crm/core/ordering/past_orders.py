"""SQL over orders of the past: for rehearsals of rules, and for the page of a rule."""

from datetime import datetime
from uuid import UUID

import msgspec

from crm.platform.database import Connection


class OrderUnderRule(msgspec.Struct, frozen=True):
    """A past order in whose verdict a rule fired; nothing of the customer."""

    number: str
    ordered_at: datetime
    verdict: str
    channel: str


_WITH_RULE = """
SELECT number, ordered_at, verdict, channel FROM product_order
WHERE ordered_at >= $1 AND qualification @> $2::jsonb ORDER BY ordered_at DESC LIMIT $3
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
    finding = msgspec.json.encode({"findings": [{"rule_id": rule_id}]}).decode()
    rows = await connection.fetch(_WITH_RULE, since, finding, limit)
    return tuple(OrderUnderRule(*row) for row in rows)
