"""What a customer can have of the whole catalogue is what the engine and the referee say of each offering."""

import random
from datetime import date
from typing import get_args

import msgspec
import pytest

from crm.core.catalog.engine import Catalogue
from crm.core.catalog.schemas import Offering, OfferingKind
from crm.core.compatibility import rules as words
from crm.core.compatibility.errors import HeldTwice
from crm.core.compatibility.line_bits import CHECKS, LineAsked
from crm.core.compatibility.outlook import Outlook
from crm.core.compatibility.possibilities import possibilities
from crm.core.compatibility.rules import HeldWanted, Rule, When
from crm.core.compatibility.ruleset import RuleSet
from crm.core.compatibility.schemas import Change, Facts, Held, SubscriberFacts, Verdict
from crm.core.compatibility.target_bits import TargetBits
from crm.platform.bitsets import Postings, at_least, bits_of, places_of, without
from tests.unit.compatibility.random_cases import CHANNELS
from tests.unit.compatibility.whole_agreement import differences, disagreements
from tests.unit.compatibility.world import TODAY, catalogue, customer, held, rules


@pytest.mark.parametrize("seed", range(4))
def test_whole_catalogue_agrees_with_engine_and_referee(seed: int) -> None:
    """12,000 pairs of customer and offering in all; `make proof` asks millions."""
    assert disagreements(seed, 3_000) == ()


def test_delivered_catalogue_agrees_with_engine_and_referee() -> None:
    rng = random.Random(1)
    targets, codes = TargetBits(catalogue()), sorted(catalogue().offerings)
    for _ in range(20):
        mine = [held(code, f"h{place}") for place, code in enumerate(rng.sample(codes, 6))]
        facts = customer(*mine, plan="", on=rng.choice([TODAY, date(2026, 11, 30)]))
        change = Change(items=(), channel=rng.choice(CHANNELS))
        assert next(differences(change, facts, rules(), targets), "") == ""


def test_possibilities_count_name_and_place_every_offering() -> None:
    targets = TargetBits(catalogue())
    found = possibilities(Outlook(rules(), targets, "hotline", TODAY), customer("gprs-old-5"))
    assert sum(found.count(each) for each in Verdict) == len(catalogue())
    assert found.verdict("nothing of the kind") is None
    for verdict in Verdict:
        codes = list(found.codes(verdict))
        assert len(codes) == found.count(verdict)
        assert all(found.verdict(code) is verdict for code in codes)
    assert found.verdict("ao88-88") is Verdict.CONSENT


def test_outlook_of_another_day_is_refused() -> None:
    outlook = Outlook(rules(), TargetBits(catalogue()), "hotline", TODAY)
    with pytest.raises(ValueError, match="2026-11-30"):
        possibilities(outlook, customer(on=date(2026, 11, 30)))


def test_a_product_held_twice_under_one_id_is_refused() -> None:
    outlook = Outlook(rules(), TargetBits(catalogue()), "hotline", TODAY)
    twice = (Held(id="1", offering="caiyin"), Held(id="1", offering="caiyin"))
    with pytest.raises(HeldTwice):
        possibilities(outlook, Facts(on=TODAY, subscriber=SubscriberFacts(), held=twice))


def test_a_requirement_is_met_by_the_one_of_two_that_stays() -> None:
    needed, wanting = (
        Offering(code=code, name=code, kind=OfferingKind.VAS, tags=tags, requires=requires)
        for code, tags, requires in (("needed", ("底座",), ()), ("wanting", (), ("tag:底座",)))
    )
    small = Catalogue([needed, wanting])
    missing = Rule(
        id="R1", source="S3-1", title="缺少", owner="测试", verdict=Verdict.STORE, explain="{target}",
        when=When(check="required_missing"),
    )  # fmt: skip
    ending, staying = held("needed", "h1", ends_on=date(2026, 11, 25)), held("needed", "h2")
    outlook = Outlook(RuleSet([missing]), TargetBits(small), "hotline", TODAY)
    for mine, verdict in (((ending, staying), Verdict.ALLOW), ((ending,), Verdict.STORE)):
        facts = Facts(on=TODAY, subscriber=SubscriberFacts(), held=mine)
        assert possibilities(outlook, facts).verdict("wanting") is verdict


def test_every_word_of_the_vocabulary_is_known_to_the_bitsets() -> None:
    """Whoever adds a word to rules must say here what it means for a whole catalogue."""
    assert set(CHECKS) == set(get_args(words.Check))
    narrowed = {
        "op", "channel", "target", "target_kind", "target_kind_not", "target_tag", "target_tag_not",
        "target_sale", "target_price", "target_has", "target_lacks", "item", "has",
    }  # fmt: skip
    asked = set(LineAsked._fields) - {"steps"} | {"recorded", "not_recorded"}
    assert {field.name for field in msgspec.structs.fields(When)} == narrowed | asked
    assert {field.name for field in msgspec.structs.fields(HeldWanted)} == {
        "among", "offering", "kind", "kind_not", "tag", "tag_not", "origin", "origin_not", "state", "sale",
        "relation", "link", "link_not", "stays", "bound",
    }  # fmt: skip
    assert set(get_args(words.Link)) == {
        "same_offering", "same_tier", "came_with_target", "included_in_target", "ends_with_plan",
        "left_alone", "card_excludes",
    }  # fmt: skip


@pytest.mark.parametrize("places", [[], [0], [7, 8, 9], list(range(0, 3_000, 7)), [5, 2_999]])
def test_sets_give_back_their_places(places: list[int]) -> None:
    assert list(places_of(bits_of(places))) == places
    assert without(bits_of(places), bits_of(places[:1])) == bits_of(places[1:])


def test_at_least_so_many_of_the_sets() -> None:
    sets = [0b0111, 0b0011, 0b0001]
    assert [at_least(count, sets, 0b1111) for count in (0, 1, 2, 3, 4)] == [0b1111, 0b111, 0b11, 0b1, 0]


def test_postings_keep_large_and_small_sets_alike() -> None:
    kept = Postings({"few": [3, 50_000], "many": list(range(1_000))})
    assert (kept["few"], kept["many"], kept["none"]) == ((1 << 50_000) + 8, (1 << 1_000) - 1, 0)
    assert kept.any_of(["few", "none"]) == (1 << 50_000) + 8
