"""The day comes, reservations are cancelled, the network is told."""

import asyncio
from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest

from crm.core.catalog.schemas import Timing
from crm.core.ordering.delivering import LEASE, MOST_ATTEMPTS
from crm.core.ordering.errors import (
    IdentityNotVerified,
    NothingReserved,
    OrderMissing,
    ReservationStranded,
)
from crm.core.ordering.schemas import CancelReserved, NetworkOrder, OrderView
from crm.core.staff.schemas import Role
from crm.core.work_order.schemas import QueueFilter, Resolution
from crm.platform.ids import new_id
from tests.factories import Desk, Held, World, add, remove

FIRST_OF_DECEMBER = datetime(2026, 11, 30, 16, 0, tzinfo=UTC)  # midnight in Shanghai


async def order_of_plan(world: World, desk: Desk, plan: str = "ao88-88") -> OrderView:
    return await world.submit(desk, await world.judge(desk, add(plan)))


async def test_a_reserved_plan_takes_effect_on_the_first(world: World) -> None:
    line = await world.line("easyown-qingsong", "gprs-old-20", brand="神州行")
    desk = await world.desk(line)
    order = await order_of_plan(world, desk)
    world.clock.move_to(FIRST_OF_DECEMBER - timedelta(minutes=1))
    assert await world.ordering.activate_due() == 0
    world.clock.move_to(FIRST_OF_DECEMBER)
    assert await world.ordering.activate_due() == 1
    for code, status in (
        ("ao88-88", "active"),
        ("easyown-qingsong", "terminated"),
        ("gprs-old-20", "terminated"),
    ):
        assert (await world.product(line, code))["status"] == status
    assert (await world.services.inventory.holdings(line.id)).brand == "全球通"
    text = (await world.messages(line))[-1]
    assert "今日生效" in text
    assert "全球通奥运88系列88元套餐" in text
    assert order.number in text
    taking = await world.ordering.order(desk.actor, order.id)
    assert taking.state == "inProgress"
    await world.ordering.deliver_provisioning()
    assert {(each.action, each.offering_code) for each in world.network.told} == {
        (each.action, each.offering_code) for each in order.lines
    }
    done = await world.ordering.order(desk.actor, order.id)
    assert done.state == "completed"
    assert [each.kind for each in done.history] == ["accepted", "activated", "provisioned"]


async def test_running_the_job_again_or_together_changes_nothing(world: World) -> None:
    lines = [await world.line("gotone-standard") for _ in range(30)]
    for line in lines:
        await order_of_plan(world, await world.desk(line), "gotone-business")
    world.clock.move_to(FIRST_OF_DECEMBER + timedelta(days=3))  # late: the machine was off
    assert sum(await asyncio.gather(*(world.ordering.activate_due() for _ in range(4)))) == 30
    assert await world.ordering.activate_due() == 0
    await asyncio.gather(*(world.ordering.deliver_provisioning() for _ in range(4)))
    assert len(world.network.told) == len({each.id for each in world.network.told}) == 60
    assert await world.ordering.deliver_provisioning() == 0
    states = await world.rows("SELECT state, count(*) AS n FROM product_order GROUP BY state")
    assert states == [{"state": "completed", "n": 30}]
    assert len(await world.messages(lines[0])) == 2


