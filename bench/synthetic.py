"""Catalogues and customers of any size with the structure of the delivered ones, for measurements.

Deterministic: the same seed gives the same content, and a smaller catalogue is the beginning of a larger one.
Strings and tuples are shared between offerings, so that 200,000 of them fit a desk's server.
Rules are in `synthetic_rules`, their proofs in `synthetic_cases`.
"""

import random
from collections.abc import Sequence
from datetime import date
from functools import cache
from typing import NamedTuple

from crm.core.catalog.engine import Catalogue
from crm.core.catalog.schemas import Allowance, Offering, OfferingKind, Timing
from crm.core.compatibility.schemas import (
    Change,
    ChangeItem,
    Facts,
    Held,
    HeldState,
    Origin,
    SubscriberFacts,
)  # fmt: skip

SEED = 20261122
ON = date(2026, 11, 22)
BRANDS = ("全球通", "动感地带", "神州行")
AUDIENCES = tuple(f"人群{number:02}" for number in range(1, 31))
K = OfferingKind
# The word of a kind, its share in 25 offerings, and into how many series it is divided.
KINDS: dict[OfferingKind, tuple[str, int, int]] = {
    K.MAIN_PLAN: ("主套餐", 1, 60),
    K.DATA_PACK: ("流量包", 5, 50),
    K.VAS: ("增值业务", 5, 40),
    K.VOICE_PACK: ("语音包", 3, 30),
    K.SMS_PACK: ("短信包", 3, 30),
    K.DISCOUNT: ("优惠包", 3, 30),
    K.FUNCTION: ("基础功能", 1, 20),
    K.VNET: ("V网", 1, 10),
    K.BUNDLE: ("捆绑优惠", 1, 15),
    K.MEMBERSHIP: ("会员", 1, 5),
    K.CAMPAIGN: ("营销活动", 1, 10),
}
_TURN = tuple(kind for kind, (_, share, _) in KINDS.items() for _ in range(share))
_NEXT_MONTH, _NOW = (Timing.NEXT_MONTH,), (Timing.NOW, Timing.NEXT_MONTH)
_NO_LIMITS: dict[str, int] = {}
_NO_LISTS: dict[str, tuple[str, ...]] = {}
_NO_WORDS: dict[str, str] = {}


class Basket(NamedTuple):
    """One check to make."""

    change: Change
    facts: Facts


@cache
def series(kind: OfferingKind) -> tuple[str, ...]:
    """The tags that divide a kind, the popular ones first."""
    word, _, count = KINDS[kind]
    return tuple(f"{word}系列{number:02}" for number in range(1, count + 1))


NEEDING = series(K.VAS)[3::4]  # services that go with one series of plans only


def popular(rng: random.Random, values: Sequence[str]) -> str:
    """One of the values, the first ones far more often."""
    return values[int(len(values) * rng.random() ** 3)]


def offerings(count: int, seed: int = SEED) -> list[Offering]:
    """So many offerings: one main plan to twenty-four others, in 300 series, with lists of exclusions."""
    rng = random.Random(seed)
    pools = _Pools(rng)
    made: list[Offering] = []
    services: list[str] = []
    for place in range(count):
        kind = _TURN[place % len(_TURN)]
        code = f"{kind[:2]}{place:06}"
        made.append(_offering(rng, pools, kind, code, place, services))
        if kind is K.VAS and len(services) < 400:
            services.append(code)
    return made


class _Pools:
    """What is said of many offerings alike, made once: statements of a series, allowances, includes."""

    def __init__(self, rng: random.Random) -> None:
        self.tags: dict[OfferingKind, list[tuple[str, ...]]] = {
            kind: [(KINDS[kind][0], each) for each in series(kind)] for kind in KINDS
        }
        self.tagged = {
            pair: [(*pair, audience) for audience in AUDIENCES]
            for all_ in self.tags.values()
            for pair in all_
        }
        plans = series(K.MAIN_PLAN)
        self.statements = {
            each: [
                (_references(rng, plans, 6), _references(rng, plans, 4))
                for _ in range(4)
            ]
            for kind in KINDS
            if kind is not K.MAIN_PLAN
            for each in series(kind)
        }  # fmt: skip
        self.allowances = [
            (Allowance(kind, amount, "国内"),)
            for kind in ("voice_minutes", "sms", "data_mb")
            for amount in (30, 100, 300, 1024, 5120, 20480)
        ]
        self.losses = {each: (f"{each}的优惠", f"{each}的短号") for kind in KINDS for each in series(kind)}
        self.brands = [(each,) for each in BRANDS] + [BRANDS[:2]]
        self.requires = {each: ("tag:" + rng.choice(plans),) for each in NEEDING}
        self.includes: dict[int, tuple[str, ...]] = {}


def _references(rng: random.Random, plans: Sequence[str], most: int) -> tuple[str, ...]:
    return tuple(sorted({"tag:" + popular(rng, plans) for _ in range(rng.randint(0, most))}))


