"""Cancelling what an order has reserved, on the customer's wish (注意事项 clause 9)."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from crm.core.compatibility.schemas import Change
from crm.core.interaction.service import InteractionService
from crm.core.inventory.schemas import LockedLine
from crm.core.inventory.service import InventoryService
from crm.core.notice.service import NoticeService
from crm.core.ordering import repository
from crm.core.ordering.authentication import checks_for_change
from crm.core.ordering.basket import is_main_plan
from crm.core.ordering.errors import IdentityNotVerified, NothingReserved, OrderMissing
from crm.core.ordering.judging import Judging, as_spoken_by
from crm.core.ordering.lines import follow_lines
from crm.core.ordering.messages import reservation_cancelled
from crm.core.ordering.models import ProductOrder, ProductOrderItem
from crm.core.ordering.reserving import Reservations, with_consequences
from crm.core.ordering.schemas import CancelReserved, OrderView
from crm.core.ordering.states import ItemState
from crm.core.ordering.views import order_view
from crm.core.staff.schemas import Actor
from crm.platform import audit
from crm.platform.clock import Clock
from crm.platform.database import Database


class Cancelling:
    """Takes back a reservation with what came with it; the plan it was to replace goes on."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        judging: Judging,
        reservations: Reservations,
        inventory: InventoryService,
        interactions: InteractionService,
        notices: NoticeService,
    ) -> None:
        self._db = db
        self._clock = clock
        self._judging = judging
        self._reservations = reservations
        self._inventory = inventory
        self._interactions = interactions
        self._notices = notices

    async def cancel(self, actor: Actor, command: CancelReserved) -> OrderView:
        """Cancel the whole of what waits in the order, or one product of it."""
        async with self._db.transaction() as session:
            found = await repository.find(session, command.order_id)
            if found is None:
                raise OrderMissing
            await self._judging.admit(actor, found.subscriber_id)
            line = await self._inventory.lock_subscriber(session, found.subscriber_id)
            (order,) = await repository.lock_orders(session, [command.order_id])
            items = await repository.items_of(session, [order.id])
            roots = _roots(items, command)
            if not roots:
                raise NothingReserved
            await self._identify(actor, command, order)
            return await self._cancel(session, actor, command, order, items, roots, line)

    async def _identify(self, actor: Actor, command: CancelReserved, order: ProductOrder) -> None:
        """A cancellation is a product change: the same checks as for an order (domain.md §3)."""
        passed: frozenset[str] = frozenset()
        if command.interaction_id is not None:
            await self._interactions.current(actor, command.interaction_id)
            passed = await self._judging.passed(command.interaction_id, order.subscriber_id)
        channel = as_spoken_by(actor, Change(items=(), recorded=command.recorded))
        checks = checks_for_change(channel.channel, passed, channel.recorded)
        missing = [check.name for check in checks if not check.passed]
        if missing:
            raise IdentityNotVerified(missing)

    async def _cancel(
        self,
        session: AsyncSession,
        actor: Actor,
        command: CancelReserved,
        order: ProductOrder,
        items: Sequence[ProductOrderItem],
        roots: set[UUID],
        line: LockedLine,
    ) -> OrderView:
        gone = with_consequences(items, roots)
        before = await self._reservations.stranded(session, line)
        await self._reservations.cancel_lines(session, line, gone)
        await self._reservations.check_rest(session, line, before)
        names = [item.offering_name for item in gone if item.action == "add"]
        self._record(session, actor, order, items, names, command.note)
        text = reservation_cancelled(order.number, names, self._kept_plan(gone))
        self._notices.queue(session, line.subscriber_id, line.msisdn, "order_cancelled", text)
        await session.flush()
        return order_view(order, items, await repository.events_of(session, order.id))

    def _record(
        self,
        session: AsyncSession,
        actor: Actor,
        order: ProductOrder,
        items: Sequence[ProductOrderItem],
        gone: list[str],
        note: str,
    ) -> None:
        now = self._clock.now()
        session.add(follow_lines(order, items, now, "cancelled", actor.staff_number, note or "、".join(gone)))
        audit.record(
            session,
            actor,
            now,
            "order.cancel_reserved",
            "product_order",
            order.id,
            number=order.number,
            gone=gone,
        )

    def _kept_plan(self, gone: Sequence[ProductOrderItem]) -> str:
        catalogue = self._judging.catalog.catalogue
        for item in gone:
            if item.action == "delete" and is_main_plan(catalogue.get(item.offering_code)):
                return item.offering_name
        return ""


def _roots(items: Sequence[ProductOrderItem], command: CancelReserved) -> set[UUID]:
    """The waiting lines the cancellation starts from."""
    waiting = [item for item in items if item.state == ItemState.PENDING]
    if command.product_id is not None:
        waiting = [item for item in waiting if item.product_id == command.product_id]
    return {item.id for item in waiting}
