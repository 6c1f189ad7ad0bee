"""Every delivered rule made wrong in one place, in every way the operators below know.

A mutant is one rule with one change. Its name says what was changed and stays the same from run to run.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any, NamedTuple, cast

import msgspec

from crm.core.catalog.schemas import Timing
from crm.core.compatibility.rules import HeldWanted, ItemWanted, RemedyMeant, Rule, When
from crm.core.compatibility.schemas import Verdict

_DAY = timedelta(days=1)


class Mutant(NamedTuple):
    """A wrong rule; `rule` None: it is missing altogether."""

    name: str
    of: str
    rule: Rule | None


def mutants_of(rule: Rule) -> Iterator[Mutant]:
    """Every mutant of a rule."""
    yield Mutant(f"{rule.id} missing", rule.id, None)
    for what, changed in _changes(rule):
        yield Mutant(f"{rule.id} {what}", rule.id, changed)


def _changes(rule: Rule) -> Iterator[tuple[str, Rule]]:
    for other in _neighbours(rule.verdict):
        yield f"verdict {rule.verdict}→{other}", _with(rule, verdict=other)
    if _hangs_on_stratum(rule):
        yield f"stratum {rule.stratum}→{3 - rule.stratum}", _with(rule, stratum=3 - rule.stratum)
    for what, when in _conditions(rule.when):
        yield f"when.{what}", _with(rule, when=when)
    for what, overrides in _shorter(rule.overrides):
        yield f"overrides{what}", _with(rule, overrides=overrides)
    for place, effect in enumerate(rule.effects):
        for timing in _other_timings(effect.timing):
            changed = _replaced(rule.effects, place, _with(effect, timing=timing))
            yield f"effects[{place}].timing→{timing}", _with(rule, effects=changed)
    for what, effects in _shorter(rule.effects):
        yield f"effects{what}", _with(rule, effects=effects)
    for what, remedies in (*_shorter(rule.remedies), *_other_remedies(rule.remedies)):
        yield f"remedies{what}", _with(rule, remedies=remedies)
    yield from _dates(rule)


def _hangs_on_stratum(rule: Rule) -> bool:
    """Only what takes held items away and what looks at that; all else is the same in either stratum.

    A rule that overrides, or is overridden, must be in one stratum with the other: lint sees to that.
    """
    links = rule.when.has.link if rule.when.has is not None else ()
    takes_away = any(each.kind == "cancel" and each.of == "held" for each in rule.effects)
    return takes_away or "left_alone" in links


def _neighbours(verdict: Verdict) -> list[Verdict]:
    """The next milder and the next severer verdict."""
    return [each for each in Verdict if abs(each.severity - verdict.severity) == 1]


def _conditions(when: When) -> Iterator[tuple[str, When]]:
    """A condition dropped or turned round, an entry of a list dropped, also inside has, lacks and item."""
    for field, value in _said(when):
        if isinstance(value, HeldWanted | ItemWanted):
            for what, inner in _inside(value):
                yield f"{field}.{what}", _with(when, **{field: inner})
        else:
            for what, other in _other_values(value):
                yield f"{field}{what}", _with(when, **{field: other})
        yield f"{field} dropped", _without(when, field)


def _inside(value: HeldWanted | ItemWanted) -> Iterator[tuple[str, Any]]:
    for field, own in _said(value):
        for what, other in _other_values(own):
            yield f"{field}{what}", _with(value, **{field: other})
        yield f"{field} dropped", _without(value, field)


def _other_values(value: object) -> Iterator[tuple[str, object]]:
    if isinstance(value, bool):
        yield f"→{str(not value).lower()}", not value
    elif isinstance(value, tuple):
        entries = cast("tuple[str, ...]", value)
        if len(entries) > 1:
            yield from _shorter(entries)


def _said(value: msgspec.Struct) -> Iterator[tuple[str, Any]]:
    """The fields that are not as they are by default."""
    usual = type(value)()
    for field in value.__struct_fields__:
        if getattr(value, field) != getattr(usual, field):
            yield field, getattr(value, field)


def _without(value: Any, field: str) -> Any:
    return _with(value, **{field: getattr(type(value)(), field)})


def _shorter(entries: tuple[Any, ...]) -> Iterator[tuple[str, tuple[Any, ...]]]:
    for place, entry in enumerate(entries):
        name = entry if isinstance(entry, str) else f"[{place}]"
        yield f" without {name}", entries[:place] + entries[place + 1 :]


def _other_remedies(remedies: tuple[RemedyMeant, ...]) -> Iterator[tuple[str, tuple[RemedyMeant, ...]]]:
    """A remedy done to something else, elsewhere, without its work order, its record or a thing to bring."""
    for place, remedy in enumerate(remedies):
        changes: list[dict[str, Any]] = [
            {"where": "desk" if remedy.where != "desk" else "back_office"},
            {"of": "nothing" if remedy.of != "nothing" else "target"},
            {"do": "wait" if remedy.do != "wait" else "cancel"},
        ]
        changes += [{field: None if field == "record" else ""} for field in ("work_order_type", "record")]
        for change in changes:
            other = _with(remedy, **change)
            if other != remedy:
                ((field, value),) = change.items()
                yield f"[{place}].{field}→{value or 'nothing'}", _replaced(remedies, place, other)
        for what, bring in _shorter(remedy.bring):
            yield f"[{place}].bring{what}", _replaced(remedies, place, _with(remedy, bring=bring))


def _other_timings(timing: Timing) -> list[str]:
    return [each for each in (Timing.NOW, Timing.NEXT_MONTH, Timing.WITH_PLAN) if each is not timing]


def _dates(rule: Rule) -> Iterator[tuple[str, Rule]]:
    for field in ("valid_from", "valid_to"):
        day: date | None = getattr(rule, field)
        if day is not None:
            for moved in (day - _DAY, day + _DAY, day - 31 * _DAY, day + 31 * _DAY):
                yield f"{field}→{moved}", _with(rule, **{field: moved})


def _with(value: Any, **changes: Any) -> Any:
    return msgspec.structs.replace(value, **changes)


def _replaced(entries: tuple[Any, ...], place: int, other: Any) -> tuple[Any, ...]:
    return (*entries[:place], other, *entries[place + 1 :])
