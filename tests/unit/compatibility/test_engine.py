"""What every verdict promises: order does not matter, nothing is guessed, consent is bound to its words."""

import random
from datetime import date
from itertools import permutations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.core.catalog.engine import Catalogue
from crm.core.catalog.schemas import Offering, OfferingKind, Timing
from crm.core.compatibility.engine import qualify
from crm.core.compatibility.errors import EmptyBasket, HeldTwice, UnknownAction
from crm.core.compatibility.rules import EffectMeant, HeldWanted, Rule, When
from crm.core.compatibility.ruleset import RuleSet
from crm.core.compatibility.schemas import Change, ChangeItem, Held, HeldState, Origin, Verdict
from tests.unit.compatibility.random_cases import a_catalogue, change_of, facts_of
from tests.unit.compatibility.world import basket, catalogue, customer, finding, fired, held, judge, rules

encode = msgspec.json.encode
RICH = ("gprs-old-5", "vnet-group", "sms-pack-10", "discount-old-evening", "cailing-5")


def rule(rule_id: str, verdict: Verdict, **more: object) -> Rule:
    """A rule with texts that do not matter."""
    words = {"source": "S3-1", "title": rule_id, "owner": "测试", "explain": "{target}", "script": "{target}"}
    return Rule(id=rule_id, verdict=verdict, **(words | more))  # pyright: ignore[reportArgumentType]  # words by name


# ---------------------------------------------------------------- order and replay


def test_the_order_of_held_products_and_basket_lines_does_not_matter() -> None:
    facts = customer(*RICH)
    change = basket("ao88-88", "sms-pack-20", delete=("cailing-5",))
    wanted = encode(judge(facts, change))
    for items in permutations(change.items):
        assert encode(judge(facts, msgspec.structs.replace(change, items=items))) == wanted
    rng = random.Random(1)
    for _ in range(20):
        mixed = list(facts.held)
        rng.shuffle(mixed)
        assert encode(judge(msgspec.structs.replace(facts, held=tuple(mixed)), change)) == wanted


def test_the_order_of_rules_does_not_matter() -> None:
    facts, change = customer(*RICH), basket("ao88-88")
    mixed = list(rules().rules)
    random.Random(2).shuffle(mixed)
    assert RuleSet(mixed).hash == rules().hash
    assert encode(qualify(change, facts, RuleSet(mixed), catalogue())) == encode(judge(facts, change))


def test_remembering_changes_nothing() -> None:
    """A cold rule set gives the same bytes as one that has judged many others."""
    rng = random.Random(3)
    world = a_catalogue(rng)
    warm = RuleSet(rules().rules)
    for _ in range(300):
        facts = facts_of(rng, world)
        change = change_of(rng, facts, world)
        cold = qualify(change, facts, RuleSet(rules().rules), Catalogue(world.offerings.values()))
        assert encode(qualify(change, facts, warm, world)) == encode(cold)


def test_a_verdict_survives_the_way_through_json() -> None:
    found = judge(customer(*RICH), basket("ao88-88"))
    assert msgspec.json.decode(encode(found), type=type(found)) == found


# ---------------------------------------------------------------- never milder


@settings(max_examples=400, deadline=None, database=None, derandomize=True)
@given(seed=st.integers(0, 2**32))
def test_one_more_held_product_never_softens(seed: int) -> None:
    """But for what another offering requires, and for the plan itself: having those is what was missing."""
    rng = random.Random(seed)
    world = Catalogue(
        msgspec.structs.replace(each, requires=()) for each in a_catalogue(rng).offerings.values()
    )
    facts = facts_of(rng, world)
    change = change_of(rng, facts, world)
    plans = {each.code for each in world.offerings.values() if each.kind is OfferingKind.MAIN_PLAN}
    choices = [code for code in world.offerings if code not in plans]
    more = Held(id="zz", offering=rng.choice(choices), origin=rng.choice(list(Origin)))
    named = {item.offering for item in change.items if item.action == "delete"}
    if more.offering in named or any(each.came_with == "zz" for each in facts.held):
        return  # it would change what a line means
    before = qualify(change, facts, rules(), world)
    after = qualify(change, msgspec.structs.replace(facts, held=(*facts.held, more)), rules(), world)
    assert after.verdict.severity >= before.verdict.severity


