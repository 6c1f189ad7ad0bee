"""Rule sets of any size with the structure of the delivered ones, for measurements.

Of twenty rules five judge a held family by its relation to the new plan, five pairs of families, three the
facts of the line, two the way from one series of plans to another, two cancelling, one what is lacking, one
is an exception to another rule and one sees what others took away. A smaller set is the start of a larger.
"""

import random
from collections.abc import Callable
from datetime import date
from itertools import chain, product
from typing import Any

import msgspec

from bench.synthetic import AUDIENCES, BRANDS, KINDS, NEEDING, SEED, K, popular, series
from crm.core.catalog.schemas import Relation
from crm.core.compatibility.rules import EffectMeant, HeldWanted, ItemWanted, RemedyMeant, Rule, When
from crm.core.compatibility.schemas import Origin, Verdict

PLANS = series(K.MAIN_PLAN)
# The popular series of every kind first, as a desk meets them.
HELD = tuple(
    chain.from_iterable(
        [series(kind)[place] for kind in KINDS if kind is not K.MAIN_PLAN and place < len(series(kind))]
        for place in range(50)
    )
)
IDS = tuple(
    f"BR-{chapter:02}{letter}{digit}"
    for letter, digit, chapter in product("abcdefghijklmnopqrstuvwxyz", "0123456789", range(1, 13))
)
_CANCEL = (EffectMeant(kind="cancel"),)
_LOSE = (EffectMeant(kind="lose_discount"),)
_KEEP = (EffectMeant(kind="keep"),)
_FIRST = (RemedyMeant(do="cancel", of="held", text="先取消{held}，或在同一单里一起取消，再办理{target}"),)
_VERIFY = (RemedyMeant(do="verify", of="held", text="请值班经理助理转业务组核实{held}与{target}是否兼容"),)
_STORE = (
    RemedyMeant(
        do="visit_store", where="store", of="target", text="请客户到营业厅办理{target}",
        bring=("机主本人", "有效身份证件"),
    ),
)  # fmt: skip
_WORK_ORDER = (
    RemedyMeant(
        do="cancel", where="back_office", of="held", work_order_type="cancel_group_service",
        text="派“取消集团业务”工单取消{target}",
    ),
)  # fmt: skip
Made = dict[str, Any]


def rules(count: int, seed: int = SEED) -> list[Rule]:
    """So many rules, no two with the same conditions; at most 3,120."""
    rng = random.Random(f"rules {seed}")
    seen: set[bytes] = set()
    made: list[Rule] = []
    while len(made) < count:
        shape = _SHAPES[len(made) % len(_SHAPES)]
        fields = shape(rng, made)
        key = msgspec.json.encode(fields["when"])
        if key in seen:
            continue
        seen.add(key)
        rule_id = IDS[len(made)]
        made.append(
            Rule(
                id=rule_id,
                source=f"S3-{int(rule_id[3:5])}",
                title=f"{fields.pop('about')}（{rule_id}）",
                owner="业务组",
                valid_from=date(2026, 1, 1) if rng.random() < 0.05 else None,
                valid_to=date(2027, 12, 31) if rng.random() < 0.05 else None,
                **fields,
            )
        )
    return made


def _by_relation(rng: random.Random, _made: list[Rule]) -> Made:
    family = popular(rng, HELD)
    relation = rng.choice((Relation.COMPATIBLE, *[Relation.INCOMPATIBLE] * 2, Relation.UNKNOWN))
    when = When(
        op=("change_plan",), has=HeldWanted(tag=(family,), stays=True, relation=(relation,))
    )  # fmt: skip
    if relation is Relation.COMPATIBLE:
        return _told(when, Verdict.ALLOW, _KEEP, (), family, "{held}与{target}兼容，变更后保留。")
    if relation is Relation.UNKNOWN:
        return _told(when, Verdict.DISCLOSE, _LOSE, (), family, "没有写明{held}与{target}兼容，可能会取消。")
    text = "{held}不能和{target}同时使用，变更生效时会取消，您将失去{held_losses}，您同意吗？"
    return _told(when, Verdict.CONSENT, _CANCEL, (), family, text)


def _by_pair(rng: random.Random, _made: list[Rule]) -> Made:
    adds = rng.random() < 0.5
    target, family = popular(rng, HELD if adds else PLANS), popular(rng, HELD)
    when = When(
        op=("add",) if adds else ("change_plan",),
        target_tag=(target,),
        target_lacks=("stackable",) if adds else (),
        has=HeldWanted(tag=(family,), stays=True, bound=rng.choice((None, None, False))),
    )
    if rng.random() < 0.3:
        return _told(when, Verdict.FIRST, (), _FIRST, target, "办理{target}前要先取消{held}，您看可以吗？")
    if rng.random() < 0.3:
        return _told(when, Verdict.FIRST, (), _VERIFY, target, "我先帮您核实{target}能不能和{held}同时使用。")
    return _told(when, Verdict.DISCLOSE, (), (), target, "{target}和{held}同时使用时按{price}收费。")


