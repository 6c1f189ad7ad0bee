"""Random catalogues, customers, baskets and rules around the boundaries that matter."""

import random
from datetime import date, timedelta
from typing import Any, get_args

from crm.core.catalog.engine import Catalogue
from crm.core.catalog.schemas import Offering, OfferingKind, Relation, Timing
from crm.core.compatibility import rules as words
from crm.core.compatibility.rules import EffectMeant, HeldWanted, ItemWanted, RemedyMeant, Rule, When
from crm.core.compatibility.schemas import (
    Change,
    ChangeItem,
    Facts,
    Held,
    HeldState,
    Origin,
    SubscriberFacts,
    Verdict,
)  # fmt: skip

BRANDS = ["全球通", "动感地带", "神州行"]
TAGS = [
    "音乐套餐", "音乐套餐会员", "音乐套餐可选包", "奥运88系列", "神州行标准卡", "GPRS套餐", "集团V网", "校园V网",
    "H客帝国校园V网", "集团彩铃", "集团彩铃套餐", "捆绑优惠", "商务IP", "V网", "宽带",
]  # fmt: skip
KINDS = ["main_plan", "main_plan", "discount", "bundle", "data_pack", "sms_pack", "vnet", "vas", "membership"]
TODAY = [date(2026, 11, 30), date(2026, 12, 1), date(2026, 11, 22)]
CHANNELS = ["hotline", "web", "store"]


def some(rng: random.Random, of: Any, most: int = 2) -> tuple[Any, ...]:
    """Up to `most` different values."""
    values = sorted(set(of))
    return tuple(rng.sample(values, rng.randint(0, min(most, len(values)))))


def maybe(rng: random.Random, value: Any, otherwise: Any = None, chance: float = 0.5) -> Any:
    """The value with a chance, or the other."""
    return value if rng.random() < chance else otherwise


def a_day(rng: random.Random) -> date:
    """A day near a month's end."""
    return date(2026, 11, 30) + timedelta(days=rng.choice([-40, -30, -8, -1, 0, 1, 2, 31]))


def an_offering(rng: random.Random, place: int, codes: list[str]) -> Offering:
    """An offering with whatever the catalogue can say."""
    kind = rng.choice(KINDS)
    refers = [*codes, *(f"tag:{tag}" for tag in TAGS)]
    return Offering(
        code=codes[place],
        name=f"业务{place}",
        kind=OfferingKind(kind),
        brands=maybe(rng, some(rng, BRANDS), (), 0.3),
        sets_brand=rng.choice([*BRANDS, ""]) if kind == "main_plan" else "",
        tags=some(rng, TAGS, 3),
        state=maybe(rng, "discontinued", "on_sale", 0.15),
        valid_from=maybe(rng, a_day(rng), None, 0.1),
        valid_to=maybe(rng, a_day(rng), None, 0.1),
        monthly_fee_fen=rng.choice([None, 0, 500, 2000, 3000]),
        one_off_fee_fen=maybe(rng, 1000, 0, 0.1),
        add_timings=rng.choice([(Timing.NEXT_MONTH,), (Timing.NOW, Timing.NEXT_MONTH), (Timing.WITH_PLAN,)]),
        remove_timings=rng.choice([(Timing.NEXT_MONTH,), (Timing.NOW,), (Timing.END_OF_AGREEMENT,)]),
        includes=maybe(rng, some(rng, codes, 3), (), 0.3),
        trial_months=rng.choice([0, 0, 1, 2]),
        waives=maybe(rng, some(rng, refers), (), 0.2),
        lock_in_months=maybe(rng, rng.choice([1, 12]), 0, 0.2),
        compatible_with=maybe(rng, some(rng, refers, 4), ()),
        incompatible_with=maybe(rng, some(rng, refers, 3), ()),
        requires=maybe(rng, some(rng, refers), (), 0.25),
        one_of=rng.choice(["", "", "档位甲", "档位乙"]),
        group_limits=maybe(rng, {rng.choice(TAGS): rng.randint(1, 2)}, {}, 0.15),
        sale_channels=maybe(rng, some(rng, [*CHANNELS, "app"]), (), 0.2),
        losses=maybe(rng, ("优惠",), ()),
        retention=maybe(rng, "再想想。", ""),
    )


