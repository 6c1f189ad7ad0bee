"""What the documents of a bundle must look like. Anything else is refused: unread means unproved."""

from typing import Any

from crm.core.compatibility.proof_reading.case import Json, Rejected, day_of, demand
from crm.core.compatibility.proof_reading.consistency import CHECKS

_TIMING = frozenset({"now", "this_month", "next_month", "with_plan", "end_of_agreement"})
_ORIGIN = frozenset({"self", "plan", "campaign", "agreement", "trial", "group"})
_STATE = frozenset({"active", "reserved", "ended"})
_SALE = frozenset({"on_sale", "discontinued", "upcoming", "expired", "unknown"})
_TRAIT = frozenset({"includes", "trial", "retention", "losses", "stackable"})
_STEP = frozenset({"losses", "retention", "price"})
_LINK = frozenset(
    {"same_offering", "same_tier", "came_with_target", "included_in_target", "ends_with_plan", "left_alone"}
) | {"card_excludes"}
_DO = frozenset(
    {"cancel", "add", "add_profile", "visit_store", "record_retention", "confirm_losses", "verify", "wait"}
)
_WHERE = frozenset({"desk", "store", "back_office"})
_RELATION = frozenset({"compatible", "incompatible", "unknown"})

# A name is another shape; a frozenset the allowed values; a list "any number of"; a tuple the
# values of a table; `?` allows null.
_LISTS = ("channel", "brand", "new_brand", "line_kind", "status", "plan_tag", "target", "target_kind")
_WHEN: Json = {name: ["text"] for name in (*_LISTS, "target_kind_not", "target_tag", "target_tag_not")} | {
    "op": [frozenset({"change_plan", "add", "remove", "cancel_reserved"})],
    "brand_change": "bool?",
    "profile_recorded": "bool?",
    "target_sale": [_SALE],
    "target_price": [frozenset({"paid", "free", "unknown"})],
    "target_has": [_TRAIT],
    "target_lacks": [_TRAIT],
    "recorded": [_STEP],
    "not_recorded": [_STEP],
    "check": "check?",
    "item": "item?",
    "has": "wanted?",
    "lacks": "wanted?",
}
_WANTED: Json = {name: ["text"] for name in ("offering", "kind", "kind_not", "tag", "tag_not")} | {
    "among": frozenset({"held", "basket"}),
    "origin": [_ORIGIN],
    "origin_not": [_ORIGIN],
    "state": [_STATE],
    "sale": [_SALE],
    "relation": [_RELATION],
    "link": [_LINK],
    "link_not": [_LINK],
    "stays": "bool?",
    "bound": "bool?",
}
_RULE: Json = dict.fromkeys(("id", "source", "title", "owner", "explain", "script", "clause"), "text") | {
    "verdict": frozenset({"allow", "disclose", "consent", "first", "store", "refuse"}),
    "valid_from": "day?",
    "valid_to": "day?",
    "overrides": ["text"],
    "stratum": frozenset({1, 2}),
    "when": "when",
    "effects": ["effect"],
    "remedies": ["remedy"],
}
SHAPES: dict[str, Json] = {
    "facts": {"on": "day", "hour": "int?", "subscriber": "subscriber", "held": ["held"]},
    "subscriber": dict.fromkeys(("brand", "line_kind", "region", "status", "card"), "text?")
    | {"profile_recorded": "bool?", "star_level": "int?"},
    "held": {"id": "text", "offering": "text", "origin": _ORIGIN, "state": _STATE, "campaign": "text"}
    | {"starts_on": "day?", "ends_on": "day?", "locked_until": "day?", "came_with": "text?"},
    "change": {"items": ["line"], "channel": "text", "recorded": ["text"]},
    "line": {
        "action": frozenset({"add", "delete"}),
        "offering": "text",
        "held_id": "text?",
        "timing": "timing?",
    },
    "rule": _RULE,
    "when": _WHEN,
    "wanted": _WANTED,
    "item": {"origin": [_ORIGIN], "origin_not": [_ORIGIN], "bound": "bool?", "bundled": "bool?"},
    "effect": {
        "kind": frozenset({"cancel", "lose_discount", "open_with_plan", "keep"}),
        "of": frozenset({"held", "target_includes"}),
        "timing": _TIMING,
    },
    "remedy": {"do": _DO, "text": "text", "where": _WHERE, "work_order_type": "text", "bring": ["text"]}
    | {"of": frozenset({"held", "target", "nothing"}), "record": "step?"},
}
_MONEY = ("amount_fen", "monthly_fen", "rate_percent", "subsidy_fen", "at_most_fen")
_LISTED = ("brands", "tags", "includes", "waives", "compatible_with", "incompatible_with", "requires")
_KINDS = """main_plan voice_pack sms_pack data_pack vnet discount bundle vas function membership campaign
family roaming broadband device"""
SHAPES["allowance"] = {"kind": "text", "amount": "int", "scope": "text"}
SHAPES["penalty"] = dict.fromkeys(_MONEY, "int?") | {
    "formula": frozenset({"none", "flat", "remaining_months", "benefit_back", "device_subsidy_prorata"}),
    "note": "text",
}
SHAPES["offering"] = (
    dict.fromkeys(("code", "name", "sets_brand", "one_of", "state", "fee_note", "summary", "source"), "text")
    | {name: ["text"] for name in (*_LISTED, "sale_channels", "losses")}
    | dict.fromkeys(("valid_from", "valid_to"), "day?")
    | dict.fromkeys(("one_off_fee_fen", "trial_months", "lock_in_months"), "int")
    | dict.fromkeys(("group_limits", "month_limits", "last_day_closes"), ("int",))
    | dict.fromkeys(("relation_sources", "attributes"), ("text",))
    | {"kind": frozenset(_KINDS.split()), "monthly_fee_fen": "int?", "retention": "text", "stackable": "bool"}
    | {"add_timings": [_TIMING], "remove_timings": [_TIMING], "card_exclusions": ("texts",)}
    | {"allowances": ["allowance"], "penalty": "penalty?"}
)
_WORDS = {"timing": _TIMING, "step": _STEP, "check": frozenset(CHECKS)}
_PLAIN: dict[str, type] = {"text": str, "int": int, "bool": bool}