def _by_facts(rng: random.Random, _made: list[Rule]) -> Made:
    target = popular(rng, (*HELD, *PLANS))
    fact: Made = rng.choice(
        [
            {"line_kind": ("话吧", "公话")},
            {"profile_recorded": False},
            {"channel": ("web", "app", "sms")},
            {"brand": (rng.choice(BRANDS),)},
            {"target_price": ("paid",), "target_tag_not": (rng.choice(AUDIENCES),)},
            {"has": HeldWanted(kind=("membership",), stays=True)},
        ]
    )
    when = When(op=("change_plan", "add"), target_tag=(target,), **fact)
    if {"line_kind", "profile_recorded", "channel"} & fact.keys():
        return _told(when, Verdict.STORE, (), _STORE, target, "{target}需要您带有效身份证件到营业厅办理。")
    return _told(when, Verdict.DISCLOSE, (), (), target, "{target}的价格是{price}，{starts}生效。")


def _by_way(rng: random.Random, _made: list[Rule]) -> Made:
    old, new = popular(rng, PLANS), popular(rng, PLANS)
    change = rng.choice((None, True, False))
    when = When(op=("change_plan",), plan_tag=(old,), target_tag=(new,), brand_change=change)
    text = "从{plan}变更为{target}后，您原来享受的部分优惠可能会取消。"
    return _told(when, Verdict.DISCLOSE, (), (), new, text)


def _leaving(rng: random.Random, _made: list[Rule]) -> Made:
    target = popular(rng, HELD)
    item: Made = rng.choice(({"bound": True}, {"bound": False}, {"origin": (Origin.AGREEMENT,)}, {}))
    when = When(op=("remove",), target_tag=(target,), item=ItemWanted(**item) if item else None)
    text = "取消{target}后您将不再享受{target_losses}，您看可以吗？"
    if rng.random() < 0.3:
        return _told(when, Verdict.FIRST, (), _WORK_ORDER, target, text)
    return _told(when, Verdict.DISCLOSE, (), (), target, text)


def _lacking(rng: random.Random, _made: list[Rule]) -> Made:
    target, needed = popular(rng, (*HELD, *PLANS)), popular(rng, HELD)
    when = When(op=("change_plan", "add"), target_tag=(target,), lacks=HeldWanted(tag=(needed,)))
    return _told(when, Verdict.DISCLOSE, (), (), target, f"和{needed}一起使用{{target}}更优惠。")


def _exception(rng: random.Random, made: list[Rule]) -> Made:
    """The same as another rule in one more circumstance, and milder."""
    while True:
        ruled = rng.choice(made)
        if ruled.stratum == 1 and not ruled.overrides and not ruled.when.not_recorded and ruled.script:
            break
    when = msgspec.structs.replace(ruled.when, not_recorded=("retention",), status=("active",))
    text = "{target}这次可以按优惠办理，" + ruled.script
    return {
        **_told(when, ruled.verdict, ruled.effects, ruled.remedies, ruled.id, text),
        "overrides": (ruled.id,),
    }


def _deep(rng: random.Random, _made: list[Rule]) -> Made:
    needs_plan = rng.random() < 0.5
    family = rng.choice(NEEDING) if needs_plan else popular(rng, series(K.VAS))
    when = When(
        op=("change_plan",),
        has=HeldWanted(tag=(family,), link=("left_alone",) if needs_plan else ("ends_with_plan",)),
        line_kind=rng.choice(((), ("普通",))),
        target_tag_not=rng.choice(((), (popular(rng, AUDIENCES),))),
    )
    text = "{held}要和原来的业务一起使用，变更生效时会取消，您同意吗？"
    return {**_told(when, Verdict.CONSENT, _CANCEL, (), family, text), "stratum": 2}


def _told(
    when: When,
    verdict: Verdict,
    effects: tuple[EffectMeant, ...],
    remedies: tuple[RemedyMeant, ...],
    about: str,
    script: str,
) -> Made:
    return {
        "about": f"{about}的规定",
        "when": when,
        "verdict": verdict,
        "effects": effects,
        "remedies": remedies,
        "explain": "按注意事项的规定：" + script.replace("您", "客户"),
        "script": script,
    }


_SHAPES: tuple[Callable[[random.Random, list[Rule]], Made], ...] = (
    _by_relation, _by_pair, _by_facts, _by_relation, _by_pair, _by_way, _leaving, _by_relation, _by_pair,
    _by_facts, _exception, _by_relation, _by_pair, _by_way, _lacking, _by_relation, _by_pair, _by_facts,
    _leaving, _deep,
)  # fmt: skip
