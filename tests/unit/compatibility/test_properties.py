"""What must hold of every verdict, whatever the rules: on random worlds, and on every day of some years."""

import random
from calendar import monthrange
from collections.abc import Iterator
from datetime import date, timedelta
from typing import TypeVar

import msgspec

from crm.core.catalog.engine import Catalogue
from crm.core.catalog.schemas import OfferingKind, Timing
from crm.core.compatibility.calendar import bound_until, is_bound, starts_with
from crm.core.compatibility.engine import qualify
from crm.core.compatibility.items import standing_of
from crm.core.compatibility.rules import Rule
from crm.core.compatibility.ruleset import RuleSet
from crm.core.compatibility.schemas import Change, Facts, Held, HeldState, Origin, Qualification, Verdict
from tests.unit.compatibility.random_cases import a_catalogue, change_of, facts_of, some_rules
from tests.unit.compatibility.world import catalogue, rules

WORLDS, CASES = 12, 60
encode = msgspec.json.encode
Given = tuple[random.Random, Change, Facts, RuleSet, Catalogue]
DAY = timedelta(days=1)
T = TypeVar("T")


def given(name: str, *, requires: bool = True) -> Iterator[Given]:
    """Cases of many worlds: random rules, the delivered ones, and the delivered offerings too."""
    for number in range(WORLDS):
        rng = random.Random(f"{name} {number}")
        world = catalogue() if number % 3 == 2 else a_catalogue(rng)
        if not requires:
            bare = [msgspec.structs.replace(each, requires=()) for each in world.offerings.values()]
            world = Catalogue(bare)
        mine = rules() if number % 3 else RuleSet(_with_exceptions(rng, some_rules(rng, world)))
        for _ in range(CASES):
            facts = facts_of(rng, world)
            yield rng, change_of(rng, facts, world), facts, mine, world


def _with_exceptions(rng: random.Random, some: tuple[Rule, ...]) -> Iterator[Rule]:
    """Rules that bind an item are exceptions to several others."""
    ids = [each.id for each in some]
    for each in some:
        more = tuple(rng.sample(ids, 6)) if each.when.has is not None else each.overrides
        yield msgspec.structs.replace(each, overrides=more)


# ---------------------------------------------------------------- order


def test_no_order_of_anything_matters() -> None:
    """Rules, lines, held products, offerings, steps taken: the bytes of the verdict are the same."""
    for rng, change, facts, mine, world in given("order"):
        wanted = encode(qualify(change, facts, mine, world))
        other = Change(
            items=_mixed(rng, change.items), channel=change.channel, recorded=_mixed(rng, change.recorded)
        )
        held = msgspec.structs.replace(facts, held=_mixed(rng, facts.held))
        shop = Catalogue(_mixed(rng, tuple(world.offerings.values())))
        again = RuleSet(_mixed(rng, mine.rules)) if rng.random() < 0.1 else mine
        found = qualify(other, held, again, shop)
        assert encode(found) == wanted


def _mixed(rng: random.Random, values: tuple[T, ...]) -> tuple[T, ...]:
    return tuple(rng.sample(values, len(values)))


# ---------------------------------------------------------------- never milder


def test_what_one_more_held_product_takes_away_an_override_has_named() -> None:
    """But for rules that ask for what is missing, and offerings that require something: it was missing."""
    taken = 0
    for rng, change, facts, mine, world in given("more", requires=False):
        asking = {each.id for each in mine.rules if each.when.lacks is not None}
        more = _one_more(rng, change, facts, world)
        if more is None:
            continue
        before = qualify(change, facts, mine, world)
        after = qualify(change, msgspec.structs.replace(facts, held=(*facts.held, more)), mine, world)
        said = {each.rule_id for each in after.findings if each.held_id == more.id and not each.unknown}
        excused = {name for each in mine.rules if each.id in said for name in each.overrides}
        lost = {each for each in _fires(before) - _fires(after) if each[0] not in asking}
        taken += len(lost)
        assert {rule for rule, *_ in lost} <= excused
    assert taken, "no override was ever at work: nothing was tried"


