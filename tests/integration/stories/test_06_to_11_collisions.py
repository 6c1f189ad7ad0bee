"""Stories 6–11: GPRS packs, bundled services, special lines, reservations, bundled discounts, V-nets."""

from datetime import date

import pytest

from crm.core.compatibility.schemas import Verdict
from crm.core.ordering.errors import NotAllTold, NotOrderable
from crm.core.ordering.schemas import CancelReserved, StartRemedy
from crm.core.staff.schemas import Role
from crm.core.work_order.schemas import Resolution
from tests.factories import Held, World, add, remove


async def test_6_a_compatible_gprs_pack_stays_with_its_discount(world: World) -> None:
    line = await world.line("gotone-standard", "gprs-new-20")
    desk = await world.desk(line)
    judgement = await world.judge(desk, add("ao88-88"))
    assert "gprs-new-20" in {each.offering for each in judgement.qualification.diff.kept}
    order = await world.submit(desk, judgement)
    assert "gprs-new-20" not in {each.offering_code for each in order.lines}
    assert (await world.product(line, "gprs-new-20"))["ends_on"] is None


async def test_6_an_incompatible_gprs_pack_goes_only_with_consent_on_record(world: World) -> None:
    line = await world.line("gotone-standard", "gprs-old-20")
    desk = await world.desk(line)
    judgement = await world.judge(desk, add("ao88-88"))
    assert judgement.qualification.verdict is Verdict.CONSENT
    (consent,) = [
        each for each in judgement.qualification.sentences if "GPRS老套餐20元" in each.text and each.consent
    ]
    others = tuple(each.key for each in judgement.qualification.sentences if each.key != consent.key)
    with pytest.raises(NotAllTold):
        await world.submit(desk, judgement, ticked=others)
    assert (await world.product(line, "gprs-old-20"))["ends_on"] is None, "no consent, no order"
    order = await world.submit(desk, judgement)
    (gone,) = [each for each in order.lines if each.offering_code == "gprs-old-20"]
    assert (gone.action, gone.effective_on) == ("delete", date(2026, 12, 1))
    assert gone.reason.startswith("effect:")
    assert consent.text in {each.text for each in order.consents if each.consent}
    assert (await world.product(line, "gprs-old-20"))["ends_on"] == date(2026, 12, 1)


async def test_7_a_service_bundled_in_the_plan_is_not_cancelled(world: World) -> None:
    bundled = Held(code="mail-139", origin="plan", came_with="mzone-net")
    line = await world.line("mzone-net", bundled, brand="动感地带")
    desk = await world.desk(line)
    judgement = await world.judge(desk, remove(line, "mail-139"))
    assert judgement.qualification.verdict is Verdict.REFUSE
    assert "自带" in judgement.qualification.findings[0].explain
    with pytest.raises(NotOrderable):
        await world.submit(desk, judgement)
    assert (await world.product(line, "mail-139"))["status"] == "active"


@pytest.mark.parametrize("wish", ["guonei-manyou", "gprs-new-20", "gotone-standard"])
@pytest.mark.parametrize(
    ("kind", "plan"), [("商务IP", "bizip-plan"), ("话吧", "huaba-plan"), ("公话", "gonghua-plan")]
)
async def test_8_special_lines_change_nothing_here(world: World, kind: str, plan: str, wish: str) -> None:
    line = await world.line(plan, line_kind=kind)
    desk = await world.desk(line)
    judgement = await world.judge(desk, add(wish))
    assert judgement.qualification.verdict is Verdict.REFUSE
    assert kind in judgement.qualification.findings[0].explain
    with pytest.raises(NotOrderable):
        await world.submit(desk, judgement)


