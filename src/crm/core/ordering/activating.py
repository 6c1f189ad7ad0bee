"""The day comes: what was reserved takes effect, and the customer is told again (S4)."""

import logging
from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from crm.core.catalog.service import CatalogService
from crm.core.inventory.service import InventoryService
from crm.core.notice.service import NoticeService
from crm.core.ordering import repository
from crm.core.ordering.basket import is_main_plan
from crm.core.ordering.lines import follow_lines, network_request
from crm.core.ordering.messages import order_effective
from crm.core.ordering.models import ProductOrder, ProductOrderItem
from crm.core.ordering.states import ItemState
from crm.core.ordering.system import SYSTEM
from crm.platform import audit
from crm.platform.clock import Clock
from crm.platform.database import Database

_ORDERS_AT_ONCE = 20
_PRODUCTS_AT_ONCE = 200
_log = logging.getLogger(__name__)


class Activating:
    """The daily job. Small transactions; any number of workers may run it at once, and again."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        catalog: CatalogService,
        inventory: InventoryService,
        notices: NoticeService,
    ) -> None:
        self._db = db
        self._clock = clock
        self._catalog = catalog
        self._inventory = inventory
        self._notices = notices

    async def activate_due(self, limit: int) -> int:
        """Let everything due take effect; returns how many orders were touched, at most about `limit`.

        An order that fails is left as it was for the next round, is logged, and holds up no other.
        """
        done = 0
        failed: set[UUID] = set()
        while done < limit:
            claimed, took_effect = await self._some_orders(min(_ORDERS_AT_ONCE, limit - done), failed)
            if not claimed:
                break
            done += took_effect
        while await self._some_products(failed) == _PRODUCTS_AT_ONCE:
            pass
        return done

    async def _some_orders(self, limit: int, failed: set[UUID]) -> tuple[int, int]:
        """How many orders were claimed, and how many of them took effect; adds to `failed` those that cannot.

        Another worker may have been there between the look and the lock; such an order is left as it is.
        """
        today, touched = self._clock.today(), 0
        async with self._db.transaction() as session:
            ids = await repository.claim_due_orders(session, today, limit, failed)
            for order_id in ids:
                try:
                    async with session.begin_nested():
                        touched += await self._one_order(session, order_id, today)
                except Exception:  # one order must not hold up the others; the log says which
                    _log.exception("order %s could not take effect", order_id)
                    failed.add(order_id)
            return len(ids), touched

    async def _one_order(self, session: AsyncSession, order_id: UUID, today: date) -> int:
        """1 when the order took effect, 0 when nothing of it was due any more."""
        (order,) = await repository.lock_orders(session, [order_id])
        items = await repository.items_of(session, [order_id])
        due = [item for item in items if item.state == ItemState.PENDING and item.effective_on <= today]
        if not due:
            return 0
        products = [item.product_id for item in due if item.product_id is not None]
        await self._inventory.activate_due(session, today, len(products) + 1, products)
        await self._take_effect(session, order, items, due)
        return 1

    async def _take_effect(
        self,
        session: AsyncSession,
        order: ProductOrder,
        items: Sequence[ProductOrderItem],
        due: Sequence[ProductOrderItem],
    ) -> None:
        now = self._clock.now()
        await self._compare(session, order, due)
        due = [item for item in due if item.state == ItemState.PENDING]
        for item in due:
            item.state = ItemState.IN_PROGRESS
            session.add(network_request(order, item, now))
            await self._take_brand(session, order, item)
        names = "、".join(item.offering_name for item in due)
        session.add(follow_lines(order, items, now, "activated", SYSTEM.staff_number, names))
        if not due:
            return
        audit.record(session, SYSTEM, now, "order.activate", "product_order", order.id, number=order.number)
        text = order_effective(
            order.number,
            (item.offering_name for item in due if item.action == "add"),
            (item.offering_name for item in due if item.action == "delete"),
        )
        self._notices.queue(session, order.subscriber_id, order.msisdn, "plan_effective", text)

    async def _compare(
        self, session: AsyncSession, order: ProductOrder, due: Sequence[ProductOrderItem]
    ) -> None:
        """Settle what another order has overtaken: nothing is left to be done, nor to be told."""
        holdings = await self._inventory.holdings(order.subscriber_id, self._clock.today(), session)
        products = {product.id: product for product in holdings.products}
        for item in due:
            product = None if item.product_id is None else products.get(item.product_id)
            if item.action == "add" and product is None:
                item.state = ItemState.CANCELLED
            elif item.action == "delete" and (
                product is None or (product.ends_on is not None and product.ends_on < item.effective_on)
            ):
                item.state = ItemState.COMPLETED

    async def _take_brand(self, session: AsyncSession, order: ProductOrder, item: ProductOrderItem) -> None:
        offering = self._catalog.catalogue.get(item.offering_code)
        if item.action == "add" and offering is not None and is_main_plan(offering) and offering.sets_brand:
            await self._inventory.set_brand(session, order.subscriber_id, offering.sets_brand)

    async def _some_products(self, failed: set[UUID]) -> int:
        """Products that begin or end without an order of ours, such as an agreement that runs out."""
        today: date = self._clock.today()
        async with self._db.transaction() as session:
            waiting = await repository.items_of(session, failed) if failed else []
            turns = await self._inventory.activate_due(
                session,
                today,
                _PRODUCTS_AT_ONCE,
                without=[item.product_id for item in waiting if item.product_id is not None],
            )
            for turn in turns:
                offering = self._catalog.catalogue.get(turn.offering_code)
                if turn.turned == "started" and is_main_plan(offering) and offering and offering.sets_brand:
                    await self._inventory.set_brand(session, turn.subscriber_id, offering.sets_brand)
            return len(turns)
