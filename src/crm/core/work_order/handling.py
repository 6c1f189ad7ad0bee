"""How orders are worked on by the people of their queue."""

from datetime import datetime

from crm.core.staff.schemas import Actor
from crm.core.work_order import repository, states
from crm.core.work_order.errors import ChildrenOpen, QueueMissing, ReasonNeeded, StepNotYours
from crm.core.work_order.forms import CONTENT_LIMIT, limited
from crm.core.work_order.ground import Ground, reason_of, take
from crm.core.work_order.models import WorkOrder
from crm.core.work_order.schemas import (
    HANDOVER_PARTS,
    Action,
    Resolution,
    State,
    WorkOrderView,
)
from crm.core.work_order.standing import works_in


class Handling(Ground):
    """The part of `WorkOrderService` for the back office, the stores and the business group."""

    async def claim_next(self, actor: Actor, queue: str) -> WorkOrderView | None:
        """Take the most pressing waiting order of a queue, never one that somebody else is taking.

        None when nothing waits. Raises `QueueMissing`, `StepNotYours`.
        """
        place = self.content.queues.get(queue)
        if place is None:
            raise QueueMissing(queue)
        if not works_in(actor, place):
            raise StepNotYours("领取", f"“{place.name}”的成员")
        async with self._db.transaction() as session:
            order = await repository.take_next(session, queue)
            if order is None:
                return None
            take(order, actor)
            self._step(session, actor, order, Action.CLAIM, State.IN_PROGRESS)
            return await self._view(session, actor, order)

    async def claim(self, actor: Actor, number: str, version: int | None = None) -> WorkOrderView:
        """Take a chosen order, or begin one that was given to me."""
        async with self._db.transaction() as session:
            order = await self._locked(session, actor, number, Action.CLAIM, version)
            take(order, actor)
            self._step(session, actor, order, Action.CLAIM, State.IN_PROGRESS)
            return await self._view(session, actor, order)

    async def release(
        self, actor: Actor, number: str, reason: str, version: int | None = None
    ) -> WorkOrderView:
        """Put an order in hand back into its queue."""
        async with self._db.transaction() as session:
            order = await self._locked(session, actor, number, Action.RELEASE, version)
            take(order, None)
            note = reason_of(reason, "放回队列的原因")
            self._step(session, actor, order, Action.RELEASE, State.UNASSIGNED, note)
            return await self._view(session, actor, order)

    async def contact(
        self, actor: Actor, number: str, *, reached: bool, note: str = "", version: int | None = None
    ) -> WorkOrderView:
        """Note an attempt to reach the customer; the first success keeps the promise of first contact."""
        async with self._db.transaction() as session:
            order = await self._locked(session, actor, number, Action.CONTACT, version)
            if reached:
                order.contacted_at = order.contacted_at or self._clock.now()
            else:
                order.failed_contacts += 1
            words = limited(note, "联系情况") or ("已联系上客户" if reached else "未联系上客户")
            self._step(session, actor, order, Action.CONTACT, None, words, reached=reached)
            return await self._view(session, actor, order)

    async def reply(
        self,
        actor: Actor,
        number: str,
        text: str,
        *,
        resolution: Resolution,
        handover: dict[str, str] | None = None,
        responsible_unit: str = "",
        cause: str = "",
        version: int | None = None,
    ) -> WorkOrderView:
        """Answer an order in hand; where the customer is owed a call, the call-back falls due.

        Raises `ReasonNeeded`, `TooLong`, `ChildrenOpen`.
        """
        async with self._db.transaction() as session:
            order = await self._locked(session, actor, number, Action.REPLY, version)
            waiting = await repository.open_children(session, order.id)
            if waiting:
                raise ChildrenOpen(waiting)
            write_reply(order, actor, text, self._clock.now())
            write_result(order, resolution, handover, responsible_unit, cause)
            to = states.after_reply(order.call_back)
            self._step(session, actor, order, Action.REPLY, to, order.reply, resolution=resolution.value)
            return await self._view(session, actor, order)

    async def transfer(
        self, actor: Actor, number: str, queue: str, reason: str, version: int | None = None
    ) -> WorkOrderView:
        """Send an order to another queue; its clock runs on."""
        place = self.content.queue_of(queue)
        async with self._db.transaction() as session:
            order = await self._locked(session, actor, number, Action.TRANSFER, version)
            if place.code == order.queue:
                raise QueueMissing(queue)
            note = reason_of(reason, "转派原因")
            before = order.queue
            order.queue = place.code
            take(order, None)
            detail = {"from_queue": before, "to_queue": place.code}
            self._step(session, actor, order, Action.TRANSFER, State.UNASSIGNED, note, **detail)
            return await self._view(session, actor, order)

    async def send_back(
        self, actor: Actor, number: str, reason: str, version: int | None = None
    ) -> WorkOrderView:
        """Give an order back to its creator to put right; counted against the creator. The clock runs on."""
        async with self._db.transaction() as session:
            order = await self._locked(session, actor, number, Action.SEND_BACK, version)
            note = reason_of(reason, "退回原因")
            order.sent_back_count += 1
            order.assignee_id = order.created_by_id
            order.assignee_number = order.created_by_number
            order.assignee_name = order.created_by_name
            self._step(session, actor, order, Action.SEND_BACK, State.DRAFT, note)
            return await self._view(session, actor, order)

    async def hold(self, actor: Actor, number: str, reason: str, version: int | None = None) -> WorkOrderView:
        """Lay an order in hand aside. Its clock stands still only where the type says so."""
        async with self._db.transaction() as session:
            order = await self._locked(session, actor, number, Action.HOLD, version)
            order.held_at = self._clock.now()
            note = reason_of(reason, "挂起原因")
            self._step(session, actor, order, Action.HOLD, State.ON_HOLD, note)
            return await self._view(session, actor, order)

    async def resume(
        self, actor: Actor, number: str, note: str = "", version: int | None = None
    ) -> WorkOrderView:
        """Take up an order that was laid aside."""
        async with self._db.transaction() as session:
            order = await self._locked(session, actor, number, Action.RESUME, version)
            self._step(session, actor, order, Action.RESUME, State.IN_PROGRESS, limited(note, "说明"))
            return await self._view(session, actor, order)


def write_reply(order: WorkOrder, actor: Actor, text: str, now: datetime) -> None:
    """Set the answer. Raises `ReasonNeeded`, `TooLong`."""
    order.reply = limited(text, "答复", CONTENT_LIMIT)
    if not order.reply:
        raise ReasonNeeded("答复内容")
    order.replied_at = now
    order.replied_by_number = actor.staff_number


def write_result(
    order: WorkOrder,
    resolution: Resolution,
    handover: dict[str, str] | None,
    responsible_unit: str,
    cause: str,
) -> None:
    """Set how it ended and who answers for it; empty texts leave what is there."""
    order.resolution = resolution.value
    order.responsible_unit = limited(responsible_unit, "责任单位", 100) or order.responsible_unit
    order.cause = limited(cause, "原因", 500) or order.cause
    if handover is not None:
        parts = {key: limited(handover.get(key, ""), name) for key, name in HANDOVER_PARTS.items()}
        order.handover = {key: words for key, words in parts.items() if words}
