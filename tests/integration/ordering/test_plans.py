"""Plans taken with one key: into the basket, or out into the world and back by themselves."""

from datetime import UTC, date, datetime
from typing import Any

import msgspec
import pytest

from crm.core.compatibility.plan_schemas import Goal, Wanted
from crm.core.compatibility.ruleset import RuleSet
from crm.core.compatibility.schemas import Change, ChangeItem
from crm.core.ordering.errors import IdentityNotVerified, LossesNotConfirmed, NoPlan, NotAllTold
from crm.core.ordering.schemas import Adopted, AdoptPlan
from crm.core.staff.schemas import Role
from crm.core.work_order.schemas import Resolution
from crm.platform.ids import new_id
from tests.factories import Desk, Held, World, add, remove

CAMPUS = Held(code="vnet-campus", origin="group")
HKE = Held(code="vnet-hke", origin="group")
BUNDLE = "bundle-guanjia-cailing-1y"


async def take(world: World, desk: Desk, *items: ChangeItem, agree: bool = False, **more: Any) -> Adopted:
    """One key on the plan for these lines; `agree`: the customer agrees to its end beforehand."""
    change = Change(items=items)
    plan = await world.ordering.plan(desk.actor, desk.line.id, change)
    keys = tuple(each.key for each in plan.outcome.sentences) if plan.outcome and agree else ()
    values = {"idempotency_key": str(new_id()), "change": change, "agreed": keys} | more
    return await world.ordering.adopt(
        desk.actor, AdoptPlan(interaction_id=desk.call, subscriber_id=desk.line.id, **values)
    )


async def finish(world: World, number: str, resolution: Resolution = Resolution.DONE) -> None:
    """The group service desk does its part."""
    handler = await world.staff(Role.BACK_OFFICE, ["group_service"])
    await world.services.work_orders.claim(handler, number)
    await world.services.work_orders.close(handler, number, resolution=resolution, reply="处理完毕")


async def wish_of(world: World, desk: Desk) -> dict[str, Any]:
    (wish,) = await world.rows("SELECT * FROM waiting_wish WHERE subscriber_id = :id", id=desk.line.id)
    return wish


async def test_the_campus_vnet_story_with_one_key(world: World) -> None:
    desk = await world.desk(await world.line("mzone-campus-a", CAMPUS, brand="动感地带"))
    adopted = await take(world, desk, add("gotone-standard"), agree=True)
    assert adopted.work_order is not None
    assert adopted.work_order.queue == "group_service"
    assert adopted.agreed
    (waiting,) = await world.ordering.wishes_of(desk.actor, desk.line.id)
    assert (waiting.state, waiting.agreed) == ("waiting", True)
    assert await world.ordering.continue_wishes() == 0, "not before the V-net is gone"
    await finish(world, adopted.work_order.number)
    (cancelled,) = await world.messages(desk.line)
    assert "按您同意的内容自动办理" in cancelled
    assert "10086" not in cancelled, "the customer need not call"
    assert await world.ordering.continue_wishes() == 1
    (order,) = await world.ordering.orders_of(desk.actor, desk.line.id)
    assert [line.offering_code for line in order.lines if line.action == "add"] == ["gotone-standard"]
    assert order.staff_number == "system"
    wish = await wish_of(world, desk)
    assert (wish["state"], wish["order_number"]) == ("done", order.number)
    assert (await world.product(desk.line, "gotone-standard"))["starts_on"] == date(2026, 12, 1)
    assert await world.ordering.continue_wishes() == 0
    assert len(await world.ordering.orders_of(desk.actor, desk.line.id)) == 1


async def test_without_consent_beforehand_the_customer_is_asked_and_nothing_is_ordered(world: World) -> None:
    desk = await world.desk(await world.line("mzone-campus-a", CAMPUS, brand="动感地带"))
    adopted = await take(world, desk, add("gotone-standard"))
    assert adopted.work_order is not None
    await finish(world, adopted.work_order.number)
    assert await world.ordering.continue_wishes() == 1
    assert await world.ordering.orders_of(desk.actor, desk.line.id) == ()
    assert any("请拨打10086确认" in text for text in await world.messages(desk.line))
    assert await world.ordering.continue_wishes() == 0, "asked once"
    (ready,) = await world.ordering.wishes_of(desk.actor, desk.line.id)
    assert ready.state == "ready"
    order = await world.submit(desk, await world.judge(desk, *ready.change.items))
    assert order.lines
    assert (await wish_of(world, desk))["state"] == "done"


