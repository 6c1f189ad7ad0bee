"""Stories 1–16 of a hotline, judged by the delivered rules: verdict, the item named, the clause."""

from datetime import date

from crm.core.catalog.schemas import Timing
from crm.core.compatibility.schemas import HeldState, Origin, Verdict
from tests.unit.compatibility.world import basket, customer, finding, fired, held, judge


def test_01_platform_services_come_with_the_plan_and_are_free_this_month() -> None:
    found = judge(customer(), basket("ao88-88"))
    assert found.can_be_ordered
    said = finding(found, "BR-01")
    assert said.clause == "《10086注意事项》第1条"
    assert {effect.offering for effect in said.effects} == {"mail-139", "fetion-member", "news-flash"}
    gained = {line.offering: line for line in found.diff.gained}
    assert gained["fetion-member"].effective_on == date(2026, 12, 1)
    assert "2026-12-31" in gained["fetion-member"].note
    # 58 … 88: the plan alone, because the month in which it begins is free for what comes with it.
    assert found.diff.fee_next_month_fen == 8800
    assert judge(customer(plan="mzone-net"), basket("music-b")).can_be_ordered


def test_02_a_music_member_goes_to_the_store_until_the_expiry_month_is_over() -> None:
    member = held("music-membership", starts_on=date(2025, 11, 21), ends_on=date(2026, 11, 21))
    found = judge(customer(member, plan="music-a", on=date(2026, 11, 30)), basket("music-b"))
    assert found.verdict is Verdict.STORE
    said = finding(found, "BR-02a")
    assert said.held_name == "动感地带音乐套餐会员"
    assert said.clause == "《10086注意事项》第2条"
    assert said.remedies[0].bring == ("机主本人", "有效身份证件")
    assert judge(customer(member, plan="music-a", on=date(2026, 12, 1)), basket("music-b")).can_be_ordered
    option = judge(customer(member, plan="music-a", on=date(2026, 11, 30)), basket("music-option-1"))
    assert option.verdict is Verdict.STORE
    assert judge(customer(plan="music-a"), basket("music-membership")).verdict is Verdict.STORE


def test_02_at_the_store_the_member_changes_and_stays_a_member() -> None:
    member = held("music-membership", starts_on=date(2026, 3, 1), ends_on=date(2027, 3, 1))
    found = judge(customer(member, plan="music-a"), basket("music-c", channel="store"))
    assert found.can_be_ordered
    assert "music-membership" in {line.offering for line in found.diff.kept}


def test_03_the_standard_card_needs_a_recorded_profile() -> None:
    found = judge(customer(plan="easyown-standard", profile_recorded=False), basket("easyown-dazhong"))
    assert found.verdict is Verdict.FIRST
    assert finding(found, "BR-03").remedies[0].do == "add_profile"
    assert finding(found, "BR-03").remedies[0].where == "store"
    unknown = judge(customer(plan="easyown-standard", profile_recorded=None), basket("easyown-dazhong"))
    assert unknown.verdict is Verdict.FIRST
    assert finding(unknown, "BR-03").unknown == ("subscriber.profile_recorded",)
    assert finding(unknown, "BR-03").remedies[0].do == "verify"


def test_04_group_ring_tones_as_an_add_on_or_as_a_package() -> None:
    add_on = judge(customer("group-cailing"), basket("gotone-business"))
    assert add_on.can_be_ordered
    assert finding(add_on, "BR-04a").held_name == "集团彩铃"
    package = judge(customer("group-cailing-package"), basket("gotone-business"))
    assert package.verdict is Verdict.REFUSE
    assert finding(package, "BR-04b").held_name == "集团彩铃套餐"


def test_05_what_may_be_lost_is_told_and_what_is_discontinued_is_gone_for_good() -> None:
    found = judge(customer("discount-old-evening", plan="easyown-dazhong"), basket("ao88-88"))
    assert found.can_be_ordered
    assert {"BR-05a", "BR-05c"} <= fired(found)
    lost = {line.offering: line for line in found.diff.lost}
    assert lost["discount-old-evening"].gone_for_good
    assert not lost["easyown-dazhong"].gone_for_good
    keys = {sentence.rule_id for sentence in found.sentences}
    assert {"BR-05a", "BR-05c", "BR-05d"} <= keys
    assert found.consent_token


