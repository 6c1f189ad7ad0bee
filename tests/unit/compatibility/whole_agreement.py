"""The verdicts on a whole catalogue compared with engine and referee, offering by offering.

One customer of a random world is judged against every offering at once, and against each one singly.
"""

import random
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, get_args

import msgspec

from crm.core.catalog.engine import Catalogue
from crm.core.catalog.schemas import Offering, OfferingKind, Relation
from crm.core.compatibility import rules as words
from crm.core.compatibility.engine import qualify
from crm.core.compatibility.outlook import Outlook
from crm.core.compatibility.possibilities import possibilities
from crm.core.compatibility.rules import EffectMeant, HeldWanted, Rule, When
from crm.core.compatibility.ruleset import RuleSet
from crm.core.compatibility.schemas import Change, ChangeItem, Facts, HeldState, Verdict
from crm.core.compatibility.target_bits import TargetBits
from tests.unit.compatibility.agreement import DELIVERED
from tests.unit.compatibility.random_cases import (
    BRANDS,
    CHANNELS,
    KINDS,
    TAGS,
    a_catalogue,
    facts_of,
    maybe,
    some,
    some_rules,
)  # fmt: skip
from tests.unit.compatibility.referee import Referee, verdict_of

_MOST_TOLD = 5
_DELIVERED = RuleSet(DELIVERED.rules)


def disagreements(seed: int, cases: int, *, referee: bool = True) -> tuple[str, ...]:
    """The first places where the whole catalogue, the engine and the referee do not say the same; none when
    all agree.

    At least `cases` pairs of customer and offering are asked: under the delivered rules, under thirty random
    ones, under a few pointed ones. The same seed asks the same.
    """
    return tuple(islice(_disagreements(seed, cases, referee), _MOST_TOLD))


def _disagreements(seed: int, cases: int, referee: bool) -> Iterator[str]:
    asked = world = 0
    while asked < cases:
        rng = random.Random(f"whole {seed} {world}")
        turn, world = world % 8, world + 1
        chained = turn in (2, 3)
        size = 6 if chained else rng.choice((8, 12, 20))
        catalogue = _close(rng, a_catalogue(rng, size), 0.7 if chained else 0.3)
        rules = _DELIVERED
        if turn:
            made = some_rules(rng, catalogue) if turn == 1 else _chain(rng) if chained else _pointed(rng)
            rules = RuleSet(made)
        targets = TargetBits(catalogue)
        for _ in range(3 if turn else 9):
            facts = facts_of(rng, catalogue)
            if rng.random() < 0.25:
                nobody = msgspec.structs.replace(facts.subscriber, brand=None)
                facts = msgspec.structs.replace(facts, subscriber=nobody)
            steps = [f"losses:{held.id}" for held in facts.held] + ["losses:"]
            steps += [f"{step}:{code}" for code in catalogue.offerings for step in ("retention", "price")]
            change = Change(items=(), channel=rng.choice(CHANNELS), recorded=some(rng, steps, 6))
            yield from differences(change, facts, rules, targets, referee=referee)
            asked += len(catalogue)


def _close(rng: random.Random, catalogue: Catalogue, needing: float) -> Catalogue:
    """The same offerings with more to run into: requirements, tiers, groups that are full at once."""
    found: list[Offering] = []
    for each in catalogue.offerings.values():
        others = some(rng, [*catalogue.offerings, *(f"tag:{tag}" for tag in TAGS)], 2)
        found.append(
            msgspec.structs.replace(
                each,
                kind=maybe(rng, OfferingKind.MAIN_PLAN, each.kind, 0.2),
                sets_brand=maybe(rng, "", each.sets_brand),
                last_day_closes=maybe(rng, {"*": rng.choice((0, 19))}, each.last_day_closes, 0.2),
                requires=maybe(rng, others, each.requires, needing),
                one_of=maybe(rng, "档位甲", each.one_of, 0.3),
                group_limits=maybe(rng, {rng.choice(TAGS): rng.randint(0, 2)}, each.group_limits, 0.2),
                month_limits=maybe(rng, {each.code: rng.randint(0, 2)}, each.month_limits, 0.1),
            )
        )
    return Catalogue(found)


def _pointed(rng: random.Random) -> list[Rule]:
    """A few rules with one or two conditions each, so that every one of them may decide the headline."""
    ids = [f"R{place}" for place in range(rng.choice((1, 2, 3, 4)))]
    return [_pointed_rule(rng, each, ids) for each in ids]


