"""What a rule stopped on which call: noted once, read by those who keep rules, gone after a quarter."""

from datetime import timedelta

import pytest

from crm.core.ordering.schemas import StartRemedy
from crm.core.staff.errors import NotAllowed
from crm.core.staff.schemas import Role
from tests.factories import Held, World, add
from tests.integration.ordering.test_plans import finish, take

CAMPUS = Held(code="vnet-campus", origin="group")


async def test_a_wish_is_listed_once_a_call_with_what_became_of_it(world: World) -> None:
    line = await world.line("mzone-campus-a", CAMPUS, brand="动感地带")
    desk, keeper = await world.desk(line), await world.staff(Role.BUSINESS)
    stops = world.ordering.stops
    wanted = add("gotone-standard")
    judged = await world.judge(desk, wanted)
    assert await stops.write() >= 1
    await world.judge(desk, wanted)
    assert await stops.write() >= 1, "noted again, written once"
    assert await stops.write() == 0
    page = await stops.of_rule(keeper, "BR-11b", world.today)
    (stop,) = page.wishes
    assert page.total == 1
    assert (stop.target, stop.held, stop.staff_number) == (
        "gotone-standard",
        "vnet-campus",
        desk.actor.staff_number,
    )
    assert stop.msisdn == f"{line.msisdn[:3]}****{line.msisdn[-4:]}"
    assert (stop.wish_state, stop.order_number) == ("", "")
    order = await world.ordering.start_remedy(
        desk.actor,
        StartRemedy(
            idempotency_key="k1", interaction_id=desk.call, subscriber_id=line.id, change=judged.change,
            rule_id="BR-11b", held_id=line.held("vnet-campus"),
        ),
    )  # fmt: skip
    (stop,) = (await stops.of_rule(keeper, "BR-11b", world.today)).wishes
    assert (stop.wish_state, stop.work_order_number) == ("waiting", order.number)
    looks = await world.rows("SELECT subject_id, detail FROM audit_entry WHERE action = 'rule.stopped'")
    assert [each["subject_id"] for each in looks] == ["BR-11b", "BR-11b"]
    assert looks[0]["detail"]["week"] == "2026-11-16"


async def test_what_was_ordered_on_the_call_counts_only_for_the_same_product_and_afterwards(
    world: World,
) -> None:
    desk = await world.desk(await world.line("mzone-campus-a", CAMPUS, brand="动感地带"))
    keeper, stops = await world.staff(Role.BUSINESS), world.ordering.stops
    before = await world.submit(desk, await world.judge(desk, add("cailing-5")))
    world.clock.advance(timedelta(minutes=1))
    adopted = await take(world, desk, add("gotone-standard"))
    await world.judge(desk, add("gotone-standard"))
    world.clock.advance(timedelta(minutes=1))
    other = await world.submit(desk, await world.judge(desk, add("sms-pack-20")))
    await stops.write()
    (stop,) = (await stops.of_rule(keeper, "BR-11b", world.today)).wishes
    assert stop.order_number not in (before.number, other.number)
    assert stop.stopped_at == world.clock.at - timedelta(minutes=1)
    assert adopted.work_order is not None
    await finish(world, adopted.work_order.number)
    order = await world.submit(desk, await world.judge(desk, add("gotone-standard")))
    (stop,) = (await stops.of_rule(keeper, "BR-11b", world.today)).wishes
    assert stop.order_number == order.number


async def test_another_call_is_another_line_and_pages_follow(world: World) -> None:
    line = await world.line("mzone-campus-a", CAMPUS, brand="动感地带")
    keeper = await world.staff(Role.REVIEWER)
    for _ in range(3):
        await world.judge(await world.desk(line), add("gotone-standard"))
        world.clock.advance(timedelta(minutes=1))
        await world.ordering.stops.write()
    page = await world.ordering.stops.of_rule(keeper, "BR-11b", world.today, offset=1)
    assert page.total == 3
    first, second = page.wishes
    assert first.stopped_at > second.stopped_at
    for away in (-7, 7):
        other = await world.ordering.stops.of_rule(keeper, "BR-11b", world.today + timedelta(days=away))
        assert (other.total, other.wishes) == (0, ())


async def test_consent_and_judging_without_a_call_stop_nothing(world: World) -> None:
    line = await world.line("gotone-standard")
    desk = await world.desk(line)
    await world.judge(desk, add("cailing-5"))
    campus = await world.line("mzone-campus-a", CAMPUS, brand="动感地带")
    judged = await world.judge(desk, add("cailing-5"))
    await world.ordering.judge(desk.actor, None, campus.id, judged.change)
    assert await world.ordering.stops.write() == 0


async def test_a_quarter_later_nothing_is_left(world: World) -> None:
    desk = await world.desk(await world.line("mzone-campus-a", CAMPUS, brand="动感地带"))
    await world.judge(desk, add("gotone-standard"))
    await world.ordering.stops.write()
    world.clock.advance(timedelta(days=91))
    await world.ordering.stops.forget()
    assert await world.rows("SELECT 1 FROM stopped_wish")
    world.clock.advance(timedelta(days=2))
    await world.ordering.stops.forget()
    assert not await world.rows("SELECT 1 FROM stopped_wish")


@pytest.mark.parametrize("role", [Role.AGENT, Role.SHIFT_LEADER, Role.QUALITY, Role.ADMIN])
async def test_others_see_counts_only(world: World, role: Role) -> None:
    with pytest.raises(NotAllowed):
        await world.ordering.stops.of_rule(await world.staff(role), "BR-11b", world.today)


async def test_orders_are_found_by_the_rules_in_their_verdict(world: World) -> None:
    desk = await world.desk(await world.line("gotone-standard", "vnet-group"))
    order = await world.submit(desk, await world.judge(desk, add("gotone-business")))
    reader = await world.staff(Role.BUSINESS)
    (found,) = await world.ordering.orders_under_rule(reader, "BR-11a")
    assert found.number == order.number
    assert await world.ordering.orders_under_rule(reader, "BR-11b") == ()
