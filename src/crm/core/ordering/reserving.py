"""Taking back what an order has reserved (注意事项 clause 9), inside the caller's transaction."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from crm.core.catalog.service import CatalogService
from crm.core.inventory.errors import ProductChanged
from crm.core.inventory.schemas import HeldProduct, LockedLine
from crm.core.inventory.service import InventoryService
from crm.core.ordering import repository
from crm.core.ordering.basket import is_main_plan, stranded
from crm.core.ordering.errors import ReservationStranded
from crm.core.ordering.facts import facts_of
from crm.core.ordering.lines import follow_lines
from crm.core.ordering.models import ProductOrderItem
from crm.core.ordering.states import ItemState
from crm.core.staff.schemas import Actor
from crm.platform.clock import Clock


class Reservations:
    """Cancels what waits and lifts the ends it had set; what the customer had opened is never touched."""

    def __init__(self, clock: Clock, catalog: CatalogService, inventory: InventoryService) -> None:
        self._clock = clock
        self._catalog = catalog
        self._inventory = inventory

    async def release(
        self, session: AsyncSession, actor: Actor, line: LockedLine, product_id: UUID
    ) -> set[UUID]:
        """Cancel one reserved product with what waits because of it; returns the products cancelled."""
        reserving = await repository.reserving_item(session, product_id)
        if reserving is None:
            return await self._release_without_order(session, line, product_id)
        (order,) = await repository.lock_orders(session, [reserving.order_id])
        items = await repository.items_of(session, [order.id])
        cancelled = await self.cancel_lines(session, line, with_consequences(items, {reserving.id}))
        now, number = self._clock.now(), actor.staff_number
        session.add(follow_lines(order, items, now, "cancelled", number, reserving.offering_name))
        return cancelled

    async def cancel_lines(
        self, session: AsyncSession, line: LockedLine, items: Sequence[ProductOrderItem]
    ) -> set[UUID]:
        """Cancel those of the lines that wait; returns the products that will not come."""
        cancelled: set[UUID] = set()
        for item in items:
            if item.state != ItemState.PENDING or item.product_id is None:
                continue
            if item.action == "delete":
                await self._lift(session, line, item)
            elif item.product_id not in cancelled:
                gone = await self._inventory.cancel_reserved(session, line.subscriber_id, item.product_id)
                cancelled |= {product.id for product in gone}
            item.state = ItemState.CANCELLED
        return cancelled

    async def stranded(self, session: AsyncSession, line: LockedLine) -> frozenset[str]:
        """Names of reserved products that do not go with what is held on their first day."""
        holdings = await self._inventory.holdings(line.subscriber_id, self._clock.today(), session)
        return stranded(facts_of(holdings).held, self._catalog.catalogue)

    async def check_rest(self, session: AsyncSession, line: LockedLine, before: frozenset[str]) -> None:
        """Raise `ReservationStranded` when a release has taken the ground from another reservation."""
        lost = await self.stranded(session, line) - before
        if lost:
            raise ReservationStranded(sorted(lost))

    async def _lift(self, session: AsyncSession, line: LockedLine, item: ProductOrderItem) -> None:
        """Take the line's end off its product; an end that another order wants stays."""
        assert item.product_id is not None
        ends = [] if item.previous_ends_on is None else [item.previous_ends_on]
        for other in await repository.other_ends(session, item):
            ends.append(other.effective_on)
            if other.previous_ends_on == item.effective_on:
                other.previous_ends_on = item.previous_ends_on
        try:
            if ends:
                await self._inventory.end(session, line.subscriber_id, item.product_id, min(ends))
            else:
                await self._inventory.keep(session, line.subscriber_id, item.product_id)
        except ProductChanged:
            return  # it has ended already another way, and stays ended

    async def _release_without_order(
        self, session: AsyncSession, line: LockedLine, product_id: UUID
    ) -> set[UUID]:
        """A reservation that no order of ours made: the plan that was to end that day goes on."""
        gone = await self._inventory.cancel_reserved(session, line.subscriber_id, product_id)
        if is_main_plan(self._catalog.catalogue.get(gone[0].offering_code)):
            for plan in await self._plans_ending_with(session, line, gone[0]):
                await self._inventory.keep(session, line.subscriber_id, plan.id)
        return {product.id for product in gone}

    async def _plans_ending_with(
        self, session: AsyncSession, line: LockedLine, reserved: HeldProduct
    ) -> list[HeldProduct]:
        holdings = await self._inventory.holdings(line.subscriber_id, self._clock.today(), session)
        return [
            product
            for product in holdings.products
            if product.state == "active"
            and product.ends_on == reserved.starts_on
            and is_main_plan(self._catalog.catalogue.get(product.offering_code))
        ]


def with_consequences(items: Sequence[ProductOrderItem], roots: Collection[UUID]) -> list[ProductOrderItem]:
    """The lines with these ids and all that they brought about, in the order's sequence."""
    wanted = set(roots)
    while True:
        more = {item.id for item in items if item.cause_id in wanted} - wanted
        if not more:
            return [item for item in items if item.id in wanted]
        wanted |= more
