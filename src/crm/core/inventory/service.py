"""What lines hold, and the only way to change it. Changes run inside the ordering room's transaction."""

from collections.abc import Collection
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from crm.core.inventory.engine import hour_that_counts, state_on
from crm.core.inventory.errors import LineMissing, ProductChanged, ProductMissing
from crm.core.inventory.groups import Groups
from crm.core.inventory.models import Product
from crm.core.inventory.repository import GROUPS_DOCUMENT, HeldRow, HoldingsRow, InventoryRepository
from crm.core.inventory.schemas import HeldProduct, Holdings, LockedLine, ProductTurn, StartProduct
from crm.platform.clock import Clock, start_of_day
from crm.platform.database import Database

_STATUS_NAMES = {"active": "使用中", "reserved": "预约中", "terminated": "已结束", "cancelled": "已取消"}

__all__ = ["GROUPS_DOCUMENT", "InventoryService"]


class InventoryService(Groups):
    """Products of lines.

    Other rooms check the actor's permission before they come here; nothing in this room faces a person.
    """

    def __init__(self, db: Database, clock: Clock) -> None:
        super().__init__(db, clock)
        self._repository = InventoryRepository(db)
        self._clock = clock

    async def holdings(
        self, subscriber_id: UUID, on: date | None = None, session: AsyncSession | None = None
    ) -> Holdings:
        """The line and its products as of `on` (today if left out), in one round trip.

        With `session` it reads inside that transaction, behind its own changes. Raises `LineMissing`.
        """
        day = on or self._clock.today()
        row = await self._repository.holdings(subscriber_id, day.replace(day=1), session)
        if row is None:
            raise LineMissing
        return _holdings(row, day, hour_that_counts(day, self._clock.now()))

    async def holdings_of(self, subscriber_ids: Collection[UUID]) -> dict[UUID, Holdings]:
        """Many lines as of today in one round trip; those that do not exist are left out."""
        today = self._clock.today()
        rows = await self._repository.holdings_of(subscriber_ids, today.replace(day=1))
        return {row.id: _holdings(row, today, hour_that_counts(today, self._clock.now())) for row in rows}

    async def holdings_after(self, after: UUID | None, limit: int, on: date) -> tuple[Holdings, ...]:
        """The next lines in the order of their ids as of noon of `on`; empty at the end."""
        rows = await self._repository.page(after or UUID(int=0), limit, on.replace(day=1))
        hour = hour_that_counts(on, start_of_day(on) + timedelta(hours=12))
        return tuple(_holdings(row, on, hour) for row in rows)

    async def line_count(self) -> int:
        """How many lines there are."""
        return await self._repository.count()

    async def lock_subscriber(self, session: AsyncSession, subscriber_id: UUID) -> LockedLine:
        """Take the line for this transaction; a second agent's submit waits here. Raises `LineMissing`.

        Comes before `holdings(…, session=session)`, so that what is read cannot change before it is written.
        """
        found = await self._repository.lock(session, subscriber_id)
        if found is None:
            raise LineMissing
        return found

    async def start(self, session: AsyncSession, start: StartProduct) -> HeldProduct:
        """Begin a product, or reserve it when its first day is still to come."""
        today = self._clock.today()
        product = Product(
            subscriber_id=start.subscriber_id,
            offering_code=start.offering_code,
            origin=start.origin,
            status="reserved" if start.starts_on > today else "active",
            starts_on=start.starts_on,
            ends_on=start.ends_on,
            locked_until=start.locked_until,
            free_until=start.free_until,
            came_with_id=start.came_with_id,
            campaign=start.campaign,
            order_id=start.order_id,
            created_at=self._clock.now(),
        )
        session.add(product)
        await session.flush()
        return _held(product, today)

    async def end(
        self, session: AsyncSession, subscriber_id: UUID, product_id: UUID, ends_on: date
    ) -> HeldProduct:
        """End a product; `ends_on` is the first day without it and may lie ahead.

        Raises `ProductMissing`, or `ProductChanged` when it is not in use any more.
        """
        product = await self._mine(session, subscriber_id, product_id)
        if product.status != "active":
            raise ProductChanged(_STATUS_NAMES[product.status])
        today = self._clock.today()
        product.ends_on = ends_on
        if ends_on <= today:
            product.status = "terminated"
        await session.flush()
        return _held(product, today)

    async def keep(self, session: AsyncSession, subscriber_id: UUID, product_id: UUID) -> HeldProduct:
        """Take back an end that lies ahead, as when the order that brought it is cancelled."""
        product = await self._mine(session, subscriber_id, product_id)
        if product.status != "active":
            raise ProductChanged(_STATUS_NAMES[product.status])
        product.ends_on = None
        await session.flush()
        return _held(product, self._clock.today())

    async def cancel_reserved(
        self, session: AsyncSession, subscriber_id: UUID, product_id: UUID
    ) -> tuple[HeldProduct, ...]:
        """Cancel a reserved product and what was reserved to come with it, never what was opened before.

        Source: 10086注意事项 clause 9. Returns all that was cancelled, the named one first.
        """
        product = await self._mine(session, subscriber_id, product_id)
        if product.status != "reserved":
            raise ProductChanged(_STATUS_NAMES[product.status])
        today = self._clock.today()
        brought = [
            each
            for each in await self._repository.came_with(session, product_id)
            if each.status == "reserved" and each.origin != "self"
        ]
        for each in (product, *brought):
            each.status = "cancelled"
        await session.flush()
        return tuple(_held(each, today) for each in (product, *brought))

    async def activate_due(
        self,
        session: AsyncSession,
        on: date,
        limit: int = 500,
        only: Collection[UUID] | None = None,
        without: Collection[UUID] = (),
    ) -> tuple[ProductTurn, ...]:
        """Turn what became due by `on`: reserved products start, ending ones end. At most `limit` at a time.

        The daily job calls it until nothing comes back. A second run changes nothing. `only` narrows it to
        the products of some orders; `without` leaves some out.
        """
        turns: list[ProductTurn] = []
        for product, msisdn in await self._repository.due(session, on, limit, only, without):
            ends = product.status == "active" or (product.ends_on is not None and product.ends_on <= on)
            product.status = "terminated" if ends else "active"
            turns.append(_turn(product, msisdn, ends))
        await session.flush()
        return tuple(turns)

    async def set_brand(self, session: AsyncSession, subscriber_id: UUID, brand: str) -> None:
        """Give the line the brand its new plan sets."""
        await self._repository.set_brand(session, subscriber_id, brand)

    async def _mine(self, session: AsyncSession, subscriber_id: UUID, product_id: UUID) -> Product:
        product = await self._repository.locked_product(session, product_id)
        if product is None or product.subscriber_id != subscriber_id:
            raise ProductMissing
        return product


