"""Checks of the catalogue's own consistency that no other condition can say.

Each answers with words about what it found, "" for nothing wrong, or None when a fact is missing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from crm.core.catalog.schemas import Offering
from crm.core.compatibility import saying
from crm.core.compatibility.calendar import same_month
from crm.core.compatibility.items import Item, Line
from crm.core.compatibility.links import means
from crm.core.compatibility.situation import Situation

_DAY = timedelta(days=1)


def always(_line: Line) -> bool:
    """The answer hangs on nothing but operation, channel and target."""
    return True


def never(_line: Line) -> bool:
    """The answer may differ from check to check."""
    return False


@dataclass(frozen=True, slots=True)
class Check:
    """A named check and the fact that is missing when it answers None.

    `fixed`: the answer is the same in every check with this operation, channel and target.
    """

    test: Callable[[Situation, Line], str | None]
    fact: str = ""
    fixed: Callable[[Line], bool] = never


def _brand_not_allowed(s: Situation, line: Line) -> str | None:
    if not _adds(line) or line.offering is None or not line.offering.brands:
        return ""
    if s.new_brand is None:
        return None
    return "" if s.new_brand in line.offering.brands else "、".join(line.offering.brands)


def _not_sold_here(s: Situation, line: Line) -> str:
    channels = _other_channels(s, line)
    return saying.words(channels) if "store" in channels else ""


def _sold_elsewhere(s: Situation, line: Line) -> str:
    channels = _other_channels(s, line)
    return "" if "store" in channels else saying.words(channels)


def _other_channels(s: Situation, line: Line) -> tuple[str, ...]:
    if not _adds(line) or line.offering is None or s.channel in line.offering.sale_channels:
        return ()
    return line.offering.sale_channels


def _timing_not_offered(_s: Situation, line: Line) -> str:
    asked = line.change.timing
    if asked is None or line.offering is None or line.op == "cancel_reserved":
        return ""
    offered = line.offering.add_timings if _adds(line) else line.offering.remove_timings
    # An offering that names no timing offers none: that is said too, never passed over.
    return "" if asked in offered else saying.words(offered) or "（没有可选的）"


def _held_missing(_s: Situation, line: Line) -> str:
    return line.held_problem


def _line_twice(_s: Situation, line: Line) -> str:
    return line.name if line.twice else ""


def _second_plan(s: Situation, line: Line) -> str:
    if line.op != "change_plan" or s.new_plan is None or line is s.new_plan:
        return ""
    return s.new_plan.name


def _group_full(s: Situation, line: Line) -> str:
    if not _adds(line) or line.offering is None:
        return ""
    for group, limit in sorted(line.offering.group_limits.items()):
        others = [item for item in _beside(s, line) if group in item.tags or _tier(item.offering) == group]
        if len(others) + 1 > limit:
            return f"“{group}”最多 {limit} 项，已有" + "、".join(sorted(item.name for item in others))
    return ""


def _required_missing(s: Situation, line: Line) -> str:
    if not _adds(line) or line.offering is None or not line.offering.requires:
        return ""
    beside = _beside(s, line)
    missing = [each for each in line.offering.requires if not any(means(each, item) for item in beside)]
    return "、".join(_name_of(s, each) for each in missing)


def _included_in_new_plan(s: Situation, line: Line) -> str:
    new = s.new_plan
    if line.op != "add" or new is None or new.offering is None or line.code not in new.offering.includes:
        return ""
    return new.name


def _no_plan_left(s: Situation, line: Line) -> str:
    return line.name if line.item is not None and line.kind == "main_plan" and s.new_plan is None else ""


def _held_not_in_catalogue(s: Situation, line: Line) -> str:
    if not _adds(line):
        return ""
    unknown = [item.code for item in s.items if item.offering is None and s.stays_beside(item, line)]
    return "、".join(sorted(unknown))


def _last_day_closed(s: Situation, line: Line) -> str | None:
    """A month's last day takes no orders from an hour on, by channel; hour 0 closes the whole day."""
    if line.offering is None or not line.offering.last_day_closes or same_month(s.on, s.on + _DAY):
        return ""
    closes = line.offering.last_day_closes
    hour = closes.get(s.channel, closes.get("*"))
    if hour is None:
        return ""
    if hour == 0:
        return "每月最后一天"
    if s.facts.hour is None:
        return None
    return f"每月最后一天{hour}点后" if s.facts.hour >= hour else ""


def _month_full(s: Situation, line: Line) -> str:
    """So many of a tag, or of the offering itself, may begin in one calendar month; what has ended counts."""
    if not _adds(line) or line.offering is None:
        return ""
    for group, limit in sorted(line.offering.month_limits.items()):
        begun = [item for item in s.items if _is_of(item, group) and _begins_with(item, line)]
        begun += [item for item in s.adds if item.code != line.code and _is_of(item, group)]
        if len(begun) + 1 > limit:
            name = line.name if group == line.code else group
            return f"“{name}”每月最多办理 {limit} 次，这个月已有 {len(begun)} 次"
    return ""


def _is_of(item: Item, group: str) -> bool:
    return item.code == group or group in item.tags


def _begins_with(item: Item, line: Line) -> bool:
    held = item.held
    if held is None or item.standing is None or held.starts_on is None:
        return False
    return same_month(held.starts_on, line.on)


def _adds(line: Line) -> bool:
    return line.op in ("add", "change_plan")


def _beside(s: Situation, line: Line) -> list[Item]:
    """What would be held beside the target: items that stay, and the basket's other adds."""
    adds = [item for item in s.adds if item.code != line.code]
    return [item for item in s.items if s.stays_beside(item, line)] + adds


def _tier(offering: Offering | None) -> str:
    return "" if offering is None else offering.one_of


def _name_of(s: Situation, reference: str) -> str:
    if reference.startswith("tag:"):
        return f"“{reference[4:]}”中的一项"
    found = s.catalogue.get(reference)
    return reference if found is None else found.name


CHECKS: dict[str, Check] = {
    "brand_not_allowed": Check(
        _brand_not_allowed, "subscriber.brand", lambda line: line.offering is None or not line.offering.brands
    ),
    "not_sold_here": Check(_not_sold_here, fixed=always),
    "sold_elsewhere": Check(_sold_elsewhere, fixed=always),
    "timing_not_offered": Check(_timing_not_offered),
    "held_missing": Check(_held_missing, fixed=lambda line: line.change.action == "add"),
    "line_twice": Check(_line_twice),
    "second_plan": Check(_second_plan),
    "group_full": Check(
        _group_full, fixed=lambda line: line.offering is None or not line.offering.group_limits
    ),
    "required_missing": Check(
        _required_missing, fixed=lambda line: line.offering is None or not line.offering.requires
    ),
    "included_in_new_plan": Check(_included_in_new_plan, fixed=lambda line: line.op != "add"),
    "no_plan_left": Check(_no_plan_left, fixed=lambda line: line.kind != "main_plan"),
    "held_not_in_catalogue": Check(_held_not_in_catalogue),
    "last_day_closed": Check(
        _last_day_closed,
        "facts.hour",
        lambda line: line.offering is None or not line.offering.last_day_closes,
    ),
    "month_full": Check(
        _month_full, fixed=lambda line: line.offering is None or not line.offering.month_limits
    ),
}
