"""What each condition of the vocabulary sees: on a line of the basket, and on another item."""

from collections.abc import Callable
from typing import Any

from crm.core.compatibility.proof_reading.case import Case, Json, Product, Row
from crm.core.compatibility.proof_reading.consistency import CHECKS, meant

ABSENT = "absent"  # the line is about no held product
_TRAITS = ("includes", "trial", "retention", "losses", "stackable")
_STEPS = ("losses", "retention", "price")


def on_line(name: str, case: Case, row: Row) -> Any:
    """The value a line condition sees; None: not known. Raises KeyError for an unknown condition."""
    return _ON_LINE[name](case, row)


def check_says(check: str, case: Case, row: Row) -> bool | None:
    """What a named check finds. Raises KeyError for an unknown one."""
    return CHECKS[check](case, row)


def on_item(name: str, case: Case, row: Row, item: Product, stratum: int) -> Any:
    """The value a condition on another item sees; None: not known. Raises KeyError for an unknown one."""
    if name in ("held_link", "held_link_not"):
        return _links(case, row, item, stratum)
    return _ON_ITEM[name](case, row, item)


def sale_of(offering: Json | None, case: Case) -> str:
    """on_sale, discontinued, upcoming, expired, or unknown."""
    if offering is None:
        return "unknown"
    if offering["state"] != "on_sale":
        return "discontinued"
    on = case.on.isoformat()  # days written alike compare like their texts
    if offering["valid_from"] is not None and offering["valid_from"] > on:
        return "upcoming"
    return "expired" if offering["valid_to"] is not None and offering["valid_to"] < on else "on_sale"


def _price(offering: Json | None) -> str:
    if offering is None or offering["monthly_fee_fen"] is None:
        return "unknown"
    return "paid" if offering["monthly_fee_fen"] or offering["one_off_fee_fen"] else "free"


def _traits(offering: Json | None) -> list[str]:
    if offering is None:
        return []
    trial = bool(offering["includes"]) and bool(offering["trial_months"])
    return [each for each in _TRAITS if (trial if each == "trial" else offering[each])]


def _steps(case: Case, row: Row) -> list[str]:
    own = "" if row.held is None else row.held.id
    return [step for step in _STEPS if f"{step}:{own if step == 'losses' else row.code}" in case.recorded]


def _brand_changes(case: Case, _: Row) -> bool | None:
    new = case.new_plan
    if new is None or new.offering is None or not new.offering["sets_brand"]:
        return False
    return None if case.brand is None else case.brand != case.new_brand


def _bundled(case: Case, row: Row) -> Any:
    """Whether the product belongs to a plan or bundle that is still there on that day."""
    held = row.held
    if held is None:
        return ABSENT
    if held.origin == "trial":
        return False
    from_plan, parent = held.origin == "plan", None
    if held.came_with is not None:
        parent = next((each for each in case.products if each.id == held.came_with), None)
    elif not from_plan:
        return False
    else:
        parent = case.plan
        if parent is None:
            return True
    if parent is not None and case.stays(parent, row):
        return from_plan or (parent.offering is not None and held.code in parent.offering["includes"])
    new = case.new_plan
    if not from_plan or new is None or new.offering is None or new.on > row.on:
        return False
    return held.code in new.offering["includes"]


def relation_of(case: Case, row: Row, item: Product) -> str | None:
    """What the two say of each other under the brand that would hold; None: that brand is not known."""
    one, other = row.offering, item.offering
    if one is None or other is None:
        return "unknown"
    said = _said(one, other)
    if row.kind == "main_plan" and other["brands"] and said != "incompatible":
        brand = one["sets_brand"] or case.brand
        if brand is None:
            return None
        return said if brand in other["brands"] else "incompatible"
    return said


def _said(one: Json, other: Json) -> str:
    """A statement that names the code beats one that names a tag; at the same level incompatible wins."""
    for by_code in (True, False):
        for word in ("incompatible", "compatible"):
            for speaker, about in ((one, other), (other, one)):
                for reference in speaker[f"{word}_with"]:
                    if by_code and reference == about["code"]:
                        return word
                    if not by_code and reference.startswith("tag:") and reference[4:] in about["tags"]:
                        return word
    return "unknown"


def _links(case: Case, row: Row, item: Product, stratum: int) -> Json:
    """The ties to the target that hold (True) or may hold (None); what does not is left out."""
    one, other = row.offering, item.offering
    found: Json = {
        "same_offering": item.code == row.code,
        "same_tier": row.code != item.code and _tier(one) != "" and _tier(one) == _tier(other),
        "came_with_target": row.held is not None and item.came_with == row.held.id,
        "included_in_target": one is not None and item.code in one["includes"],
        "ends_with_plan": item.ends_with_plan and row is case.new_plan,
        "left_alone": _left_alone(case, row, item, stratum),
        "card_excludes": _card_excludes(case, row, item),
    }
    return {name: said for name, said in found.items() if said is not False}


