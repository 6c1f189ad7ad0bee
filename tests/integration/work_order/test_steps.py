"""Each step of a work order on a real database: what it changes, what it records, whom it refuses."""

from datetime import timedelta
from uuid import UUID

import pytest

from crm.core.staff.errors import NotAllowed
from crm.core.staff.schemas import Actor
from crm.core.work_order.errors import (
    CannotClose,
    CheckNeeded,
    ChildrenOpen,
    ColleagueMissing,
    FieldsInvalid,
    KeyReused,
    QueueMissing,
    ReasonNeeded,
    StepNotPossible,
    StepNotYours,
    TooLong,
    TypeNotForRole,
    WorkOrderChanged,
    WorkOrderMissing,
)
from crm.core.work_order.schemas import (
    CreateWorkOrder,
    QueueFilter,
    Resolution,
    Satisfaction,
    Sort,
    State,
    Urgency,
)
from crm.core.work_order.service import WorkOrderService
from crm.platform.clock import FixedClock
from crm.platform.database import Database
from crm.platform.ids import new_id
from tests.integration.work_order.conftest import CONTENT, Make
from tests.integration.work_order.people import (
    ADMIN,
    AGENT,
    ASSISTANT,
    BACK_OFFICE,
    BUSINESS,
    CLERK,
    COLLEAGUE,
    LEADER,
    OTHER_AGENT,
    QUALITY,
    REVIEWER,
)

DONE = Resolution.DONE


async def test_numbers_run_by_day(make: Make, clock: FixedClock) -> None:
    assert [(await make()).number for _ in range(2)] == ["WO20261122000001", "WO20261122000002"]
    clock.advance(timedelta(hours=12))
    assert (await make()).number == "WO20261123000001"


async def test_same_key_makes_one_order(make: Make) -> None:
    first = await make(idempotency_key="k1")
    again = await make(idempotency_key="k1", content="改了内容")
    assert (again.number, again.content) == (first.number, first.content)
    with pytest.raises(KeyReused):
        await make("fault", idempotency_key="k1")
    with pytest.raises(KeyReused):
        await make(by=OTHER_AGENT, idempotency_key="k1")


async def test_creation_checks_role_fields_lengths_and_identity(orders: WorkOrderService, make: Make) -> None:
    with pytest.raises(TypeNotForRole):
        await make("escalated_complaint")
    for person in (ADMIN, REVIEWER, BUSINESS, CLERK, QUALITY):
        with pytest.raises(NotAllowed):
            await make(by=person)
    with pytest.raises(FieldsInvalid) as refused:
        await make(fields={}, msisdn="")
    assert set(refused.value.fields) == {"category", "demand", "msisdn"}
    with pytest.raises(TooLong, match="10000"):
        await make(content="长" * 10_000)
    with pytest.raises(QueueMissing):
        await make(queue="network")
    entrusted = {"product": "补卡", "eligible": "实名一致", "papers": "不需要"}
    with pytest.raises(CheckNeeded):
        await make("store_entrusted", by=LEADER, fields=entrusted)


class Vouching:
    """Stands for the interaction room across its door: what it says of a call."""

    def __init__(self, *passed: str) -> None:
        self.passed = frozenset(passed)

    async def leaned_on(
        self, actor: Actor, interaction_id: UUID, subscriber_id: UUID | None
    ) -> frozenset[str]:
        return self.passed


async def test_entrusted_work_needs_the_service_password(
    db: Database, clock: FixedClock, orders: WorkOrderService
) -> None:
    command = CreateWorkOrder(
        idempotency_key="k", type="门店委托",
        fields={"product": "补卡", "eligible": "实名一致", "papers": "寄送"},
        msisdn="13800010002", subscriber_id=new_id(), interaction_id=new_id(),
    )  # fmt: skip
    with pytest.raises(CheckNeeded):
        await WorkOrderService(db, clock, CONTENT, Vouching("own_number")).create(LEADER, command)
    made = await WorkOrderService(db, clock, CONTENT, Vouching("service_password")).create(LEADER, command)
    assert made.queue == "store:guiyang-zhonghua"
    taken = await orders.claim_next(CLERK, made.queue)
    assert taken is not None
    done = await orders.close(CLERK, made.number, resolution=DONE, reply="已办理，票据已寄出。")
    assert done.state is State.ARCHIVED


async def test_claiming_takes_the_most_pressing_first(
    orders: WorkOrderService, make: Make, clock: FixedClock
) -> None:
    normal = await make()
    clock.advance(timedelta(minutes=1))
    top = await make(urgency=Urgency.TOP)
    clock.advance(timedelta(minutes=1))
    urgent = await make(urgency=Urgency.URGENT)
    taken = [await orders.claim_next(BACK_OFFICE, "back_office") for _ in range(4)]
    assert [each and each.number for each in taken] == [top.number, urgent.number, normal.number, None]


