"""What a rule asks of a line, answered for every offering at once: customer, call, checks. Pure."""

from collections.abc import Callable
from typing import NamedTuple

from crm.core.compatibility.customer_bits import NO, Answer, CustomerBits, HeldAsked, both, recorded_codes
from crm.core.compatibility.rules import Check, Step
from crm.core.compatibility.schemas import HeldState
from crm.platform.bitsets import at_least, union, without


class LineAsked(NamedTuple):
    """The conditions of a rule on a line that do not hang on operation, channel, target and day alone."""

    brand: tuple[str, ...] = ()
    new_brand: tuple[str, ...] = ()
    brand_change: bool | None = None
    line_kind: tuple[str, ...] = ()
    status: tuple[str, ...] = ()
    profile_recorded: bool | None = None
    plan_tag: tuple[str, ...] = ()
    steps: tuple[tuple[Step, bool], ...] = ()
    check: Check | None = None
    lacks: HeldAsked | None = None


def line_answer(customer: CustomerBits, asked: LineAsked) -> Answer:
    """For which offerings the conditions may hold."""
    found = _of_facts(customer, asked)
    if not found.maybe:
        return NO
    if asked.new_brand:
        found = both(found, _new_brand(customer, asked.new_brand))
    if asked.brand_change is not None:
        found = both(found, _brand_change(customer, asked.brand_change))
    for step, wanted in asked.steps:
        taken = _taken(customer, step)
        found = both(found, Answer(taken if wanted else without(customer.targets.all, taken), 0))
    if asked.check is not None:
        found = both(found, CHECKS[asked.check](customer))
    if asked.lacks is not None:
        found = both(found, _lacking(customer, asked.lacks))
    return found


def _of_facts(customer: CustomerBits, asked: LineAsked) -> Answer:
    """What hangs on the subscriber alone; the very answer `sure` when nothing is in doubt."""
    s = customer.s
    subscriber = s.facts.subscriber
    doubtful = False
    for wanted, value in (
        (asked.brand, s.brand),
        (asked.line_kind, subscriber.line_kind),
        (asked.status, subscriber.status),
    ):
        if wanted:
            if value is not None and value not in wanted:
                return NO
            doubtful = doubtful or value is None
    if asked.profile_recorded is not None:
        known = subscriber.profile_recorded
        if known is not None and known is not asked.profile_recorded:
            return NO
        doubtful = doubtful or known is None
    if asked.plan_tag:
        if s.plan_tags is not None and not any(tag in s.plan_tags for tag in asked.plan_tag):
            return NO
        doubtful = doubtful or s.plan_tags is None
    return customer.unsure if doubtful else customer.sure


def _new_brand(customer: CustomerBits, wanted: tuple[str, ...]) -> Answer:
    targets, brand = customer.targets, customer.s.brand
    found = union(targets.sets_brand.get(each, 0) for each in wanted)
    if brand is None:
        return Answer(found | targets.keeps_brand, targets.keeps_brand)
    return Answer(found | targets.keeps_brand if brand in wanted else found, 0)


def _brand_change(customer: CustomerBits, wanted: bool) -> Answer:
    targets, brand = customer.targets, customer.s.brand
    setting = without(targets.all, targets.keeps_brand)
    if brand is None:
        return Answer(setting if wanted else targets.all, setting)
    changing = without(setting, targets.sets_brand.get(brand, 0))
    return Answer(changing if wanted else without(targets.all, changing), 0)


def _taken(customer: CustomerBits, step: Step) -> int:
    """The offerings for which a step has been taken; what is only being added has no losses of its own."""
    recorded = customer.s.recorded
    if step == "losses":
        return customer.targets.all if "losses:" in recorded else 0
    return union(customer.targets.of(code) for code in recorded_codes(recorded, step))


def _lacking(customer: CustomerBits, lacks: HeldAsked) -> Answer:
    there = doubt = 0
    for place in customer.candidates(lacks.wanted):
        answer = customer.item_answer(place, lacks)
        there |= without(answer.maybe, answer.doubt)
        doubt |= answer.doubt
    if not there | doubt:
        return customer.sure
    maybe = without(customer.targets.all, there)
    return Answer(maybe, doubt & maybe)