@pytest.mark.parametrize("fact", ["brand", "line_kind", "status", "profile_recorded"])
def test_a_missing_fact_is_verified_and_never_allowed(fact: str) -> None:
    facts = customer("vnet-group", plan="easyown-standard")
    known = judge(facts, basket("easyown-dazhong"))
    assert known.can_be_ordered
    unknown = msgspec.structs.replace(facts.subscriber, **{fact: None})
    found = judge(msgspec.structs.replace(facts, subscriber=unknown), basket("easyown-dazhong"))
    assert found.verdict is Verdict.FIRST
    doubts = [each for each in found.findings if each.unknown]
    assert all(each.remedies[0].do == "verify" for each in doubts)
    assert {name for each in doubts for name in each.unknown} == {f"subscriber.{fact}"}
    assert any(seen.saw == "未知" for each in doubts for seen in each.conditions)


def test_without_a_known_plan_everything_is_verified() -> None:
    found = judge(customer(plan=""), basket("guonei-manyou"))
    assert found.verdict is Verdict.FIRST
    assert finding(found, "BR-08b").unknown == ("held.main_plan",)


def test_every_finding_is_kept_and_the_severest_leads() -> None:
    bundle = held("bundle-guanjia-cailing-1y", origin=Origin.AGREEMENT, locked_until=date(2027, 2, 28))
    found = judge(customer(bundle, "gprs-old-5", "vnet-group"), basket("ao88-58"))
    assert found.verdict is Verdict.REFUSE
    assert {"BR-10a", "BR-11e", "BR-06b", "BR-05a", "BR-13a"} <= fired(found)
    severities = [each.verdict.severity for each in found.findings]
    assert severities == sorted(severities, reverse=True)
    assert found.consent_token == ""


# ---------------------------------------------------------------- the state afterwards


def test_what_the_same_basket_removes_does_not_collide() -> None:
    found = judge(customer("gprs-old-5"), basket("ao88-88", delete=("gprs-old-5",)))
    assert "BR-06b" not in fired(found)
    assert "gprs-old-5" in {line.offering for line in found.diff.lost}


def test_a_removal_that_comes_too_late_still_collides() -> None:
    found = judge(customer("gprs-new-5"), basket("gprs-new-20", delete=("gprs-new-5",), timing=Timing.NOW))
    assert finding(found, "CAT-10").held_name == "GPRS新套餐5元"


def test_what_a_consent_cancels_takes_along_what_needs_it() -> None:
    needs = Offering(
        code="mail-push",
        name="邮件推送",
        kind=OfferingKind.VAS,
        requires=("tag:GPRS套餐",),
        monthly_fee_fen=200,
    )
    world = Catalogue([*catalogue().offerings.values(), needs])
    found = qualify(basket("ao88-88"), customer("gprs-old-5", "mail-push"), rules(), world)
    assert finding(found, "CAT-26").held_name == "邮件推送"
    assert {"gprs-old-5", "mail-push"} <= {line.offering for line in found.diff.lost}
    kept = qualify(basket("ao88-88"), customer("gprs-new-5", "mail-push"), rules(), world)
    assert "CAT-26" not in fired(kept)


def test_an_exception_holds_for_its_line_and_item_only() -> None:
    strict = rule("BR-90", Verdict.REFUSE, when=When(op=("add",), has=HeldWanted(kind=("vas",))))
    mild = rule(
        "BR-91",
        Verdict.ALLOW,
        overrides=("BR-90",),
        when=When(op=("add",), has=HeldWanted(offering=("cailing-5",))),
    )
    both = customer("cailing-5", "music-club")
    found = qualify(basket("sms-pack-20"), both, RuleSet([strict, mild]), catalogue())
    assert {(each.rule_id, each.held_offering) for each in found.findings} == {
        ("BR-91", "cailing-5"),
        ("BR-90", "music-club"),
    }


def test_an_unsure_exception_excuses_nothing() -> None:
    strict = rule("BR-90", Verdict.REFUSE, when=When(op=("add",)))
    mild = rule("BR-91", Verdict.ALLOW, overrides=("BR-90",), when=When(brand=("全球通",)))
    found = qualify(basket("sms-pack-20"), customer(brand=None), RuleSet([strict, mild]), catalogue())
    assert found.verdict is Verdict.REFUSE


