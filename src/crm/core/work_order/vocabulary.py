"""The words of work orders: states, steps, urgencies, outcomes, and their Chinese names."""

from enum import StrEnum

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
EVENT_NAMES: dict[str, str] = {"created": "建单", "assistanceEnded": "协办办结"} | {
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