async def test_part_of_the_sentences_is_no_consent(world: World) -> None:
    desk = await world.desk(await world.line("mzone-campus-a", CAMPUS, brand="动感地带"))
    plan = await world.ordering.plan(desk.actor, desk.line.id, Change(items=(add("gotone-standard"),)))
    assert plan.outcome is not None
    some = tuple(each.key for each in plan.outcome.sentences[1:])
    adopted = await take(world, desk, add("gotone-standard"), agreed=some)
    assert not adopted.agreed
    assert (await wish_of(world, desk))["agreed_token"] == ""


async def test_consent_to_another_price_is_void(world: World) -> None:
    """The price of the plan moved while the work order ran: the old yes does not count."""
    desk = await world.desk(await world.line("mzone-campus-a", CAMPUS, brand="动感地带"))
    adopted = await take(world, desk, add("gotone-standard"), agree=True)
    assert adopted.work_order is not None
    await world.rows(
        "UPDATE product_offering SET document = jsonb_set(document, '{monthly_fee_fen}', '9900') "
        "WHERE code = 'gotone-standard' RETURNING code"
    )
    await world.rows("UPDATE catalog_version SET version = version + 1 RETURNING version")
    await world.services.catalog.refresh()
    await finish(world, adopted.work_order.number)
    assert await world.ordering.continue_wishes() == 1
    assert await world.ordering.orders_of(desk.actor, desk.line.id) == ()
    assert (await wish_of(world, desk))["asked_at"] is not None


async def test_the_price_of_leaving_is_told_anew_before_a_wish_goes_on(world: World) -> None:
    """Rules that let an agreement end early: its price is of the day, so no yes beforehand covers it."""
    rules = world.services.compatibility.rules
    world.services.compatibility.adopt(RuleSet(rule for rule in rules.rules if rule.id != "BR-10e"))
    plan = Held(code="mzone-campus-a", locked_until=date(2027, 12, 31))
    desk = await world.desk(await world.line(plan, CAMPUS, brand="动感地带"))
    adopted = await take(world, desk, add("gotone-standard"), agree=True)
    assert adopted.work_order is not None
    assert not adopted.agreed, "the sentences of the plan say nothing of the price"
    await finish(world, adopted.work_order.number)
    assert await world.ordering.continue_wishes() == 1
    assert await world.ordering.orders_of(desk.actor, desk.line.id) == ()
    assert (await wish_of(world, desk))["asked_at"] is not None
    (ready,) = await world.ordering.wishes_of(desk.actor, desk.line.id)
    judged = await world.judge(desk, *ready.change.items)
    (price,) = judged.penalties
    spoken = tuple(each.key for each in judged.qualification.sentences)
    with pytest.raises(NotAllTold):
        await world.submit(desk, judged, ticked=spoken)
    order = await world.submit(desk, judged, ticked=(*spoken, price.key))
    assert any(each.text == price.text for each in order.consents)
    assert (await wish_of(world, desk))["state"] == "done"


async def test_a_price_of_leaving_that_came_up_meanwhile_voids_the_consent(world: World) -> None:
    rules = world.services.compatibility.rules
    world.services.compatibility.adopt(RuleSet(rule for rule in rules.rules if rule.id != "BR-10e"))
    desk = await world.desk(await world.line("mzone-campus-a", CAMPUS, brand="动感地带"))
    adopted = await take(world, desk, add("gotone-standard"), agree=True)
    assert adopted.work_order is not None
    assert adopted.agreed
    await world.rows(
        "UPDATE product SET locked_until = '2027-12-31' WHERE id = :id RETURNING id",
        id=desk.line.products["mzone-campus-a"],
    )
    await finish(world, adopted.work_order.number)
    assert await world.ordering.continue_wishes() == 1
    assert await world.ordering.orders_of(desk.actor, desk.line.id) == ()
    assert any("请拨打10086确认" in text for text in await world.messages(desk.line))


async def test_the_customer_page_reads_the_same_wishes_along(world: World) -> None:
    bundle = Held(code=BUNDLE, origin="agreement", locked_until=date(2027, 3, 31))
    desk = await world.desk(await world.line("gotone-standard", bundle))
    await take(world, desk, add("ao88-88"), agree=True)
    page = await world.services.customers.page(desk.actor, subscriber_id=desk.line.id)
    along = world.ordering.wishes_along(page.along["wishes"])
    assert along == await world.ordering.wishes_of(desk.actor, desk.line.id)
    assert (along[0].waits_for, along[0].agreed) == ("day", True)


