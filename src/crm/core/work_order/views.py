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
    paused: bool,
) -> WorkOrderView:
    """The whole order as this person may see it."""
    kind = content.kind_of(order.type)
    return WorkOrderView(
        id=order.id,
        number=order.number,
        version=order.version,
        type=order.type,
        type_name=kind.name,
        state=State(order.state),
        state_name=STATE_NAMES[State(order.state)],
        urgency=Urgency(order.urgency),
        queue=order.queue,
        queue_name=content.place_of(order.queue).name,
        title=order.title,
        content=order.content,
        fields=order.fields,
        form=form_values(kind, order.fields),
        handover=order.handover,
        subscriber_id=order.subscriber_id,
        msisdn=order.msisdn if sees_numbers(actor) else masked(order.msisdn),
        region=order.region,
        star_level=order.star_level,
        contact=order.contact if sees_numbers(actor) else masked(order.contact),
        channel=order.channel,
        may_escalate=order.may_escalate,
        interaction_id=order.interaction_id,
        product_id=order.product_id,
        created_by_id=order.created_by_id,
        created_by=person(order.created_by_number, order.created_by_name),
        created_group=order.created_group,
        created_at=order.created_at,
        assignee_id=order.assignee_id,
        assignee=person(order.assignee_number, order.assignee_name),
        reply=order.reply,
        replied_at=order.replied_at,
        replied_by=order.replied_by_number,
        resolution=order.resolution,
        responsible_unit=order.responsible_unit,
        cause=order.cause,
        satisfaction=order.satisfaction,
        sent_back_count=order.sent_back_count,
        reopened_count=order.reopened_count,
        urged_count=order.urged_count,
        failed_contacts=order.failed_contacts,
        call_back=order.call_back,
        clocks=clocks_of(order, now, paused),
        closed_at=order.closed_at,
        closed_by=order.closed_by_number,
        parent=None if parent is None else child_of(content, parent),
        repeat_of=repeat_of,
        children=tuple(child_of(content, child) for child in children),
        history=tuple(_event(event) for event in history),
        actions=actions,
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
