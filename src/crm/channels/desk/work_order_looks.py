"""How clocks, states and steps of work orders are written and coloured; pure. Never colour alone."""

from collections.abc import Mapping

from crm.channels.desk.formats import Look
from crm.core.work_order.schemas import Action, Clocks, Satisfaction, State, Urgency

HOUR = 60
DAY = 24 * HOUR

STATE_TONES: dict[State, tuple[str, str]] = {
    State.DRAFT: ("warn", "undo-2"),
    State.UNASSIGNED: ("info", "inbox"),
    State.ASSIGNED: ("info", "user"),
    State.IN_PROGRESS: ("step", "circle-dot"),
    State.ON_HOLD: ("mute", "hand"),
    State.REPLIED: ("good", "message-square-text"),
    State.CALL_BACK_DUE: ("shop", "phone-call"),
    State.ARCHIVED: ("mute", "circle-check"),
    State.CANCELLED: ("mute", "circle-x"),
}
EVENT_ICONS: Mapping[str, str] = {
    "created": "plus",
    "assistanceEnded": "users",
    Action.SUBMIT: "send",
    Action.CLAIM: "user-check",
    Action.RELEASE: "inbox",
    Action.CONTACT: "phone",
    Action.REPLY: "message-square-text",
    Action.TRANSFER: "arrow-right",
    Action.SEND_BACK: "undo-2",
    Action.HOLD: "hand",
    Action.RESUME: "refresh-cw",
    Action.COMMENT: "quote",
    Action.URGE: "bell",
    Action.REASSIGN: "users",
    Action.ESCALATE: "flag",
    Action.ASSIST: "users",
    Action.CALL_BACK: "phone-call",
    Action.CLOSE: "clipboard-check",
    Action.CANCEL: "circle-x",
}
SATISFACTION_HINTS: dict[Satisfaction, str] = {
    Satisfaction.SATISFIED: "满意",
    Satisfaction.ACCEPTS: "接受",
    Satisfaction.DISSATISFIED: "不满意（重新处理）",
    Satisfaction.UNKNOWN: "未联系上",
}


def span_text(minutes: int) -> str:
    """45 分钟, 3 小时 20 分, 2 天 4 小时; the sign is left to the caller."""
    minutes = abs(minutes)
    if minutes < HOUR:
        return f"{minutes} 分钟"
    if minutes < DAY:
        rest = minutes % HOUR
        return f"{minutes // HOUR} 小时" + (f" {rest} 分" if rest else "")
    hours = minutes % DAY // HOUR
    return f"{minutes // DAY} 天" + (f" {hours} 小时" if hours else "")


def clock_look(level: str, minutes: int) -> Look:
    """A clock as a badge."""
    span = span_text(minutes)
    if level == "ended":
        return (
            Look("按时办结", "mute", "circle-check")
            if minutes >= 0
            else Look(f"超时 {span}办结", "mute", "timer")
        )
    if level == "paused":
        return Look(f"停表，剩 {span}", "mute", "hand")
    if level == "late":
        return Look(f"超时 {span}", "bad", "triangle-alert")
    return Look(f"剩 {span}", "warn" if level == "soon" else "good", "timer" if level == "soon" else "clock")


def result_look(clocks: Clocks) -> Look:
    """The result's clock."""
    return clock_look(clocks.level, clocks.minutes_left)


def contact_look(clocks: Clocks) -> Look | None:
    """The first contact's clock, while it is owed."""
    if clocks.contact_minutes_left is None:
        return None
    return clock_look(clocks.contact_level, clocks.contact_minutes_left)


def state_look(state: State, name: str) -> Look:
    """A state as a badge."""
    return Look(name, *STATE_TONES[state])


def urgency_look(urgency: Urgency) -> Look:
    """An urgency as a badge."""
    tones = {
        Urgency.TOP: ("bad", "flag"),
        Urgency.URGENT: ("warn", "flag"),
        Urgency.NORMAL: ("mute", "circle"),
    }
    return Look(urgency.value, *tones[urgency])


def event_icon(kind: str) -> str:
    """The symbol of a line of the history."""
    return EVENT_ICONS.get(kind, "circle-dot")