async def test_consent_for_next_month_is_void_when_it_has_become_the_month_after(world: World) -> None:
    desk = await world.desk(await world.line("mzone-campus-a", CAMPUS, brand="动感地带"))
    adopted = await take(world, desk, add("gotone-standard"), agree=True)
    assert adopted.work_order is not None
    world.clock.move_to(datetime(2026, 12, 1, 2, 0, tzinfo=UTC))
    await finish(world, adopted.work_order.number)
    await world.ordering.continue_wishes()
    assert await world.ordering.orders_of(desk.actor, desk.line.id) == ()


async def test_losses_come_first_and_are_confirmed(world: World) -> None:
    desk = await world.desk(await world.line("mzone-hke", HKE, brand="动感地带"))
    with pytest.raises(LossesNotConfirmed):
        await take(world, desk, add("gotone-standard"))
    assert await world.rows("SELECT id FROM work_order") == []
    ticked = (f"losses:{desk.line.held('vnet-hke')}",)
    adopted = await take(world, desk, add("gotone-standard"), ticked=ticked)
    assert adopted.work_order is not None


async def test_a_desk_plan_goes_into_the_basket_and_nothing_counts_as_said(world: World) -> None:
    bundle = Held(code=BUNDLE, origin="agreement", locked_until=date(2026, 11, 1))
    desk = await world.desk(await world.line("gotone-standard", bundle))
    adopted = await take(world, desk, add("ao88-88"))
    assert adopted.basket is not None
    assert [item.action for item in adopted.basket.items] == ["add", "delete"]
    assert adopted.basket.recorded == ()
    assert (await world.judge(desk, *adopted.basket.items)).can_be_ordered


async def test_a_lock_in_is_waited_for_and_the_wish_goes_on_that_day(world: World) -> None:
    bundle = Held(code=BUNDLE, origin="agreement", locked_until=date(2027, 3, 31))
    desk = await world.desk(await world.line("gotone-standard", bundle))
    for _ in range(2):
        adopted = await take(world, desk, add("ao88-88"), agree=True)
        assert adopted.step is not None
        assert adopted.step.on == date(2027, 4, 1)
    wish = await wish_of(world, desk)
    assert (wish["waits_for"], wish["ready_on"]) == ("day", date(2027, 4, 1))
    world.clock.move_to(datetime(2027, 3, 31, 15, 59, tzinfo=UTC))
    assert await world.ordering.continue_wishes() == 0
    world.clock.move_to(datetime(2027, 3, 31, 16, 1, tzinfo=UTC))  # midnight in Shanghai
    assert await world.ordering.continue_wishes() == 1
    (order,) = await world.ordering.orders_of(desk.actor, desk.line.id)
    assert {(line.action, line.offering_code) for line in order.lines} >= {
        ("add", "ao88-88"),
        ("delete", BUNDLE),
    }


async def test_what_needs_no_consent_is_not_noted_as_consented(world: World) -> None:
    bundle = Held(code=BUNDLE, origin="agreement", locked_until=date(2027, 3, 31))
    line = await world.line("gotone-standard", bundle)
    desk = await world.desk(line)
    rules = world.services.compatibility.rules
    world.services.compatibility.adopt(RuleSet(rule for rule in rules.rules if rule.id != "BR-13a"))
    free = add("sms-pack-20")
    assert (await world.judge(desk, free)).qualification.sentences == ()
    await take(world, desk, remove(line, BUNDLE))
    await world.rows(
        "UPDATE waiting_wish SET change = cast(:change AS jsonb) RETURNING id",
        change=msgspec.json.encode(Change(items=(free,))).decode(),
    )
    world.clock.move_to(datetime(2027, 3, 31, 16, 1, tzinfo=UTC))
    assert await world.ordering.continue_wishes() == 1
    (order,) = await world.rows("SELECT note, consents FROM product_order")
    assert order["consents"] == []
    assert "没有需要客户同意的内容" in order["note"]