def test_06_a_gprs_pack_stays_or_goes_with_consent() -> None:
    stays = judge(customer("gprs-new-20"), basket("ao88-88"))
    assert "gprs-new-20" in {line.offering for line in stays.diff.kept}
    goes = judge(customer("gprs-old-20"), basket("ao88-88"))
    said = finding(goes, "BR-06b")
    assert said.verdict is Verdict.CONSENT
    assert said.effects[0].kind == "cancel"
    assert "gprs-old-20" in {line.offering for line in goes.diff.lost}
    assert any(sentence.consent and sentence.rule_id == "BR-06b" for sentence in goes.sentences)


def test_07_what_the_plan_bundles_cannot_be_cancelled() -> None:
    bundle = held("bundle-guanjia-cailing-1y", locked_until=date(2027, 3, 1))
    part = held("laidian-guanjia", origin=Origin.PLAN, came_with="bundle-guanjia-cailing-1y")
    found = judge(customer(bundle, part), basket(delete=("laidian-guanjia",)))
    assert found.verdict is Verdict.REFUSE
    assert finding(found, "BR-07b").clause == "《10086注意事项》第7条"


def test_08_special_lines_are_refused_everything_roaming_included() -> None:
    for kind in ("商务IP", "话吧", "公话"):
        for change in (basket("gotone-business"), basket("sms-pack-20"), basket("guonei-manyou")):
            found = judge(customer(line_kind=kind), change)
            assert found.verdict is Verdict.REFUSE
            assert kind in finding(found, "BR-08a").explain


def test_09_a_reserved_plan_takes_along_what_came_with_it_and_nothing_else() -> None:
    nearby = held("ao88-88", "next", state=HeldState.RESERVED, starts_on=date(2026, 12, 1))
    came = held(
        "fetion-member", origin=Origin.TRIAL, state=HeldState.RESERVED,
        starts_on=date(2026, 12, 1), came_with="next",
    )  # fmt: skip
    had = held("mail-139")
    found = judge(customer(nearby, came, had, "cailing-5"), basket(delete=("ao88-88@next",)))
    assert found.can_be_ordered
    assert {line.offering for line in found.diff.lost} == {"ao88-88", "fetion-member"}
    assert {line.offering for line in found.diff.kept} == {"gotone-standard", "mail-139", "cailing-5"}
    assert finding(found, "BR-09b").held_name == "139手机邮箱"


def test_10_a_bundle_in_force_blocks_the_plan_that_waives_its_fees() -> None:
    bundle = held("bundle-guanjia-cailing-1y", origin=Origin.AGREEMENT, locked_until=date(2027, 2, 28))
    found = judge(customer(bundle), basket("ao88-88"))
    assert found.verdict is Verdict.REFUSE
    said = finding(found, "BR-10a")
    assert said.held_name == "来电管家＋彩铃捆绑1年优惠"
    assert said.remedies[0].until == date(2027, 2, 28)
    assert "2027-02-28" in said.script
    last = judge(customer(bundle, on=date(2027, 2, 28)), basket("ao88-88"))
    assert last.verdict is Verdict.REFUSE
    after = judge(customer(bundle, on=date(2027, 3, 1)), basket("ao88-88"))
    assert after.verdict is Verdict.FIRST
    assert judge(customer(bundle), basket("gotone-business")).can_be_ordered


def test_11_a_group_vnet_stays_with_a_compatible_plan_and_goes_first_otherwise() -> None:
    kept = judge(customer("vnet-group", plan="easyown-dazhong"), basket("gotone-business"))
    assert kept.can_be_ordered
    assert "vnet-group" in {line.offering for line in kept.diff.kept}
    blocked = judge(customer("vnet-group"), basket("ao88-58"))
    assert blocked.verdict is Verdict.FIRST
    step = finding(blocked, "BR-11e").remedies[0]
    assert (step.do, step.work_order_type, step.held_id) == ("cancel", "cancel_group_service", "vnet-group")
    ended = held("vnet-group", state=HeldState.ENDED, ends_on=date(2026, 11, 22))
    for channel in ("hotline", "web", "app", "sms"):
        found = judge(customer(ended), basket("ao88-58", channel=channel))
        assert found.can_be_ordered
        assert "BR-11g" in fired(found)


