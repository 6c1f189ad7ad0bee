"""Proofs of synthetic rules: a case that fires, one that just does not, and one on a month's last day.

What must come out is what the checker says; that the rule fires, or misses by one condition, is made sure.
"""

import json
import random
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import msgspec

from bench.synthetic import ON, SEED, K
from crm.core.catalog.engine import Catalogue
from crm.core.catalog.schemas import Offering
from crm.core.compatibility.cases import Case, GivenAdd, GivenHeld
from crm.core.compatibility.engine import fire, qualify
from crm.core.compatibility.misses import conditions_missed
from crm.core.compatibility.rules import Rule
from crm.core.compatibility.ruleset import RuleSet
from crm.core.compatibility.schemas import HeldState, Origin, Qualification, Verdict
from crm.core.compatibility.situation import Situation

_LAST_DAY = date(2026, 11, 30)
_TRIES = 400
replace = msgspec.structs.replace


def proofs(rules: RuleSet, catalogue: Catalogue, seed: int = SEED) -> list[Case]:
    """Three cases for every rule that this catalogue can wake; a rule it cannot has none."""
    found: list[Case] = []
    for rule in rules.rules:
        rng = random.Random(f"{rule.id} {seed}")
        for _ in range(_TRIES):
            if mine := _three(rng, rule, rules, catalogue):
                found += mine
                break
    return found


def judged(cases: Sequence[Case], rules: RuleSet, catalogue: Catalogue) -> list[Case]:
    """The cases that hold under these rules, with the headline these rules give."""
    found = [
        (_fires if case.expects_fire else _misses)(case, rules, catalogue) for case in cases
    ]  # fmt: skip
    return [case for case in found if case is not None]


def _three(rng: random.Random, rule: Rule, rules: RuleSet, catalogue: Catalogue) -> list[Case]:
    wish = _wish(rng, rule, catalogue)
    fires = None if wish is None else _fires(wish, rules, catalogue)
    if fires is None:
        return []
    last = _fires(replace(fires, proves="boundary_fires", on=_LAST_DAY), rules, catalogue)
    misses = (_misses(each, rules, catalogue) for each in _nearly(rng, fires, rule, catalogue))
    misses = next((each for each in misses if each is not None), None)
    return [fires, misses, last] if misses is not None and last is not None else []


def _fires(case: Case, rules: RuleSet, catalogue: Catalogue) -> Case | None:
    said = _said(case, rules, catalogue)
    mine = [each for each in said.findings if each.rule_id == case.rule and not each.unknown]
    if not mine:
        return None
    kinds = tuple(sorted({effect.kind for each in mine for effect in each.effects}))
    return replace(case, verdict=said.verdict, finding=mine[0].verdict, effects=kinds)


def _misses(case: Case, rules: RuleSet, catalogue: Catalogue) -> Case | None:
    said = _said(case, rules, catalogue)
    if any(each.rule_id == case.rule for each in said.findings):
        return None
    s = Situation(case.change(), case.facts(catalogue), catalogue)
    fire(s, rules)
    if conditions_missed(rules.compiled_of(case.rule), s) > 1:
        return None
    return replace(case, verdict=said.verdict, finding=None, effects=())


def _said(case: Case, rules: RuleSet, catalogue: Catalogue) -> Qualification:
    return qualify(case.change(), case.facts(catalogue), rules, catalogue)


def _wish(rng: random.Random, rule: Rule, catalogue: Catalogue) -> Case | None:
    """A case in which the rule may well fire; None when nothing carries its tags."""
    when, op = rule.when, rng.choice(rule.when.op)
    targets = [each for tag in when.target_tag for each in catalogue.tagged(tag)]
    targets = targets or list(catalogue.of_kind(K.MAIN_PLAN))
    if op != "remove":
        targets = [each for each in targets if (each.kind is K.MAIN_PLAN) == (op == "change_plan")]
    plans = [each for tag in when.plan_tag for each in catalogue.tagged(tag)]
    plans = plans or list(catalogue.of_kind(K.MAIN_PLAN))
    bound: list[Offering] = []
    if when.has is not None:
        bound = [each for tag in when.has.tag for each in catalogue.tagged(tag)]
        bound += [each for kind in when.has.kind for each in catalogue.of_kind(kind)]
    if not targets or (when.has is not None and not bound):
        return None
    target, plan = rng.choice(targets), rng.choice(plans)
    held: list[GivenHeld] = []
    if when.has is not None:
        other = rng.choice(bound)
        if when.has.link == ("left_alone",):
            plan = rng.choice(catalogue.matching(other.requires[0]) or plans)
        held.append(_given(rule, other))
    if op == "remove":
        held.append(_own(rule, target))
    return Case(
        rule=rule.id,
        proves="fires",
        title=f"{rule.title}：触发",
        on=ON,
        verdict=Verdict.ALLOW,
        plan=plan.code,
        held=tuple(held),
        add=() if op == "remove" else (target.code,),
        delete=(GivenAdd(offering=target.code, held_id=target.code),) if op == "remove" else (),
        channel=when.channel[0] if when.channel else "hotline",
        line_kind=when.line_kind[0] if when.line_kind else "普通",
        profile_recorded=when.profile_recorded is not False,
    )