def test_a_rule_is_in_force_from_its_first_to_its_last_day() -> None:
    dated = RuleSet(
        [rule("BR-90", Verdict.REFUSE, valid_from=date(2026, 11, 22), valid_to=date(2026, 11, 30))]
    )
    wanted = {
        date(2026, 11, 21): False,
        date(2026, 11, 22): True,
        date(2026, 11, 30): True,
        date(2026, 12, 1): False,
    }
    for day, fires in wanted.items():
        found = qualify(basket("sms-pack-20"), customer(on=day), dated, catalogue())
        assert bool(found.findings) is fires


def test_the_dates_beat_a_state_that_a_late_job_left_behind() -> None:
    late = held("vnet-campus", ends_on=date(2026, 11, 22))  # still marked active
    assert judge(customer(late, plan="mzone-net"), basket("gotone-standard")).can_be_ordered
    early = held("ao88-88", "next", starts_on=date(2026, 12, 1))
    assert "CAT-24" in fired(judge(customer(early), basket("gotone-business")))


# ---------------------------------------------------------------- difference and fees


def test_fees_count_waivers_trials_and_what_is_included() -> None:
    found = judge(customer("cailing-5", "laidian-xianshi"), basket("ao88-88"))
    assert (found.diff.fee_now_fen, found.diff.fee_this_month_fen) == (5000 + 500 + 500, 5000 + 500 + 500)
    assert found.diff.fee_next_month_fen == 8800
    assert {line.monthly_fee_fen for line in found.diff.kept} == {0}
    # No charge may surprise a customer: what the platform services cost once their free month is over.
    assert found.diff.trials_end_on == date(2027, 1, 1)
    assert found.diff.fee_after_trials_fen == 8800 + 500 + 300
    trial = held("fetion-member", origin=Origin.TRIAL, came_with="plan", starts_on=date(2026, 11, 1))
    during = judge(customer(trial, plan="ao88-88"), basket("guonei-manyou"))
    assert during.diff.fee_now_fen == 8800
    assert during.diff.fee_next_month_fen == 8800 + 500
    assert during.diff.trials_end_on is None


def test_a_price_nobody_knows_makes_the_total_unknown() -> None:
    world = Catalogue(
        [*catalogue().offerings.values(), Offering(code="x", name="某业务", kind=OfferingKind.VAS)]
    )
    found = qualify(basket("x"), customer(), rules(), world)
    assert found.diff.fee_now_fen == 5000
    assert found.diff.fee_next_month_fen is None


def test_a_one_off_fee_is_paid_this_month() -> None:
    once = Offering(
        code="x", name="体验包", kind=OfferingKind.DATA_PACK, monthly_fee_fen=0, one_off_fee_fen=900,
        add_timings=(Timing.NOW,),
    )  # fmt: skip
    world = Catalogue([*catalogue().offerings.values(), once])
    diff = qualify(basket("x"), customer(), rules(), world).diff
    assert (diff.fee_now_fen, diff.fee_this_month_fen, diff.fee_next_month_fen) == (5000, 5900, 5000)


def test_cancelling_a_reservation_gives_the_present_plan_its_future_back() -> None:
    plan = held("gotone-standard", "plan", ends_on=date(2026, 12, 1))
    nearby = held("ao88-88", "next", state=HeldState.RESERVED, starts_on=date(2026, 12, 1))
    found = judge(customer(plan, nearby, plan=""), basket(delete=("ao88-88@next",)))
    assert found.diff.fee_next_month_fen == 5000


# ---------------------------------------------------------------- consent


def test_the_token_changes_with_everything_a_consent_rests_on() -> None:
    facts, change = customer("gprs-old-5", "cailing-5"), basket("ao88-88")
    token = judge(facts, change).consent_token
    dearer = [
        msgspec.structs.replace(each, monthly_fee_fen=9900) if each.code == "ao88-88" else each
        for each in catalogue().offerings.values()
    ]
    stricter = RuleSet([*rules().rules, rule("BR-90", Verdict.DISCLOSE)])
    others = {
        judge(customer("cailing-5"), change).consent_token,
        judge(customer("gprs-old-5"), change).consent_token,
        judge(customer("gprs-old-5", "cailing-5", brand="神州行"), change).consent_token,
        judge(customer("gprs-old-5", "cailing-5", on=date(2026, 12, 5)), change).consent_token,
        judge(facts, basket("ao88-128")).consent_token,
        judge(facts, basket("ao88-88", channel="store")).consent_token,
        qualify(change, facts, rules(), Catalogue(dearer)).consent_token,
        qualify(change, facts, stricter, catalogue()).consent_token,
    }
    assert len(others) == 8
    assert token not in others


