"""Steps that need a work order, and the wishes that wait for them."""

import asyncio

import pytest

from crm.core.compatibility.schemas import Change
from crm.core.interaction.errors import CallNotOpen
from crm.core.ordering.errors import IdentityNotVerified, NoSuchStep, WishMissing
from crm.core.ordering.schemas import StartRemedy
from crm.core.staff.schemas import Role
from crm.core.work_order.schemas import Resolution, WorkOrderView
from tests.factories import Desk, Held, Line, World, add, remove

CAMPUS = Held(code="vnet-campus", origin="group")


async def campus_line(world: World) -> Line:
    return await world.line("mzone-campus-a", CAMPUS, brand="动感地带")


def step(desk: Desk, change: Change, key: str = "k1") -> StartRemedy:
    return StartRemedy(
        idempotency_key=key,
        interaction_id=desk.call,
        subscriber_id=desk.line.id,
        change=change,
        rule_id="BR-11b",
        held_id=desk.line.held("vnet-campus"),
    )


async def start(world: World, desk: Desk) -> WorkOrderView:
    change = Change(items=(add("gotone-standard"),))
    return await world.ordering.start_remedy(desk.actor, step(desk, change))


async def finish(world: World, order: WorkOrderView) -> None:
    handler = await world.staff(Role.BACK_OFFICE, ["group_service"])
    await world.services.work_orders.claim(handler, order.number)
    await world.services.work_orders.close(handler, order.number, resolution=Resolution.DONE, reply="已取消")


async def test_the_work_order_says_what_goes_and_what_is_wanted(world: World) -> None:
    desk = await world.desk(await campus_line(world))
    order = await start(world, desk)
    assert (order.type, order.queue, order.msisdn) == (
        "cancel_group_service",
        "group_service",
        desk.line.msisdn,
    )
    assert order.fields["vnet"] == "校园V网"
    assert order.fields["wanted"] == "开通标准全球通"
    assert order.interaction_id == desk.call
    (wish,) = await world.ordering.wishes_of(desk.actor, desk.line.id)
    assert (wish.state, wish.work_order_number, wish.held_name) == ("waiting", order.number, "校园V网")
    (entry,) = await world.rows("SELECT detail FROM audit_entry WHERE action = 'order.remedy'")
    assert entry["detail"]["work_order"] == order.number


async def test_the_same_step_twice_or_together_is_one_work_order(world: World) -> None:
    desk = await world.desk(await campus_line(world))
    orders = await asyncio.gather(*(start(world, desk) for _ in range(5)))
    assert len({order.number for order in orders}) == 1
    assert len(await world.ordering.wishes_of(desk.actor, desk.line.id)) == 1


async def test_a_step_nobody_asks_for_is_not_taken(world: World) -> None:
    desk = await world.desk(await campus_line(world))
    within = Change(items=(add("mzone-campus-b"),))
    with pytest.raises(NoSuchStep):
        await world.ordering.start_remedy(desk.actor, step(desk, within))
    assert await world.rows("SELECT 1 FROM work_order") == []


async def test_a_step_needs_the_same_proofs_and_the_own_call(world: World) -> None:
    line = await campus_line(world)
    weak, other = await world.desk(line, ("service_password",)), await world.desk(line)
    with pytest.raises(IdentityNotVerified):
        await start(world, weak)
    with pytest.raises(CallNotOpen):
        await start(world, Desk(weak.actor, line, other.call))
    assert await world.rows("SELECT 1 FROM work_order") == []


async def test_closing_ends_the_vnet_and_wakes_the_wish_in_one_transaction(world: World) -> None:
    desk = await world.desk(await campus_line(world))
    order = await start(world, desk)
    await finish(world, order)
    ended = await world.product(desk.line, "vnet-campus")
    assert (ended["status"], ended["ends_on"]) == ("terminated", world.today)
    (wish,) = await world.ordering.wishes_of(desk.actor, desk.line.id)
    assert (wish.state, wish.ready_at) == ("ready", world.clock.at)
    assert "校园V网”已取消" in (await world.messages(desk.line))[-1]
    assert await world.rows("SELECT 1 FROM audit_entry WHERE action = 'product.end'")


async def test_a_refused_closing_leaves_the_vnet_and_the_wish(world: World) -> None:
    desk = await world.desk(await campus_line(world))
    order = await start(world, desk)

    async def refuse(*_: object) -> None:
        raise RuntimeError("a later subscriber fails")

    world.services.work_orders.subscribe_closed(refuse)
    with pytest.raises(RuntimeError):
        await finish(world, order)
    assert (await world.product(desk.line, "vnet-campus"))["status"] == "active"
    (wish,) = await world.ordering.wishes_of(desk.actor, desk.line.id)
    assert wish.state == "waiting"


async def test_a_cancelled_work_order_ends_the_waiting_and_leaves_the_vnet(world: World) -> None:
    desk = await world.desk(await campus_line(world))
    order = await start(world, desk)
    await world.services.work_orders.cancel(desk.actor, order.number, "客户不换了")
    assert await world.ordering.wishes_of(desk.actor, desk.line.id) == ()
    (wish,) = await world.rows("SELECT state, closed_at FROM waiting_wish")
    assert (wish["state"], wish["closed_at"]) == ("cancelled", world.clock.at)
    assert (await world.product(desk.line, "vnet-campus"))["status"] == "active"


async def test_a_vnet_that_went_another_way_does_not_stop_the_closing(world: World) -> None:
    desk = await world.desk(await campus_line(world))
    order = await start(world, desk)
    await world.rows("UPDATE product SET status = 'terminated', ends_on = '2026-11-20' "
                     "WHERE offering_code = 'vnet-campus' RETURNING id")  # fmt: skip
    await finish(world, order)
    (wish,) = await world.ordering.wishes_of(desk.actor, desk.line.id)
    assert wish.state == "ready"


async def test_a_wish_can_be_dropped_once(world: World) -> None:
    desk = await world.desk(await campus_line(world))
    await start(world, desk)
    (wish,) = await world.ordering.wishes_of(desk.actor, desk.line.id)
    with pytest.raises(WishMissing):
        await world.ordering.drop_wish(desk.actor, wish.id, (await world.line("gotone-standard")).id)
    await world.ordering.drop_wish(desk.actor, wish.id, desk.line.id)
    assert await world.ordering.wishes_of(desk.actor, desk.line.id) == ()
    with pytest.raises(WishMissing):
        await world.ordering.drop_wish(desk.actor, wish.id, desk.line.id)


async def test_a_mere_cancellation_leaves_no_wish_behind(world: World) -> None:
    desk = await world.desk(await campus_line(world))
    judgement = await world.judge(desk, remove(desk.line, "vnet-campus"))
    finding = judgement.qualification.findings[0]
    order = await world.ordering.start_remedy(
        desk.actor,
        StartRemedy(
            idempotency_key="k2",
            interaction_id=desk.call,
            subscriber_id=desk.line.id,
            change=judgement.change,
            rule_id=finding.rule_id,
            held_id=finding.held_id,
        ),
    )
    assert order.product_id == desk.line.products["vnet-campus"]
    await finish(world, order)
    assert await world.ordering.wishes_of(desk.actor, desk.line.id) == ()
    assert (await world.product(desk.line, "vnet-campus"))["status"] == "terminated"
