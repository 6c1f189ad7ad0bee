"""A rehearsal tries little and misses nothing: compared with judging everything under both rule sets."""

import random
from datetime import date
from uuid import UUID

import msgspec
import pytest

from crm.core.catalog.engine import Catalogue
from crm.core.compatibility.comparing import changed_ids
from crm.core.compatibility.engine import qualify
from crm.core.compatibility.items import standing_of
from crm.core.compatibility.publishing_views import RehearsedLine, RehearsedOrder
from crm.core.compatibility.rehearsing import Rehearser, begun, first_day
from crm.core.compatibility.rules import Rule
from crm.core.compatibility.ruleset import RuleSet
from crm.core.compatibility.sampling import Sample
from crm.core.compatibility.schemas import Change, ChangeItem, Facts, Verdict
from crm.platform.errors import CrmError
from tests.unit.compatibility.random_cases import a_catalogue, change_of, facts_of, some_rules

TODAY = date(2026, 11, 22)


def another(rng: random.Random, rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
    """The rules with two of them changed: a verdict, or one that is gone."""
    changed = list(rules)
    for place in rng.sample(range(len(changed)), 2):
        verdict = rng.choice([each for each in Verdict if each is not changed[place].verdict])
        changed[place] = msgspec.structs.replace(changed[place], verdict=verdict)
    gone = rng.randrange(len(changed))
    if rng.random() < 0.3 and not any(changed[gone].id in rule.overrides for rule in changed):
        del changed[gone]
    return tuple(changed)


def differs(old: RuleSet, new: RuleSet, change: Change, facts: Facts, catalogue: Catalogue) -> bool | None:
    """Whether the findings differ; None when the basket cannot be judged."""
    try:
        sides = [qualify(change, facts, rules, catalogue).findings for rules in (old, new)]
    except CrmError:
        return None
    return sides[0] != sides[1]


@pytest.mark.parametrize("seed", range(6))
def test_an_order_is_found_exactly_when_its_findings_differ(seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(12):
        catalogue = a_catalogue(rng)
        rules = some_rules(rng, catalogue)
        old, new = RuleSet(rules), RuleSet(another(rng, rules))
        for _ in range(8):
            facts = facts_of(rng, catalogue)
            change = change_of(rng, facts, catalogue)
            expected = differs(old, begun(new, changed_ids(old, new)), change, facts, catalogue)
            if expected is None:
                continue
            rehearser = Rehearser(old, new, catalogue, TODAY)
            rehearser.orders([RehearsedOrder(UUID(int=1), "单", facts, change)])
            result = rehearser.result(0)
            assert result.orders_changed + result.orders_reworded == int(expected)


@pytest.mark.parametrize("seed", range(4))
def test_what_the_sample_leaves_out_comes_out_alike(seed: int) -> None:
    rng = random.Random(1000 + seed)
    for _ in range(8):
        catalogue = a_catalogue(rng)
        rules = some_rules(rng, catalogue)
        old, new = RuleSet(rules), RuleSet(another(rng, rules))
        sample = Sample(old, new, catalogue)
        facts = facts_of(rng, catalogue)
        tried = {change.items[0] for change in sample.wishes(facts)}
        families = {*sample.plans, *sample.adds}
        items = [ChangeItem(action="add", offering=code) for code in families]
        there = [each for each in facts.held if standing_of(each, facts.on) in ("active", "reserved")]
        items += [ChangeItem(action="delete", offering=each.offering, held_id=each.id) for each in there]
        held = {each.offering for each in facts.held}
        for item in items:
            if item in tried or (item.action == "add" and item.offering in held):
                continue
            assert differs(old, new, Change(items=(item,)), facts, catalogue) in (False, None), item


def test_a_rehearsal_looks_from_the_day_on_which_the_changes_begin() -> None:
    rng = random.Random(7)
    catalogue = a_catalogue(rng)
    rules = some_rules(rng, catalogue)
    later = msgspec.structs.replace(
        rules[0], valid_from=date(2027, 1, 1), valid_to=None, verdict=Verdict.STORE
    )
    old, new = RuleSet(rules), RuleSet((later, *rules[1:]))
    changed = changed_ids(old, new)
    assert changed == {later.id}
    assert first_day(new, changed, TODAY) == date(2027, 1, 1)
    assert begun(new, changed).get(later.id) == msgspec.structs.replace(later, valid_from=None)


def test_people_are_counted_once_and_only_masked_labels_go_out() -> None:
    rng = random.Random(3)
    catalogue = a_catalogue(rng)
    rules = some_rules(rng, catalogue)
    new = RuleSet(msgspec.structs.replace(rule, script=rule.script + "！") for rule in rules)
    rehearser = Rehearser(RuleSet(rules), new, catalogue, TODAY)
    rehearser.lines(RehearsedLine(UUID(int=n), f"138****{n:04}", facts_of(rng, catalogue)) for n in range(30))
    result = rehearser.result(0)
    assert result.lines == 30
    assert (result.people_changed, result.orders_changed) == (0, 0), "no verdict is another"
    assert 0 < result.people_reworded <= 30
    assert all(effect.people == 0 < effect.people_reworded <= 30 for effect in result.by_rule)
    assert all(effect.harder == effect.milder == 0 for effect in result.by_rule)
    assert all(len(effect.examples) <= 5 for effect in result.by_rule)


def test_another_title_is_no_difference() -> None:
    rng = random.Random(3)
    catalogue = a_catalogue(rng)
    rules = some_rules(rng, catalogue)
    new = RuleSet(msgspec.structs.replace(rule, title=rule.title + "（新）") for rule in rules)
    rehearser = Rehearser(RuleSet(rules), new, catalogue, TODAY)
    rehearser.lines(RehearsedLine(UUID(int=n), f"138****{n:04}", facts_of(rng, catalogue)) for n in range(30))
    result = rehearser.result(0)
    assert (result.lines, result.people_changed, result.people_reworded, result.by_rule) == (30, 0, 0, ())
