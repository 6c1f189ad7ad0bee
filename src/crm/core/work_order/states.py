"""Which step is possible from which state, where it leads, and who may take it. Pure."""

import msgspec

from crm.core.work_order.errors import StepNotPossible, StepNotYours
from crm.core.work_order.schemas import ACTION_NAMES, ENDED, STATE_NAMES, Action, State

_BEFORE_REPLY = frozenset({State.UNASSIGNED, State.ASSIGNED, State.IN_PROGRESS, State.ON_HOLD})
_OPEN = frozenset(State) - ENDED

POSSIBLE: dict[Action, frozenset[State]] = {
    Action.SUBMIT: frozenset({State.DRAFT}),
    Action.CLAIM: frozenset({State.UNASSIGNED, State.ASSIGNED}),
    Action.RELEASE: frozenset({State.ASSIGNED, State.IN_PROGRESS, State.ON_HOLD}),
    Action.CONTACT: frozenset({State.IN_PROGRESS, State.REPLIED, State.CALL_BACK_DUE}),
    Action.REPLY: frozenset({State.IN_PROGRESS}),
    Action.TRANSFER: _BEFORE_REPLY,
    Action.SEND_BACK: frozenset({State.UNASSIGNED, State.ASSIGNED, State.IN_PROGRESS}),
    Action.HOLD: frozenset({State.IN_PROGRESS}),
    Action.RESUME: frozenset({State.ON_HOLD}),
    Action.COMMENT: _OPEN,
    Action.URGE: _BEFORE_REPLY | {State.CALL_BACK_DUE},
    Action.REASSIGN: _BEFORE_REPLY,
    Action.ESCALATE: _BEFORE_REPLY | {State.REPLIED, State.CALL_BACK_DUE},
    Action.ASSIST: frozenset({State.IN_PROGRESS}),
    Action.CALL_BACK: frozenset({State.REPLIED, State.CALL_BACK_DUE}),
    Action.CLOSE: frozenset({State.IN_PROGRESS, State.REPLIED, State.CALL_BACK_DUE}),
    Action.CANCEL: frozenset({State.DRAFT}) | _BEFORE_REPLY,
}
"""From which states each step can be taken."""

LEADS_TO: dict[Action, State | None] = {
    Action.SUBMIT: State.UNASSIGNED,
    Action.CLAIM: State.IN_PROGRESS,
    Action.RELEASE: State.UNASSIGNED,
    Action.CONTACT: None,
    Action.REPLY: State.REPLIED,  # or callBackDue, see `after_reply`
    Action.TRANSFER: State.UNASSIGNED,
    Action.SEND_BACK: State.DRAFT,
    Action.HOLD: State.ON_HOLD,
    Action.RESUME: State.IN_PROGRESS,
    Action.COMMENT: None,
    Action.URGE: None,
    Action.REASSIGN: State.ASSIGNED,
    Action.ESCALATE: State.UNASSIGNED,
    Action.ASSIST: None,
    Action.CALL_BACK: State.REPLIED,  # or elsewhere, see `after_call_back`
    Action.CLOSE: State.ARCHIVED,
    Action.CANCEL: State.CANCELLED,
}
"""Where each step leads; None leaves the state as it is."""

REOPENINGS = 2
"""How often a dissatisfied customer sends the order back to work before it escalates."""