def _offering(
    rng: random.Random, pools: _Pools, kind: OfferingKind, code: str, place: int, services: list[str]
) -> Offering:
    plan, names = kind is K.MAIN_PLAN, series(kind)
    turn = place // len(_TURN)
    own = names[turn] if turn < len(names) else popular(rng, names)  # every series is there at least once
    pair = pools.tags[kind][names.index(own)]
    tags = rng.choice(pools.tagged[pair]) if rng.random() < 0.2 else pair
    fee = rng.randrange(500, 30_000, 100) if plan else rng.choice((0, 300, 500, 800, 1000, 1500, 2000, 3000))
    compatible, incompatible = ((), ()) if plan else rng.choice(pools.statements[own])
    bound = kind in (K.BUNDLE, K.CAMPAIGN)
    includes: tuple[str, ...] = ()
    if plan and services and rng.random() < 0.3:
        includes = pools.includes.setdefault(rng.randrange(60), tuple(sorted(rng.sample(services, 2))))
    return Offering(
        code=code,
        name=f"{own}{fee // 100}元档{place}",
        kind=kind,
        brands=rng.choice(pools.brands) if not plan and rng.random() < 0.15 else (),
        sets_brand=BRANDS[place % 3] if plan else "",
        tags=tags,
        state="discontinued" if rng.random() < 0.12 else "on_sale",
        valid_to=date(2026, 6, 30) if rng.random() < 0.02 else None,
        monthly_fee_fen=None if rng.random() < 0.01 else fee,
        allowances=rng.choice(pools.allowances) if plan or "pack" in kind else (),
        add_timings=_NEXT_MONTH if plan else _NOW,
        remove_timings=_NEXT_MONTH,
        includes=includes,
        trial_months=1 if includes and turn % 2 else 0,
        lock_in_months=rng.choice((12, 24)) if bound else 0,
        compatible_with=compatible,
        incompatible_with=incompatible,
        requires=pools.requires.get(own, ()),
        one_of=own if kind is K.VNET or (kind is K.DATA_PACK and own == names[0]) else "",
        sale_channels=("store", "hotline") if rng.random() < 0.03 else (),
        losses=pools.losses[own] if kind in (K.VNET, K.BUNDLE, K.MEMBERSHIP, K.DISCOUNT) else (),
        retention="先向客户介绍它的好处，再问是否还要取消。" if kind is K.VAS else "",
        stackable="pack" in kind and rng.random() < 0.05,
        group_limits=_NO_LIMITS,
        month_limits=_NO_LIMITS,
        last_day_closes=_NO_LIMITS,
        card_exclusions=_NO_LISTS,
        relation_sources=_NO_WORDS,
        attributes=_NO_WORDS,
    )


def customers(count: int, offered: Sequence[Offering], seed: int = SEED, on: date = ON) -> list[Facts]:
    """Lines with a main plan and two to eleven other products, some bound, reserved or just ended."""
    rng = random.Random(f"customers {seed}")
    plans = [each for each in offered if each.kind is K.MAIN_PLAN]
    others = [each for each in offered if each.kind is not K.MAIN_PLAN]
    return [_customer(rng, plans, others, on) for _ in range(count)]


def _customer(rng: random.Random, plans: list[Offering], others: list[Offering], on: date) -> Facts:
    plan = rng.choice(plans)
    others = rng.sample(others, rng.randint(2, 11))
    held = (
        Held(id="plan", offering=plan.code, starts_on=date(2026, 1, 5)),
        *[
            Held(id=f"with-{code}", offering=code, origin=Origin.PLAN, came_with="plan")
            for code in plan.includes
        ],
        *[_held(rng, each, on) for each in others if each.code not in plan.includes],
    )
    return Facts(
        on=on,
        hour=10,
        subscriber=SubscriberFacts(
            brand=plan.sets_brand,
            line_kind="普通" if rng.random() < 0.95 else "话吧",
            profile_recorded=rng.random() < 0.95,
            card="single",
        ),
        held=held,
    )


def _held(rng: random.Random, offering: Offering, on: date) -> Held:
    one = rng.random()
    if one < 0.05:
        return Held(id=offering.code, offering=offering.code, state=HeldState.ENDED, ends_on=on)
    if one < 0.1:
        return Held(id=offering.code, offering=offering.code, state=HeldState.RESERVED)
    if offering.lock_in_months:
        until = date(2027, 3, 31) if one < 0.7 else date(2026, 5, 31)
        return Held(
            id=offering.code, offering=offering.code, origin=Origin.AGREEMENT, locked_until=until,
            campaign=offering.name,
        )  # fmt: skip
    return Held(id=offering.code, offering=offering.code, starts_on=date(2026, 2, 1))


def baskets(count: int, catalogue: Catalogue, seed: int = SEED) -> list[Basket]:
    """Checks to make: half change the main plan, a third add something, the others take something away."""
    offered = list(catalogue.offerings.values())
    rng = random.Random(f"baskets {seed}")
    plans = [each.code for each in offered if each.kind is K.MAIN_PLAN and each.state == "on_sale"]
    others = [each.code for each in offered if each.kind is not K.MAIN_PLAN and each.state == "on_sale"]
    return [
        Basket(_change(rng, facts, plans, others), facts) for facts in customers(count, offered, seed)
    ]  # fmt: skip


def _change(rng: random.Random, facts: Facts, plans: list[str], others: list[str]) -> Change:
    one = rng.random()
    if one < 0.55:
        items = [ChangeItem(action="add", offering=rng.choice(plans))]
    elif one < 0.85:
        items = [ChangeItem(action="add", offering=rng.choice(others))]
    else:
        gone = facts.held[-1]
        items = [ChangeItem(action="delete", offering=gone.offering, held_id=gone.id)]
    if rng.random() < 0.2:
        items.append(ChangeItem(action="add", offering=rng.choice(others)))
    return Change(items=tuple(items))
