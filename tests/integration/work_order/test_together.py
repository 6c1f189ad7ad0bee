"""Many at once, closing together with another room, and a trace of every step."""

import asyncio
import shutil
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from crm.core.staff.schemas import Role
from crm.core.work_order.errors import CannotClose
from crm.core.work_order.schemas import (
    Action,
    CreateWorkOrder,
    QueueFilter,
    Resolution,
    Satisfaction,
    State,
    WorkOrderView,
)
from crm.core.work_order.service import WorkOrderService
from crm.platform.clock import FixedClock
from crm.platform.database import Database
from tests.integration.work_order.conftest import CONTENT, FIELDS, Make
from tests.integration.work_order.people import AGENT, BACK_OFFICE, BUSINESS, COLLEAGUE, LEADER, actor

DONE = Resolution.DONE


async def test_twenty_claimers_get_twenty_different_orders(orders: WorkOrderService, make: Make) -> None:
    made = {(await make()).number for _ in range(15)}
    people = [actor(str(3100 + n), Role.BACK_OFFICE, "back_office") for n in range(20)]
    taken = await asyncio.gather(*(orders.claim_next(person, "back_office") for person in people))
    numbers = [each.number for each in taken if each is not None]
    assert len(numbers) == len(set(numbers)) == 15
    assert set(numbers) == made
    assert taken.count(None) == 5


async def test_claim_of_one_order_by_twenty_has_one_winner(orders: WorkOrderService, make: Make) -> None:
    made = await make()
    people = [actor(str(3100 + n), Role.BACK_OFFICE, "back_office") for n in range(20)]
    results = await asyncio.gather(
        *(orders.claim(person, made.number, made.version) for person in people), return_exceptions=True
    )
    won = [result for result in results if isinstance(result, WorkOrderView)]
    assert len(won) == 1
    now = await orders.work_order(LEADER, made.number)
    assert (now.state, now.assignee) == (State.IN_PROGRESS, won[0].assignee)


async def test_ten_submits_with_one_key_make_one_order_and_spend_one_number(
    orders: WorkOrderService, make: Make
) -> None:
    made = await asyncio.gather(*(make(idempotency_key="same") for _ in range(10)))
    assert {each.number for each in made} == {"WO20261122000001"}
    assert len(made[0].history) == 1
    assert (await make()).number == "WO20261122000002"


async def _create_and_fail(db: Database, orders: WorkOrderService, command: CreateWorkOrder) -> None:
    async with db.transaction():
        await orders.create(AGENT, command)
        raise KeyError


async def test_creation_stands_or_falls_with_the_transaction_it_joins(
    db: Database, orders: WorkOrderService
) -> None:
    command = CreateWorkOrder(
        idempotency_key="k", type="故障申告", fields=FIELDS["fault"], msisdn="13800010002"
    )
    with pytest.raises(KeyError):
        await _create_and_fail(db, orders, command)
    assert (await orders.queue(LEADER, QueueFilter())).total == 0
    assert (await orders.create(AGENT, command)).number == "WO20261122000001"


async def test_closing_and_its_consequence_are_one(orders: WorkOrderService, make: Make) -> None:
    made = await make("suggestion")
    told: list[tuple[str, str, Resolution]] = []

    async def tell(session: AsyncSession, order: WorkOrderView, resolution: Resolution) -> None:
        told.append((order.type, order.state, resolution))

    async def refuse(session: AsyncSession, order: WorkOrderView, resolution: Resolution) -> None:
        raise CannotClose(["产品没有取消成功"])

    await orders.claim(BUSINESS, made.number)
    orders.subscribe_closed(tell)
    orders.subscribe_closed(refuse)
    with pytest.raises(CannotClose, match="产品没有取消成功"):
        await orders.close(BUSINESS, made.number, resolution=DONE, reply="已取消")
    assert told == [("suggestion", State.ARCHIVED, DONE)]
    still = await orders.work_order(BUSINESS, made.number)
    assert (still.state, still.reply) == (State.IN_PROGRESS, "")


