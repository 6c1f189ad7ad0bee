"""What an order leans on: the call, what was proved on it, and the held product."""

from collections.abc import AsyncGenerator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from crm.core.interaction.errors import CallNotOpen
from crm.core.staff.schemas import Actor, Role
from crm.core.work_order.errors import (
    AlreadyOpen,
    CheckNeeded,
    FieldsInvalid,
    ProductNeeded,
    ProductOfAnother,
)
from crm.core.work_order.schemas import CreateWorkOrder, WorkOrderView
from crm.platform.clock import FixedClock
from crm.platform.database import Database
from crm.platform.ids import new_id
from crm.platform.settings import Settings
from tests.factories import Desk, Held, Line, World
from tests.integration.work_order.conftest import FIELDS


@pytest.fixture
async def world(settings: Settings, clock: FixedClock) -> AsyncGenerator[World]:
    """Every service on a fresh database without content."""
    assert settings.database_url is not None
    db = Database(settings.database_url)
    await db.start()
    yield World(settings, db, clock)
    await db.stop()


async def make(
    world: World, actor: Actor, line: Line, call: UUID | None, kind: str = "order_by_hand", **more: Any
) -> WorkOrderView:
    values: dict[str, Any] = {
        "idempotency_key": str(new_id()),
        "type": kind,
        "fields": FIELDS[kind],
        "msisdn": line.msisdn,
        "interaction_id": call,
    }
    return await world.services.work_orders.create(actor, CreateWorkOrder(**(values | more)))


async def end(world: World, desk: Desk) -> None:
    await world.services.interactions.wrap_up(desk.actor, desk.call, "", (), "")


@pytest.fixture
async def desk(world: World) -> Desk:
    """An agent on a call with a line in a group, both proofs given."""
    world.services.interactions.reasons = ()
    return await world.desk(await world.line(Held(code="vnet-campus", origin="group")))


@pytest.mark.parametrize("checks", [(), ("service_password",), ("sms_code",), ("own_number",)])
async def test_an_order_by_hand_needs_both_proofs(world: World, checks: tuple[str, ...]) -> None:
    desk = await world.desk(await world.line(), checks)
    for call in (None, desk.call):
        with pytest.raises(CheckNeeded):
            await make(world, desk.actor, desk.line, call)
    assert (await make(world, desk.actor, desk.line, desk.call, "complaint")).interaction_id == desk.call


async def test_with_both_proofs_it_is_made(world: World, desk: Desk) -> None:
    made = await make(world, desk.actor, desk.line, desk.call)
    assert (made.type, made.interaction_id) == ("order_by_hand", desk.call)
    with pytest.raises(CheckNeeded):
        await make(world, desk.actor, await world.line(), desk.call)


async def test_nobody_leans_on_the_call_of_a_colleague(world: World, desk: Desk) -> None:
    other = await world.staff()
    for kind in ("order_by_hand", "complaint"):
        with pytest.raises(CallNotOpen):
            await make(world, other, desk.line, desk.call, kind)
    with pytest.raises(CallNotOpen):
        await make(world, other, desk.line, new_id(), "complaint")
    with pytest.raises(CallNotOpen):
        await world.services.knowledge.rate(other, "KB-0001", True, interaction_id=desk.call)


async def test_a_shift_leader_leans_on_the_call_about_the_same_line(world: World, desk: Desk) -> None:
    leader = await world.staff(Role.SHIFT_LEADER)
    with pytest.raises(CallNotOpen):
        await make(world, leader, await world.line(), desk.call)
    assert (await make(world, leader, desk.line, desk.call)).interaction_id == desk.call
    await end(world, desk)
    world.clock.advance(timedelta(minutes=119))
    assert await make(world, leader, desk.line, desk.call)
    world.clock.advance(timedelta(minutes=1))
    with pytest.raises(CallNotOpen):
        await make(world, leader, desk.line, desk.call)


async def test_what_was_proved_counts_for_two_hours_and_not_after_the_call(world: World, desk: Desk) -> None:
    interactions = world.services.interactions
    world.clock.advance(timedelta(minutes=119))
    assert await make(world, desk.actor, desk.line, desk.call)
    world.clock.advance(timedelta(minutes=1))
    with pytest.raises(CheckNeeded):
        await make(world, desk.actor, desk.line, desk.call)
    assert await interactions.checks_passed(desk.call, desk.line.id) == frozenset()
    assert (await interactions.current(desk.actor, desk.call)).checks == ()


async def test_an_ended_call_of_ones_own_may_be_named_but_proves_nothing(world: World, desk: Desk) -> None:
    await end(world, desk)
    with pytest.raises(CheckNeeded):
        await make(world, desk.actor, desk.line, desk.call)
    assert (await make(world, desk.actor, desk.line, desk.call, "complaint")).interaction_id == desk.call


async def test_a_group_service_is_cancelled_only_for_a_product_of_the_line(world: World, desk: Desk) -> None:
    kind, actor, product = "cancel_group_service", desk.actor, desk.line.products["vnet-campus"]
    assert kind not in {each.code for each in world.services.work_orders.types(actor)}
    with pytest.raises(ProductNeeded):
        await make(world, actor, desk.line, desk.call, kind)
    other = await world.line(Held(code="vnet-campus", origin="group"))
    with pytest.raises(ProductOfAnother):
        await make(world, actor, desk.line, desk.call, kind, product_id=other.products["vnet-campus"])
    fields = {"vnet": "校园V网", "confirmed": "客户已确认"}
    with pytest.raises(FieldsInvalid, match="已念给客户的损失"):
        await make(world, actor, desk.line, desk.call, kind, product_id=product, fields=fields)
    with pytest.raises(CheckNeeded):
        await make(world, actor, desk.line, None, kind, product_id=product)
    first = await make(world, actor, desk.line, desk.call, kind, product_id=product)
    with pytest.raises(AlreadyOpen, match=first.number):
        await make(world, actor, desk.line, desk.call, kind, product_id=product)
    await world.services.work_orders.cancel(actor, first.number, "客户改主意")
    assert await make(world, actor, desk.line, desk.call, kind, product_id=product)
