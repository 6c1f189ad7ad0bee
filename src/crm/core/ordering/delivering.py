"""Telling the network what was ordered, after the order has been committed; again until it took it."""

import logging
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from crm.core.ordering import repository
from crm.core.ordering.errors import NetworkRefused
from crm.core.ordering.lines import follow_lines
from crm.core.ordering.models import ProductOrder, ProductOrderEvent, ProductOrderItem, ProvisioningRequest
from crm.core.ordering.schemas import ACTION_NAMES, NetworkOrder, ProvisioningGateway
from crm.core.ordering.states import ItemState
from crm.core.ordering.system import SYSTEM
from crm.core.work_order.schemas import CreateWorkOrder, Resolution, Urgency, WorkOrderView
from crm.core.work_order.service import WorkOrderService
from crm.platform.clock import Clock
from crm.platform.database import Database

# (default) How long a worker may take over a batch, how often it tries, and how long it waits in between.
LEASE = timedelta(minutes=2)
MOST_ATTEMPTS = 6
_FIRST_WAIT = timedelta(seconds=30)
_WAIT_FOR_PEOPLE = timedelta(hours=1)
_AT_ONCE = 20
_BY_HAND = "order_by_hand"
_KEY = "provisioning:"
_log = logging.getLogger(__name__)


class _Answer(msgspec.Struct):
    """What the network said to one request; an empty failure is a yes."""

    request_id: UUID
    failure: str = ""
    final: bool = False