async def test_a_profile_is_waited_for(world: World) -> None:
    line = await world.line("easyown-standard", brand="神州行", profile_recorded=False)
    desk = await world.desk(line)
    adopted = await take(world, desk, add("easyown-changting"), agree=True)
    assert adopted.step is not None
    assert adopted.step.do == "add_profile"
    assert await world.ordering.continue_wishes() == 0
    await world.rows("UPDATE customer SET profile_recorded = true RETURNING id")
    world.clock.move_to(datetime(2026, 11, 22, 9, 0, tzinfo=UTC))
    assert await world.ordering.continue_wishes() == 1
    assert len(await world.ordering.orders_of(desk.actor, line.id)) == 1


async def test_a_store_is_a_message_with_what_to_bring(world: World) -> None:
    member = Held(code="music-membership", origin="agreement", locked_until=date(2027, 6, 30))
    desk = await world.desk(await world.line("music-a", member, brand="动感地带"))
    adopted = await take(world, desk, add("music-b"))
    assert adopted.step is not None
    assert adopted.step.do == "visit_store"
    (text,) = await world.messages(desk.line)
    assert "机主本人、有效身份证件" in text
    assert await world.rows("SELECT id FROM waiting_wish") == []


async def test_who_is_not_identified_starts_nothing(world: World) -> None:
    bundle = Held(code=BUNDLE, origin="agreement", locked_until=date(2027, 3, 31))
    for line in (
        await world.line("mzone-campus-a", CAMPUS, brand="动感地带"),
        await world.line("gotone-standard", bundle),
    ):
        desk = await world.desk(line, checks=())
        with pytest.raises(IdentityNotVerified):
            await take(world, desk, add("ao88-88"))
    assert await world.rows("SELECT id FROM waiting_wish") == []


async def test_without_a_plan_the_reason_is_named(world: World) -> None:
    desk = await world.desk(await world.line("gotone-standard", line_kind="话吧"))
    with pytest.raises(NoPlan, match="话吧号码"):
        await take(world, desk, add("gotone-business"))


async def test_a_work_order_that_failed_ends_the_wish(world: World) -> None:
    desk = await world.desk(await world.line("mzone-campus-a", CAMPUS, brand="动感地带"))
    adopted = await take(world, desk, add("gotone-standard"), agree=True)
    assert adopted.work_order is not None
    await finish(world, adopted.work_order.number, Resolution.NOT_POSSIBLE)
    assert await world.ordering.continue_wishes() == 0
    assert (await wish_of(world, desk))["state"] == "cancelled"


async def test_to_cancel_the_vnet_is_done_when_the_work_order_is(world: World) -> None:
    line = await world.line("mzone-campus-a", CAMPUS, brand="动感地带")
    desk = await world.desk(line)
    adopted = await take(world, desk, remove(line, "vnet-campus"))
    assert adopted.work_order is not None
    await finish(world, adopted.work_order.number)
    assert (await wish_of(world, desk))["state"] == "done"
    assert await world.ordering.continue_wishes() == 0


async def test_a_goal_is_found_for_the_line_as_it_is(world: World) -> None:
    line = await world.line("gotone-standard", Held(code="vnet-group", origin="group"))
    desk = await world.desk(line)
    goal = Goal(wanted=(Wanted(kind="data_mb", amount=10_240),), keep=(line.held("vnet-group"),))
    found = await world.ordering.find(desk.actor, line.id, goal)
    assert found.answers
    judgement = await world.judge(desk, *found.answers[0].change.items)
    assert judgement.qualification.verdict is found.answers[0].verdict


async def test_one_work_order_follows_the_other_and_then_the_change(world: World) -> None:
    """Two V-nets stand in the way: the second work order starts by itself, because the plan said so."""
    line = await world.line("mzone-hke", HKE, CAMPUS, brand="动感地带")
    desk = await world.desk(line)
    ticked = (f"losses:{line.held('vnet-hke')}",)
    adopted = await take(world, desk, add("gotone-standard"), agree=True, ticked=ticked)
    assert adopted.work_order is not None
    first = adopted.work_order.number
    await finish(world, first)
    assert await world.ordering.continue_wishes() == 1
    (wish,) = await world.ordering.wishes_of(desk.actor, line.id)
    assert wish.state == "waiting"
    assert wish.work_order_number != first
    assert await world.ordering.continue_wishes() == 0
    await finish(world, wish.work_order_number)
    assert await world.ordering.continue_wishes() == 1
    (order,) = await world.ordering.orders_of(desk.actor, line.id)
    assert "gotone-standard" in {each.offering_code for each in order.lines}
    assert len(await world.rows("SELECT id FROM work_order")) == 2
