"""SQL of held products and of the groups that share one."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, String, Uuid, and_, column, or_, select, table, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm.core.inventory.models import Product, ProductGroup
from crm.core.inventory.schemas import LockedLine
from crm.platform.database import Database


class HeldRow(msgspec.Struct):
    """A product as the holdings query reads it."""

    id: UUID
    offering_code: str
    origin: str
    status: str
    starts_on: date
    ends_on: date | None
    locked_until: date | None
    free_until: date | None
    came_with_id: UUID | None
    campaign: str
    order_id: UUID | None
    group_id: UUID | None = None


class HoldingsRow(msgspec.Struct):
    """A line with its products as the holdings query reads it."""

    id: UUID
    customer_id: UUID
    msisdn: str
    brand: str
    line_kind: str
    region: str
    status: str
    profile_recorded: bool
    star_level: int
    products: list[HeldRow] | None


_HOLDINGS = """
SELECT row_to_json(line)::text FROM (
    SELECT s.id, s.customer_id, s.msisdn, s.brand, s.line_kind, s.region, s.status, c.profile_recorded,
        c.star_level,
        (SELECT json_agg(x ORDER BY x.starts_on, x.id) FROM (
            SELECT p.id, p.offering_code, p.origin, p.status, p.starts_on, p.ends_on, p.locked_until,
                p.free_until, p.came_with_id, p.campaign, p.order_id, p.group_id
            FROM product p WHERE p.subscriber_id = s.id AND p.status <> 'cancelled'
              AND (p.ends_on IS NULL OR p.ends_on >= {first_of_month})) x) AS products
    FROM subscriber s JOIN customer c ON c.id = s.customer_id WHERE s.id {subscriber_id}) line
"""
_HOLDINGS_READING = _HOLDINGS.format(subscriber_id="= $1", first_of_month="$2")
_HOLDINGS_OF_MANY = _HOLDINGS.format(subscriber_id="= ANY($1)", first_of_month="$2")
_HOLDINGS_IN_SESSION = text(
    _HOLDINGS.format(
        subscriber_id="= CAST(:subscriber_id AS uuid)", first_of_month="CAST(:first_of_month AS date)"
    ).replace("::text", " #>> '{}'")
)
_LOCK = text(
    "SELECT id AS subscriber_id, customer_id, msisdn, brand, status FROM subscriber "
    "WHERE id = CAST(:subscriber_id AS uuid) FOR UPDATE"
)
_SET_BRAND = text("UPDATE subscriber SET brand = :brand WHERE id = CAST(:subscriber_id AS uuid)")
_LINES = table("subscriber", column("id", Uuid), column("msisdn", String))
# Who holds the group's product on day $1; a group is as large as the numbers that do.
_LIVE = "p.status IN ('active', 'reserved') AND (p.ends_on IS NULL OR p.ends_on > $1)"
_GROUP = f"""
SELECT g.id, g.kind, g.name, g.offering_code, g.owner_customer_id,
    (SELECT count(*)::int FROM product p WHERE p.group_id = g.id AND {_LIVE}) AS members,
    (SELECT p.id FROM product p WHERE p.group_id = g.id AND p.subscriber_id = $2 AND {_LIVE} LIMIT 1)
        AS product_id,
    EXISTS (SELECT FROM subscriber s WHERE s.id = $2 AND s.customer_id = g.owner_customer_id) AS owned