def shaped(value: Any, name: str) -> Json:
    """The value when it is exactly of this shape. Raises `Rejected`."""
    wanted = SHAPES[name]
    demand(isinstance(value, dict), f"{name} 不是一组键值")
    keys = wanted.keys() ^ value.keys()
    demand(not keys, f"{name} 的字段不合规：{'、'.join(sorted(map(str, keys)))}")
    for key, spec in wanted.items():
        _fits(value[key], spec, f"{name}.{key}")
    return value


def _fits(value: Any, spec: Any, place: str) -> None:
    if isinstance(spec, frozenset):
        demand(
            isinstance(value, str | int) and type(value) is not bool and value in spec, f"{place} 的值不合规"
        )
    elif isinstance(spec, list):
        demand(isinstance(value, list), f"{place} 不是列表")
        for each in value:
            _fits(each, spec[0], place)
    elif isinstance(spec, tuple):
        demand(isinstance(value, dict), f"{place} 不是一组键值")
        for each in value.values():
            _fits(each, spec[0], place)
    else:
        _named(value, str(spec), place)


def _named(value: Any, spec: str, place: str) -> None:
    if spec.endswith("?"):
        if value is None:
            return
        spec = spec[:-1]
    if spec in SHAPES:
        shaped(value, spec)
    elif spec == "day":
        demand(isinstance(value, str), f"{place} 不是日期")
        try:
            day_of(value)
        except ValueError:
            raise Rejected(f"{place} 不是日期") from None
    elif spec in _WORDS:
        _fits(value, _WORDS[spec], place)
    elif spec == "texts":
        _fits(value, ["text"], place)
    else:
        demand(type(value) is _PLAIN[spec], f"{place} 的类型不对")