class Delivering:
    """The outbox. A request is sent at least once; its id lets the network do it once."""

    def __init__(
        self, db: Database, clock: Clock, gateway: ProvisioningGateway, work_orders: WorkOrderService
    ) -> None:
        self._db = db
        self._clock = clock
        self._gateway = gateway
        self._work_orders = work_orders
        work_orders.subscribe_closed(self.work_order_closed)

    async def deliver(self, limit: int) -> int:
        """Send what is due; returns how many the network took. No transaction is open while it answers."""
        taken = tried = 0
        while tried < limit:
            async with self._db.transaction() as session:
                room = min(_AT_ONCE, limit - tried)
                claimed = await repository.claim_requests(session, self._clock.now(), LEASE, room)
            if not claimed:
                break
            answers = [await self._ask(request) for request in claimed]
            await self._settle(answers)
            tried += len(claimed)
            taken += sum(not answer.failure for answer in answers)
        return taken

    async def _ask(self, request: ProvisioningRequest) -> _Answer:
        order = NetworkOrder(
            id=request.id,
            msisdn=request.msisdn,
            action=request.action,
            offering_code=request.offering_code,
        )
        try:
            await self._gateway.carry_out(order)
        except NetworkRefused as refused:
            return _Answer(request.id, refused.message, final=True)
        except OSError as error:
            return _Answer(request.id, str(error) or type(error).__name__)
        except Exception as error:  # whatever the gateway stumbles over, the others have been answered
            _log.exception("provisioning request %s: the gateway failed", request.id)
            return _Answer(request.id, f"网络接口出错（{type(error).__name__}）")
        return _Answer(request.id)

    async def _settle(self, answers: Sequence[_Answer]) -> None:
        """Record the answers; the orders are locked so that their state counts every line."""
        async with self._db.transaction() as session:
            asked = await repository.requests(session, [answer.request_id for answer in answers])
            by_item = {asked[answer.request_id].order_item_id: answer for answer in answers}
            order_ids = await repository.order_ids_of(session, by_item)
            orders = await repository.lock_orders(session, order_ids)
            items = await repository.items_of(session, order_ids)
            for order in orders:
                mine = [item for item in items if item.order_id == order.id]
                before = order.state
                for item in mine:
                    if item.id in by_item:
                        answer = by_item[item.id]
                        await self._settle_alone(session, order, item, asked[answer.request_id], answer)
                event = follow_lines(order, mine, self._clock.now(), "provisioned", SYSTEM.staff_number)
                if order.state != before:
                    session.add(event)

    async def _settle_alone(
        self,
        session: AsyncSession,
        order: ProductOrder,
        item: ProductOrderItem,
        request: ProvisioningRequest,
        answer: _Answer,
    ) -> None:
        """Record one answer; what goes wrong with it is tried again later and takes nothing with it."""
        try:
            async with session.begin_nested():
                await self._settle_line(session, order, item, request, answer)
        except Exception:  # the line is tried again later, and the batch goes on
            _log.exception("provisioning request %s: its answer could not be recorded", answer.request_id)
            for row in (order, item, request):
                await session.refresh(row)
            item.failure = answer.failure[:500]
            request.due_at = self._clock.now() + _WAIT_FOR_PEOPLE

    async def _settle_line(
        self,
        session: AsyncSession,
        order: ProductOrder,
        item: ProductOrderItem,
        request: ProvisioningRequest,
        answer: _Answer,
    ) -> None:
        now = self._clock.now()
        item.attempts = request.attempts
        if not answer.failure:
            request.sent_at = now
            item.failure = ""
            if item.state == ItemState.IN_PROGRESS:
                item.state = ItemState.COMPLETED
            return
        item.failure = answer.failure[:500]
        if not answer.final and request.attempts < MOST_ATTEMPTS:
            request.due_at = now + _FIRST_WAIT * 2 ** (request.attempts - 1)
            return
        request.given_up_at = now
        if item.state == ItemState.IN_PROGRESS:
            item.state = ItemState.FAILED
        session.add(
            ProductOrderEvent(
                order_id=order.id,
                item_id=item.id,
                at=now,
                staff_number=SYSTEM.staff_number,
                kind="failed",
                from_state=ItemState.IN_PROGRESS,
                to_state=item.state,
                note=f"{item.offering_name}：{item.failure}",
            )
        )
        await self._call_back_office(order, item)

    async def _call_back_office(self, order: ProductOrder, item: ProductOrderItem) -> None:
        """Give a line that the network does not take to people; joins the running transaction."""
        action = ACTION_NAMES[item.action]
        await self._work_orders.create(
            SYSTEM,
            CreateWorkOrder(
                idempotency_key=f"{_KEY}{item.id}",
                type=_BY_HAND,
                fields={
                    "product": item.offering_name,
                    "action": action,
                    "timing": "立即",
                    "consent": "同意",
                },
                content=(
                    f"受理单 {order.number} 的“{action}{item.offering_name}”在网络侧没有成功"
                    f"（共 {item.attempts} 次）：{item.failure}。客户已确认办理，请人工处理后答复。"
                ),
                urgency=Urgency.URGENT,
                subscriber_id=order.subscriber_id,
                msisdn=order.msisdn,
                interaction_id=order.interaction_id,
                product_id=item.product_id,
                channel=order.channel,
            ),
        )

    async def work_order_closed(
        self, session: AsyncSession, work_order: WorkOrderView, resolution: Resolution
    ) -> None:
        """What people have done by hand is done, in the transaction that closes their work order."""
        ours = work_order.type == _BY_HAND and work_order.idempotency_key.startswith(_KEY)
        if not ours or resolution is not Resolution.DONE:
            return
        item = await repository.item(session, UUID(work_order.idempotency_key.removeprefix(_KEY)))
        if item is None:
            return
        (order,) = await repository.lock_orders(session, [item.order_id])
        items = await repository.items_of(session, [order.id])
        failed = [each for each in items if each.id == item.id and each.state == ItemState.FAILED]
        for each in failed:
            each.state, each.failure = ItemState.COMPLETED, ""
            note = f"{each.offering_name}：工单 {work_order.number} 人工办好"
            now, who = self._clock.now(), work_order.closed_by
            session.add(follow_lines(order, items, now, "provisioned", who, note))