async def test_only_members_claim(orders: WorkOrderService, make: Make) -> None:
    made = await make()
    for person in (AGENT, LEADER, BUSINESS, CLERK, ADMIN, QUALITY):
        with pytest.raises(StepNotYours):
            await orders.claim_next(person, "back_office")
    with pytest.raises(StepNotYours):
        await orders.claim(AGENT, made.number)
    with pytest.raises(QueueMissing):
        await orders.claim_next(BACK_OFFICE, "nowhere")
    await orders.claim(BACK_OFFICE, made.number)
    with pytest.raises(StepNotPossible):
        await orders.claim(COLLEAGUE, made.number)


async def test_two_people_on_one_order(orders: WorkOrderService, make: Make) -> None:
    made = await make()
    await orders.claim(BACK_OFFICE, made.number, made.version)
    with pytest.raises(WorkOrderChanged, match="3001 同事3001 领取"):
        await orders.claim(COLLEAGUE, made.number, made.version)
    with pytest.raises(WorkOrderChanged, match="您本人领取"):
        await orders.reply(BACK_OFFICE, made.number, "答复", resolution=DONE, version=made.version)


async def test_transfer_keeps_the_clock(orders: WorkOrderService, make: Make, clock: FixedClock) -> None:
    made = await make()
    clock.advance(timedelta(hours=5))
    await orders.claim(BACK_OFFICE, made.number)
    with pytest.raises(ReasonNeeded):
        await orders.transfer(BACK_OFFICE, made.number, "business", " ")
    moved = await orders.transfer(BACK_OFFICE, made.number, "business", "资费解释")
    assert (moved.state, moved.queue, moved.assignee) == (State.UNASSIGNED, "business", "")
    assert moved.clocks.due_at == made.clocks.due_at
    assert moved.history[-1].detail == {"from_queue": "back_office", "to_queue": "business"}
    with pytest.raises(StepNotYours):
        await orders.claim(BACK_OFFICE, made.number)
    assert (await orders.claim(BUSINESS, made.number)).state is State.IN_PROGRESS


async def test_sent_back_goes_to_its_creator_and_counts(orders: WorkOrderService, make: Make) -> None:
    made = await make()
    await orders.claim(BACK_OFFICE, made.number)
    back = await orders.send_back(BACK_OFFICE, made.number, "没有写发生日期")
    assert (back.state, back.sent_back_count, back.assignee) == (State.DRAFT, 1, "1001 同事1001")
    mine = await orders.queue(AGENT, QueueFilter(mine=True))
    assert [row.number for row in mine.rows] == [made.number]
    fields = {"category": "资费争议", "demand": "退费", "happened_on": "2026-11-01"}
    with pytest.raises(StepNotYours):
        await orders.submit(OTHER_AGENT, made.number, fields=fields, content="补全")
    with pytest.raises(FieldsInvalid):
        await orders.submit(AGENT, made.number, fields={}, content="补全")
    again = await orders.submit(AGENT, made.number, fields=fields, content="补全", note="补了日期")
    assert (again.state, again.queue, again.assignee) == (State.UNASSIGNED, "back_office", "")
    assert again.clocks.due_at == made.clocks.due_at
    assert again.fields["happened_on"] == "2026-11-01"


async def test_hold_runs_on_for_complaints(orders: WorkOrderService, make: Make, clock: FixedClock) -> None:
    made = await make()
    await orders.claim(BACK_OFFICE, made.number)
    held = await orders.hold(BACK_OFFICE, made.number, "等客户回电")
    assert held.state is State.ON_HOLD
    clock.advance(timedelta(hours=6))
    resumed = await orders.resume(BACK_OFFICE, made.number)
    assert (resumed.state, resumed.clocks.due_at) == (State.IN_PROGRESS, made.clocks.due_at)


async def test_hold_stops_the_clock_where_the_type_says_so(
    db: Database, clock: FixedClock, orders: WorkOrderService
) -> None:
    vouched = WorkOrderService(db, clock, CONTENT, Vouching("service_password"))
    made = await vouched.create(
        LEADER,
        CreateWorkOrder(
            idempotency_key="k", type="store_entrusted", msisdn="13800010002", subscriber_id=new_id(),
            interaction_id=new_id(), fields={"product": "补卡", "eligible": "符合", "papers": "不需要"},
        ),
    )  # fmt: skip
    await orders.claim(CLERK, made.number)
    held = await orders.hold(CLERK, made.number, "等客户寄材料")
    clock.advance(timedelta(hours=30))
    paused = await orders.work_order(CLERK, made.number)
    assert (paused.clocks.level, paused.clocks.minutes_left) == ("paused", held.clocks.minutes_left)
    released = await orders.release(CLERK, made.number, "交班")
    assert released.clocks.due_at == made.clocks.due_at + timedelta(hours=30)
    assert released.state is State.UNASSIGNED


