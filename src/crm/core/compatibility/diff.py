"""What the change does to the set of products: lost, kept, gained, from which day, at which price."""

from collections.abc import Sequence
from datetime import date, timedelta

from crm.core.catalog.schemas import Offering, Timing
from crm.core.compatibility.calendar import first_of_next_month, starts_with
from crm.core.compatibility.fees import Span, is_waived, last_free_day, monthly_fee, waived_by
from crm.core.compatibility.schemas import Diff, DiffLine, Effect, Finding, HeldState, Origin
from crm.core.compatibility.situation import Item, Line, Situation
from crm.core.compatibility.traits import sale_state

_STRENGTH = {"keep": 0, "lose_discount": 1, "cancel": 2}


class _Fate:
    """What becomes of one item: when it ends, by what, and a note for the desk. No day: it stays."""

    __slots__ = ("ends_on", "note", "timing")

    def __init__(self, ends_on: date | None = None, timing: Timing | None = None, note: str = "") -> None:
        self.ends_on = ends_on
        self.timing = timing
        self.note = note


def diff_of(s: Situation, judged: Sequence[tuple[Line, Finding]]) -> Diff:
    """The products before and after the change, as if it were made.

    Fees are monthly totals in fen: today before the change, at the end of this month after it with one-off fees,
    and on the first day of the next month. None: a price in it is not known.
    """
    effects = _strongest_effects(judged)
    present = [item for item in s.items if item.standing in (HeldState.ACTIVE, HeldState.RESERVED)]
    fates = [_fate(s, item, effects.get(item.id)) for item in present]
    held = [_span(s, item, fate) for item, fate in zip(present, fates, strict=True)]
    gained = _gained(s, present, fates)
    after = [*held, *[span for _, _, span, _ in gained]]
    next_month = first_of_next_month(s.on)
    waived = waived_by([span for span in after if span.until is None])
    lost: list[DiffLine] = []
    kept: list[DiffLine] = []
    for item, fate, span in zip(present, fates, held, strict=True):
        (kept if fate.timing is None else lost).append(_held_line(s, item, fate, span, waived))
    one_off = sum([line.offering.one_off_fee_fen for line in s.lines if line.item is None and line.offering])
    this_month = monthly_fee(after, next_month - timedelta(days=1))
    return Diff(
        lost=tuple(lost),
        kept=tuple(kept),
        gained=tuple([_gained_line(*each, waived) for each in gained]),
        fee_now_fen=monthly_fee([_before(s, item) for item in present], s.on),
        fee_this_month_fen=None if this_month is None else this_month + one_off,
        fee_next_month_fen=monthly_fee(after, next_month),
    )


def _strongest_effects(judged: Sequence[tuple[Line, Finding]]) -> dict[str | None, tuple[Line, Effect]]:
    """For each held item the effect that decides: a cancellation beats a doubt, a doubt beats a promise."""
    found: dict[str | None, tuple[Line, Effect]] = {}
    for line, finding in judged:
        for effect in finding.effects:
            if effect.held_id is None:
                continue
            known = found.get(effect.held_id)
            if known is None or _STRENGTH[effect.kind] > _STRENGTH[known[1].kind]:
                found[effect.held_id] = (line, effect)
    return found


def _fate(s: Situation, item: Item, decided: tuple[Line, Effect] | None) -> _Fate:
    for line in s.lines:
        if line.item is item:
            return _Fate(line.on, line.timing, "客户要求取消")
    new = s.new_plan
    if new is not None and item.standing is HeldState.ACTIVE:
        if item.kind == "main_plan" and item.code != new.code:
            return _Fate(new.on, new.timing, "由新套餐替换")
        if item.ends_with_plan:
            return _Fate(new.on, Timing.WITH_PLAN, "随原套餐结束")
    if decided is None:
        return _Fate()
    line, effect = decided
    if effect.kind == "keep":
        return _Fate(note="保留，不受影响")
    ends_on = starts_with(effect.timing, s.on, line.on, item.until)
    return _Fate(ends_on, effect.timing, "随变更取消" if effect.kind == "cancel" else "可能取消")