def a_catalogue(rng: random.Random, size: int = 16) -> Catalogue:
    """A small catalogue in which nearly everything touches everything."""
    codes = [f"x{place:02}" for place in range(size)]
    return Catalogue(an_offering(rng, place, codes) for place in range(size))


def facts_of(rng: random.Random, catalogue: Catalogue) -> Facts:
    """A customer who holds up to seven products."""
    codes = [*catalogue.offerings, "gone"]
    ids = [f"h{place}" for place in range(rng.randint(0, 7))]
    held = tuple(
        Held(
            id=each,
            offering=rng.choice(codes),
            origin=rng.choice(list(Origin)),
            state=rng.choice([HeldState.ACTIVE, HeldState.ACTIVE, HeldState.RESERVED, HeldState.ENDED]),
            starts_on=maybe(rng, a_day(rng)),
            ends_on=maybe(rng, a_day(rng), None, 0.4),
            locked_until=maybe(rng, a_day(rng), None, 0.25),
            came_with=maybe(rng, rng.choice(ids), None, 0.25),
        )
        for each in ids
    )
    subscriber = SubscriberFacts(
        brand=maybe(rng, rng.choice(BRANDS), None, 0.85),
        line_kind=maybe(rng, rng.choice(["普通", "普通", "商务IP"]), None, 0.85),
        status=rng.choice(["active", "active", "active", "closed", None]),
        profile_recorded=rng.choice([True, True, False, None]),
    )
    return Facts(on=rng.choice(TODAY), subscriber=subscriber, held=held)


def change_of(rng: random.Random, facts: Facts, catalogue: Catalogue) -> Change:
    """A basket of one to three lines, some of them nonsense."""
    items: list[ChangeItem] = []
    for _ in range(rng.choice([1, 1, 2, 3])):
        timing = maybe(rng, rng.choice(list(Timing)), None, 0.3)
        if facts.held and rng.random() < 0.5:
            held = rng.choice(facts.held)
            held_id = maybe(rng, held.id, rng.choice([None, "nobody"]), 0.85)
            items.append(ChangeItem(action="delete", offering=held.offering, held_id=held_id, timing=timing))
        else:
            code = rng.choice([*catalogue.offerings, *catalogue.offerings, "strange"])
            items.append(ChangeItem(action="add", offering=code, timing=timing))
    steps = [f"losses:{held.id}" for held in facts.held]
    steps += [f"{step}:{item.offering}" for item in items for step in ("retention", "price")]
    return Change(items=tuple(items), channel=rng.choice(CHANNELS), recorded=some(rng, steps, 4))


def a_held_wanted(rng: random.Random, codes: list[str], *, basket: bool = True) -> HeldWanted:
    """Conditions on another item."""
    return HeldWanted(
        among=maybe(rng, "basket", "held", 0.15) if basket else "held",
        offering=maybe(rng, some(rng, codes, 4), (), 0.15),
        kind=maybe(rng, some(rng, KINDS, 3), (), 0.35),
        kind_not=maybe(rng, some(rng, KINDS), (), 0.2),
        tag=maybe(rng, some(rng, TAGS, 3), (), 0.35),
        tag_not=maybe(rng, some(rng, TAGS), (), 0.15),
        origin=maybe(rng, some(rng, Origin, 3), (), 0.2),
        origin_not=maybe(rng, some(rng, Origin), (), 0.15),
        state=maybe(rng, some(rng, HeldState, 3), (), 0.2),
        sale=maybe(rng, some(rng, get_args(words.Sale), 3), (), 0.15),
        relation=maybe(rng, some(rng, Relation), (), 0.4),
        link=maybe(rng, some(rng, get_args(words.Link)), (), 0.2),
        link_not=maybe(rng, some(rng, get_args(words.Link)), (), 0.1),
        stays=rng.choice([None, None, True, False]),
        bound=rng.choice([None, None, True, False]),
    )


