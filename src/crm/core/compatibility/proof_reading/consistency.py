"""The named checks of the catalogue's own consistency: True when something is wrong, None when not known."""

from collections.abc import Callable

from crm.core.compatibility.proof_reading.case import DAY, Case, Product, Row, month_of


def _beside(case: Case, row: Row) -> list[Product]:
    """What would be there beside the target."""
    staying = [each for each in case.products if case.stays(each, row)]
    return staying + [each for each in case.adds if each.code != row.code]


def meant(reference: str, code: str, tags: list[str]) -> bool:
    """Whether a reference of the catalogue (a code, or `tag:…`) means this offering."""
    return reference[4:] in tags if reference.startswith("tag:") else reference == code


def _brand_not_allowed(case: Case, row: Row) -> bool | None:
    if not row.adds or row.offering is None or not row.offering["brands"]:
        return False
    return None if case.new_brand is None else case.new_brand not in row.offering["brands"]


def _elsewhere(case: Case, row: Row) -> list[str]:
    sold: list[str] = row.offering["sale_channels"] if row.offering is not None and row.adds else []
    return [] if case.channel in sold else sold


def _not_sold_here(case: Case, row: Row) -> bool:
    return "store" in _elsewhere(case, row)


def _sold_elsewhere(case: Case, row: Row) -> bool:
    places = _elsewhere(case, row)
    return bool(places) and "store" not in places


def _timing_not_offered(_: Case, row: Row) -> bool:
    if row.asked is None or row.offering is None or row.op == "cancel_reserved":
        return False
    return row.asked not in row.offering["add_timings" if row.adds else "remove_timings"]


def _held_missing(_: Case, row: Row) -> bool:
    return not row.adds and row.held is None


def _line_twice(_: Case, row: Row) -> bool:
    return row.twice


def _second_plan(case: Case, row: Row) -> bool:
    return row.op == "change_plan" and row is not case.new_plan


def _group_full(case: Case, row: Row) -> bool:
    if not row.adds or row.offering is None:
        return False

    def belongs(product: Product, group: str) -> bool:
        offering = product.offering
        return offering is not None and (group in offering["tags"] or offering["one_of"] == group)

    limits: dict[str, int] = row.offering["group_limits"]
    beside = _beside(case, row)
    return any(sum(belongs(each, group) for each in beside) >= most for group, most in limits.items())


def _required_missing(case: Case, row: Row) -> bool:
    if not row.adds or row.offering is None:
        return False
    there = _beside(case, row)
    needed: list[str] = row.offering["requires"]
    return any(not any(meant(each, one.code, one.tags) for one in there) for each in needed)


def _included_in_new_plan(case: Case, row: Row) -> bool:
    new = case.new_plan
    if row.op != "add" or new is None or new.offering is None:
        return False
    return row.code in new.offering["includes"]


def _no_plan_left(case: Case, row: Row) -> bool:
    return row.held is not None and row.kind == "main_plan" and case.new_plan is None


def _held_not_in_catalogue(case: Case, row: Row) -> bool:
    return row.adds and any(each.offering is None and case.stays(each, row) for each in case.products)


def _last_day_closed(case: Case, row: Row) -> bool | None:
    if row.offering is None or (case.on + DAY).day != 1:
        return False
    closes: dict[str, int] = row.offering["last_day_closes"]
    hour = closes.get(case.channel, closes.get("*"))
    if hour is None or hour == 0:
        return hour == 0
    return None if case.hour is None else case.hour >= hour


def _month_full(case: Case, row: Row) -> bool:
    if not row.adds or row.offering is None:
        return False
    begun = [
        each
        for each in case.products
        if each.standing != "gone" and each.starts_on and month_of(each.starts_on) == month_of(row.on)
    ]
    begun += [each for each in case.adds if each.code != row.code]
    limits: dict[str, int] = row.offering["month_limits"]
    return any(
        sum(each.code == group or group in each.tags for each in begun) >= most
        for group, most in limits.items()
    )


CHECKS: dict[str, Callable[[Case, Row], bool | None]] = {
    "brand_not_allowed": _brand_not_allowed,
    "not_sold_here": _not_sold_here,
    "sold_elsewhere": _sold_elsewhere,
    "timing_not_offered": _timing_not_offered,
    "held_missing": _held_missing,
    "line_twice": _line_twice,
    "second_plan": _second_plan,
    "group_full": _group_full,
    "required_missing": _required_missing,
    "included_in_new_plan": _included_in_new_plan,
    "no_plan_left": _no_plan_left,
    "held_not_in_catalogue": _held_not_in_catalogue,
    "last_day_closed": _last_day_closed,
    "month_full": _month_full,
}