FAILED_CONTACTS = 3
"""Attempts to reach the customer after which the order may end without a word from them."""


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What a person is to an order."""

    creator: bool = False
    assignee: bool = False
    member: bool = False  # works in the order's queue and may handle its orders
    leader: bool = False  # may urge and reassign
    closer: bool = False  # may end orders of this type by the type's content
    writer: bool = False  # may create or handle orders at all


def _whose(action: Action, who: Standing, state: State) -> str | None:
    """Whose step it is, when it is not this person's; None when it is."""
    working = who.assignee and who.member
    free = state is State.UNASSIGNED and who.member
    rights: dict[Action, tuple[bool, str]] = {
        Action.SUBMIT: (who.creator, "建单人"),
        Action.CLAIM: (
            who.member and (state is State.UNASSIGNED or who.assignee),
            "本队列的成员（已派人的由被派的人）",
        ),
        Action.RELEASE: (who.assignee, "正在处理的人"),
        Action.CONTACT: (working or (who.closer and state is not State.IN_PROGRESS), "正在处理的人"),
        Action.REPLY: (working, "正在处理的人"),
        Action.TRANSFER: (working or free or who.leader, "正在处理的人或值班长"),
        Action.SEND_BACK: (working or free, "正在处理的人"),
        Action.HOLD: (working, "正在处理的人"),
        Action.RESUME: (working, "正在处理的人"),
        Action.COMMENT: (who.writer, "能建单或处理工单的人"),
        Action.URGE: (who.leader, "值班长"),
        Action.REASSIGN: (who.leader, "值班长"),
        Action.ESCALATE: (who.leader, "值班长"),
        Action.ASSIST: (working, "正在处理的人"),
        Action.CALL_BACK: (who.closer, "受理班组"),
        Action.CLOSE: (
            who.closer and (state is not State.IN_PROGRESS or who.assignee),
            "受理班组里正在处理的人",
        ),
        Action.CANCEL: (
            who.leader or (who.creator and state in {State.DRAFT, State.UNASSIGNED}),
            "建单人（领取前）或值班长",
        ),
    }
    allowed, whose = rights[action]
    return None if allowed else whose


def check(action: Action, state: State, who: Standing) -> None:
    """Raise unless this person may take the step now.

    `StepNotYours` comes before `StepNotPossible`: a person who may not take the step in any state
    should not be told to wait for another one.
    """
    possible = state in POSSIBLE[action]
    if not possible and any(_whose(action, who, other) is None for other in POSSIBLE[action]):
        raise StepNotPossible(ACTION_NAMES[action], STATE_NAMES[state])
    whose = _whose(action, who, state)
    if whose is not None:
        raise StepNotYours(ACTION_NAMES[action], whose)
    if not possible:
        raise StepNotPossible(ACTION_NAMES[action], STATE_NAMES[state])


def open_to(state: State, who: Standing) -> tuple[Action, ...]:
    """The steps this person can take now, in the order of the page's buttons."""
    return tuple(
        action for action in Action if state in POSSIBLE[action] and _whose(action, who, state) is None
    )


def after_reply(call_back: bool) -> State:
    """Where a reply leads: to the call-back when one is owed."""
    return State.CALL_BACK_DUE if call_back else State.REPLIED


def after_call_back(result: str, reopened: int) -> State:
    """Where a call-back leads. `reopened`: how often the order was reopened before this one.

    Dissatisfied: back to work twice, after that unassigned in the escalation queue. Not reached: still due.
    """
    if result == "未知":
        return State.CALL_BACK_DUE
    if result != "不满意":
        return State.REPLIED
    return State.IN_PROGRESS if reopened < REOPENINGS else State.UNASSIGNED


def lacking_to_close(
    needs: tuple[str, ...],
    *,
    call_back: bool,
    reply: str,
    satisfaction: str,
    failed_contacts: int,
    responsible_unit: str,
) -> list[str]:
    """What is still missing before archiving, in words; empty when nothing is."""
    lacking: list[str] = []
    if "reply" in needs and not reply.strip():
        lacking.append("答复内容")
    heard = satisfaction in {"满意", "接受"}
    if (call_back or "satisfaction" in needs) and not heard and failed_contacts < FAILED_CONTACTS:
        lacking.append(f"客户满意或接受，或 {FAILED_CONTACTS} 次联系不上的记录（现有 {failed_contacts} 次）")
    if "responsible_unit" in needs and not responsible_unit.strip():
        lacking.append("责任单位")
    return lacking
