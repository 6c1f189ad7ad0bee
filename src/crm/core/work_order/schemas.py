"""Commands into the work-order room, views out of it, and the shape of its content."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from crm.core.staff.schemas import Permission, Role
from crm.core.work_order.parts import (
    ChildView as ChildView,
)
from crm.core.work_order.parts import (
    Clocks as Clocks,
)
from crm.core.work_order.parts import (
    EventView as EventView,
)
from crm.core.work_order.parts import (
    FieldValue as FieldValue,
)
from crm.core.work_order.vocabulary import (
    ACTION_NAMES as ACTION_NAMES,
)
from crm.core.work_order.vocabulary import (
    ENDED as ENDED,
)
from crm.core.work_order.vocabulary import (
    EVENT_NAMES as EVENT_NAMES,
)
from crm.core.work_order.vocabulary import (
    HANDOVER_PARTS as HANDOVER_PARTS,
)
from crm.core.work_order.vocabulary import (
    OPEN as OPEN,
)
from crm.core.work_order.vocabulary import (
    RESOLUTION_NAMES as RESOLUTION_NAMES,
)
from crm.core.work_order.vocabulary import (
    STATE_NAMES as STATE_NAMES,
)
from crm.core.work_order.vocabulary import (
    Action as Action,
)
from crm.core.work_order.vocabulary import (
    FieldKind as FieldKind,
)
from crm.core.work_order.vocabulary import (
    Resolution as Resolution,
)
from crm.core.work_order.vocabulary import (
    Satisfaction as Satisfaction,
)
from crm.core.work_order.vocabulary import (
    Sort as Sort,
)
from crm.core.work_order.vocabulary import (
    Span as Span,
)
from crm.core.work_order.vocabulary import (
    State as State,
)
from crm.core.work_order.vocabulary import (
    Unit as Unit,
)
from crm.core.work_order.vocabulary import (
    Urgency as Urgency,
)


class FormField(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One field of a type's form."""

    key: str
    label: str
    kind: FieldKind = FieldKind.TEXT
    required: bool = False
    options: tuple[str, ...] = ()
    help: str = ""
    max_length: int = 500


class TypeView(msgspec.Struct, frozen=True, kw_only=True):
    """A type of work order as its content file describes it."""

    code: str
    name: str
    description: str
    source: str
    queue: str
    queue_choices: tuple[str, ...]  # other queues a creator may choose
    created_by: tuple[Role, ...]
    create_permission: Permission
    title: str  # pattern with {field keys}
    form: tuple[FormField, ...]
    contact_within: Span | None
    result_within: Span
    pauses_on_hold: bool
    closed_by: tuple[Role, ...]  # roles that may close besides the members of the queue
    members_close: bool
    creator_may_close: bool  # a member of the queue may close what the same person created
    close_needs: tuple[str, ...]  # reply | satisfaction | responsible_unit
    call_back: bool
    resolutions: tuple[Resolution, ...]
    needs_checks: tuple[str, ...]  # of the caller, on the call the order leans on
    customer_needed: bool
    on_menu: bool  # offered on the page "new work order"
    place: int  # small ones come first on the menu
    product_needed: bool  # made only for a held product, by a step of the basket
    one_per_product: bool  # a second open order for the same held product is refused


class QueueView(msgspec.Struct, frozen=True, kw_only=True):
    """A queue: whose members may claim, and with which permission."""

    code: str
    name: str
    group: str  # staff group whose members work here
    handled_with: tuple[Permission, ...]  # one of them is enough
    description: str = ""


class CreateWorkOrder(msgspec.Struct, frozen=True, kw_only=True):
    """A new piece of work. `type` is a code or the Chinese name; `fields` hold what the form asked.

    Money fields arrive as yuan text ("12.50") or integer fen; dates as 2026-11-22.
    """

    idempotency_key: str
    type: str
    title: str = ""  # empty: made from the type's pattern
    content: str = ""
    fields: dict[str, Any] = {}
    urgency: Urgency = Urgency.NORMAL
    queue: str = ""  # empty: the type's queue
    subscriber_id: UUID | None = None
    msisdn: str = ""
    region: str = ""
    star_level: int = 0
    contact: str = ""
    channel: str = "hotline"
    may_escalate: bool = False
    interaction_id: UUID | None = None
    proved: bool = False  # another room has made sure who asks, e.g. the owner of a group for its members
    product_id: UUID | None = None
    repeat_of: str = ""  # number of the earlier work order
    due_before: datetime | None = None  # a moment no promise and no pause goes beyond: a change waits for it


class WorkOrderView(msgspec.Struct, frozen=True, kw_only=True):
    """Everything about one order for one person: `actions` are the steps open to that person now."""

    id: UUID
    number: str
    idempotency_key: str  # what asked for it
    version: int
    type: str
    type_name: str
    state: State
    state_name: str
    urgency: Urgency
    queue: str
    queue_name: str
    title: str
    content: str
    fields: dict[str, Any]
    form: tuple[FieldValue, ...]
    handover: dict[str, str]
    subscriber_id: UUID | None
    msisdn: str  # masked for roles that may not see customers
    region: str
    star_level: int
    contact: str
    channel: str
    may_escalate: bool
    interaction_id: UUID | None
    product_id: UUID | None
    created_by_id: UUID
    created_by: str
    created_group: str
    created_at: datetime
    assignee_id: UUID | None
    assignee: str
    reply: str
    replied_at: datetime | None
    replied_by: str
    resolution: str
    responsible_unit: str
    cause: str
    satisfaction: str
    sent_back_count: int
    reopened_count: int
    urged_count: int
    failed_contacts: int
    call_back: bool
    clocks: Clocks
    closed_at: datetime | None
    closed_by: str
    parent: ChildView | None = None
    repeat_of: str = ""
    children: tuple[ChildView, ...] = ()
    history: tuple[EventView, ...] = ()
    actions: tuple[Action, ...] = ()
    warnings: tuple[str, ...] = ()  # about the words of its answer to the customer


class QueueFilter(msgspec.Struct, frozen=True, kw_only=True):
    """What to list. Empty members do not filter; `state` empty means all that are not ended."""

    queue: str = ""  # empty: all queues the person works in (or may read)
    state: str = ""  # a State, "open" or "ended"
    type: str = ""
    mine: bool = False  # assigned to me
    created_by_me: bool = False
    overdue: bool = False
    text: str = ""  # number, msisdn (whole or last four) or words of the title
    subscriber_id: UUID | None = None
    sort: Sort = Sort.CLAIMING
    descending: bool = False
    page: int = 1
    page_size: int = 50


class QueueRow(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the queue page."""

    id: UUID
    number: str
    version: int
    type: str
    type_name: str
    urgency: Urgency
    title: str
    msisdn: str
    state: State
    state_name: str
    queue: str
    queue_name: str
    assignee: str
    created_by: str
    created_at: datetime
    clocks: Clocks
    sent_back_count: int
    urged_count: int
    reopened_count: int


class QueueCount(msgspec.Struct, frozen=True, kw_only=True):
    """Tab of the queue page: what waits, what is being done, what is late."""

    code: str
    name: str
    mine: bool  # I work here
    waiting: int
    in_hand: int
    overdue: int
    by_state: dict[str, int]


class QueuePage(msgspec.Struct, frozen=True, kw_only=True):
    """One page of the list with the counts of every queue this person may see."""

    rows: tuple[QueueRow, ...]
    total: int
    page: int
    pages: int
    page_size: int
    queues: tuple[QueueCount, ...]
    assigned_to_me: int
    created_by_me_open: int