def _tier(offering: Json | None) -> str:
    return "" if offering is None else offering["one_of"]


def _left_alone(case: Case, row: Row, item: Product, stratum: int) -> bool:
    """Something it requires goes with this line, and nothing that stays or is added replaces it."""
    gone = case.cancelled.get(row.place, set()) if stratum == 2 else set[str | None]()
    if item.offering is None or not item.offering["requires"] or not case.stays(item, row) or item.id in gone:
        return False
    there = [each for each in case.products if each.standing in ("active", "reserved")]
    staying = [each for each in there if case.stays(each, row) and each.id not in gone]
    going = [each for each in there if each not in staying and _goes(case, row, each, gone)]
    after = [(each.code, each.tags) for each in staying]
    after += [(each.code, each.tags) for each in case.rows if each.adds]
    return any(
        any(meant(reference, each.code, each.tags) for each in going)
        and not any(meant(reference, code, tags) for code, tags in after)
        for reference in item.offering["requires"]
    )


def _goes(case: Case, row: Row, product: Product, gone: set[str | None]) -> bool:
    with_plan = row is case.new_plan and (product.kind == "main_plan" or product.ends_with_plan)
    return product is row.held or product.id in gone or with_plan


def names_of(reference: str, offering: Json) -> bool:
    """Whether a reference of the catalogue means this entry."""
    return meant(reference, offering["code"], offering["tags"])


def _card_excludes(case: Case, row: Row, item: Product) -> bool | None:
    """By the list of the line's card; by both when the card is not known and they agree."""
    one, other = row.offering, item.offering
    if one is None or other is None:
        return False

    def excluded(card: str) -> bool:
        mine, theirs = one["card_exclusions"].get(card, []), other["card_exclusions"].get(card, [])
        return any(names_of(each, other) for each in mine) or any(names_of(each, one) for each in theirs)

    card = case.subscriber["card"]
    if card is not None:
        return excluded("secondary" if card == "secondary" else "main")
    main, secondary = excluded("main"), excluded("secondary")
    return main if main == secondary else None


_ON_LINE: dict[str, Callable[[Case, Row], Any]] = {
    "op": lambda case, row: row.op,
    "channel": lambda case, row: case.channel,
    "target": lambda case, row: row.code,
    "target_kind": lambda case, row: row.kind,
    "target_kind_not": lambda case, row: row.kind,
    "target_tag": lambda case, row: row.tags,
    "target_tag_not": lambda case, row: row.tags,
    "target_sale": lambda case, row: sale_of(row.offering, case),
    "target_price": lambda case, row: _price(row.offering),
    "target_has": lambda case, row: _traits(row.offering),
    "target_lacks": lambda case, row: _traits(row.offering),
    "brand": lambda case, row: case.brand,
    "new_brand": lambda case, row: case.new_brand,
    "brand_change": _brand_changes,
    "line_kind": lambda case, row: case.subscriber["line_kind"],
    "status": lambda case, row: case.subscriber["status"],
    "profile_recorded": lambda case, row: case.subscriber["profile_recorded"],
    "plan_tag": lambda case, row: None if case.plan is None else case.plan.tags,
    "recorded": _steps,
    "not_recorded": _steps,
    "item_origin": lambda case, row: ABSENT if row.held is None else row.held.origin,
    "item_origin_not": lambda case, row: ABSENT if row.held is None else row.held.origin,
    "item_bound": lambda case, row: ABSENT if row.held is None else row.held.bound,
    "item_bundled": _bundled,
}
_ON_ITEM: dict[str, Callable[[Case, Row, Product], Any]] = {
    "held": lambda case, row, item: item.code,
    "held_kind": lambda case, row, item: item.kind,
    "held_kind_not": lambda case, row, item: item.kind,
    "held_tag": lambda case, row, item: item.tags,
    "held_tag_not": lambda case, row, item: item.tags,
    "held_origin": lambda case, row, item: item.origin,
    "held_origin_not": lambda case, row, item: item.origin,
    "held_state": lambda case, row, item: item.standing,
    "held_sale": lambda case, row, item: sale_of(item.offering, case),
    "relation": relation_of,
    "held_stays": lambda case, row, item: case.stays(item, row),
    "held_bound": lambda case, row, item: item.bound,
    "recorded": lambda case, row, item: ["losses"] if f"losses:{item.id}" in case.recorded else [],
    "not_recorded": lambda case, row, item: ["losses"] if f"losses:{item.id}" in case.recorded else [],
}
