"""Every step from every state by every kind of person, against a table written by hand."""

from itertools import product

import pytest

from crm.core.work_order import states
from crm.core.work_order.errors import StepNotPossible, StepNotYours
from crm.core.work_order.schemas import Action, State
from crm.core.work_order.states import Standing

A, S = Action, State
ON_THE_WAY = {S.UNASSIGNED, S.ASSIGNED, S.IN_PROGRESS, S.ON_HOLD}
OPEN = ON_THE_WAY | {S.DRAFT, S.REPLIED, S.CALL_BACK_DUE}

PEOPLE: dict[str, Standing] = {
    "stranger": Standing(),
    "agent who created it": Standing(creator=True, writer=True),
    "sent back to its creator": Standing(creator=True, assignee=True, writer=True),
    "another agent": Standing(writer=True),
    "shift leader": Standing(leader=True, writer=True),
    "shift leader of the queue": Standing(leader=True, member=True, closer=True, writer=True),
    "member": Standing(member=True, closer=True, writer=True),
    "member in hand": Standing(member=True, closer=True, assignee=True, writer=True),
    "member who created it": Standing(member=True, creator=True, assignee=True, writer=True),
    "moved away": Standing(assignee=True, writer=True),
}

WORKS: dict[Action, set[State]] = {
    A.REPLY: {S.IN_PROGRESS},
    A.HOLD: {S.IN_PROGRESS},
    A.RESUME: {S.ON_HOLD},
    A.ASSIST: {S.IN_PROGRESS},
    A.SEND_BACK: {S.UNASSIGNED, S.ASSIGNED, S.IN_PROGRESS},
    A.TRANSFER: ON_THE_WAY,
    A.CLAIM: {S.UNASSIGNED, S.ASSIGNED},
    A.RELEASE: {S.ASSIGNED, S.IN_PROGRESS, S.ON_HOLD},
    A.COMMENT: OPEN,
}
LEADS: dict[Action, set[State]] = {
    A.URGE: ON_THE_WAY | {S.CALL_BACK_DUE},
    A.REASSIGN: ON_THE_WAY,
    A.ESCALATE: ON_THE_WAY | {S.REPLIED, S.CALL_BACK_DUE},
    A.CANCEL: ON_THE_WAY | {S.DRAFT},
    A.TRANSFER: ON_THE_WAY,
    A.COMMENT: OPEN,
}
AFTERWARDS: dict[Action, set[State]] = {
    A.CONTACT: {S.REPLIED, S.CALL_BACK_DUE},
    A.CALL_BACK: {S.REPLIED, S.CALL_BACK_DUE},
    A.CLOSE: {S.REPLIED, S.CALL_BACK_DUE},
}
FROM_THE_QUEUE: dict[Action, set[State]] = {
    A.CLAIM: {S.UNASSIGNED},
    A.TRANSFER: {S.UNASSIGNED},
    A.SEND_BACK: {S.UNASSIGNED},
    A.COMMENT: OPEN,
}


def together(*tables: dict[Action, set[State]]) -> dict[Action, set[State]]:
    merged: dict[Action, set[State]] = {}
    for table in tables:
        for action, found in table.items():
            merged[action] = merged.get(action, set()) | found
    return merged


IN_HAND = together(WORKS, {A.CONTACT: {S.IN_PROGRESS, S.REPLIED, S.CALL_BACK_DUE}})
ALLOWED: dict[str, dict[Action, set[State]]] = {
    "stranger": {},
    "agent who created it": {A.SUBMIT: {S.DRAFT}, A.CANCEL: {S.DRAFT, S.UNASSIGNED}, A.COMMENT: OPEN},
    "sent back to its creator": {
        A.SUBMIT: {S.DRAFT},
        A.CANCEL: {S.DRAFT, S.UNASSIGNED},
        A.COMMENT: OPEN,
        A.RELEASE: WORKS[A.RELEASE],
    },
    "another agent": {A.COMMENT: OPEN},
    "shift leader": LEADS,
    "shift leader of the queue": together(LEADS, FROM_THE_QUEUE, AFTERWARDS),
    "member": together(FROM_THE_QUEUE, AFTERWARDS),
    "member in hand": together(IN_HAND, AFTERWARDS, {A.CLOSE: {S.IN_PROGRESS}}),
    "member who created it": together(IN_HAND, {A.SUBMIT: {S.DRAFT}, A.CANCEL: {S.DRAFT, S.UNASSIGNED}}),
    "moved away": {A.RELEASE: WORKS[A.RELEASE], A.COMMENT: OPEN},
}