def test_the_token_does_not_change_with_facts_no_rule_reads() -> None:
    one = judge(customer("gprs-old-5", star_level=1, region="贵阳"), basket("ao88-88"))
    two = judge(customer("gprs-old-5", star_level=5, region="遵义"), basket("ao88-88"))
    assert one.consent_token == two.consent_token
    assert one.facts_hash != two.facts_hash
    assert "subscriber.star_level" not in one.facts_read


def test_one_sentence_names_all_items_of_one_rule() -> None:
    packs = [
        Offering(code=f"p{n}", name=f"优惠{n}", kind=OfferingKind.DISCOUNT, monthly_fee_fen=100)
        for n in (1, 2)
    ]
    world = Catalogue([*catalogue().offerings.values(), *packs])
    found = qualify(basket("gotone-business"), customer("p1", "p2"), rules(), world)
    said = [sentence for sentence in found.sentences if sentence.rule_id == "BR-05b"]
    assert len(said) == 1
    assert "优惠1、优惠2" in said[0].text
    assert len([each for each in found.findings if each.rule_id == "BR-05b"]) == 2


def test_keys_of_sentences_are_unique() -> None:
    rng = random.Random(5)
    world = a_catalogue(rng)
    for _ in range(300):
        facts = facts_of(rng, world)
        found = qualify(change_of(rng, facts, world), facts, rules(), world)
        keys = [sentence.key for sentence in found.sentences]
        assert len(keys) == len(set(keys))


# ---------------------------------------------------------------- bad input


def test_nonsense_in_the_basket_is_named() -> None:
    with pytest.raises(EmptyBasket):
        judge(customer(), Change(items=()))
    with pytest.raises(UnknownAction, match="modify"):
        judge(customer(), Change(items=(ChangeItem(action="modify", offering="cailing-5"),)))
    with pytest.raises(HeldTwice):
        judge(customer(held("cailing-5", "a"), held("cailing-8", "a")), basket("guonei-manyou"))
    assert "CAT-01" in fired(judge(customer(), basket("😀")))
    assert "CAT-18" in fired(judge(customer(), basket(delete=("cailing-5",))))
    assert "CAT-19" in fired(judge(customer(), basket("cailing-5", "cailing-5")))
    wrong = judge(customer("cailing-5"), basket(delete=("laidian-xianshi@cailing-5",)))
    assert "彩铃" in finding(wrong, "CAT-18").explain


def test_a_deletion_without_an_id_means_the_only_one_there_is() -> None:
    one = Change(items=(ChangeItem(action="delete", offering="cailing-5"),))
    assert judge(customer("cailing-5"), one).verdict is Verdict.ALLOW
    twice = customer(held("cailing-5", "a"), held("cailing-5", "b"))
    assert "CAT-18" in fired(judge(twice, one))


def test_an_effect_of_the_severest_kind_decides_the_difference() -> None:
    keep = rule(
        "BR-90", Verdict.ALLOW, when=When(has=HeldWanted(kind=("vas",))), effects=(EffectMeant(kind="keep"),)
    )
    drop = rule(
        "BR-91",
        Verdict.CONSENT,
        when=When(has=HeldWanted(kind=("vas",))),
        effects=(EffectMeant(kind="cancel"),),
    )
    found = qualify(basket("gotone-business"), customer("cailing-5"), RuleSet([keep, drop]), catalogue())
    assert "cailing-5" in {line.offering for line in found.diff.lost}


def test_an_offering_that_names_no_timing_offers_none() -> None:
    """Found by a forged premise: an empty list of timings was taken for one that holds what was asked."""
    bare = Offering(code="bare", name="无生效方式", kind=OfferingKind.VAS, add_timings=())
    change = Change(items=(ChangeItem(action="add", offering="bare", timing=Timing.NOW),))
    judged = qualify(change, customer(), rules(), Catalogue([*catalogue().offerings.values(), bare]))
    assert "CAT-28" in {each.rule_id for each in judged.findings}
    assert judged.verdict is Verdict.REFUSE