async def test_9_cancelling_a_reservation_takes_its_companions_and_nothing_of_before(world: World) -> None:
    line = await world.line("gotone-standard", "mail-139", "gprs-old-20")
    desk = await world.desk(line)
    order = await world.submit(desk, await world.judge(desk, add("ao88-88")))
    done = await world.ordering.cancel_reserved(
        desk.actor, CancelReserved(order_id=order.id, interaction_id=desk.call)
    )
    assert done.state == "cancelled"
    for each in order.lines:
        if each.action == "add":
            assert (await world.product(line, each.offering_code))["status"] == "cancelled"
    for code in ("gotone-standard", "mail-139", "gprs-old-20"):
        product = await world.product(line, code)
        assert (product["status"], product["ends_on"]) == ("active", None)
    assert "继续使用" in (await world.messages(line))[-1]


async def test_9_the_same_through_the_basket_is_judged_by_clause_9(world: World) -> None:
    line = await world.line("gotone-standard", "mail-139")
    desk = await world.desk(line)
    await world.submit(desk, await world.judge(desk, add("ao88-88")))
    line.products["ao88-88"] = (await world.product(line, "ao88-88"))["id"]
    judgement = await world.judge(desk, remove(line, "ao88-88"))
    assert judgement.can_be_ordered
    assert any(each.source == "S3-9" for each in judgement.qualification.findings)
    order = await world.submit(desk, judgement)
    assert order.state == "completed"
    assert (await world.product(line, "gotone-standard"))["ends_on"] is None
    assert (await world.product(line, "mail-139"))["status"] == "active"
    assert (await world.product(line, "news-flash"))["status"] == "cancelled"
    (first, _) = await world.rows("SELECT state FROM product_order ORDER BY number")
    assert first["state"] == "cancelled"


async def test_10_a_bundled_discount_blocks_and_is_named(world: World) -> None:
    bundle = Held(code="bundle-guanjia-cailing-1y", origin="agreement", locked_until=date(2027, 8, 13))
    line = await world.line("gotone-standard", "laidian-guanjia", "cailing-5", bundle)
    desk = await world.desk(line)
    judgement = await world.judge(desk, add("ao88-88"))
    assert judgement.qualification.verdict is Verdict.REFUSE
    worst = judgement.qualification.findings[0]
    assert worst.held_offering == "bundle-guanjia-cailing-1y"
    assert worst.held_id == line.held("bundle-guanjia-cailing-1y")
    with pytest.raises(NotOrderable, match="捆绑1年"):
        await world.submit(desk, judgement)


async def test_10_a_compatible_bundle_does_not_block(world: World) -> None:
    bundle = Held(code="bundle-guanjia-cailing-1y", origin="agreement", locked_until=date(2027, 8, 13))
    line = await world.line("gotone-standard", bundle)
    desk = await world.desk(line)
    order = await world.submit(desk, await world.judge(desk, add("gotone-business")))
    assert (await world.product(line, "bundle-guanjia-cailing-1y"))["ends_on"] is None
    assert order.state == "pending"


GROUP = Held(code="vnet-group", origin="group")


async def test_11_a_compatible_plan_keeps_the_group_vnet(world: World) -> None:
    line = await world.line("gotone-standard", GROUP)
    desk = await world.desk(line)
    order = await world.submit(desk, await world.judge(desk, add("ao88-88")))
    assert order.state == "pending"
    assert (await world.product(line, "vnet-group"))["ends_on"] is None


async def test_11_an_incompatible_plan_waits_and_works_in_the_month_of_cancelling(world: World) -> None:
    line = await world.line("gotone-standard", GROUP)
    desk = await world.desk(line)
    judgement = await world.judge(desk, add("ao88-58"))
    assert judgement.qualification.verdict is Verdict.FIRST
    (finding,) = [each for each in judgement.qualification.findings if each.held_offering == "vnet-group"]
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
    assert work_order.queue == "group_service"
    handler = await world.staff(Role.BACK_OFFICE, ["group_service"])
    await world.services.work_orders.claim(handler, work_order.number)
    await world.services.work_orders.close(
        handler, work_order.number, resolution=Resolution.DONE, reply="集团V网已取消"
    )
    again = await world.judge(desk, add("ao88-58"))
    assert again.can_be_ordered, "the same month, on this channel"
    assert any("当月" in each.explain for each in again.qualification.findings)
    assert (await world.submit(desk, again)).state == "pending"