def a_rule(rng: random.Random, place: int, codes: list[str], ids: list[str]) -> Rule:
    """A rule from anywhere in the vocabulary."""
    has = maybe(rng, a_held_wanted(rng, codes), None, 0.6)
    effects = some(rng, ["cancel", "lose_discount", "keep"], 1) if has is not None else ()
    when = When(
        op=maybe(rng, some(rng, get_args(words.Op), 3), (), 0.6),
        channel=maybe(rng, some(rng, CHANNELS), (), 0.2),
        brand=maybe(rng, some(rng, BRANDS), (), 0.15),
        new_brand=maybe(rng, some(rng, BRANDS), (), 0.15),
        brand_change=rng.choice([None] * 6 + [True, False]),
        line_kind=maybe(rng, ("商务IP", "话吧"), (), 0.1),
        status=maybe(rng, ("closed",), (), 0.1),
        profile_recorded=rng.choice([None] * 8 + [True, False]),
        plan_tag=maybe(rng, some(rng, TAGS, 3), (), 0.15),
        target=maybe(rng, some(rng, codes, 4), (), 0.1),
        target_kind=maybe(rng, some(rng, KINDS, 4), (), 0.2),
        target_kind_not=maybe(rng, some(rng, KINDS), (), 0.2),
        target_tag=maybe(rng, some(rng, TAGS, 4), (), 0.2),
        target_tag_not=maybe(rng, some(rng, TAGS), (), 0.2),
        target_sale=maybe(rng, some(rng, get_args(words.Sale), 3), (), 0.15),
        target_price=maybe(rng, some(rng, get_args(words.Price)), (), 0.15),
        target_has=maybe(rng, some(rng, get_args(words.Trait)), (), 0.15),
        target_lacks=maybe(rng, some(rng, get_args(words.Trait)), (), 0.15),
        recorded=maybe(rng, some(rng, get_args(words.Step), 1), (), 0.15),
        not_recorded=maybe(rng, some(rng, get_args(words.Step), 1), (), 0.15),
        check=maybe(rng, rng.choice(get_args(words.Check)), None, 0.15),
        item=maybe(rng, an_item_wanted(rng), None, 0.2),
        has=has,
        lacks=maybe(rng, a_held_wanted(rng, codes, basket=False), None, 0.15),
    )
    return Rule(
        id=ids[place],
        source="S3-1",
        title="随机规则",
        owner="测试",
        verdict=rng.choice(list(Verdict)),
        explain="{target}",
        script="{target}",
        valid_from=maybe(rng, a_day(rng), None, 0.1),
        valid_to=maybe(rng, a_day(rng), None, 0.1),
        overrides=maybe(rng, some(rng, ids, 3), (), 0.2),
        stratum=rng.choice([1, 1, 1, 2]),
        when=when,
        effects=tuple(EffectMeant(kind=kind) for kind in effects),
        remedies=maybe(rng, (RemedyMeant(do="wait", text="{target}", of="held"),), (), 0.2),
    )


def an_item_wanted(rng: random.Random) -> ItemWanted:
    """Conditions on a removal's own item."""
    return ItemWanted(
        origin=maybe(rng, some(rng, Origin, 3), (), 0.4),
        origin_not=maybe(rng, some(rng, Origin), (), 0.3),
        bound=rng.choice([None, True, False]),
        bundled=rng.choice([None, True, False]),
    )


def some_rules(rng: random.Random, catalogue: Catalogue, size: int = 30) -> tuple[Rule, ...]:
    """A rule set of random rules."""
    ids = [f"R{place:03}" for place in range(size)]
    return tuple(a_rule(rng, place, list(catalogue.offerings), ids) for place in range(size))
