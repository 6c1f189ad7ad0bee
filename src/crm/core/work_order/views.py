"""Makes the view of a work order from its rows. Reads nothing."""

from collections.abc import Sequence
from datetime import datetime

from crm.core.staff.schemas import Actor
from crm.core.work_order.content import WorkOrderContent
from crm.core.work_order.forms import form_values
from crm.core.work_order.models import WorkOrder, WorkOrderEvent
from crm.core.work_order.schemas import (
    EVENT_NAMES,
    STATE_NAMES,
    Action,
    ChildView,
    Clocks,
    EventView,
    State,
    Urgency,
    WorkOrderView,
)
from crm.core.work_order.sla import clocks
from crm.core.work_order.standing import masked, sees_numbers

_AS_STORED = (
    "id", "number", "idempotency_key", "version", "type", "queue", "title", "content", "fields", "handover",
    "subscriber_id", "region", "star_level", "channel", "may_escalate", "interaction_id", "product_id",
    "created_by_id", "created_group", "created_at", "assignee_id", "reply", "replied_at", "resolution",
    "responsible_unit", "cause", "satisfaction", "sent_back_count", "reopened_count", "urged_count",
    "failed_contacts", "call_back", "closed_at",
)  # fmt: skip


def person(number: str, name: str) -> str:
    """3001 王芳."""
    return f"{number} {name}".strip()


def clocks_of(order: WorkOrder, now: datetime, pauses: bool) -> Clocks:
    """Where the order stands now; `pauses`: its type's clock stands still on hold."""
    ended = order.closed_at if order.state in {State.ARCHIVED, State.CANCELLED} else None
    return clocks(
        now=now,
        created_at=order.created_at,
        due_at=order.due_at,
        contact_due_at=order.contact_due_at,
        contacted_at=order.contacted_at,
        stopped_at=order.held_at if pauses else None,
        ended_at=ended,
    )


def view_of(
    content: WorkOrderContent,
    actor: Actor,
    order: WorkOrder,
    *,
    now: datetime,
    parent: WorkOrder | None,
    repeat_of: str,
    children: Sequence[WorkOrder],
    history: Sequence[WorkOrderEvent],
    actions: tuple[Action, ...],
    warnings: tuple[str, ...],
) -> WorkOrderView:
    """The whole order as this person may see it."""
    kind = content.kind_of(order.type)
    full = sees_numbers(actor)
    return WorkOrderView(
        **{name: getattr(order, name) for name in _AS_STORED},
        type_name=kind.name,
        state=State(order.state),
        state_name=STATE_NAMES[State(order.state)],
        urgency=Urgency(order.urgency),
        queue_name=content.place_of(order.queue).name,
        form=form_values(kind, order.fields),
        msisdn=order.msisdn if full else masked(order.msisdn),
        contact=order.contact if full else masked(order.contact),
        created_by=person(order.created_by_number, order.created_by_name),
        assignee=person(order.assignee_number, order.assignee_name),
        replied_by=order.replied_by_number,
        clocks=clocks_of(order, now, kind.pauses_on_hold),
        closed_by=order.closed_by_number,
        parent=None if parent is None else child_of(content, parent),
        repeat_of=repeat_of,
        children=tuple(child_of(content, child) for child in children),
        history=tuple(_event(event) for event in history),
        actions=actions,
        warnings=warnings,
    )


def child_of(content: WorkOrderContent, order: WorkOrder) -> ChildView:
    """A related order in one line."""
    return ChildView(
        number=order.number,
        title=order.title,
        state=State(order.state),
        state_name=STATE_NAMES[State(order.state)],
        queue_name=content.place_of(order.queue).name,
        assignee=person(order.assignee_number, order.assignee_name),
        due_at=order.due_at,
    )


def _event(event: WorkOrderEvent) -> EventView:
    return EventView(
        at=event.at,
        who=person(event.staff_number, event.staff_name),
        kind=event.kind,
        kind_name=EVENT_NAMES.get(event.kind, event.kind),
        from_state=_state_name(event.from_state),
        to_state=_state_name(event.to_state),
        note=event.note,
        detail=event.detail,
    )


def _state_name(state: str) -> str:
    return STATE_NAMES[State(state)] if state else ""