async def test_shift_leader_urges_reassigns_and_escalates(orders: WorkOrderService, make: Make) -> None:
    made = await make()
    for person in (AGENT, BACK_OFFICE):
        with pytest.raises(StepNotYours):
            await orders.urge(person, made.number)
    assert (await orders.urge(LEADER, made.number, "客户又来电")).urged_count == 1
    with pytest.raises(ColleagueMissing):
        await orders.reassign(LEADER, made.number, "4001", "太忙")
    given = await orders.reassign(LEADER, made.number, "3002", "太忙")
    assert (given.state, given.assignee) == (State.ASSIGNED, "3002 同事3002")
    with pytest.raises(StepNotYours):
        await orders.claim(BACK_OFFICE, made.number)
    assert (await orders.claim(COLLEAGUE, made.number)).state is State.IN_PROGRESS
    up = await orders.escalate(LEADER, made.number, "要向通管局投诉")
    assert (up.queue, up.urgency, up.state) == ("escalation", Urgency.TOP, State.UNASSIGNED)
    assert up.clocks.due_at == made.clocks.due_at
    assert up.clocks.contact_minutes_left == 120
    taken = await orders.claim_next(LEADER, "escalation")
    assert taken is not None
    assert taken.number == made.number


async def test_assistance_ends_before_its_parent(
    orders: WorkOrderService, make: Make, clock: FixedClock
) -> None:
    made = await make()
    await orders.claim(BACK_OFFICE, made.number)
    clock.advance(timedelta(hours=8))
    child = await orders.assist(
        BACK_OFFICE, made.number, queue="business", question="这个优惠包能退吗？", idempotency_key="a"
    )
    again = await orders.assist(
        BACK_OFFICE, made.number, queue="business", question="这个优惠包能退吗？", idempotency_key="a"
    )
    assert again.number == child.number
    assert child.parent is not None
    assert child.parent.number == made.number
    assert child.clocks.minutes_left == 20 * 60
    with pytest.raises(ChildrenOpen, match=child.number):
        await orders.reply(BACK_OFFICE, made.number, "答复", resolution=DONE)
    with pytest.raises(ChildrenOpen, match=child.number):
        await orders.close(BACK_OFFICE, made.number, resolution=DONE, reply="答复")
    with pytest.raises(ChildrenOpen, match=child.number):
        await orders.cancel(LEADER, made.number, "不办了")
    await orders.claim(BUSINESS, child.number)
    await orders.close(BUSINESS, child.number, resolution=DONE, reply="可以退。")
    parent = await orders.work_order(BACK_OFFICE, made.number)
    assert (parent.history[-1].kind_name, parent.history[-1].note) == ("协办办结", "可以退。")
    assert (
        await orders.reply(BACK_OFFICE, made.number, "可退", resolution=DONE)
    ).state is State.CALL_BACK_DUE


async def test_dissatisfied_twice_then_escalates(
    orders: WorkOrderService, make: Make, clock: FixedClock
) -> None:
    made = await make()
    await orders.claim(BACK_OFFICE, made.number)
    for turn in (1, 2):
        await orders.reply(BACK_OFFICE, made.number, f"第 {turn} 次答复", resolution=DONE)
        with pytest.raises(ReasonNeeded):
            await orders.call_back(BACK_OFFICE, made.number, Satisfaction.DISSATISFIED)
        clock.advance(timedelta(hours=10))
        again = await orders.call_back(BACK_OFFICE, made.number, Satisfaction.DISSATISFIED, "还要赔偿")
        assert (again.state, again.reopened_count, again.reply) == (State.IN_PROGRESS, turn, "")
        assert again.clocks.minutes_left == 48 * 60
    await orders.reply(BACK_OFFICE, made.number, "第 3 次答复", resolution=DONE)
    up = await orders.call_back(BACK_OFFICE, made.number, Satisfaction.DISSATISFIED, "要找媒体")
    assert (up.queue, up.state, up.urgency) == ("escalation", State.UNASSIGNED, Urgency.TOP)


