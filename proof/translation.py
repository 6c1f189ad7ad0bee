"""Rules, facts, a basket and offerings as facts of a logic program. Nothing is decided here."""

import re
from collections.abc import Iterable, Iterator
from datetime import date
from typing import cast, get_args

import msgspec

from crm.core.catalog.engine import Catalogue
from crm.core.catalog.schemas import Offering
from crm.core.compatibility import rules as vocabulary
from crm.core.compatibility.rules import HeldWanted, ItemWanted, Rule, When
from crm.core.compatibility.schemas import Change, Facts, Held


def text(value: str) -> str:
    """A string of the logic program."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def value_of(value: object) -> str:
    """A value as the program writes it: yes and no, days as numbers, strings quoted."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, date):
        return str(value.toordinal())
    return str(value) if isinstance(value, int) else text(str(value))


def fact(name: str, *arguments: str) -> str:
    """One fact."""
    return f"{name}({','.join(arguments)})." if arguments else f"{name}."


def words_unknown_to(program: str) -> tuple[str, ...]:
    """The words of the vocabulary that a program does not mention, and so would read past in a rule."""
    fields = [*When.__struct_fields__, *HeldWanted.__struct_fields__]
    fields += [f"item_{field}" for field in ItemWanted.__struct_fields__]
    parts = {"item", "among"}  # written in other words, which are there
    bare = [field for field in fields if field not in parts and not re.search(rf"\b{field}\b", program)]
    kinds = (vocabulary.Link, vocabulary.Check, vocabulary.Trait, vocabulary.Step)
    quoted = [word for kind in kinds for word in get_args(kind) if f'"{word}"' not in program]
    return tuple(dict.fromkeys([*bare, *quoted]))


def reference(said: str) -> str:
    """A code or `tag:…`."""
    tag = said.removeprefix("tag:")
    return f"c({text(said)})" if tag == said else f"t({text(tag)})"


# ------------------------------------------------------------ rules


def rules_as_facts(rules: Iterable[Rule]) -> str:
    """The rules; the same for every case they judge."""
    return "\n".join(line for rule in rules for line in _rule(rule))


def _rule(rule: Rule) -> Iterator[str]:
    name, when = text(rule.id), rule.when
    yield fact("rule", name, str(rule.stratum))
    yield from (fact("overrides", name, text(other)) for other in rule.overrides)
    if any(each.kind == "cancel" and each.of == "held" for each in rule.effects):
        yield fact("cancels", name)
    about = f"r({name})"
    for field in ("valid_from", "valid_to"):
        yield from _wanted(about, field, getattr(rule, field))
    for field in when.__struct_fields__:
        if field not in ("item", "has", "lacks"):
            yield from _wanted(about, field, getattr(when, field))
    if when.item is not None:
        for field in when.item.__struct_fields__:
            yield from _wanted(about, f"item_{field}", getattr(when.item, field))
    if when.has is not None:
        yield fact("has", name, when.has.among)
        yield from _selector(f"s({name},has)", when.has)
    if when.lacks is not None:
        yield fact("lacks", name)
        yield from _selector(f"s({name},lacks)", when.lacks)


def _selector(about: str, wanted: HeldWanted) -> Iterator[str]:
    for field in wanted.__struct_fields__:
        if field == "state":
            yield from _wanted(about, field, wanted.state, symbols=True)
        elif field != "among":
            yield from _wanted(about, field, getattr(wanted, field))


def _wanted(about: str, field: str, value: object, *, symbols: bool = False) -> Iterator[str]:
    if value is None or value == ():
        return
    yield fact("asks", about, field)
    values = cast("tuple[object, ...]", value) if isinstance(value, tuple) else (value,)
    for each in values:
        yield fact("want", about, field, str(each) if symbols else value_of(each))


# ------------------------------------------------------------ one case


def case_as_facts(change: Change, facts: Facts, catalogue: Catalogue) -> str:
    """The customer, the basket, the offerings that either names, and the calendar round them."""
    codes = sorted({each.offering for each in (*facts.held, *change.items)})
    found = [*_customer(facts), *_basket(change), *_calendar(facts, catalogue)]
    found += [line for place, held in enumerate(_by_id(facts)) for line in _held(held, place)]
    for place, code in enumerate(codes):
        found.append(fact("rank", text(code), str(place)))
        offering = catalogue.get(code)
        if offering is not None:
            found += _offering(offering)
    return "\n".join(found)


