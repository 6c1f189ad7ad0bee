"""Stories 12–17: campus V-nets, H客帝国, campaign and agreement offers, retention, complaints."""

from datetime import date

import pytest

from crm.core.compatibility.schemas import Change, Verdict
from crm.core.ordering.errors import LossesNotConfirmed, NotOrderable
from crm.core.ordering.schemas import StartRemedy
from crm.core.staff.schemas import Role
from crm.core.work_order.errors import StepNotYours
from crm.core.work_order.schemas import CreateWorkOrder, Resolution, WorkOrderView
from tests.factories import Desk, Held, World, add, remove

CAMPUS = Held(code="vnet-campus", origin="group")
EMPIRE = Held(code="vnet-hke", origin="group")


async def close_as_done(world: World, order: WorkOrderView) -> None:
    handler = await world.staff(Role.BACK_OFFICE, ["group_service"])
    await world.services.work_orders.claim(handler, order.number)
    await world.services.work_orders.close(
        handler, order.number, resolution=Resolution.DONE, reply="V网已取消，可以继续办理"
    )


async def test_12_within_the_brand_the_campus_vnet_stays(world: World) -> None:
    line = await world.line("mzone-campus-a", CAMPUS, brand="动感地带")
    desk = await world.desk(line)
    order = await world.submit(desk, await world.judge(desk, add("mzone-campus-b")))
    assert order.state == "pending"
    assert (await world.product(line, "vnet-campus"))["ends_on"] is None


async def test_12_another_brand_only_after_the_campus_vnet_is_cancelled(world: World) -> None:
    line = await world.line("mzone-campus-a", CAMPUS, brand="动感地带")
    desk = await world.desk(line)
    judgement = await world.judge(desk, add("gotone-standard"))
    assert judgement.qualification.verdict is Verdict.FIRST
    assert judgement.qualification.findings[0].held_name == "校园V网"
    with pytest.raises(NotOrderable):
        await world.submit(desk, judgement)
    finding = judgement.qualification.findings[0]
    work_order = await world.ordering.start_remedy(
        desk.actor,
        StartRemedy(
            idempotency_key="r1",
            interaction_id=desk.call,
            subscriber_id=line.id,
            change=judgement.change,
            rule_id=finding.rule_id,
            held_id=finding.held_id,
        ),
    )
    await close_as_done(world, work_order)
    (wish,) = await world.ordering.wishes_of(desk.actor, line.id)
    assert wish.state == "ready"
    again = await world.ordering.judge(desk.actor, desk.call, line.id, wish.change)
    order = await world.submit(desk, again)
    assert order.lines[0].effective_on == date(2026, 12, 1)
    assert await world.ordering.wishes_of(desk.actor, line.id) == (), "the wish is fulfilled"


@pytest.mark.parametrize("wish", ["mzone-net", "gotone-standard", "gprs-new-20", "sms-pack-20"])
async def test_13_every_change_waits_for_the_hke_vnet(world: World, wish: str) -> None:
    line = await world.line("mzone-hke", EMPIRE, brand="动感地带")
    desk = await world.desk(line)
    judgement = await world.judge(desk, add(wish))
    assert judgement.qualification.verdict is Verdict.FIRST
    assert judgement.qualification.findings[0].held_name == "H客帝国校园V网"
    with pytest.raises(NotOrderable):
        await world.submit(desk, judgement)


def remedy(desk: Desk, change: Change, rule_id: str, *ticked: str) -> StartRemedy:
    return StartRemedy(
        idempotency_key="r14",
        interaction_id=desk.call,
        subscriber_id=desk.line.id,
        change=change,
        rule_id=rule_id,
        held_id=desk.line.held("vnet-hke"),
        ticked=ticked,
    )


@pytest.mark.parametrize("through", ["plan", "removal"])
async def test_14_three_losses_then_the_work_order_then_the_change(world: World, through: str) -> None:
    line = await world.line("mzone-hke", EMPIRE, brand="动感地带")
    desk = await world.desk(line)
    wanted = add("gotone-standard") if through == "plan" else remove(line, "vnet-hke")
    judgement = await world.judge(desk, wanted)
    worst = judgement.qualification.findings[0]
    with pytest.raises(LossesNotConfirmed) as caught:
        await world.ordering.start_remedy(desk.actor, remedy(desk, judgement.change, worst.rule_id))
    assert len(caught.value.losses) == 3
    for words in ("120分钟", "400条", "彩铃"):
        assert words in caught.value.message
    assert (await world.rows("SELECT count(*) AS n FROM work_order"))[0]["n"] == 0
    told = f"losses:{line.held('vnet-hke')}"
    work_order = await world.ordering.start_remedy(
        desk.actor, remedy(desk, judgement.change, worst.rule_id, told)
    )
    assert (work_order.type, work_order.product_id) == ("cancel_group_service", line.products["vnet-hke"])
    assert "400条" in work_order.fields["losses"]
    before = await world.judge(desk, add("gotone-standard"), recorded=(told,))
    assert not before.can_be_ordered, "the work order is open: not yet"
    await close_as_done(world, work_order)
    ended = await world.product(line, "vnet-hke")
    assert (ended["status"], ended["ends_on"]) == ("terminated", world.today)
    assert (await world.judge(desk, add("gotone-standard"))).can_be_ordered, "offered only after"
    wishes = await world.ordering.wishes_of(desk.actor, line.id)
    assert [each.state for each in wishes] == (["ready"] if through == "plan" else [])