def _brand_not_allowed(customer: CustomerBits) -> Answer:
    targets, brand = customer.targets, customer.s.brand
    asking = targets.limited_to_brands & targets.keeps_brand
    if brand is None:
        return Answer(targets.outside_own_brand | asking, asking)
    return Answer(targets.outside_own_brand | without(asking, targets.brand.get(brand, 0)), 0)


def _sold_elsewhere(customer: CustomerBits, in_store: bool) -> Answer:
    channel = customer.s.channel
    found = [
        bits
        for channels, bits in customer.targets.sold_in.items()
        if channel not in channels and ("store" in channels) is in_store
    ]
    return Answer(union(found), 0)


def _group_full(customer: CustomerBits) -> Answer:
    targets, full = customer.targets, 0
    beside: dict[str, list[int]] = {}
    for place, item in enumerate(customer.items):
        tier = item.offering.one_of if item.offering is not None else ""
        for group in {*item.tags, tier}:
            beside.setdefault(group, []).append(customer.stays[place])
    for group in beside.keys() | targets.closed_groups:
        for limit in targets.groups.get(group, ()):
            reached = at_least(limit, beside.get(group, ()), targets.all)
            full |= targets.group_limits[group, limit] & reached
    return Answer(full, 0)


def _required_missing(customer: CustomerBits) -> Answer:
    targets = customer.targets
    present = [item for item in customer.items if item.standing is not HeldState.ENDED]
    references = {item.code for item in present} | {"tag:" + tag for item in present for tag in item.tags}
    met = [
        asking & union(customer.stays[place] for place in customer.present(reference))
        for reference in sorted(references)
        if (asking := targets.requiring[reference])
    ]
    lacking = [without(bits, at_least(count, met, targets.all)) for count, bits in targets.needs.items()]
    return Answer(union(lacking), 0)


def _held_not_in_catalogue(customer: CustomerBits) -> Answer:
    unknown = [place for place, item in enumerate(customer.items) if item.offering is None]
    return Answer(union(customer.stays[place] for place in unknown), 0)


def _last_day_closed(customer: CustomerBits) -> Answer:
    if not customer.is_last_day():
        return NO
    now, closed, doubt = customer.s.facts.hour, 0, 0
    for hours, bits in customer.targets.closing.items():
        by_channel = dict(hours)
        hour = by_channel.get(customer.s.channel, by_channel.get("*"))
        if hour is None:
            continue
        if hour and now is None:
            doubt |= bits
        elif not hour or (now is not None and now >= hour):
            closed |= bits
    return Answer(closed | doubt, doubt)


def _month_full(customer: CustomerBits) -> Answer:
    targets, full = customer.targets, 0
    begun: dict[str, list[int]] = {}
    for item in customer.items:
        bits = customer.begun(item)
        for group in {*item.tags, item.code} if bits else ():
            begun.setdefault(group, []).append(bits)
    for group in begun.keys() | targets.closed_months:
        for limit in targets.months.get(group, ()):
            reached = at_least(limit, begun.get(group, ()), targets.all)
            full |= targets.month_limits[group, limit] & reached
    return Answer(full, 0)


def _never(_customer: CustomerBits) -> Answer:
    return NO


CHECKS: dict[str, Callable[[CustomerBits], Answer]] = {
    "brand_not_allowed": _brand_not_allowed,
    "not_sold_here": lambda customer: _sold_elsewhere(customer, in_store=True),
    "sold_elsewhere": lambda customer: _sold_elsewhere(customer, in_store=False),
    "group_full": _group_full,
    "required_missing": _required_missing,
    "held_not_in_catalogue": _held_not_in_catalogue,
    "last_day_closed": _last_day_closed,
    "month_full": _month_full,
    # One added offering with its default timing takes nothing away, and nothing stands beside it.
    "timing_not_offered": _never,
    "held_missing": _never,
    "line_twice": _never,
    "second_plan": _never,
    "included_in_new_plan": _never,
    "no_plan_left": _never,
}
