"""SQL of held products."""

from collections.abc import Collection, Sequence
from datetime import date
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, String, Uuid, and_, column, or_, select, table, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm.core.inventory.models import Product
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
                p.free_until, p.came_with_id, p.campaign, p.order_id
            FROM product p WHERE p.subscriber_id = s.id AND p.status <> 'cancelled'
              AND (p.ends_on IS NULL OR p.ends_on >= {first_of_month})) x) AS products
    FROM subscriber s JOIN customer c ON c.id = s.customer_id WHERE s.id = {subscriber_id}) line
"""
_HOLDINGS_READING = _HOLDINGS.format(subscriber_id="$1", first_of_month="$2")
_HOLDINGS_IN_SESSION = text(
    _HOLDINGS.format(
        subscriber_id="CAST(:subscriber_id AS uuid)", first_of_month="CAST(:first_of_month AS date)"
    ).replace("::text", " #>> '{}'")
)
_LOCK = text(
    "SELECT id AS subscriber_id, customer_id, msisdn, brand, status FROM subscriber "
    "WHERE id = CAST(:subscriber_id AS uuid) FOR UPDATE"
)
_SET_BRAND = text("UPDATE subscriber SET brand = :brand WHERE id = CAST(:subscriber_id AS uuid)")
_LINES = table("subscriber", column("id", Uuid), column("msisdn", String))
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
