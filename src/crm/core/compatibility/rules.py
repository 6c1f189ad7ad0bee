"""The closed vocabulary of rules. Rules are data: no expressions, no code, nothing here decides anything.

Within one condition a list means "any of these"; all conditions of a rule must hold together.
"""

from datetime import date
from typing import Literal

import msgspec

from crm.core.catalog.schemas import Relation, Timing
from crm.core.compatibility.schemas import HeldState, Origin, Verdict

Op = Literal["change_plan", "add", "remove", "cancel_reserved"]
Sale = Literal["on_sale", "discontinued", "upcoming", "expired", "unknown"]
Price = Literal["paid", "free", "unknown"]
Trait = Literal["includes", "trial", "retention", "losses", "stackable"]
Step = Literal["losses", "retention", "price"]
Link = Literal[
    "same_offering",  # the held item is of the very offering
    "same_tier",  # another offering of the target's one_of group
    "came_with_target",  # the target's item brought it
    "included_in_target",  # the target includes its offering
    "ends_with_plan",  # it came with the plan that the basket replaces, and the new one lacks it
    "left_alone",  # what its offering requires would not be held any more
    "card_excludes",  # one of the two excludes the other on a card like this line
]
Check = Literal[
    "brand_not_allowed",
    "not_sold_here",
    "sold_elsewhere",
    "timing_not_offered",
    "held_missing",
    "line_twice",
    "second_plan",
    "group_full",
    "required_missing",
    "included_in_new_plan",
    "no_plan_left",
    "held_not_in_catalogue",
    "last_day_closed",
    "month_full",
]
EffectKind = Literal["cancel", "lose_discount", "open_with_plan", "keep"]
Do = Literal[
    "cancel",
    "add",
    "add_profile",
    "visit_store",
    "record_retention",
    "confirm_losses",
    "verify",
    "wait",
]
Where = Literal["desk", "store", "back_office"]


class HeldWanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Another item, held or in the same basket, that a rule speaks of and binds.

    Without `state` it must be active or reserved. `stays`: it would be held beside the target afterwards.
    `bound`: a campaign, agreement or lock-in still runs on the as-of day, its last day included.
    """

    among: Literal["held", "basket"] = "held"
    offering: tuple[str, ...] = ()
    kind: tuple[str, ...] = ()
    kind_not: tuple[str, ...] = ()
    tag: tuple[str, ...] = ()
    tag_not: tuple[str, ...] = ()
    origin: tuple[Origin, ...] = ()
    origin_not: tuple[Origin, ...] = ()
    state: tuple[HeldState, ...] = ()
    sale: tuple[Sale, ...] = ()
    relation: tuple[Relation, ...] = ()
    link: tuple[Link, ...] = ()
    link_not: tuple[Link, ...] = ()
    stays: bool | None = None
    bound: bool | None = None


class ItemWanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The held item that a `remove` or `cancel_reserved` line itself is about.

    `bundled`: it belongs to a plan or bundle that stays.
    """

    origin: tuple[Origin, ...] = ()
    origin_not: tuple[Origin, ...] = ()
    bound: bool | None = None
    bundled: bool | None = None


class When(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The conditions of a rule, judged for each line of the basket."""

    op: tuple[Op, ...] = ()
    channel: tuple[str, ...] = ()
    brand: tuple[str, ...] = ()
    new_brand: tuple[str, ...] = ()
    brand_change: bool | None = None
    line_kind: tuple[str, ...] = ()
    status: tuple[str, ...] = ()
    profile_recorded: bool | None = None
    plan_tag: tuple[str, ...] = ()  # the main plan held today carries one of these
    target: tuple[str, ...] = ()  # codes
    target_kind: tuple[str, ...] = ()
    target_kind_not: tuple[str, ...] = ()
    target_tag: tuple[str, ...] = ()
    target_tag_not: tuple[str, ...] = ()
    target_sale: tuple[Sale, ...] = ()
    target_price: tuple[Price, ...] = ()
    target_has: tuple[Trait, ...] = ()  # all of these
    target_lacks: tuple[Trait, ...] = ()  # none of these
    recorded: tuple[Step, ...] = ()
    not_recorded: tuple[Step, ...] = ()
    check: Check | None = None
    item: ItemWanted | None = None
    has: HeldWanted | None = None
    lacks: HeldWanted | None = None


class EffectMeant(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What happens to another product when the change is made."""

    kind: EffectKind
    of: Literal["held", "target_includes"] = "held"
    timing: Timing = Timing.WITH_PLAN


class RemedyMeant(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One step towards the wish, in the order in which it is to be done."""

    do: Do
    text: str
    where: Where = "desk"
    of: Literal["held", "target", "nothing"] = "nothing"  # what the step is done to
    work_order_type: str = ""
    bring: tuple[str, ...] = ()
    record: Step | None = None  # the step the desk records when it has done this


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One rule of 《10086注意事项》, of 透明消费, or of the catalogue's own consistency.

    `overrides` names rules whose findings this one replaces, for the same line and held item: the only way
    to make an exception. `stratum` 2 sees what the effects of stratum 1 have taken away.
    """

    id: str
    source: str
    title: str
    owner: str
    verdict: Verdict
    explain: str
    script: str = ""
    clause: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    overrides: tuple[str, ...] = ()
    stratum: Literal[1, 2] = 1
    when: When = When()
    effects: tuple[EffectMeant, ...] = ()
    remedies: tuple[RemedyMeant, ...] = ()


PLACEHOLDERS: dict[str, str] = {
    "held": "相关的已有业务",
    "held_end": "它的到期日或协议最后一天",
    "held_losses": "失去它会失去的内容",
    "campaign": "它所属的活动或协议",
    "target": "要办理的业务",
    "target_losses": "取消后会失去的内容",
    "includes": "随它开通的业务",
    "price": "它的价格",
    "starts": "生效日期",
    "retention": "备用信息表里的说明",
    "plan": "现在的主套餐",
    "brand": "现在的品牌",
    "new_brand": "变更后的品牌",
    "line_kind": "号码类型",
    "grounds": "目录里写明两者互斥的原文（没有原文时为空）",
    "detail": "检查项的具体内容",
}
HELD_PLACEHOLDERS = frozenset({"held", "held_end", "held_losses", "campaign", "grounds"})