def _pointed_rule(rng: random.Random, rule_id: str, ids: list[str]) -> Rule:
    asked = rng.choice(_CONDITIONS)(rng) | maybe(rng, rng.choice(_CONDITIONS)(rng), {}, 0.25)
    when = When(**asked)
    wanted = [each for each in (when.has, when.lacks) if each is not None]
    cancels = when.has is not None and rng.random() < 0.6
    return Rule(
        id=rule_id,
        source="S3-1",
        title="随机规则",
        owner="测试",
        verdict=rng.choice(list(Verdict)),
        explain="{target}",
        overrides=maybe(rng, some(rng, ids, 2), (), 0.4),
        stratum=2 if any("left_alone" in each.link for each in wanted) else rng.choice((1, 1, 1, 2)),
        when=when,
        effects=(EffectMeant(kind="cancel"),) if cancels else (),
    )


def _chain(rng: random.Random) -> list[Rule]:
    """What one rule cancels leaves something else alone."""
    cancel = EffectMeant(kind="cancel")
    first = Rule(
        id="R0", source="S3-1", title="先取消", owner="测试", verdict=Verdict.ALLOW, explain="{target}",
        when=When(has=_held(rng)), effects=(cancel,), overrides=maybe(rng, ("R2",), (), 0.3),
    )  # fmt: skip
    alone = HeldWanted(link=("left_alone",))
    asked = When(has=alone) if rng.random() < 0.7 else When(lacks=alone)
    second = msgspec.structs.replace(
        first, id="R1", stratum=2, verdict=Verdict.REFUSE, when=asked, effects=(), overrides=()
    )
    return [first, second, *maybe(rng, [_pointed_rule(rng, "R2", ["R0", "R2"])], [])]


def _held(rng: random.Random) -> HeldWanted:
    """Another item with one condition."""
    found: dict[str, Any] = rng.choice(
        [
            {},
            *[{"link": (rng.choice(_LINKS),)}] * 3,
            {"link_not": (rng.choice(_LINKS),)},
            *[{"relation": (rng.choice(list(Relation)),)}] * 3,
            *[{"stays": rng.random() < 0.5}] * 2,
            *[{"bound": rng.random() < 0.5}] * 3,
            {"kind": some(rng, KINDS, 2)},
            {"tag": some(rng, TAGS, 4)},
            {"tag_not": some(rng, TAGS, 4)},
            {"state": some(rng, HeldState, 2)},
            {"sale": some(rng, get_args(words.Sale), 2)},
        ]
    )
    return HeldWanted(**found)


_LINKS = (*get_args(words.Link), "left_alone", "left_alone", "left_alone")
_OF_CUSTOMERS = ("brand_not_allowed", "group_full", "month_full", "required_missing", "last_day_closed")
_CONDITIONS: tuple[Callable[[random.Random], dict[str, Any]], ...] = (
    lambda rng: {"check": rng.choice(get_args(words.Check))},
    lambda rng: {"check": rng.choice(_OF_CUSTOMERS)},
    lambda rng: {"check": rng.choice(_OF_CUSTOMERS)},
    lambda rng: {"has": _held(rng)},
    lambda rng: {"has": _held(rng)},
    lambda rng: {"has": HeldWanted(link=(rng.choice(_LINKS),))},
    lambda rng: {"lacks": _held(rng)},
    lambda rng: {"lacks": _held(rng)},
    lambda rng: {"recorded": (rng.choice(get_args(words.Step)),), "has": maybe(rng, _held(rng))},
    lambda rng: {"not_recorded": (rng.choice(get_args(words.Step)),), "has": maybe(rng, _held(rng))},
    lambda rng: {"new_brand": some(rng, BRANDS)},
    lambda rng: {"brand_change": rng.random() < 0.5},
    lambda rng: {"target_sale": some(rng, get_args(words.Sale), 2)},
    lambda rng: {"target_has": some(rng, get_args(words.Trait))},
    lambda rng: {"profile_recorded": rng.random() < 0.5, "op": some(rng, ("add", "change_plan"), 1)},
)


def differences(
    change: Change, facts: Facts, rules: RuleSet, targets: TargetBits, *, referee: bool = True
) -> Iterator[str]:
    """One customer against every offering; `change` says the channel and the steps taken."""
    catalogue = targets.catalogue
    found = possibilities(Outlook(rules, targets, change.channel, facts.on), facts, change.recorded)
    for code in catalogue.offerings:
        basket = msgspec.structs.replace(change, items=(ChangeItem(action="add", offering=code),))
        whole, single = found.verdict(code), qualify(basket, facts, rules, catalogue).verdict
        if whole is not single:
            yield f"{code}: whole {whole}, engine {single}\n{basket}\n{facts}"
        if referee and whole is not (meant := _meant(basket, facts, rules, catalogue)):
            yield f"{code}: whole {whole}, referee {meant}\n{basket}\n{facts}"


def _meant(change: Change, facts: Facts, rules: RuleSet, catalogue: Catalogue) -> object:
    return verdict_of(Referee(change, facts, rules.rules, catalogue).judge(), rules.rules)