def _holdings(row: HoldingsRow, on: date, hour: int | None) -> Holdings:
    return Holdings(
        on=on,
        hour=hour,
        subscriber_id=row.id,
        customer_id=row.customer_id,
        msisdn=row.msisdn,
        brand=row.brand,
        line_kind=row.line_kind,
        region=row.region,
        status=row.status,
        profile_recorded=row.profile_recorded,
        star_level=row.star_level,
        products=tuple(_held(each, on) for each in row.products or ()),
    )


def _held(row: HeldRow | Product, on: date) -> HeldProduct:
    return HeldProduct(
        id=row.id,
        offering_code=row.offering_code,
        origin=row.origin,
        state="cancelled"
        if row.status == "cancelled"
        else state_on(on, row.status, row.starts_on, row.ends_on),
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        locked_until=row.locked_until,
        free_until=row.free_until,
        came_with_id=row.came_with_id,
        campaign=row.campaign,
        order_id=row.order_id,
        group_id=row.group_id,
    )


def _turn(product: Product, msisdn: str, ended: bool) -> ProductTurn:
    day = product.ends_on if ended else product.starts_on
    assert day is not None
    return ProductTurn(
        product_id=product.id,
        subscriber_id=product.subscriber_id,
        msisdn=msisdn,
        offering_code=product.offering_code,
        order_id=product.order_id,
        turned="ended" if ended else "started",
        on=day,
    )