def test_12_a_campus_vnet_blocks_another_brand_only() -> None:
    same = judge(customer("vnet-campus", plan="mzone-net"), basket("mzone-campus-a"))
    assert same.can_be_ordered
    other = judge(customer("vnet-campus", plan="mzone-net"), basket("gotone-standard"))
    assert other.verdict is Verdict.FIRST
    assert finding(other, "BR-11b").held_name == "校园V网"
    gone = held("vnet-campus", state=HeldState.ENDED, ends_on=date(2026, 11, 22))
    assert judge(customer(gone, plan="mzone-net"), basket("gotone-standard")).can_be_ordered


def test_13_the_hke_vnet_stops_every_change_until_it_is_cancelled() -> None:
    for code in ("mzone-net", "gotone-standard", "gprs-new-5", "sms-pack-20"):
        found = judge(customer("vnet-hke", plan="mzone-hke"), basket(code))
        assert found.verdict is Verdict.FIRST
        assert finding(found, "BR-11h").held_name == "H客帝国校园V网"
    gone = held("vnet-hke", state=HeldState.ENDED, ends_on=date(2026, 11, 22))
    assert judge(customer(gone, plan="mzone-hke"), basket("gotone-standard")).can_be_ordered


def test_14_cancelling_it_needs_the_losses_confirmed_and_then_a_work_order() -> None:
    facts = customer("vnet-hke", plan="mzone-hke")
    first = finding(judge(facts, basket(delete=("vnet-hke",))), "BR-11k")
    assert [step.do for step in first.remedies] == ["confirm_losses"]
    assert first.remedies[0].record == "losses:vnet-hke"
    for loss in ("120分钟", "400条", "彩铃"):
        assert loss in first.script
    confirmed = judge(facts, basket(delete=("vnet-hke",), recorded=(first.remedies[0].record,)))
    step = finding(confirmed, "BR-11l").remedies[0]
    assert (step.do, step.work_order_type) == ("cancel", "cancel_group_service")
    assert confirmed.verdict is Verdict.FIRST


def test_15_an_offer_of_a_campaign_or_an_agreement_is_explained_and_kept() -> None:
    pack = held(
        "sms-pack-prefecture",
        origin=Origin.CAMPAIGN,
        campaign="毕节迎春短信活动",
        locked_until=date(2027, 1, 31),
    )
    found = judge(customer(pack), basket(delete=("sms-pack-prefecture",)))
    assert found.verdict is Verdict.REFUSE
    assert "毕节迎春短信活动" in finding(found, "BR-12a").script
    bundle = held("bundle-guanjia-cailing-1y", origin=Origin.AGREEMENT, locked_until=date(2027, 2, 28))
    assert "BR-12b" in fired(judge(customer(bundle), basket(delete=("bundle-guanjia-cailing-1y",))))


def test_16_a_stand_alone_offer_is_talked_about_before_it_is_cancelled() -> None:
    facts = customer("sms-pack-10")
    found = judge(facts, basket(delete=("sms-pack-10",)))
    assert found.verdict is Verdict.FIRST
    step = finding(found, "BR-12d").remedies[0]
    assert (step.do, step.record) == ("record_retention", "retention:sms-pack-10")
    after = judge(facts, basket(delete=("sms-pack-10",), recorded=("retention:sms-pack-10",)))
    assert after.verdict is Verdict.ALLOW
    unexplained = judge(customer("sms-pack-20"), basket(delete=("sms-pack-20",)))
    assert unexplained.verdict is Verdict.DISCLOSE


def test_a_change_on_the_31st_takes_effect_on_the_first_of_the_next_month() -> None:
    found = judge(customer(on=date(2026, 12, 31)), basket("gotone-business"))
    assert {line.effective_on for line in found.diff.gained} == {date(2027, 1, 1)}


def test_the_price_is_told_and_confirmed_for_free_offerings_too() -> None:
    paid = judge(customer(), basket("sms-pack-20", timing=Timing.NOW))
    assert "20元/月" in finding(paid, "BR-13a").script
    free = judge(customer(), basket("guonei-manyou"))
    assert finding(free, "BR-13b").verdict is Verdict.CONSENT