def _by_id(facts: Facts) -> list[Held]:
    return sorted(facts.held, key=lambda each: each.id)


def _customer(facts: Facts) -> Iterator[str]:
    yield fact("today", value_of(facts.on))
    subscriber = facts.subscriber
    known = {
        "hour": facts.hour,
        "brand": subscriber.brand,
        "line_kind": subscriber.line_kind,
        "status": subscriber.status,
        "profile": subscriber.profile_recorded,
        "card": subscriber.card,
    }
    yield from (fact(name, value_of(value)) for name, value in known.items() if value is not None)


def _basket(change: Change) -> Iterator[str]:
    yield fact("channel", text(change.channel))
    for step in change.recorded:
        name, _, subject = step.partition(":")
        yield fact("rec", text(name), text(subject))
    ordered = sorted(change.items, key=lambda i: (i.action, i.offering, i.held_id or "", i.timing or ""))
    for place, item in enumerate(ordered):
        held = "none" if item.held_id is None else text(item.held_id)
        timing = "none" if item.timing is None else text(item.timing)
        yield fact("basket", str(place), text(item.action), text(item.offering), held, timing)


def _held(held: Held, place: int) -> Iterator[str]:
    name = text(held.id)
    yield fact("held", name, str(place), text(held.offering), text(held.origin), str(held.state))
    days = {"starts": held.starts_on, "ends": held.ends_on, "locked": held.locked_until}
    yield from (fact(what, name, value_of(day)) for what, day in days.items() if day is not None)
    if held.came_with is not None:
        yield fact("came", name, text(held.came_with))


def _offering(offering: Offering) -> Iterator[str]:
    code = text(offering.code)
    single: dict[str, object] = {
        "kind": offering.kind.value, "state": offering.state, "valid_from": offering.valid_from,
        "valid_to": offering.valid_to, "fee": offering.monthly_fee_fen, "one_off": offering.one_off_fee_fen,
        "lock_in": offering.lock_in_months or None, "sets": offering.sets_brand or None,
        "one_of": offering.one_of or None,
    }  # fmt: skip
    yield fact("off", code)
    yield from (fact(name, code, value_of(value)) for name, value in single.items() if value is not None)
    listed = {
        "tag": offering.tags,
        "brands": offering.brands,
        "includes": offering.includes,
        "sold": offering.sale_channels,
    }
    yield from (fact(name, code, text(each)) for name, values in listed.items() for each in values)
    references = {
        "compat": offering.compatible_with,
        "incompat": offering.incompatible_with,
        "requires": offering.requires,
    }
    yield from (fact(name, code, reference(each)) for name, said in references.items() for each in said)
    for name, timings in (("add_timing", offering.add_timings), ("remove_timing", offering.remove_timings)):
        yield from (fact(name, code, str(place), text(each)) for place, each in enumerate(timings))
    for name, has in (
        ("trial", offering.trial_months > 0),
        ("stackable", offering.stackable),
        ("losses", bool(offering.losses)),
        ("retention", bool(offering.retention)),
    ):
        if has:
            yield fact(name, code)
    yield from _limits(offering, code)


def _limits(offering: Offering, code: str) -> Iterator[str]:
    counted = {
        "group_limit": offering.group_limits,
        "month_limit": offering.month_limits,
        "closes": offering.last_day_closes,
    }
    for name, values in counted.items():
        yield from (fact(name, code, text(each), str(number)) for each, number in values.items())
    for card, references in offering.card_exclusions.items():
        yield from (fact("card_excl", code, text(card), reference(each)) for each in references)


def _calendar(facts: Facts, catalogue: Catalogue) -> Iterator[str]:
    """The first day of every month that can matter."""
    days = [facts.on]
    for held in facts.held:
        days += [each for each in msgspec.structs.astuple(held) if isinstance(each, date)]
    longest = max((each.lock_in_months for each in _named(facts, catalogue)), default=0)
    first = min(days).year * 12 + min(days).month - 3
    last = max(days).year * 12 + max(days).month + longest + 3
    for month in range(first, last + 1):
        start = date((month - 1) // 12, (month - 1) % 12 + 1, 1)
        yield fact("first", str(month), str(start.toordinal()))


def _named(facts: Facts, catalogue: Catalogue) -> Iterator[Offering]:
    for held in facts.held:
        offering = catalogue.get(held.offering)
        if offering is not None:
            yield offering