async def test_an_order_that_cannot_take_effect_holds_up_no_other(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    desks = [await world.desk(await world.line("gotone-standard")) for _ in range(3)]
    orders = [await order_of_plan(world, desk) for desk in desks]
    await world.rows(
        "UPDATE product_order_item SET state = 'broken' WHERE order_id = :id AND action = 'delete' "
        "RETURNING 1",
        id=orders[0].id,
    )
    world.clock.move_to(FIRST_OF_DECEMBER)
    assert await world.ordering.activate_due() == 2
    status = [(await world.product(desk.line, "ao88-88"))["status"] for desk in desks]
    assert status == ["reserved", "active", "active"]
    assert str(orders[0].id) in caplog.text
    assert len(await world.messages(desks[0].line)) == 1
    await world.rows("UPDATE product_order_item SET state = 'pending' WHERE state = 'broken' RETURNING 1")
    assert await world.ordering.activate_due() == 1
    assert (await world.product(desks[0].line, "ao88-88"))["status"] == "active"


async def test_the_job_and_the_desk_do_not_cross(world: World) -> None:
    line = await world.line("gotone-standard")
    desk = await world.desk(line)
    order = await order_of_plan(world, desk)
    world.clock.move_to(FIRST_OF_DECEMBER)
    call = await world.call(desk.actor, line)
    cancel = world.ordering.cancel_reserved(
        desk.actor, CancelReserved(order_id=order.id, interaction_id=call)
    )
    results = await asyncio.gather(cancel, world.ordering.activate_due(), return_exceptions=True)
    plans = [(await world.product(line, code))["status"] for code in ("gotone-standard", "ao88-88")]
    if isinstance(results[0], NothingReserved):
        assert plans == ["terminated", "active"]
    else:
        assert isinstance(results[0], OrderView), results
        assert plans == ["active", "cancelled"]


async def test_an_agreement_that_runs_out_ends_without_an_order(world: World) -> None:
    ending = Held(code="discount-loyalty-10", origin="agreement", ends_on=date(2026, 12, 1))
    coming = Held(code="gotone-business", status="reserved", starts_on=date(2026, 12, 1))
    line = await world.line(
        Held(code="easyown-dazhong", ends_on=date(2026, 12, 1)), ending, coming, brand="神州行"
    )
    world.clock.move_to(FIRST_OF_DECEMBER)
    await world.ordering.activate_due()
    assert (await world.product(line, "discount-loyalty-10"))["status"] == "terminated"
    assert (await world.product(line, "gotone-business"))["status"] == "active"
    assert (await world.services.inventory.holdings(line.id)).brand == "全球通"


async def test_cancelling_restores_the_ends_of_before(world: World) -> None:
    line = await world.line("gotone-standard", Held(code="gprs-old-20", ends_on=date(2027, 3, 1)))
    desk = await world.desk(line)
    order = await order_of_plan(world, desk)
    assert (await world.product(line, "gprs-old-20"))["ends_on"] == date(2026, 12, 1)
    command = CancelReserved(order_id=order.id, interaction_id=desk.call, note="客户改主意")
    done = await world.ordering.cancel_reserved(desk.actor, command)
    assert (done.state, done.history[-1].note) == ("cancelled", "客户改主意")
    assert (await world.product(line, "gprs-old-20"))["ends_on"] == date(2027, 3, 1)
    with pytest.raises(NothingReserved):
        await world.ordering.cancel_reserved(desk.actor, command)
    world.clock.move_to(FIRST_OF_DECEMBER)
    assert await world.ordering.activate_due() == 0


async def test_what_the_customer_has_cancelled_besides_stays_cancelled(world: World) -> None:
    line = await world.line("gotone-standard", "gprs-old-20")
    desk = await world.desk(line)
    plan = await order_of_plan(world, desk)
    own = await world.judge(desk, remove(line, "gprs-old-20"))
    await world.submit(desk, own)
    await world.ordering.cancel_reserved(
        desk.actor, CancelReserved(order_id=plan.id, interaction_id=desk.call)
    )
    assert (await world.product(line, "gotone-standard"))["ends_on"] is None
    assert (await world.product(line, "gprs-old-20"))["ends_on"] == date(2026, 12, 1)
    (second, _) = await world.ordering.orders_of(desk.actor, line.id)
    await world.ordering.cancel_reserved(
        desk.actor, CancelReserved(order_id=second.id, interaction_id=desk.call)
    )
    assert (await world.product(line, "gprs-old-20"))["ends_on"] is None


async def test_a_reservation_others_count_on_is_not_cancelled_alone(world: World) -> None:
    line = await world.line("gotone-standard")
    desk = await world.desk(line)
    plan = await order_of_plan(world, desk, "mzone-net")
    pack = await world.submit(desk, await world.judge(desk, add("discount-night")))
    command = CancelReserved(order_id=plan.id, interaction_id=desk.call)
    with pytest.raises(ReservationStranded, match="夜间畅聊优惠"):
        await world.ordering.cancel_reserved(desk.actor, command)
    assert (await world.product(line, "mzone-net"))["status"] == "reserved"
    await world.ordering.cancel_reserved(
        desk.actor, CancelReserved(order_id=pack.id, interaction_id=desk.call)
    )
    assert (await world.ordering.cancel_reserved(desk.actor, command)).state == "cancelled"


async def test_an_end_that_another_order_has_overtaken_is_not_told_again(world: World) -> None:
    line = await world.line("gotone-standard", "gprs-new-20", "cailing-8")
    desk = await world.desk(line)
    later = await world.submit(desk, await world.judge(desk, remove(line, "cailing-8", Timing.NEXT_MONTH)))
    sooner = await world.submit(desk, await world.judge(desk, remove(line, "cailing-8", Timing.NOW)))
    assert (await world.product(line, "cailing-8"))["status"] == "terminated"
    await world.ordering.deliver_provisioning()
    world.clock.move_to(FIRST_OF_DECEMBER)
    await world.ordering.activate_due()
    await world.ordering.deliver_provisioning()
    assert [each.action for each in world.network.told] == ["delete"]
    for order in (later, sooner):
        assert (await world.ordering.order(desk.actor, order.id)).state == "completed"
    assert len(await world.messages(line)) == 2


async def test_one_product_of_an_order_can_be_cancelled_alone(world: World) -> None:
    line = await world.line("gotone-standard", "laidian-xianshi")
    desk = await world.desk(line)
    judgement = await world.judge(desk, add("gotone-business"), add("gprs-new-20", Timing.NEXT_MONTH))
    order = await world.submit(desk, judgement)
    pack = next(each for each in order.lines if each.offering_code == "gprs-new-20")
    done = await world.ordering.cancel_reserved(
        desk.actor, CancelReserved(order_id=order.id, interaction_id=desk.call, product_id=pack.product_id)
    )
    assert done.state == "pending"
    assert (await world.product(line, "gprs-new-20"))["status"] == "cancelled"
    assert (await world.product(line, "gotone-business"))["status"] == "reserved"


async def test_what_runs_already_is_not_touched_by_a_cancellation(world: World) -> None:
    line = await world.line("gotone-standard")
    desk = await world.desk(line)
    judgement = await world.judge(desk, add("gotone-business"), add("sms-pack-20", Timing.NOW))
    order = await world.submit(desk, judgement)
    await world.ordering.deliver_provisioning()
    done = await world.ordering.cancel_reserved(
        desk.actor, CancelReserved(order_id=order.id, interaction_id=desk.call)
    )
    assert done.state == "completed"
    assert (await world.product(line, "sms-pack-20"))["status"] == "active"
    assert (await world.product(line, "gotone-standard"))["ends_on"] is None


async def test_another_plan_in_place_of_the_reserved_one(world: World) -> None:
    line = await world.line("gotone-standard")
    desk = await world.desk(line)
    await order_of_plan(world, desk)
    assert not (await world.judge(desk, add("gotone-business"))).can_be_ordered
    line.products["ao88-88"] = (await world.product(line, "ao88-88"))["id"]
    judgement = await world.judge(desk, add("gotone-business"), remove(line, "ao88-88"))
    await world.submit(desk, judgement)
    assert (await world.product(line, "ao88-88"))["status"] == "cancelled"
    assert (await world.product(line, "gotone-standard"))["ends_on"] == date(2026, 12, 1)
    world.clock.move_to(FIRST_OF_DECEMBER)
    await world.ordering.activate_due()
    active = await world.rows(
        "SELECT offering_code FROM product WHERE subscriber_id = :line AND status = 'active'", line=line.id
    )
    assert active == [{"offering_code": "gotone-business"}]


async def test_a_cancellation_asks_for_the_same_proofs(world: World) -> None:
    line = await world.line("gotone-standard")
    desk = await world.desk(line)
    order = await order_of_plan(world, desk)
    weak = await world.desk(line, ("own_number",))
    with pytest.raises(IdentityNotVerified):
        await world.ordering.cancel_reserved(
            weak.actor, CancelReserved(order_id=order.id, interaction_id=weak.call)
        )
    with pytest.raises(OrderMissing):
        await world.ordering.cancel_reserved(
            desk.actor, CancelReserved(order_id=new_id(), interaction_id=desk.call)
        )
    assert (await world.product(line, "ao88-88"))["status"] == "reserved"


async def submit_now(world: World) -> tuple[Desk, OrderView]:
    line = await world.line("gotone-standard")
    desk = await world.desk(line)
    judgement = await world.judge(desk, add("sms-pack-20", Timing.NOW), add("gprs-new-20", Timing.NOW))
    return desk, await world.submit(desk, judgement)


async def test_a_silent_network_is_asked_again_until_people_must_help(world: World) -> None:
    desk, order = await submit_now(world)
    world.network.down = True
    for attempt in range(1, MOST_ATTEMPTS):
        assert await world.ordering.deliver_provisioning() == 0
        shown = await world.ordering.order(desk.actor, order.id)
        assert shown.state == "inProgress"
        assert "网元无响应" in shown.lines[0].failure
        assert await world.rows("SELECT 1 FROM work_order") == []
        world.clock.advance(timedelta(seconds=30 * 2 ** (attempt - 1)))
    await world.ordering.deliver_provisioning()
    failed = await world.ordering.order(desk.actor, order.id)
    assert failed.state == "failed"
    backoffice = await world.staff(Role.BACK_OFFICE, ["back_office"])
    page = await world.services.work_orders.queue(backoffice, QueueFilter(queue="back_office"))
    assert page.total == 2
    assert "短信包20元" in page.rows[0].title or "短信包20元" in page.rows[1].title
    world.clock.advance(timedelta(days=1))
    assert await world.ordering.deliver_provisioning() == 0


async def test_a_network_that_recovers_completes_the_order(world: World) -> None:
    desk, order = await submit_now(world)
    world.network.down = True
    await world.ordering.deliver_provisioning()
    world.network.down = False
    assert await world.ordering.deliver_provisioning() == 0, "not before the wait is over"
    world.clock.advance(timedelta(seconds=31))
    assert await world.ordering.deliver_provisioning() == 2
    done = await world.ordering.order(desk.actor, order.id)
    assert (done.state, {each.failure for each in done.lines}) == ("completed", {""})


async def test_a_refusing_network_is_not_asked_again(world: World) -> None:
    desk, order = await submit_now(world)
    world.network.refusing = frozenset({"gprs-new-20"})
    assert await world.ordering.deliver_provisioning() == 1
    shown = await world.ordering.order(desk.actor, order.id)
    assert shown.state == "partial"
    (bad,) = [each for each in shown.lines if each.state == "failed"]
    assert "号码无此权限" in bad.failure
    (work_order,) = await world.rows("SELECT type, queue, urgency, content FROM work_order")
    assert (work_order["type"], work_order["queue"], work_order["urgency"]) == (
        "order_by_hand",
        "back_office",
        "加急",
    )
    assert order.number in work_order["content"]


async def test_what_people_have_done_by_hand_completes_the_order(world: World) -> None:
    desk, order = await submit_now(world)
    world.network.refusing = frozenset({"gprs-new-20", "sms-pack-20"})
    await world.ordering.deliver_provisioning()
    handler = await world.staff(Role.BACK_OFFICE, ["back_office"])
    work_orders = world.services.work_orders
    numbers = [row["number"] for row in await world.rows("SELECT number FROM work_order ORDER BY number")]
    for number, state in zip(numbers, ("partial", "completed"), strict=True):
        assert (await world.ordering.order(desk.actor, order.id)).state in {"failed", "partial"}
        await work_orders.claim(handler, number)
        await work_orders.close(handler, number, resolution=Resolution.DONE, reply="已人工开通")
        shown = await world.ordering.order(desk.actor, order.id)
        assert (shown.state, number in shown.history[-1].note) == (state, True)
    shown = await world.ordering.order(desk.actor, order.id)
    assert {(each.state, each.failure) for each in shown.lines} == {("completed", "")}
    assert shown.history[-1].staff_number == handler.staff_number


async def test_what_could_not_be_done_by_hand_stays_failed(world: World) -> None:
    desk, order = await submit_now(world)
    world.network.refusing = frozenset({"gprs-new-20"})
    await world.ordering.deliver_provisioning()
    (row,) = await world.rows("SELECT number FROM work_order")
    leader = await world.staff(Role.SHIFT_LEADER)
    await world.services.work_orders.cancel(leader, row["number"], "客户不要了")
    assert (await world.ordering.order(desk.actor, order.id)).state == "partial"


async def test_a_line_that_cannot_be_given_to_people_takes_no_other_with_it(world: World) -> None:
    desk, order = await submit_now(world)
    world.network.refusing = frozenset({"gprs-new-20"})
    work_orders = world.services.work_orders
    content = work_orders.content
    work_orders.content = msgspec.structs.replace(content, types={})
    assert await world.ordering.deliver_provisioning() == 1
    shown = await world.ordering.order(desk.actor, order.id)
    states = {each.offering_code: each.state for each in shown.lines}
    assert states == {"sms-pack-20": "completed", "gprs-new-20": "inProgress"}
    world.clock.advance(timedelta(minutes=59))
    assert await world.ordering.deliver_provisioning() == 0
    assert await world.rows("SELECT 1 FROM work_order") == []
    work_orders.content = content
    world.clock.advance(timedelta(minutes=2))
    await world.ordering.deliver_provisioning()
    assert len(await world.rows("SELECT 1 FROM work_order")) == 1
    assert (await world.ordering.order(desk.actor, order.id)).state == "partial"


async def test_a_gateway_that_stumbles_over_one_request_loses_no_other(world: World) -> None:
    desk, order = await submit_now(world)
    carry_out = world.network.carry_out

    async def stumble(request: NetworkOrder) -> None:
        if request.offering_code == "gprs-new-20":
            raise KeyError(request.offering_code)
        await carry_out(request)

    world.network.carry_out = stumble  # type: ignore[method-assign]  # the edge fails on purpose
    assert await world.ordering.deliver_provisioning() == 1
    failing = {each.failure for each in (await world.ordering.order(desk.actor, order.id)).lines}
    assert failing == {"", "网络接口出错（KeyError）"}


async def test_a_worker_that_died_with_the_batch_in_hand_loses_nothing(world: World) -> None:
    desk, order = await submit_now(world)

    async def die(_: object) -> None:
        raise asyncio.CancelledError

    living, world.network.carry_out = world.network.carry_out, die  # type: ignore[method-assign]  # the edge fails on purpose
    with pytest.raises(asyncio.CancelledError):
        await world.ordering.deliver_provisioning()
    world.network.carry_out = living  # type: ignore[method-assign]  # the edge fails on purpose
    assert await world.ordering.deliver_provisioning() == 0, "the lease still runs"
    world.clock.advance(LEASE)
    assert await world.ordering.deliver_provisioning() == 2
    assert (await world.ordering.order(desk.actor, order.id)).state == "completed"


async def test_the_network_hears_of_opening_before_closing(world: World) -> None:
    line = await world.line("gotone-standard", "cailing-8")
    desk = await world.desk(line)
    world.network.down = True
    await world.submit(desk, await world.judge(desk, remove(line, "cailing-8", Timing.NOW)))
    await world.ordering.deliver_provisioning()
    world.network.down = False
    await world.submit(desk, await world.judge(desk, add("cailing-8")))
    await world.ordering.deliver_provisioning()
    assert world.network.told == [], "the later one waits for the earlier"
    world.clock.advance(timedelta(minutes=1))
    await world.ordering.deliver_provisioning()
    await world.ordering.deliver_provisioning()
    assert [each.action for each in world.network.told] == ["delete", "add"]


async def test_the_twin_writes_one_line_for_each_order(world: World) -> None:
    twin = world.services.settings.data_dir / "nested" / "network.log"
    from crm.core.ordering.gateways import ConsoleProvisioning
    from crm.core.ordering.schemas import NetworkOrder

    order = NetworkOrder(id=new_id(), msisdn="13800010001", action="add", offering_code="cailing-5")
    gateway = ConsoleProvisioning(twin)
    await gateway.carry_out(order)
    await gateway.carry_out(order)
    lines = twin.read_bytes().splitlines()
    assert [msgspec.json.decode(each, type=NetworkOrder) for each in lines] == [order, order]