async def test_14_a_work_order_closed_as_impossible_changes_nothing(world: World) -> None:
    line = await world.line("mzone-hke", EMPIRE, brand="动感地带")
    desk = await world.desk(line)
    told = f"losses:{line.held('vnet-hke')}"
    judgement = await world.judge(desk, add("gotone-standard"), recorded=(told,))
    worst = judgement.qualification.findings[0]
    order = await world.ordering.start_remedy(desk.actor, remedy(desk, judgement.change, worst.rule_id))
    handler = await world.staff(Role.BACK_OFFICE, ["group_service"])
    await world.services.work_orders.claim(handler, order.number)
    await world.services.work_orders.close(
        handler, order.number, resolution=Resolution.NOT_POSSIBLE, reply="集团合同期内不能取消"
    )
    assert (await world.product(line, "vnet-hke"))["status"] == "active"
    assert await world.ordering.wishes_of(desk.actor, line.id) == ()


@pytest.mark.parametrize(
    ("origin", "campaign", "words"),
    [("campaign", "黔东南预存话费赠短信", "营销活动"), ("agreement", "两年在网协议", "协议")],
)
async def test_15_campaign_and_agreement_offers_are_not_cancelled(
    world: World, origin: str, campaign: str, words: str
) -> None:
    pack = Held(code="sms-pack-prefecture", origin=origin, locked_until=date(2027, 5, 31), campaign=campaign)
    line = await world.line("easyown-changting", pack, brand="神州行")
    desk = await world.desk(line)
    judgement = await world.judge(desk, remove(line, "sms-pack-prefecture"))
    assert judgement.qualification.verdict is Verdict.REFUSE
    worst = judgement.qualification.findings[0]
    assert worst.source == "S3-12"
    assert words in worst.explain
    assert campaign in worst.explain
    with pytest.raises(NotOrderable, match="没有提交"):
        await world.submit(desk, judgement)


async def test_16_retention_is_recorded_before_a_stand_alone_offer_goes(world: World) -> None:
    line = await world.line("easyown-dazhong", "sms-pack-10", brand="神州行")
    desk = await world.desk(line)
    judgement = await world.judge(desk, remove(line, "sms-pack-10"))
    assert judgement.qualification.verdict is Verdict.FIRST
    (step,) = [each for finding in judgement.qualification.findings for each in finding.remedies]
    assert step.do == "record_retention"
    assert "120条" in step.text, "the reference table explains"
    with pytest.raises(NotOrderable):
        await world.submit(desk, judgement)
    again = await world.judge(desk, remove(line, "sms-pack-10"), recorded=(step.record,))
    order = await world.submit(desk, again)
    assert order.change.recorded == (step.record,)
    (entry,) = await world.rows("SELECT * FROM audit_entry WHERE action = 'retention.recorded'")
    assert entry["detail"]["step"] == step.record
    assert entry["interaction_id"] == desk.actor.interaction_id
    assert (await world.product(line, "sms-pack-10"))["ends_on"] == date(2026, 12, 1)


async def test_16_without_an_entry_in_the_table_it_is_told_and_done(world: World) -> None:
    line = await world.line("easyown-dazhong", "sms-pack-20", brand="神州行")
    desk = await world.desk(line)
    judgement = await world.judge(desk, remove(line, "sms-pack-20"))
    assert judgement.can_be_ordered
    assert judgement.qualification.sentences
    await world.submit(desk, judgement)


async def test_17_a_complaint_goes_to_the_back_office_with_full_text(world: World) -> None:
    line = await world.line("gotone-standard")
    desk = await world.desk(line)
    text = "客户反映九月话费异常。" * 100
    orders = world.services.work_orders
    complaint = await orders.create(
        desk.actor,
        CreateWorkOrder(
            idempotency_key="c1",
            type="投诉",
            content=text,
            fields={"category": "资费争议", "demand": "核查并退费"},
            subscriber_id=line.id,
            msisdn=line.msisdn,
            interaction_id=desk.call,
        ),
    )
    assert complaint.queue == "back_office"
    assert complaint.content == text
    with pytest.raises(StepNotYours):
        await orders.close(desk.actor, complaint.number, resolution=Resolution.DONE, reply="已解释")
    assert (await orders.work_order(desk.actor, complaint.number)).state != "archived"
