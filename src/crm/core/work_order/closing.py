"""How orders end: the call-back and the archive."""

from sqlalchemy.ext.asyncio import AsyncSession

from crm.core.staff.schemas import Actor
from crm.core.work_order import repository, states
from crm.core.work_order.errors import CannotClose, ChildrenOpen, ReasonNeeded
from crm.core.work_order.forms import limited
from crm.core.work_order.ground import ClosedHandler
from crm.core.work_order.handling import write_reply, write_result
from crm.core.work_order.models import WorkOrder
from crm.core.work_order.oversight import Oversight
from crm.core.work_order.schemas import Action, Resolution, Satisfaction, State, WorkOrderView
from crm.core.work_order.sla import deadline

_CONTENT = frozenset({Satisfaction.SATISFIED, Satisfaction.ACCEPTS})


class Closing(Oversight):
    """The part of `WorkOrderService` that ends orders."""

    def subscribe_closed(self, handler: ClosedHandler) -> None:
        """Have `handler(session, work_order, resolution)` run inside every closing transaction.

        A cancelled order counts as `NOT_POSSIBLE`. When a handler raises, the order does not end.
        """
        self._closed_handlers.append(handler)

    async def call_back(
        self, actor: Actor, number: str, result: Satisfaction, note: str = "", version: int | None = None
    ) -> WorkOrderView:
        """Note what the customer said. 未知 counts as a failed contact.

        不满意 sends the order back to work with a new result deadline, twice at most; then it goes to the
        escalation desk as most pressing.
        """
        async with self._db.transaction() as session:
            order = await self._locked(session, actor, number, Action.CALL_BACK, version)
            to = states.after_call_back(result.value, order.reopened_count)
            note = limited(note, "回访记录")
            order.satisfaction = result.value
            if result is Satisfaction.UNKNOWN:
                order.failed_contacts += 1
            else:
                order.contacted_at = order.contacted_at or self._clock.now()
            if result is Satisfaction.DISSATISFIED:
                to = self._reopen(order, note, to)
            self._step(session, actor, order, Action.CALL_BACK, to, note, result=result.value)
            return await self._view(session, actor, order)

    def _reopen(self, order: WorkOrder, note: str, to: State) -> State:
        """Back to work; the answer that did not satisfy stays in the history only."""
        if not note:
            raise ReasonNeeded("客户不满意的原因")
        span = self.content.kind_of(order.type).result_within
        order.reopened_count += 1
        order.due_at = deadline(self._clock.now(), span, self.content.calendar)
        order.reply, order.replied_at, order.replied_by_number = "", None, ""
        order.resolution, order.satisfaction, order.failed_contacts = "", "", 0
        if to is State.UNASSIGNED:
            self._to_escalation(order)
        elif order.assignee_id is None:
            return State.UNASSIGNED
        return to

    async def close(
        self,
        actor: Actor,
        number: str,
        *,
        resolution: Resolution,
        reply: str = "",
        responsible_unit: str = "",
        cause: str = "",
        satisfaction: Satisfaction | None = None,
        handover: dict[str, str] | None = None,
        version: int | None = None,
    ) -> WorkOrderView:
        """Archive an order, answering it in the same step where that is all it needs.

        Raises `CannotClose` naming all that is missing, `ChildrenOpen`, `StepNotYours`; a subscriber of
        closed orders may refuse too, and then nothing has happened.
        """
        async with self._db.transaction() as session:
            order = await self._locked(session, actor, number, Action.CLOSE, version)
            waiting = await repository.open_children(session, order.id)
            if waiting:
                raise ChildrenOpen(waiting)
            if reply.strip():
                write_reply(order, actor, reply, self._clock.now())
            write_result(order, resolution, handover, responsible_unit, cause)
            if satisfaction is not None and satisfaction in _CONTENT:
                order.satisfaction = satisfaction.value
                order.contacted_at = order.contacted_at or self._clock.now()
            self._require_all(order)
            return await self._end(session, actor, order, resolution, reply.strip())

    async def _end(
        self, session: AsyncSession, actor: Actor, order: WorkOrder, resolution: Resolution, note: str
    ) -> WorkOrderView:
        order.closed_at, order.closed_by_number = self._clock.now(), actor.staff_number
        self._step(session, actor, order, Action.CLOSE, State.ARCHIVED, note, resolution=resolution.value)
        await self._tell_parent(session, actor, order)
        view = await self._view(session, actor, order)
        await self._tell_closed(session, view, resolution)
        return view

    def _require_all(self, order: WorkOrder) -> None:
        kind = self.content.kind_of(order.type)
        lacking = states.lacking_to_close(
            kind.close_needs,
            call_back=order.call_back,
            reply=order.reply,
            satisfaction=order.satisfaction,
            failed_contacts=order.failed_contacts,
            responsible_unit=order.responsible_unit,
        )
        if lacking:
            raise CannotClose(lacking)

    async def _tell_parent(self, session: AsyncSession, actor: Actor, order: WorkOrder) -> None:
        """The one who asked for assistance reads its answer in their own order."""
        parent = None if order.parent_id is None else await repository.by_id(session, order.parent_id)
        if parent is not None:
            self._tell(
                session, actor, parent, "assistanceEnded", parent.state, order.reply, child=order.number
            )
