"""Carrying planned lines over to the products of a line, inside the caller's transaction."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from crm.core.catalog.engine import Catalogue
from crm.core.compatibility.schemas import HeldState
from crm.core.inventory.schemas import LockedLine, StartProduct
from crm.core.inventory.service import InventoryService
from crm.core.ordering.basket import is_main_plan
from crm.core.ordering.engine import PlannedItem
from crm.core.ordering.models import ProductOrderItem
from crm.core.ordering.reserving import Reservations
from crm.core.ordering.states import ItemState
from crm.core.staff.schemas import Actor
from crm.platform.clock import Clock


class Placing:
    """Turns planned lines into order items and products."""

    def __init__(self, clock: Clock, inventory: InventoryService, reservations: Reservations) -> None:
        self._clock = clock
        self._inventory = inventory
        self._reservations = reservations

    async def place(
        self,
        session: AsyncSession,
        actor: Actor,
        line: LockedLine,
        order_id: UUID,
        planned: Sequence[PlannedItem],
        catalogue: Catalogue,
    ) -> list[ProductOrderItem]:
        """Start, reserve or end each product; the items are not yet in the session.

        A reservation in the basket goes first, so that what it had replaced is there again.
        """
        items = [self._item(order_id, place, plan) for place, plan in enumerate(planned)]
        for item, plan in zip(items, planned, strict=True):
            item.cause_id = None if plan.cause is None else items[plan.cause].id
        releases = any(plan.held is not None and plan.held.state is HeldState.RESERVED for plan in planned)
        before = await self._reservations.stranded(session, line) if releases else frozenset[str]()
        released: set[UUID] = set()
        for item, plan in zip(items, planned, strict=True):
            if plan.held is not None and plan.held.state is HeldState.RESERVED:
                released |= await self._release(session, actor, line, item, plan, released)
        for item, plan in zip(items, planned, strict=True):
            if plan.action == "add":
                await self._start(session, line, item, plan, items, catalogue)
            elif plan.held is not None and plan.held.state is not HeldState.RESERVED:
                await self._end(session, line, item, plan)
        if releases:
            await self._reservations.check_rest(session, line, before)
        return items

    def _item(self, order_id: UUID, place: int, plan: PlannedItem) -> ProductOrderItem:
        now = plan.effective_on <= self._clock.today()
        return ProductOrderItem(
            order_id=order_id,
            position=place,
            action=plan.action,
            offering_code=plan.offering,
            offering_name=plan.name,
            reason=plan.reason,
            effective_on=plan.effective_on,
            state=ItemState.IN_PROGRESS if now else ItemState.PENDING,
        )

    async def _release(
        self,
        session: AsyncSession,
        actor: Actor,
        line: LockedLine,
        item: ProductOrderItem,
        plan: PlannedItem,
        released: set[UUID],
    ) -> set[UUID]:
        assert plan.held is not None
        item.product_id = UUID(plan.held.id)
        item.state = ItemState.COMPLETED  # the network has never heard of it
        if item.product_id in released:
            return set()
        return await self._reservations.release(session, actor, line, item.product_id)

    async def _start(
        self,
        session: AsyncSession,
        line: LockedLine,
        item: ProductOrderItem,
        plan: PlannedItem,
        items: Sequence[ProductOrderItem],
        catalogue: Catalogue,
    ) -> None:
        carrier = items[plan.cause] if plan.cause is not None and plan.reason == "came_with" else None
        product = await self._inventory.start(
            session,
            StartProduct(
                subscriber_id=line.subscriber_id,
                offering_code=plan.offering,
                starts_on=plan.effective_on,
                origin=plan.origin.value,
                locked_until=plan.locked_until,
                free_until=plan.free_until,
                came_with_id=None if carrier is None else carrier.product_id,
                order_id=item.order_id,
            ),
        )
        item.product_id = product.id
        offering = catalogue.get(plan.offering)
        if item.state == ItemState.IN_PROGRESS and offering is not None and is_main_plan(offering):
            await self.take_brand(session, line.subscriber_id, offering.sets_brand)

    async def _end(
        self, session: AsyncSession, line: LockedLine, item: ProductOrderItem, plan: PlannedItem
    ) -> None:
        assert plan.held is not None
        item.product_id = UUID(plan.held.id)
        item.previous_ends_on = plan.held.ends_on
        await self._inventory.end(session, line.subscriber_id, item.product_id, plan.effective_on)

    async def take_brand(self, session: AsyncSession, subscriber_id: UUID, brand: str) -> None:
        """Give the line the brand its plan sets; a plan without one leaves it."""
        if brand:
            await self._inventory.set_brand(session, subscriber_id, brand)
