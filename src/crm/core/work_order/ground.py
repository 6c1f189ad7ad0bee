"""What every use case of the room stands on: content, locks, rights, history and audit."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol, TypeAlias
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from crm.core.staff.schemas import Actor, Permission
from crm.core.work_order import repository, states
from crm.core.work_order.content import WorkOrderContent, load_work_orders
from crm.core.work_order.errors import BrokenContent, ReasonNeeded, WorkOrderChanged, WorkOrderMissing
from crm.core.work_order.forms import limited
from crm.core.work_order.models import WorkOrder, WorkOrderEvent
from crm.core.work_order.schemas import EVENT_NAMES, Action, Resolution, State, WorkOrderView
from crm.core.work_order.sla import resumed
from crm.core.work_order.standing import reads_all, standing, works_in
from crm.core.work_order.views import view_of
from crm.platform import audit
from crm.platform.clock import Clock
from crm.platform.content import ContentProblem
from crm.platform.database import Database

ClosedHandler: TypeAlias = Callable[[AsyncSession, WorkOrderView, Resolution], Awaitable[None]]


Wording: TypeAlias = Callable[[str], Sequence[str]]


class Calls(Protocol):
    """What the interaction room tells of the call an order leans on."""

    async def leaned_on(
        self, actor: Actor, interaction_id: UUID, subscriber_id: UUID | None
    ) -> frozenset[str]:
        """The checks passed on it for a line; refuses a call that is not the actor's to lean on."""
        ...


class Ground:
    """Shared by the parts of `WorkOrderService`; not a door of its own."""

    def __init__(self, db: Database, clock: Clock, content_dir: Path, calls: Calls | None = None) -> None:
        """`content_dir` is read at once; raises `BrokenContent` when it has mistakes."""
        self._db = db
        self._clock = clock
        self._content_dir = content_dir
        self._calls = calls
        self._closed_handlers: list[ClosedHandler] = []
        self._wordings: list[Wording] = []
        content, problems = load_work_orders(content_dir)
        if problems:
            raise BrokenContent([str(problem) for problem in problems])
        self.content: WorkOrderContent = content

    def subscribe_wording(self, wording: Wording) -> None:
        """Have `wording(answer)` say what is wrong with the words of an answer; nothing is refused for it."""
        self._wordings.append(wording)

    def reload(self) -> tuple[ContentProblem, ...]:
        """Read the folder again; a folder with mistakes changes nothing and its problems are returned."""
        content, problems = load_work_orders(self._content_dir)
        if not problems:
            self.content = content
        return problems

    def _standing(self, actor: Actor, order: WorkOrder) -> states.Standing:
        kind = self.content.kind_of(order.type)
        queue = self.content.place_of(order.queue)
        return standing(actor, kind, queue, order.created_by_id, order.assignee_id)

    def _may_read(self, actor: Actor, order: WorkOrder) -> bool:
        if not actor.may(Permission.READ_WORK_ORDER):
            return actor.staff_id == order.created_by_id
        mine = actor.staff_id in {order.created_by_id, order.assignee_id}
        return mine or reads_all(actor) or works_in(actor, self.content.place_of(order.queue))

    async def _locked(
        self, session: AsyncSession, actor: Actor, number: str, action: Action, version: int | None
    ) -> WorkOrder:
        """The order, locked, once it is sure that this person may take this step on what they read.

        Raises `WorkOrderMissing`, `WorkOrderChanged`, `StepNotPossible`, `StepNotYours`.
        """
        order = await repository.by_number(session, number, lock=True)
        if order is None or not self._may_read(actor, order):
            raise WorkOrderMissing(number)
        if version is not None and version != order.version:
            raise await self._changed(session, actor, order)
        states.check(action, State(order.state), self._standing(actor, order))
        return order

    async def _changed(self, session: AsyncSession, actor: Actor, order: WorkOrder) -> WorkOrderChanged:
        last = await repository.last_event(session, order.id)
        if last is None:
            return WorkOrderChanged(order.number, "其他人", "更新")
        who = "您本人" if last.staff_id == actor.staff_id else f" {last.staff_number} {last.staff_name} "
        return WorkOrderChanged(order.number, who, EVENT_NAMES.get(last.kind, "更新"))

    def _step(
        self,
        session: AsyncSession,
        actor: Actor,
        order: WorkOrder,
        action: Action,
        to: State | None,
        note: str = "",
        **detail: Any,
    ) -> None:
        """Move the order, write its history and the audit entry, and raise its version."""
        now = self._clock.now()
        before = order.state
        if order.held_at is not None and to is not None and to is not State.ON_HOLD:
            self._end_hold(order, now)
        order.state = (to or State(before)).value
        order.version += 1
        session.add(order)
        self._tell(session, actor, order, action.value, before, note, **detail)
        audit.record(
            session, actor, now, f"work_order.{action.value}", "work_order", order.id,
            number=order.number, from_state=before, to_state=order.state, **detail,
        )  # fmt: skip

    def _tell(
        self,
        session: AsyncSession,
        actor: Actor,
        order: WorkOrder,
        kind: str,
        before: str,
        note: str,
        **detail: Any,
    ) -> None:
        """Add a line to the history."""
        session.add(
            WorkOrderEvent(
                work_order_id=order.id,
                at=self._clock.now(),
                staff_id=actor.staff_id,
                staff_number=actor.staff_number,
                staff_name=actor.name,
                kind=kind,
                from_state=before,
                to_state=order.state,
                note=note,
                detail=detail,
            )
        )

    async def _tell_closed(self, session: AsyncSession, order: WorkOrderView, resolution: Resolution) -> None:
        for handler in self._closed_handlers:
            await handler(session, order, resolution)

    def _end_hold(self, order: WorkOrder, now: datetime) -> None:
        kind = self.content.kind_of(order.type)
        if kind.pauses_on_hold and order.held_at is not None:
            span = kind.result_within
            due_at = resumed(order.held_at, order.due_at, now, span, self.content.calendar)
            order.due_at = due_at if order.due_latest_at is None else min(due_at, order.due_latest_at)
        order.held_at = None

    async def _view(self, session: AsyncSession, actor: Actor, order: WorkOrder) -> WorkOrderView:
        await session.flush()
        parent = None if order.parent_id is None else await repository.by_id(session, order.parent_id)
        earlier = None if order.repeat_of_id is None else await repository.by_id(session, order.repeat_of_id)
        return view_of(
            self.content,
            actor,
            order,
            now=self._clock.now(),
            parent=parent,
            repeat_of="" if earlier is None else earlier.number,
            children=await repository.children(session, order.id),
            history=await repository.events(session, order.id),
            actions=states.open_to(State(order.state), self._standing(actor, order)),
            warnings=tuple(words for wording in self._wordings for words in wording(order.reply)),
        )


def reason_of(text: str, what: str) -> str:
    """A reason with words in it. Raises `ReasonNeeded`, `TooLong`."""
    reason = limited(text, what)
    if not reason:
        raise ReasonNeeded(what)
    return reason


def take(order: WorkOrder, actor: Actor | None) -> None:
    """Give the order to a person, or to nobody."""
    order.assignee_id = None if actor is None else actor.staff_id
    order.assignee_number = "" if actor is None else actor.staff_number
    order.assignee_name = "" if actor is None else actor.name