async def test_three_failed_contacts_stand_for_satisfaction(orders: WorkOrderService, make: Make) -> None:
    made = await make()
    await orders.claim(BACK_OFFICE, made.number)
    await orders.contact(BACK_OFFICE, made.number, reached=False)
    await orders.reply(BACK_OFFICE, made.number, "已核实", resolution=DONE)
    await orders.call_back(COLLEAGUE, made.number, Satisfaction.UNKNOWN)
    with pytest.raises(CannotClose):
        await orders.close(COLLEAGUE, made.number, resolution=DONE, responsible_unit="营销部")
    due = await orders.call_back(COLLEAGUE, made.number, Satisfaction.UNKNOWN)
    assert (due.state, due.failed_contacts) == (State.CALL_BACK_DUE, 3)
    done = await orders.close(COLLEAGUE, made.number, resolution=DONE, responsible_unit="营销部")
    assert (done.state, done.satisfaction) == (State.ARCHIVED, "未知")


async def test_creator_in_the_back_office_does_not_end_own_complaint(
    orders: WorkOrderService, make: Make
) -> None:
    made = await make(by=BACK_OFFICE)
    await orders.claim(BACK_OFFICE, made.number)
    with pytest.raises(StepNotYours):
        await orders.close(BACK_OFFICE, made.number, resolution=DONE, reply="已办")


async def test_cancel_is_for_the_creator_until_claimed_then_for_the_leader(
    orders: WorkOrderService, make: Make
) -> None:
    first, second = await make(), await make()
    with pytest.raises(StepNotYours):
        await orders.cancel(OTHER_AGENT, first.number, "录错")
    assert (await orders.cancel(AGENT, first.number, "录错")).state is State.CANCELLED
    await orders.claim(BACK_OFFICE, second.number)
    with pytest.raises(StepNotYours):
        await orders.cancel(AGENT, second.number, "录错")
    assert (await orders.cancel(LEADER, second.number, "客户撤诉")).clocks.level == "ended"


async def test_gap_travels_from_the_agent_to_the_business_group(orders: WorkOrderService, make: Make) -> None:
    made = await make("consultation", msisdn="")
    assert made.queue == "duty_assistant"
    moved = await orders.transfer(ASSISTANT, made.number, "business", "请业务组解答")
    taken = await orders.claim(BUSINESS, moved.number)
    assert taken.state is State.IN_PROGRESS
    done = await orders.close(BUSINESS, made.number, resolution=DONE, reply="公海按国际漫游水域标准计费。")
    assert done.state is State.ARCHIVED


async def test_who_reads_what(orders: WorkOrderService, make: Make) -> None:
    made = await make()
    assert (await orders.work_order(OTHER_AGENT, made.number)).msisdn == "13800010002"
    assert (await orders.work_order(QUALITY, made.number)).msisdn == "138****0002"
    assert (await orders.work_order(AGENT, made.number.lower())).number == made.number
    for person in (BUSINESS, CLERK, REVIEWER, ADMIN):
        with pytest.raises(WorkOrderMissing):
            await orders.work_order(person, made.number)
    assert [row.msisdn for row in (await orders.queue(QUALITY, QueueFilter())).rows] == ["138****0002"]
    assert (await orders.queue(CLERK, QueueFilter())).rows == ()
    with pytest.raises(NotAllowed):
        await orders.queue(ADMIN, QueueFilter())


async def test_list_filters_sorts_counts_and_pages(
    orders: WorkOrderService, make: Make, clock: FixedClock
) -> None:
    for number in range(25):
        await make("fault" if number % 5 == 0 else "complaint", msisdn=f"138000100{number:02d}")
    first = await orders.queue(LEADER, QueueFilter(queue="back_office", page_size=20, sort=Sort.NUMBER))
    assert (len(first.rows), first.total, first.pages) == (20, 20, 1)
    everything = await orders.queue(
        LEADER, QueueFilter(page_size=20, page=2, sort=Sort.NUMBER, descending=True)
    )
    assert (len(everything.rows), everything.total, everything.page) == (5, 25, 2)
    assert everything.rows[-1].number == "WO20261122000001"
    beyond = await orders.queue(LEADER, QueueFilter(page=99))
    assert beyond.page == 1
    await orders.claim_next(BACK_OFFICE, "back_office")
    clock.advance(timedelta(hours=49))
    late = await orders.queue(BACK_OFFICE, QueueFilter(queue="back_office", overdue=True))
    counts = {each.code: (each.waiting, each.in_hand, each.overdue) for each in late.queues}
    assert counts["back_office"] == (19, 1, 20)
    assert set(counts) == set(orders.content.queues)
    assert late.assigned_to_me == 1
    assert (await orders.queue(AGENT, QueueFilter(created_by_me=True, type="fault"))).total == 5
    assert (await orders.queue(AGENT, QueueFilter(text="10024"))).total == 1
    assert (await orders.queue(AGENT, QueueFilter(text="' OR 1=1 --%"))).total == 0
    for sort in Sort:
        await orders.queue(LEADER, QueueFilter(sort=sort, state="any"))
