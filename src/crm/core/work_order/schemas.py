"""Commands into the work-order room, views out of it, and the shape of its content."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec


class State(StrEnum):
    """States of a work order; the values are stored and shown by TM Forum channels."""

    DRAFT = "draft"
    UNASSIGNED = "unassigned"
    ASSIGNED = "assigned"
    IN_PROGRESS = "inProgress"
    ON_HOLD = "onHold"
    REPLIED = "replied"
    CALL_BACK_DUE = "callBackDue"
    ARCHIVED = "archived"
    CANCELLED = "cancelled"


STATE_NAMES: dict[State, str] = {
    State.DRAFT: "待补正",
    State.UNASSIGNED: "待领取",
    State.ASSIGNED: "已派人",
    State.IN_PROGRESS: "处理中",
    State.ON_HOLD: "挂起",
    State.REPLIED: "已答复",
    State.CALL_BACK_DUE: "待回访",
    State.ARCHIVED: "已归档",
    State.CANCELLED: "已撤销",
}

ENDED = frozenset({State.ARCHIVED, State.CANCELLED})
OPEN = frozenset(State) - ENDED


class Action(StrEnum):
    """Steps a person can take; the value is stored as the kind of the event."""

    SUBMIT = "submitted"
    CLAIM = "claimed"
    RELEASE = "released"
    CONTACT = "contacted"
    REPLY = "replied"
    TRANSFER = "transferred"
    SEND_BACK = "sentBack"
    HOLD = "held"
    RESUME = "resumed"
    COMMENT = "commented"
    URGE = "urged"
    REASSIGN = "reassigned"
    ESCALATE = "escalated"
    ASSIST = "assisted"
    CALL_BACK = "calledBack"
    CLOSE = "closed"
    CANCEL = "cancelled"


ACTION_NAMES: dict[Action, str] = {
    Action.SUBMIT: "补正提交",
    Action.CLAIM: "领取",
    Action.RELEASE: "放回队列",
    Action.CONTACT: "登记联系",
    Action.REPLY: "答复",
    Action.TRANSFER: "转派",
    Action.SEND_BACK: "退回",
    Action.HOLD: "挂起",
    Action.RESUME: "恢复处理",
    Action.COMMENT: "备注",
    Action.URGE: "催办",
    Action.REASSIGN: "改派",
    Action.ESCALATE: "升级",
    Action.ASSIST: "发起协办",
    Action.CALL_BACK: "回访",
    Action.CLOSE: "办结归档",
    Action.CANCEL: "撤销",
}
EVENT_NAMES: dict[str, str] = {"created": "建单", "reopened": "重新处理"} | {
    action.value: name for action, name in ACTION_NAMES.items()
}


class Urgency(StrEnum):
    """How pressing; claiming takes the most pressing first."""

    NORMAL = "普通"
    URGENT = "加急"
    TOP = "特急"

    @property
    def rank(self) -> int:
        """0 is claimed first."""
        return {Urgency.TOP: 0, Urgency.URGENT: 1, Urgency.NORMAL: 2}[self]


class Satisfaction(StrEnum):
    """What the customer said at the call-back; 未知 means not reached."""

    SATISFIED = "满意"
    ACCEPTS = "接受"
    DISSATISFIED = "不满意"
    UNKNOWN = "未知"


class Resolution(StrEnum):
    """How the order ended."""

    DONE = "done"
    NOT_POSSIBLE = "not_possible"


RESOLUTION_NAMES: dict[Resolution, str] = {Resolution.DONE: "已办好", Resolution.NOT_POSSIBLE: "无法办理"}

HANDOVER_PARTS: dict[str, str] = {
    "events": "事件还原",
    "demand": "客户诉求",
    "problem": "存在问题",
    "measures": "解决措施",
}


class FieldKind(StrEnum):
    """How a form field is typed in and checked."""

    TEXT = "text"
    TEXTAREA = "textarea"
    SELECT = "select"
    DATE = "date"
    MONEY = "money"  # yuan on the form, integer fen in storage
    NUMBER = "number"


class FormField(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One field of a type's form."""

    key: str
    label: str
    kind: FieldKind = FieldKind.TEXT
    required: bool = False
    options: tuple[str, ...] = ()
    help: str = ""
    max_length: int = 500


class Unit(StrEnum):
    """What a deadline is counted in."""

    HOURS = "小时"
    WORKING_HOURS = "工作小时"
    WORKING_DAYS = "工作日"


class Span(msgspec.Struct, frozen=True):
    """A length of time, e.g. 24 小时 or 5 个工作日."""

    amount: int
    unit: Unit

    @property
    def text(self) -> str:
        """As the content file writes it."""
        return f"{self.amount} {'个' if self.unit is Unit.WORKING_DAYS else ''}{self.unit.value}"


class TypeView(msgspec.Struct, frozen=True, kw_only=True):
    """A type of work order as its content file describes it."""

    code: str
    name: str
    description: str
    source: str
    queue: str
    created_by: tuple[str, ...]  # roles
    create_permission: str  # name of a staff Permission
    title: str  # pattern with {field keys}
    form: tuple[FormField, ...]
    contact_within: Span | None
    result_within: Span
    pauses_on_hold: bool
    closed_by: tuple[str, ...]  # roles that may close besides the members of the queue
    members_close: bool
    creator_may_close: bool
    close_needs: tuple[str, ...]  # reply | satisfaction | responsible_unit
    call_back: bool
    resolutions: tuple[Resolution, ...]
    needs_check: str  # service_password, or empty
    customer_needed: bool
    on_menu: bool  # offered on the page "new work order"


class QueueView(msgspec.Struct, frozen=True, kw_only=True):
    """A queue: whose members may claim, and with which permission."""

    code: str
    name: str
    group: str  # staff group whose members work here
    handled_with: tuple[str, ...]  # names of staff Permissions, one is enough
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
    product_id: UUID | None = None
    repeat_of: str = ""  # number of the earlier work order


class Clocks(msgspec.Struct, frozen=True):
    """Where the order stands against its promises, at the moment of reading. Minutes are negative when late."""

    due_at: datetime
    minutes_left: int
    level: str  # late | soon | fine | paused | ended
    contact_due_at: datetime | None = None
    contact_minutes_left: int | None = None  # None: contacted, or no promise
    contact_level: str = ""


class EventView(msgspec.Struct, frozen=True):
    """One line of the history."""

    at: datetime
    who: str
    kind: str
    kind_name: str
    from_state: str
    to_state: str
    note: str
    detail: dict[str, Any]


class ChildView(msgspec.Struct, frozen=True):
    """An assistance order, or the parent of one."""

    number: str
    title: str
    state: State
    state_name: str
    queue_name: str
    assignee: str
    due_at: datetime


class FieldValue(msgspec.Struct, frozen=True):
    """A form field with what was typed, ready to be read."""

    key: str
    label: str
    text: str
    long: bool


class WorkOrderView(msgspec.Struct, frozen=True, kw_only=True):
    """Everything about one order for one person: `actions` are the steps open to that person now."""

    id: UUID
    number: str
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


class Sort(StrEnum):
    """Orders of the queue page; a leading minus in the address turns one round."""

    CLAIMING = "claiming"  # urgency, then due: the order in which "claim next" takes them
    DUE = "due"
    NUMBER = "number"
    CREATED = "created"
    TYPE = "type"
    STATE = "state"
    URGENCY = "urgency"
    ASSIGNEE = "assignee"


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
