"""What the change does to the set of products: lost, kept, gained, from which day, at which price."""

from collections.abc import Sequence
from datetime import date, timedelta

from crm.core.catalog.schemas import Offering, Timing
from crm.core.compatibility.calendar import first_of_next_month, starts_with
from crm.core.compatibility.fees import Bill, Span, Steady, Waived, last_free_day
from crm.core.compatibility.items import Item, Line
from crm.core.compatibility.matching import Judged
from crm.core.compatibility.schemas import (
    ACTIVE,
    BY_PLAN,
    BY_SELF,
    ENDED,
    ON_TRIAL,
    RESERVED,
    Diff,
    DiffLine,
    Effect,
)  # fmt: skip
from crm.core.compatibility.situation import Situation
from crm.core.compatibility.traits import sale_state

_STRENGTH = {"keep": 0, "lose_discount": 1, "cancel": 2}
_DAY = timedelta(days=1)
_WITH_PLAN = Timing.WITH_PLAN

# What becomes of an item: the first day without it, by which timing (None: it stays), a note for the desk.
_Fate = tuple[date | None, Timing | None, str]
_Gain = tuple[Line, Offering | None, Span, str]
_STAYS: _Fate = (None, None, "")
_KEPT: _Fate = (None, None, "保留，不受影响")


class _Courses:
    """What becomes of everything that is held, and what is added to it."""

    __slots__ = ("after", "before", "fates", "gained", "steady")

    def __init__(self, s: Situation, judged: Sequence[Judged]) -> None:
        effects = _strongest_effects(judged)
        asked = {line.item: line for line in s.lines if line.item is not None}
        plain: list[Offering] = []
        staying: set[str] = set()
        self.before: list[Span] = []
        self.after: list[Span] = []
        self.fates: list[tuple[Item, _Fate, bool]] = []
        for item in s.items:
            if item.standing is None or item.standing is ENDED:
                continue
            fate = _fate(s, item, asked.get(item) if asked else None, effects.get(item.id))
            if fate[1] is None:
                staying.add(item.code)
            if fate[0] is None and item.is_plain and item.offering is not None:
                plain.append(item.offering)
                self.fates.append((item, fate, False))
                continue
            span = _span(s, item)
            self.before.append(span)
            self.after.append(_cut(span, fate[0], item))
            self.fates.append((item, fate, span[3]))
        self.gained = _gained(s, staying)
        self.after += [span for _, _, span, _ in self.gained]
        self.steady = Steady(plain)


def diff_of(s: Situation, judged: Sequence[Judged]) -> Diff:
    """The products before and after the change, as if it were made.

    Fees are monthly totals in fen: today before the change, at the end of this month after it with one-off
    fees, and on the first day of the next month. None: a price in it is not known.
    """
    courses = _Courses(s, judged)
    next_month = latest = first_of_next_month(s.on)
    one_off = 0
    for line in s.lines:
        latest = max(latest, line.on)
        if line.item is None and line.offering is not None:
            one_off += line.offering.one_off_fee_fen
    bill = Bill(courses.steady, courses.after)
    waived = bill.waived_on(latest)  # lines show the fees that hold once everything has taken effect
    lost: list[DiffLine] = []
    kept: list[DiffLine] = []
    for item, fate, included in courses.fates:
        (kept if fate[1] is None else lost).append(_held_line(s, item, fate, included, waived))
    this_month = bill.on(next_month - _DAY)
    return Diff(
        tuple(lost),
        tuple(kept),
        tuple([_gained_line(*gain, waived) for gain in courses.gained]),
        Bill(courses.steady, courses.before).on(s.on),
        None if this_month is None else this_month + one_off,
        bill.on(next_month),
        *_after_trials(courses.after, bill, next_month),
    )


def _after_trials(after: list[Span], bill: Bill, next_month: date) -> tuple[int | None, date | None]:
    """The total once the last free trial is over, and from which day; nothing when no trial runs then."""
    free = [span[4] for span in after if span[4] is not None and span[4] >= next_month]
    if not free:
        return None, None
    ends_on = max(free) + _DAY
    return bill.on(ends_on), ends_on


def _strongest_effects(judged: Sequence[Judged]) -> dict[str | None, tuple[Line, Effect]]:
    """For each held item the effect that decides: a cancellation beats a doubt, a doubt beats a promise."""
    found: dict[str | None, tuple[Line, Effect]] = {}
    for each in judged:
        for effect in each[0].effects:
            if effect.held_id is None:
                continue
            known = found.get(effect.held_id)
            if known is None or _STRENGTH[effect.kind] > _STRENGTH[known[1].kind]:
                found[effect.held_id] = (each[2], effect)
    return found