def _span(s: Situation, item: Item, fate: _Fate) -> Span:
    span = _before(s, item)
    ends = [day for day in (fate.ends_on, item.held.ends_on if item.held else None) if day is not None]
    span.until = min(ends) if ends else None
    return span


def _before(s: Situation, item: Item) -> Span:
    """The item as it is held today; what a plan or bundle brought costs nothing of its own."""
    held = item.held
    assert held is not None
    since = held.starts_on or s.on
    if item.standing is HeldState.RESERVED and since <= s.on:
        since = first_of_next_month(s.on)
    parent = s.parent(item)
    includes = () if parent is None or parent.offering is None else parent.offering.includes
    trial = item.origin is Origin.TRIAL
    months = parent.offering.trial_months if trial and parent is not None and parent.offering is not None else 1
    return Span(
        item.offering,
        since,
        None,
        item.origin is Origin.PLAN or (not trial and item.code in includes),
        last_free_day(since, max(months, 1)) if trial else None,
    )


def _held_line(s: Situation, item: Item, fate: _Fate, span: Span, waived: frozenset[str]) -> DiffLine:
    offering = item.offering
    note = fate.note
    fee = None if offering is None else offering.monthly_fee_fen
    if span.included:
        fee, note = 0, note or "含在套餐内"
    elif fate.timing is None and offering is not None and is_waived(offering, waived):
        fee, note = 0, note or "月费由套餐减免"
    lost = fate.timing is not None
    reserved = item.standing is HeldState.RESERVED and item.held is not None and not lost
    return DiffLine(
        item.id,
        item.code,
        item.name,
        item.kind or "",
        fee,
        fate.timing,
        item.held.starts_on if reserved and item.held is not None else fate.ends_on,
        note or ("预约，尚未生效" if reserved else ""),
        lost and sale_state(offering, s.on) in ("discontinued", "expired"),
    )


def _gained(
    s: Situation, present: Sequence[Item], fates: Sequence[_Fate]
) -> list[tuple[Line, Offering | None, Span, str]]:
    """The adds of the basket, and what opens with them unless the customer has it already and keeps it."""
    staying = {item.code for item, fate in zip(present, fates, strict=True) if fate.timing is None}
    asked = {line.code for line in s.lines if line.item is None}
    found: list[tuple[Line, Offering | None, Span, str]] = []
    for line in s.lines:
        if line.item is not None or line.change.action != "add":
            continue
        found.append((line, line.offering, Span(line.offering, line.on, None, False, None), ""))
        for code in () if line.offering is None else line.offering.includes:
            if code not in staying and code not in asked:
                found.append(_included(s, line, code))
                staying.add(code)
    return found


def _included(s: Situation, line: Line, code: str) -> tuple[Line, Offering | None, Span, str]:
    assert line.offering is not None
    months = line.offering.trial_months
    free_until = last_free_day(line.on, months) if months else None
    note = f"随{line.name}开通" + ("，含在套餐内" if free_until is None else f"，{free_until} 前（含）免费体验")
    offering = s.catalogue.get(code)
    return line, offering, Span(offering, line.on, None, free_until is None, free_until), note


def _gained_line(
    line: Line, offering: Offering | None, span: Span, note: str, waived: frozenset[str]
) -> DiffLine:
    fee = None if offering is None else offering.monthly_fee_fen
    if span.included:
        fee = 0
    elif offering is not None and is_waived(offering, waived):
        fee, note = 0, note or "月费由套餐减免"
    return DiffLine(
        None,
        line.code if offering is None else offering.code,
        line.name if offering is None else offering.name,
        "" if offering is None else offering.kind.value,
        fee,
        Timing.WITH_PLAN if note.startswith("随") else line.timing,
        line.on,
        note,
    )

