"""Stories 1–5 of the domain: plans, music members, missing profile, group ring tones, discounts."""

from datetime import UTC, date, datetime

import pytest

from crm.core.catalog.schemas import Offering, OfferingKind
from crm.core.compatibility.schemas import Verdict
from crm.core.ordering.errors import NotAllTold, NotOrderable
from tests.factories import Held, World, add


@pytest.mark.parametrize("plan", ["ao88-88", "music-a"])
async def test_1_platform_services_open_with_the_plan_and_are_free_at_first(world: World, plan: str) -> None:
    brand = "全球通" if plan == "ao88-88" else "动感地带"
    line = await world.line("gotone-standard" if brand == "全球通" else "mzone-net", brand=brand)
    desk = await world.desk(line)
    judgement = await world.judge(desk, add(plan))
    assert judgement.can_be_ordered
    opened = world.services.catalog.catalogue.offerings[plan].includes
    assert opened
    order = await world.submit(desk, judgement)
    companions = [each for each in order.lines if each.reason == "came_with"]
    assert {each.offering_code for each in companions} == set(opened)
    carrier = await world.product(line, plan)
    for each in companions:
        product = await world.product(line, each.offering_code)
        assert product["came_with_id"] == carrier["id"], "marked: came with the plan"
        assert product["origin"] == "trial"
        assert product["starts_on"] == carrier["starts_on"] == date(2026, 12, 1)
        assert product["free_until"] == date(2026, 12, 31), "free in the month it opens"
    (text,) = await world.messages(line)
    assert "免费体验至12月31日" in text
    assert order.number in text


async def test_1_what_the_customer_has_opened_is_not_opened_again(world: World) -> None:
    line = await world.line("gotone-standard", "mail-139")
    desk = await world.desk(line)
    order = await world.submit(desk, await world.judge(desk, add("ao88-58")))
    assert "mail-139" not in {each.offering_code for each in order.lines}
    assert (await world.product(line, "mail-139"))["origin"] == "self"


MEMBER = Held(code="music-membership", origin="agreement", ends_on=date(2026, 11, 11), since_days=370)


@pytest.mark.parametrize("wish", ["music-b", "music-option-2", "mzone-net"])
async def test_2_a_music_member_goes_to_a_store_with_the_document(world: World, wish: str) -> None:
    member = Held(code="music-membership", origin="agreement", locked_until=date(2027, 6, 30))
    line = await world.line("music-a", member, brand="动感地带")
    desk = await world.desk(line)
    judgement = await world.judge(desk, add(wish))
    assert judgement.qualification.verdict is Verdict.STORE
    steps = [step for each in judgement.qualification.findings for step in each.remedies]
    assert any(step.do == "visit_store" and step.bring == ("机主本人", "有效身份证件") for step in steps)
    with pytest.raises(NotOrderable, match="须到营业厅办理"):
        await world.submit(desk, judgement)
    assert (await world.rows("SELECT count(*) AS n FROM product_order"))[0]["n"] == 0


async def test_2_the_month_of_expiry_still_counts_and_the_next_does_not(world: World) -> None:
    line = await world.line("music-a", MEMBER, brand="动感地带")
    desk = await world.desk(line)
    assert (await world.judge(desk, add("music-b"))).qualification.verdict is Verdict.STORE
    world.clock.move_to(datetime(2026, 12, 1, 2, 0, tzinfo=UTC))
    assert (await world.judge(desk, add("music-b"))).can_be_ordered


async def test_2_the_desk_does_not_sell_the_membership(world: World) -> None:
    desk = await world.desk(await world.line("music-a", brand="动感地带"))
    assert (await world.judge(desk, add("music-membership"))).qualification.verdict is Verdict.STORE


async def test_3_a_standard_card_without_profile_waits_for_the_store(world: World) -> None:
    line = await world.line("easyown-standard", brand="神州行", profile_recorded=False)
    desk = await world.desk(line)
    judgement = await world.judge(desk, add("easyown-changting"))
    assert not judgement.missing_checks, "the password is right, and does not help"
    assert judgement.qualification.verdict is Verdict.FIRST
    (step,) = [step for each in judgement.qualification.findings for step in each.remedies]
    assert (step.do, step.where) == ("add_profile", "store")
    with pytest.raises(NotOrderable, match="须先完成前置步骤"):
        await world.submit(desk, judgement)
    await world.rows("UPDATE customer SET profile_recorded = true RETURNING id")
    order = await world.submit(desk, await world.judge(desk, add("easyown-changting")))
    assert order.state == "pending"


async def test_4_group_ring_tone_as_add_on_is_no_obstacle(world: World) -> None:
    line = await world.line("gotone-business", Held(code="group-cailing", origin="group"))
    desk = await world.desk(line)
    order = await world.submit(desk, await world.judge(desk, add("gotone-standard")))
    assert "group-cailing" not in {each.offering_code for each in order.lines}
    assert (await world.product(line, "group-cailing"))["ends_on"] is None


async def test_4_the_group_ring_tone_package_is_refused(world: World) -> None:
    line = await world.line("gotone-upgrade", Held(code="group-cailing-package", origin="group"))
    desk = await world.desk(line)
    judgement = await world.judge(desk, add("gotone-standard"))
    assert judgement.qualification.verdict is Verdict.REFUSE
    assert "集团彩铃套餐" in judgement.qualification.findings[0].held_name
    with pytest.raises(NotOrderable, match="不能办理"):
        await world.submit(desk, judgement)


async def test_5_lost_offers_are_listed_told_and_the_discontinued_are_gone_for_good(world: World) -> None:
    line = await world.line("easyown-dazhong", "discount-old-evening", "discount-night", brand="神州行")
    desk = await world.desk(line)
    judgement = await world.judge(desk, add("gotone-standard"))
    lost = {each.offering: each for each in judgement.qualification.diff.lost}
    assert lost["discount-old-evening"].gone_for_good
    assert not lost["discount-night"].gone_for_good
    sentences = judgement.qualification.sentences
    assert any("以后不能再办理" in each.text for each in sentences)
    with pytest.raises(NotAllTold) as caught:
        await world.submit(desk, judgement, ticked=tuple(each.key for each in sentences[1:]))
    assert caught.value.texts == (sentences[0].text,)
    order = await world.submit(desk, judgement)
    assert {each.key for each in order.consents} == {each.key for each in sentences}
    for code in ("discount-old-evening", "discount-night"):
        assert (await world.product(line, code))["ends_on"] == date(2026, 12, 1)


async def test_5_who_wants_to_keep_an_offer_is_sent_to_a_store(world: World) -> None:
    await world.sell(
        Offering(code="weekend-calls", name="周末畅聊包", kind=OfferingKind.VOICE_PACK, monthly_fee_fen=600)
    )
    line = await world.line("gotone-standard", "weekend-calls", "discount-old-evening")
    desk = await world.desk(line)
    judgement = await world.judge(desk, add("gotone-business"))
    assert judgement.can_be_ordered
    steps = [step for each in judgement.qualification.findings for step in each.remedies]
    (store,) = [step for step in steps if step.do == "visit_store"]
    assert "保留周末畅聊包" in store.text, "and no store can keep what is discontinued"
    assert store.bring == ("机主本人", "有效身份证件")


async def test_5_an_offer_the_catalogue_does_not_know_is_verified_first(world: World) -> None:
    line = await world.line("gotone-standard", "left-the-catalogue")
    desk = await world.desk(line)
    judgement = await world.judge(desk, add("gotone-business"))
    assert judgement.qualification.verdict is Verdict.FIRST
    with pytest.raises(NotOrderable):
        await world.submit(desk, judgement)
