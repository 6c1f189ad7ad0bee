"""What those may do who do not handle the order: remark, urge, give to another person, escalate, cancel."""

from crm.core.staff.schemas import Actor
from crm.core.work_order import repository
from crm.core.work_order.errors import ChildrenOpen, ColleagueMissing
from crm.core.work_order.forms import limited
from crm.core.work_order.ground import Ground, reason_of, take
from crm.core.work_order.models import WorkOrder
from crm.core.work_order.schemas import Action, Resolution, State, Urgency, WorkOrderView
from crm.core.work_order.sla import deadline

ESCALATION = "escalation"
ESCALATED = "escalated_complaint"


class Oversight(Ground):
    """The part of `WorkOrderService` for creators and shift leaders."""

    async def comment(self, actor: Actor, number: str, text: str) -> WorkOrderView:
        """Add a remark; it never collides with what others do."""
        async with self._db.transaction() as session:
            order = await self._locked(session, actor, number, Action.COMMENT, None)
            self._step(session, actor, order, Action.COMMENT, None, reason_of(text, "备注内容"))
            return await self._view(session, actor, order)

    async def urge(self, actor: Actor, number: str, note: str = "") -> WorkOrderView:
        """Press for an order; counted and shown in the queue."""
        async with self._db.transaction() as session:
            order = await self._locked(session, actor, number, Action.URGE, None)
            order.urged_count += 1
            self._step(session, actor, order, Action.URGE, None, limited(note, "催办说明"))
            return await self._view(session, actor, order)

    async def reassign(
        self, actor: Actor, number: str, staff_number: str, reason: str, version: int | None = None
    ) -> WorkOrderView:
        """Give an order to a member of its queue's group. Raises `ColleagueMissing`."""
        async with self._db.transaction() as session:
            order = await self._locked(session, actor, number, Action.REASSIGN, version)
            place = self.content.place_of(order.queue)
            person = await repository.colleague(session, staff_number.strip(), place.group)
            if person is None:
                raise ColleagueMissing(staff_number.strip(), place.name)
            note = reason_of(reason, "改派原因")
            before = order.assignee_number
            order.assignee_id, order.assignee_number, order.assignee_name = person
            detail = {"from_staff": before, "to_staff": person.staff_number}
            self._step(session, actor, order, Action.REASSIGN, State.ASSIGNED, note, **detail)
            return await self._view(session, actor, order)

    async def escalate(
        self, actor: Actor, number: str, reason: str, version: int | None = None
    ) -> WorkOrderView:
        """Send an order to the escalation desk as most pressing; the result stays due when it was."""
        async with self._db.transaction() as session:
            order = await self._locked(session, actor, number, Action.ESCALATE, version)
            note = reason_of(reason, "升级原因")
            before = order.queue
            self._to_escalation(order)
            detail = {"from_queue": before, "to_queue": ESCALATION}
            self._step(session, actor, order, Action.ESCALATE, State.UNASSIGNED, note, **detail)
            return await self._view(session, actor, order)

    def _to_escalation(self, order: WorkOrder) -> None:
        """Escalation desk, most pressing, a first contact due anew."""
        order.queue = ESCALATION
        order.urgency, order.urgency_rank = Urgency.TOP.value, Urgency.TOP.rank
        take(order, None)
        within = self.content.kind_of(ESCALATED).contact_within
        if within is not None:
            order.contact_due_at = deadline(self._clock.now(), within, self.content.calendar)
            order.contacted_at = None

    async def cancel(
        self, actor: Actor, number: str, reason: str, version: int | None = None
    ) -> WorkOrderView:
        """End an order that is not wanted any more. Raises `ReasonNeeded`, `ChildrenOpen`.

        Subscribers of closed orders hear that it could not be done, in the same transaction.
        """
        async with self._db.transaction() as session:
            order = await self._locked(session, actor, number, Action.CANCEL, version)
            note = reason_of(reason, "撤销原因")
            waiting = await repository.open_children(session, order.id)
            if waiting:
                raise ChildrenOpen(waiting)
            order.closed_at, order.closed_by_number = self._clock.now(), actor.staff_number
            self._step(session, actor, order, Action.CANCEL, State.CANCELLED, note)
            view = await self._view(session, actor, order)
            await self._tell_closed(session, view, Resolution.NOT_POSSIBLE)
            return view