def _one_more(rng: random.Random, change: Change, facts: Facts, world: Catalogue) -> Held | None:
    """Another product, unless it would change what a line or a held product means."""
    plans = {each.code for each in world.of_kind(OfferingKind.MAIN_PLAN)}
    code = rng.choice([each for each in world.offerings if each not in plans])
    named = any(item.offering == code for item in change.items if item.action == "delete")
    return None if named else Held(id="zz", offering=code, origin=rng.choice(list(Origin)))


def _fires(found: Qualification) -> set[tuple[str, ...]]:
    return {
        (each.rule_id, each.target or "", each.held_id or each.held_offering or "") for each in found.findings
    }


# ---------------------------------------------------------------- consent


def test_consent_cannot_be_skipped() -> None:
    """Who must be asked is asked in a sentence, and nothing is ordered without the token of it all."""
    asked = 0
    for _, change, facts, mine, world in given("consent"):
        found = qualify(change, facts, mine, world)
        wants = {each.rule_id for each in found.findings if each.verdict is Verdict.CONSENT}
        said = {each.rule_id for each in found.sentences if each.consent}
        assert said == wants
        if found.can_be_ordered and found.sentences:
            assert found.consent_token
        if not found.can_be_ordered:
            assert not found.consent_token, "what cannot be ordered must not have a token"
        asked += bool(wants and found.consent_token)
    assert asked > WORLDS, "too few were ever asked"


def test_one_token_stands_for_one_set_of_effects_and_words() -> None:
    meant: dict[str, bytes] = {}
    for _, change, facts, mine, world in given("token"):
        found = qualify(change, facts, mine, world)
        if found.consent_token:
            effects = [each.effects for each in found.findings]
            content = encode((found.sentences, effects, found.diff, found.as_of, found.channel))
            assert meant.setdefault(found.consent_token, content) == content
    assert len(meant) > WORLDS


# ---------------------------------------------------------------- month boundaries


def test_an_item_counts_as_ended_through_the_month_of_its_last_day_and_no_longer() -> None:
    for last in _days(date(2026, 12, 20), 110):
        held = Held(id="h", offering="x", ends_on=last + DAY)
        for on in _days(last - 3 * DAY, 40):
            if on <= last:
                wanted = HeldState.ACTIVE
            else:
                wanted = HeldState.ENDED if (on.year, on.month) == (last.year, last.month) else None
            assert standing_of(held, on) is wanted, (last, on)


def test_what_begins_next_month_begins_on_its_first_day_on_every_day_of_the_month() -> None:
    for on in _days(date(2026, 1, 1), 3 * 365):
        begins = starts_with(Timing.NEXT_MONTH, on, None, None)
        assert (begins - on).days == monthrange(on.year, on.month)[1] - on.day + 1
        assert starts_with(Timing.WITH_PLAN, on, None, None) == begins
        assert starts_with(Timing.END_OF_AGREEMENT, on, None, on) == on + DAY, "the last bound day is bound"
        assert starts_with(Timing.END_OF_AGREEMENT, on, None, on - DAY) == begins


def test_an_agreement_of_months_ends_the_day_before_the_same_day_or_at_the_end_of_a_shorter_month() -> None:
    rng = random.Random(4)
    offerings = [
        msgspec.structs.replace(each, lock_in_months=months)
        for months, each in zip((1, 6, 12, 24), a_catalogue(rng).offerings.values(), strict=False)
    ]
    for starts in _days(date(2027, 1, 1), 800):
        for offering in offerings:
            held = Held(id="h", offering=offering.code, starts_on=starts)
            until = bound_until(held, offering)
            assert until is not None
            month = starts.month - 1 + offering.lock_in_months
            year, month = starts.year + month // 12, month % 12 + 1
            same = date(year, month, min(starts.day, monthrange(year, month)[1]))
            assert until == same - DAY
            assert is_bound(held, offering, until, until) is True
            assert is_bound(held, offering, until, same) is False


def _days(first: date, count: int) -> Iterator[date]:
    return (first + place * DAY for place in range(count))