@pytest.mark.parametrize("who", PEOPLE)
def test_every_step_from_every_state(who: str) -> None:
    wrong: list[str] = []
    for action, state in product(Action, State):
        expected = state in ALLOWED[who].get(action, set())
        try:
            states.check(action, state, PEOPLE[who])
            allowed = True
        except (StepNotPossible, StepNotYours):
            allowed = False
        if allowed != expected or (action in states.open_to(state, PEOPLE[who])) != expected:
            wrong.append(f"{action.name} from {state.value}: {'allowed' if allowed else 'refused'}")
    assert wrong == []


def test_nothing_happens_to_an_ended_order() -> None:
    for state in (S.ARCHIVED, S.CANCELLED):
        for standing in PEOPLE.values():
            assert states.open_to(state, standing) == ()


def test_refusal_says_whether_to_wait_or_to_leave_it() -> None:
    with pytest.raises(StepNotPossible, match="待领取"):
        states.check(A.REPLY, S.UNASSIGNED, PEOPLE["member in hand"])
    with pytest.raises(StepNotYours, match="受理班组"):
        states.check(A.CLOSE, S.IN_PROGRESS, PEOPLE["agent who created it"])


def test_every_step_has_a_goal_and_a_start() -> None:
    assert set(states.POSSIBLE) == set(states.LEADS_TO) == set(Action)


@pytest.mark.parametrize(
    ("result", "reopened", "goal"),
    [
        ("满意", 0, S.REPLIED), ("接受", 2, S.REPLIED), ("未知", 0, S.CALL_BACK_DUE),
        ("不满意", 0, S.IN_PROGRESS), ("不满意", 1, S.IN_PROGRESS), ("不满意", 2, S.UNASSIGNED),
    ],
)  # fmt: skip
def test_dissatisfied_goes_back_twice_at_most(result: str, reopened: int, goal: State) -> None:
    assert states.after_call_back(result, reopened) is goal


def test_reply_leads_to_the_call_back_that_is_owed() -> None:
    assert states.after_reply(True) is S.CALL_BACK_DUE
    assert states.after_reply(False) is S.REPLIED


NEEDS = ("reply", "satisfaction", "responsible_unit")


@pytest.mark.parametrize(
    ("satisfaction", "failed", "lacking"),
    [("满意", 0, 0), ("接受", 0, 0), ("不满意", 0, 1), ("未知", 2, 1), ("未知", 3, 0), ("", 0, 1)],
)
def test_archive_needs_satisfaction_or_three_failed_contacts(
    satisfaction: str, failed: int, lacking: int
) -> None:
    found = states.lacking_to_close(
        NEEDS, call_back=True, reply="已办", satisfaction=satisfaction, failed_contacts=failed,
        responsible_unit="网管",
    )  # fmt: skip
    assert len(found) == lacking


def test_archive_names_everything_that_is_missing() -> None:
    found = states.lacking_to_close(
        NEEDS, call_back=True, reply=" ", satisfaction="", failed_contacts=1, responsible_unit=""
    )
    assert [words[:4] for words in found] == ["答复内容", "客户满意", "责任单位"]
    nothing = states.lacking_to_close(
        (), call_back=False, reply="", satisfaction="", failed_contacts=0, responsible_unit=""
    )
    assert nothing == []