def _given(rule: Rule, offering: Offering) -> GivenHeld:
    """The item to bind: free of agreements, and brought by the plan where the rule asks for that."""
    with_plan = rule.when.has is not None and rule.when.has.link == ("ends_with_plan",)
    return GivenHeld(
        offering=offering.code,
        origin=Origin.PLAN if with_plan else Origin.SELF,
        starts_on=date(2026, 2, 1),
        locked_until=date(2026, 5, 31) if offering.lock_in_months else None,
    )


def _own(rule: Rule, offering: Offering) -> GivenHeld:
    """The item to take away, as the rule wants it."""
    wanted = rule.when.item
    bound = wanted is not None and wanted.bound
    return GivenHeld(
        offering=offering.code,
        origin=wanted.origin[0] if wanted is not None and wanted.origin else Origin.SELF,
        starts_on=date(2026, 2, 1),
        locked_until=date(2027, 3, 31) if bound else date(2026, 5, 31),
    )


def _nearly(rng: random.Random, fires: Case, rule: Rule, catalogue: Catalogue) -> Iterator[Case]:
    """The case with one thing otherwise, in many ways."""
    case = replace(fires, proves="just_not", title=f"{rule.title}：恰好不触发")
    yield replace(case, channel="hotline")
    yield replace(case, line_kind="普通", profile_recorded=True)
    yield replace(case, status="suspended")
    for place, each in enumerate(case.held):
        assert isinstance(each, GivenHeld)
        others = [replace(each, ends_on=case.on, state=HeldState.ENDED), replace(each, origin=Origin.SELF)]
        others += [replace(each, locked_until=day) for day in (None, date(2026, 5, 31), date(2027, 3, 31))]
        for other in others:
            yield replace(case, held=(*case.held[:place], other, *case.held[place + 1 :]))
    if rule.when.lacks is not None:
        lacking = [each.code for tag in rule.when.lacks.tag for each in catalogue.tagged(tag)]
        yield replace(case, held=(*case.held, *lacking[:1]))
    for other in rng.sample(list(catalogue.offerings.values()), 30):
        if case.add and (other.kind is K.MAIN_PLAN) == (rule.when.op[0] == "change_plan"):
            yield replace(case, add=(other.code,))
        if other.kind is K.MAIN_PLAN:
            yield replace(case, plan=other.code)
        if case.delete:
            gone = GivenAdd(offering=other.code, held_id=other.code)
            yield replace(case, held=(GivenHeld(offering=other.code),), delete=(gone,))


def write(folder: Path, rules: Sequence[Rule], cases: Sequence[Case]) -> None:
    """Content files as an analyst writes them: one of rules and one of proofs for each chapter."""
    for name, entries in (("rule", rules), ("case", cases)):
        (folder / f"{name}s").mkdir(parents=True)
        chapters: dict[str, list[str]] = {}
        for each in entries:
            rule_id = each.id if isinstance(each, Rule) else each.rule
            chapters.setdefault(rule_id[3:5], []).append(table(name, each))
        for chapter, tables in chapters.items():
            (folder / f"{name}s" / f"{chapter}.toml").write_text("\n".join(tables), "utf-8")


def table(name: str, entry: msgspec.Struct) -> str:
    """One entry as TOML; what is left out is the default."""
    lines = [f"[[{name}]]"]
    for key, value in _told(entry):
        if key == "when":
            lines += [f"when.{line}" for line in _dotted(value)]
        else:
            lines.append(f"{key} = {_value(value)}")
    return "\n".join(lines) + "\n"


def _dotted(entry: msgspec.Struct) -> Iterator[str]:
    for key, value in _told(entry):
        if isinstance(value, msgspec.Struct):
            yield from (f"{key}.{line}" for line in _dotted(value))
        else:
            yield f"{key} = {_value(value)}"


def _told(entry: msgspec.Struct) -> Iterable[tuple[str, Any]]:
    for field in msgspec.structs.fields(entry):
        value = getattr(entry, field.name)
        if value != field.default:
            yield field.name, value


def _value(value: Any) -> str:
    if isinstance(value, msgspec.Struct):
        return "{ " + ", ".join(f"{key} = {_value(each)}" for key, each in _told(value)) + " }"
    if isinstance(value, tuple):
        return "[" + ", ".join(_value(each) for each in value) + "]"  # pyright: ignore[reportUnknownVariableType]  # TOML values of any kind
    return value.isoformat() if isinstance(value, date) else json.dumps(value, ensure_ascii=False)