FROM product_group g
"""
_ONE_GROUP = _GROUP + "WHERE g.id = $3"
_GROUPS_OF = f"""{_GROUP}
WHERE g.id IN (
    SELECT p.group_id FROM product p WHERE p.subscriber_id = $2 AND p.group_id IS NOT NULL AND {_LIVE}
    UNION
    SELECT o.id FROM product_group o JOIN subscriber s ON s.customer_id = o.owner_customer_id WHERE s.id = $2
) ORDER BY g.name, g.id"""
# The same as one document, for a statement that reads it along in the places {line} and {now}.
_GROUPS_ALONG = _GROUPS_OF.replace("$2", "{line}").replace("$1", "({now} AT TIME ZONE 'Asia/Shanghai')::date")
GROUPS_DOCUMENT = f"SELECT coalesce(json_agg(x), '[]') FROM ({_GROUPS_ALONG}) x"
_MEMBERS = f"""
SELECT p.subscriber_id, s.customer_id, s.msisdn, p.id AS product_id, p.offering_code, p.ends_on
FROM product p JOIN subscriber s ON s.id = p.subscriber_id
WHERE p.group_id = $2 AND {_LIVE} ORDER BY s.msisdn, p.id LIMIT $3 OFFSET $4
"""
_NEXT_LINES = "SELECT id FROM subscriber WHERE id > $1 ORDER BY id LIMIT $2"
_decode = msgspec.json.Decoder(HoldingsRow).decode


class InventoryRepository:
    """Reads and writes of held products. Writes belong to the caller's transaction."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def holdings(
        self, subscriber_id: UUID, first_of_month: date, session: AsyncSession | None
    ) -> HoldingsRow | None:
        """The line with what it holds and what ended on or after `first_of_month`, in one round trip."""
        if session is None:
            async with self._db.reading() as connection:
                found = await connection.fetchval(_HOLDINGS_READING, subscriber_id, first_of_month)
        else:
            await session.flush()
            arguments = {"subscriber_id": subscriber_id, "first_of_month": first_of_month}
            found = (await session.execute(_HOLDINGS_IN_SESSION, arguments)).scalar_one_or_none()
        return None if found is None else _decode(found)

    async def page(self, after: UUID, limit: int, first_of_month: date) -> list[HoldingsRow]:
        """The next lines by id with what they hold."""
        async with self._db.reading() as connection:
            rows = await connection.fetch(_NEXT_LINES, after, limit)
        found = await self.holdings_of([row["id"] for row in rows], first_of_month)
        return sorted(found, key=lambda row: row.id)

    async def count(self) -> int:
        """How many lines there are."""
        async with self._db.reading() as connection:
            return await connection.fetchval("SELECT count(*) FROM subscriber") or 0

    async def holdings_of(
        self, subscriber_ids: Collection[UUID], first_of_month: date
    ) -> Sequence[HoldingsRow]:
        """Many lines with what they hold, in one round trip and in no order."""
        async with self._db.reading() as connection:
            rows = await connection.fetch(_HOLDINGS_OF_MANY, list(subscriber_ids), first_of_month)
        return [_decode(row[0]) for row in rows]

    async def lock(self, session: AsyncSession, subscriber_id: UUID) -> LockedLine | None:
        """The line's row, held until the transaction ends."""
        found = (await session.execute(_LOCK, {"subscriber_id": subscriber_id})).mappings().one_or_none()
        return None if found is None else LockedLine(**found)

    async def locked_product(self, session: AsyncSession, product_id: UUID) -> Product | None:
        """A product's row, held until the transaction ends."""
        found = select(Product).where(col(Product.id) == product_id).with_for_update()
        return (await session.execute(found.execution_options(populate_existing=True))).scalar_one_or_none()

    async def came_with(self, session: AsyncSession, product_id: UUID) -> Sequence[Product]:
        """What was opened together with a product and waits or runs."""
        found = select(Product).where(
            col(Product.came_with_id) == product_id, col(Product.status).in_(("active", "reserved"))
        )
        return (await session.execute(found.with_for_update())).scalars().all()

    async def due(
        self,
        session: AsyncSession,
        on: date,
        limit: int,
        only: Collection[UUID] | None = None,
        without: Collection[UUID] = (),
    ) -> Sequence[tuple[Product, str]]:
        """Products whose day has come, each with its number; what another job holds is left to it.

        The lines are locked with them, so that nobody who changes a line waits for half of the job.
        """
        due: ColumnElement[bool] = or_(
            and_(col(Product.status) == "reserved", col(Product.starts_on) <= on),
            and_(col(Product.status) == "active", col(Product.ends_on) <= on),
        )
        if without:
            due = and_(due, col(Product.id).not_in(without))
        found = (
            select(Product, _LINES.c.msisdn)
            .join(_LINES, _LINES.c.id == col(Product.subscriber_id))
            .where(due if only is None else and_(due, col(Product.id).in_(only)))
            .order_by(col(Product.subscriber_id), col(Product.id))
            .limit(limit)
            .with_for_update(of=(Product, _LINES), skip_locked=True)
        )
        return [(row[0], row[1]) for row in (await session.execute(found)).all()]

    async def set_brand(self, session: AsyncSession, subscriber_id: UUID, brand: str) -> None:
        """Record the brand a plan brings."""
        await session.execute(_SET_BRAND, {"subscriber_id": subscriber_id, "brand": brand})


class GroupRepository:
    """Reads and writes of groups of numbers."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def group(self, group_id: UUID, subscriber_id: UUID | None, today: date) -> dict[str, Any] | None:
        """A group with its size, seen from a line."""
        async with self._db.reading() as connection:
            found = await connection.fetchrow(_ONE_GROUP, today, subscriber_id, group_id)
        return None if found is None else dict(found)

    async def groups_of(self, subscriber_id: UUID, today: date) -> list[dict[str, Any]]:
        """The groups a line is in or its customer owns."""
        async with self._db.reading() as connection:
            return [dict(row) for row in await connection.fetch(_GROUPS_OF, today, subscriber_id)]

    async def members(self, group_id: UUID, today: date, limit: int, offset: int) -> list[dict[str, Any]]:
        """Numbers in a group, by number."""
        async with self._db.reading() as connection:
            rows = await connection.fetch(_MEMBERS, today, group_id, limit, offset)
        return [dict(row) for row in rows]

    async def lock(self, session: AsyncSession, group_id: UUID) -> None:
        """Hold the group's row until the transaction ends."""
        await session.execute(
            select(col(ProductGroup.id)).where(col(ProductGroup.id) == group_id).with_for_update()
        )

    async def join(self, session: AsyncSession, product_id: UUID, group_id: UUID) -> None:
        """Put a product into a group."""
        joined = update(Product).where(col(Product.id) == product_id).values(group_id=group_id)
        await session.execute(joined.execution_options(synchronize_session="fetch"))

    async def move(self, session: AsyncSession, group_id: UUID, offering_code: str) -> None:
        """Give a group another offering."""
        moved = update(ProductGroup).where(col(ProductGroup.id) == group_id)
        await session.execute(moved.values(offering_code=offering_code))