async def _trace(database_url: str, number: str) -> tuple[list[str], list[str]]:
    connection = await asyncpg.connect(database_url)
    try:
        events = await connection.fetch(
            "SELECT e.kind FROM work_order_event e JOIN work_order w ON w.id = e.work_order_id"
            " WHERE w.number = $1 ORDER BY e.at, e.id",
            number,
        )
        audits = await connection.fetch(
            "SELECT action FROM audit_entry WHERE detail::jsonb ->> 'number' = $1 ORDER BY at, id", number
        )
    finally:
        await connection.close()
    return [row["kind"] for row in events], [row["action"] for row in audits]


async def test_every_step_leaves_an_event_and_an_audit_entry(
    orders: WorkOrderService, make: Make, database_url: str
) -> None:
    number = (await make()).number
    fields: dict[str, Any] = FIELDS["complaint"]
    await orders.urge(LEADER, number)
    await orders.claim(BACK_OFFICE, number)
    await orders.send_back(BACK_OFFICE, number, "缺内容")
    await orders.submit(AGENT, number, fields=fields, content="补全")
    await orders.reassign(LEADER, number, "3001", "分派")
    await orders.claim(BACK_OFFICE, number)
    await orders.contact(BACK_OFFICE, number, reached=True)
    await orders.hold(BACK_OFFICE, number, "等材料")
    await orders.resume(BACK_OFFICE, number)
    await orders.comment(AGENT, number, "客户补充说明")
    child = await orders.assist(BACK_OFFICE, number, queue="network", question="查话单", idempotency_key="a")
    await orders.cancel(LEADER, child.number, "不用了")
    await orders.release(BACK_OFFICE, number, "换班")
    await orders.transfer(LEADER, number, "group_service", "应由集团组办")
    await orders.claim(BACK_OFFICE, number)
    await orders.reply(BACK_OFFICE, number, "已核实", resolution=DONE)
    await orders.call_back(BACK_OFFICE, number, Satisfaction.ACCEPTS)
    await orders.close(COLLEAGUE, number, resolution=DONE, responsible_unit="营销部")
    await orders.work_order(AGENT, number)
    events, audits = await _trace(database_url, number)
    assert events == [
        "created", "urged", "claimed", "sentBack", "submitted", "reassigned", "claimed", "contacted",
        "held", "resumed", "commented", "assisted", "released", "transferred", "claimed", "replied",
        "calledBack", "closed",
    ]  # fmt: skip
    assert audits == [f"work_order.{kind}" for kind in events] + ["work_order.view"]
    seen = set(events) | {"cancelled", "escalated"}
    assert {action.value for action in Action} <= seen
    assert (await _trace(database_url, child.number))[1] == ["work_order.created", "work_order.cancelled"]


async def test_refused_step_leaves_nothing(orders: WorkOrderService, make: Make, database_url: str) -> None:
    number = (await make()).number
    await orders.claim(BACK_OFFICE, number)
    before = await _trace(database_url, number)
    with pytest.raises(CannotClose):
        await orders.close(BACK_OFFICE, number, resolution=DONE, reply="半截答复")
    assert await _trace(database_url, number) == before
    assert (await orders.work_order(BACK_OFFICE, number)).reply == ""


async def test_export_is_audited(orders: WorkOrderService, make: Make, database_url: str) -> None:
    await make()
    assert len(await orders.export(LEADER, QueueFilter())) == 1
    connection = await asyncpg.connect(database_url)
    try:
        found = await connection.fetchval(
            "SELECT count(*) FROM audit_entry WHERE action = 'work_order.export' AND actor_label = '2001'"
        )
    finally:
        await connection.close()
    assert found == 1


async def test_broken_folder_keeps_the_last_good_set(db: Database, clock: FixedClock, tmp_path: Path) -> None:
    folder = tmp_path / "workorders"
    shutil.copytree(CONTENT, folder)
    service = WorkOrderService(db, clock, folder)
    path = folder / "types" / "complaint.toml"
    good = path.read_text("utf-8")
    path.write_text(good.replace("48 小时", "两天"), "utf-8")
    problems = service.reload()
    assert [problem.file for problem in problems] == ["types/complaint.toml"]
    assert service.type_of("投诉").result_within.amount == 48
    path.write_text(good.replace("48 小时", "36 小时"), "utf-8")
    assert service.reload() == ()
    assert service.type_of("投诉").result_within.amount == 36
