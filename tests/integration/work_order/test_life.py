"""A work order from creation to archive, as the people of the desks live it."""

import pytest

from crm.core.work_order.errors import CannotClose, StepNotYours
from crm.core.work_order.schemas import Action, Resolution, Satisfaction, State
from crm.core.work_order.service import WorkOrderService
from tests.integration.work_order.conftest import Make
from tests.integration.work_order.people import AGENT, BACK_OFFICE, COLLEAGUE


async def test_complaint_goes_to_the_back_office_with_its_whole_text(
    orders: WorkOrderService, make: Make
) -> None:
    made = await make(content="事情经过\n第二行 😀")
    assert made.number == "WO20261122000001"
    assert (made.state, made.queue, made.title) == (
        State.UNASSIGNED,
        "back_office",
        "投诉（资费争议）：退还彩铃功能费",
    )
    assert made.content == "事情经过\n第二行 😀"
    assert Action.CLOSE not in made.actions
    with pytest.raises(StepNotYours):
        await orders.close(AGENT, made.number, resolution=Resolution.DONE, reply="已退费")

    taken = await orders.claim_next(BACK_OFFICE, "back_office")
    assert taken is not None
    assert (taken.state, taken.assignee) == (State.IN_PROGRESS, "3001 同事3001")
    with pytest.raises(StepNotYours):
        await orders.close(AGENT, made.number, resolution=Resolution.DONE, reply="已退费")

    replied = await orders.reply(
        BACK_OFFICE, made.number, "核实后已退费 5 元。", resolution=Resolution.DONE, handover={
            "events": "9 月开通彩铃", "demand": "退费", "problem": "未二次确认", "measures": "退费并关闭",
        },
    )  # fmt: skip
    assert replied.state is State.CALL_BACK_DUE
    with pytest.raises(CannotClose) as refused:
        await orders.close(BACK_OFFICE, made.number, resolution=Resolution.DONE)
    assert len(refused.value.lacking) == 2
    await orders.call_back(BACK_OFFICE, made.number, Satisfaction.SATISFIED)
    with pytest.raises(StepNotYours):
        await orders.close(AGENT, made.number, resolution=Resolution.DONE)
    done = await orders.close(
        COLLEAGUE, made.number, resolution=Resolution.DONE, responsible_unit="增值业务中心"
    )
    assert (done.state, done.closed_by, done.clocks.level) == (State.ARCHIVED, "3002", "ended")
    assert done.actions == ()
    kinds = [event.kind for event in done.history]
    assert kinds == ["created", "claimed", "replied", "calledBack", "closed"]