def _fate(s: Situation, item: Item, asked: Line | None, decided: tuple[Line, Effect] | None) -> _Fate:
    if asked is not None:
        return asked.on, asked.timing, "客户要求取消"
    new = s.new_plan
    if new is not None and item.standing is ACTIVE:
        if item.kind == "main_plan" and item.code != new.code:
            return new.on, new.timing, "由新套餐替换"
        if item.ends_with_plan:
            return new.on, _WITH_PLAN, "随原套餐结束"
    if decided is None:
        return _STAYS
    line, effect = decided
    if effect.kind == "keep":
        return _KEPT
    ends_on = starts_with(effect.timing, s.on, line.on, item.until)
    return ends_on, effect.timing, "随变更取消" if effect.kind == "cancel" else "可能取消"


def _span(s: Situation, item: Item) -> Span:
    """The item as it is held today; what a plan or bundle brought costs nothing of its own."""
    held = item.held
    assert held is not None
    since = held.starts_on or s.on
    if item.standing is RESERVED and since <= s.on:
        since = first_of_next_month(s.on)
    if item.origin is BY_SELF and held.came_with is None:
        return item.offering, since, None, False, None
    parent = s.parent(item)
    trial = item.origin is ON_TRIAL
    if parent is None or parent.offering is None:
        return (
            item.offering,
            since,
            None,
            item.origin is BY_PLAN,
            last_free_day(since, 1) if trial else None,
        )
    if trial:
        return item.offering, since, None, False, last_free_day(since, max(parent.offering.trial_months, 1))
    included = item.origin is BY_PLAN or item.code in parent.offering.includes
    return item.offering, since, None, included, None


def _cut(span: Span, ends_on: date | None, item: Item) -> Span:
    """The span with the day on which it ends: by the change, or before it by what was arranged already."""
    arranged = None if item.held is None else item.held.ends_on
    if item.restored:
        arranged = None
    until = ends_on
    if until is None or (arranged is not None and arranged < until):
        until = arranged
    return span if until is None else (span[0], span[1], until, span[3], span[4])


def _held_line(s: Situation, item: Item, fate: _Fate, included: bool, waived: Waived | None) -> DiffLine:
    offering = item.offering
    ends_on, timing, note = fate
    fee = None if offering is None else offering.monthly_fee_fen
    if included:
        fee, note = 0, note or "含在套餐内"
    elif timing is None and waived is not None and offering is not None and waived.covers(offering):
        fee, note = 0, note or "月费由套餐减免"
    gone = timing is not None and sale_state(offering, s.on) in ("discontinued", "expired")
    if timing is None and item.standing is RESERVED and item.held is not None:
        ends_on, note = item.held.starts_on, note or "预约，尚未生效"
    return DiffLine(item.id, item.code, item.name, item.kind or "", fee, timing, ends_on, note, gone)


def _gained(s: Situation, staying: set[str]) -> list[_Gain]:
    """The adds of the basket, and what opens with them unless the customer has it already and keeps it."""
    staying.update([line.code for line in s.lines if line.item is None])
    found: list[_Gain] = []
    for line in s.lines:
        if line.change.action != "add":
            continue
        found.append((line, line.offering, (line.offering, line.on, None, False, None), ""))
        if line.offering is not None and line.offering.includes:
            _add_included(s, line, line.offering, staying, found)
    return found


def _add_included(s: Situation, line: Line, carrier: Offering, staying: set[str], found: list[_Gain]) -> None:
    free_until, note = None, f"随{line.name}开通，含在套餐内"
    if carrier.trial_months:
        free_until = last_free_day(line.on, carrier.trial_months)
        note = f"随{line.name}开通，免费体验到 {free_until.isoformat()}（含当天）"
    for code in carrier.includes:
        if code in staying:
            continue
        offering = s.catalogue.get(code)
        found.append((line, offering, (offering, line.on, None, free_until is None, free_until), note))
        staying.add(code)


def _gained_line(
    line: Line, offering: Offering | None, span: Span, note: str, waived: Waived | None
) -> DiffLine:
    timing = _WITH_PLAN if note else line.timing
    if offering is None:
        return DiffLine(None, line.code, line.name, "", None, timing, line.on, note)
    fee = offering.monthly_fee_fen
    if span[3]:
        fee = 0
    elif waived is not None and waived.covers(offering):
        fee, note = 0, note or "月费由套餐减免"
    return DiffLine(None, offering.code, offering.name, offering.kind, fee, timing, line.on, note)
