"""Proofs of the rules: small scenarios as content, each with what must come out. Run by `make content`."""

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any, Literal

import msgspec

from crm.core.catalog.engine import Catalogue
from crm.core.catalog.schemas import Offering, Timing
from crm.core.compatibility.decoding import explain_mismatch
from crm.core.compatibility.engine import fire, qualify
from crm.core.compatibility.misses import conditions_missed
from crm.core.compatibility.ruleset import RuleSet
from crm.core.compatibility.schemas import (
    Change,
    ChangeItem,
    Facts,
    Finding,
    Held,
    HeldState,
    Origin,
    Qualification,
    Remedy,
    SubscriberFacts,
    Verdict,
)  # fmt: skip
from crm.core.compatibility.situation import Situation
from crm.platform.content import ContentProblem
from crm.platform.errors import CrmError
from crm.platform.toml_tables import TomlTables

Proves = Literal["fires", "just_not", "boundary_fires", "boundary_not"]


class GivenHeld(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A held product of a case; its id is the offering's code unless given."""

    offering: str
    id: str = ""
    origin: Origin = Origin.SELF
    state: HeldState = HeldState.ACTIVE
    starts_on: date | None = None
    ends_on: date | None = None
    locked_until: date | None = None
    came_with: str | None = None
    campaign: str = ""


class GivenAdd(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An add or a delete with another timing than the usual one."""

    offering: str
    held_id: str | None = None
    timing: Timing | None = None


class Case(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One proof of one rule. What is not said is ordinary: active line, recorded profile, its plan's brand.

    `just_not` and `boundary_not` prove that a rule is silent although all but one of its conditions hold.
    """

    rule: str
    proves: Proves
    title: str
    on: date
    verdict: Verdict
    plan: str = ""
    held: tuple[str | GivenHeld, ...] = ()
    add: tuple[str | GivenAdd, ...] = ()
    delete: tuple[str | GivenAdd, ...] = ()
    channel: str = "hotline"
    recorded: tuple[str, ...] = ()
    brand: str = ""
    line_kind: str = "普通"
    status: str = "active"
    profile_recorded: bool = True
    card: str = "single"
    hour: int | None = 10
    unknown: tuple[str, ...] = ()  # facts of the subscriber that nobody knows
    finding: Verdict | None = None  # the verdict of this rule's own finding
    effects: tuple[str, ...] = ()  # their kinds, or all with their timing: "cancel with_plan"
    does: tuple[
        str, ...
    ] = ()  # this rule's remedies in order: "cancel back_office @vnet cancel_group_service"
    channels: tuple[str, ...] = ()  # other channels on which the same must come out
    also: tuple[str, ...] = ()  # other rules that must fire
    never: tuple[str, ...] = ()  # rules that must not fire
    says: tuple[str, ...] = ()  # must be in what the rule explains or says
    lost: tuple[str, ...] = ()  # codes in the difference
    kept: tuple[str, ...] = ()
    gained: tuple[str, ...] = ()
    offerings: tuple[Offering, ...] = ()

    @property
    def expects_fire(self) -> bool:
        """Whether the rule must fire."""
        return self.proves in ("fires", "boundary_fires")

    def facts(self, catalogue: Catalogue) -> Facts:
        """The facts of the case."""
        held = [each if isinstance(each, GivenHeld) else GivenHeld(offering=each) for each in self.held]
        if self.plan:
            held.insert(0, GivenHeld(offering=self.plan, id="plan"))
        plan = catalogue.get(self.plan)
        known: dict[str, Any] = {
            "brand": self.brand or (plan.sets_brand if plan is not None else "") or "全球通",
            "line_kind": self.line_kind,
            "status": self.status,
            "profile_recorded": self.profile_recorded,
            "card": self.card,
        }
        known |= dict.fromkeys(name for name in self.unknown if name != "hour")
        return Facts(
            on=self.on,
            subscriber=SubscriberFacts(**known),
            held=tuple(_held(each) for each in held),
            hour=None if "hour" in self.unknown else self.hour,
        )

    def change(self, channel: str = "") -> Change:
        """The basket of the case, on its own channel or another."""
        adds = [each if isinstance(each, GivenAdd) else GivenAdd(offering=each) for each in self.add]
        deletes = [each if isinstance(each, GivenAdd) else self._deleted(each) for each in self.delete]
        items = [ChangeItem(action="add", offering=each.offering, timing=each.timing) for each in adds]
        items += [
            ChangeItem(action="delete", offering=each.offering, held_id=each.held_id, timing=each.timing)
            for each in deletes
        ]
        return Change(items=tuple(items), channel=channel or self.channel, recorded=self.recorded)

    def _deleted(self, held_id: str) -> GivenAdd:
        for each in self.held:
            if isinstance(each, GivenHeld) and (each.id or each.offering) == held_id:
                return GivenAdd(offering=each.offering, held_id=held_id)
        return GivenAdd(offering=self.plan if held_id == "plan" else held_id, held_id=held_id)


class CaseSource:
    """A case and the place it was written at."""

    __slots__ = ("case", "file", "index")

    def __init__(self, case: Case, file: TomlTables, index: int) -> None:
        self.case = case
        self.file = file
        self.index = index

    def problem(self, message: str, remedy: str, key: str | None = None) -> ContentProblem:
        """A mistake in this case, or a proof that fails."""
        return ContentProblem(self.file.file, self.file.line(self.index, key), message, remedy)


def read_cases(folder: Path) -> tuple[list[CaseSource], list[ContentProblem]]:
    """Every case of the folder's TOML files, and what is wrong with those that cannot be read."""
    if not folder.is_dir():
        return [], [ContentProblem(str(folder), None, "规则证明文件夹不存在", "恢复 catalog/cases")]
    sources: list[CaseSource] = []
    problems: list[ContentProblem] = []
    for path in sorted(folder.glob("*.toml")):
        file = TomlTables(path, "case", f"{folder.name}/{path.name}")
        problems += file.problems
        for index, table in enumerate(file.tables):
            try:
                sources.append(CaseSource(msgspec.convert(table, Case), file, index))
            except msgspec.ValidationError as error:
                name = str(table.get("title", ""))
                problems.append(
                    ContentProblem(
                        file.file,
                        file.line(index),
                        f"证明“{name}”写得不对：{explain_mismatch(str(error))}",
                        "对照 docs/compatibility.md 改正",
                    )
                )
    return sources, problems


def check_cases(folder: Path, rules: RuleSet, catalogue: Catalogue) -> list[ContentProblem]:
    """What is wrong with the proofs: unreadable ones, and those whose outcome is another than they say."""
    sources, problems = read_cases(folder)
    for source in sources:
        problems += run_case(source, rules, catalogue)
    return problems


def run_case(source: CaseSource, rules: RuleSet, catalogue: Catalogue) -> list[ContentProblem]:
    """Judge one case and compare."""
    case = source.case
    if rules.get(case.rule) is None:
        return [source.problem(f"没有规则 {case.rule}", "改正 rule，或补上这条规则", "rule")]
    if case.offerings:
        catalogue = Catalogue([*catalogue.offerings.values(), *case.offerings])
    wrong: list[str] = []
    for channel in (case.channel, *case.channels):
        wrong += _run_on(case, channel, rules, catalogue)
    return [source.problem(f"证明“{case.title}”不成立：{each}", "改正规则，或改正这条证明") for each in wrong]


def _run_on(case: Case, channel: str, rules: RuleSet, catalogue: Catalogue) -> Iterable[str]:
    facts, change = case.facts(catalogue), case.change(channel)
    try:
        found = qualify(change, facts, rules, catalogue)
    except CrmError as error:
        yield f"校验不了：{error.message}"
        return
    place = "" if channel == case.channel else f"（渠道 {channel}）"
    yield from (each + place for each in _differences(case, found))
    if not case.expects_fire and case.rule not in _fired(found):
        s, rule = Situation(change, facts, catalogue), rules.compiled_of(case.rule)
        if rule.is_second:
            fire(s, rules)  # what stratum 1 takes away
        missed = conditions_missed(rule, s)
        if missed > 1:
            yield f"{case.rule} 有 {missed} 个条件不成立，不算“恰好不触发”{place}"


def _fired(found: Qualification) -> frozenset[str]:
    return frozenset(finding.rule_id for finding in found.findings)


def _differences(case: Case, found: Qualification) -> Iterable[str]:
    fired = _fired(found)
    if found.verdict is not case.verdict:
        yield f"结论应为 {case.verdict}，实际是 {found.verdict}（触发 {'、'.join(sorted(fired)) or '无'}）"
    wanted = {*case.also, case.rule} if case.expects_fire else {*case.also}
    unwanted = {*case.never} if case.expects_fire else {*case.never, case.rule}
    if missing := wanted - fired:
        yield f"没有触发 {'、'.join(sorted(missing))}"
    if extra := unwanted & fired:
        yield f"不该触发 {'、'.join(sorted(extra))}"
    yield from _different_findings(case, [each for each in found.findings if each.rule_id == case.rule])
    for side in ("lost", "kept", "gained"):
        codes = {line.offering for line in getattr(found.diff, side)}
        if missing := set(getattr(case, side)) - codes:
            yield f"{side} 里没有 {'、'.join(sorted(missing))}"


def _different_findings(case: Case, mine: list[Finding]) -> Iterable[str]:
    """What the rule's own findings say otherwise than the case."""
    if case.finding is not None and {each.verdict for each in mine} != {case.finding}:
        yield f"{case.rule} 自己的结论应为 {case.finding}"
    timed = any(" " in each for each in case.effects)
    effects = {
        f"{effect.kind} {effect.timing}" if timed else effect.kind for each in mine for effect in each.effects
    }
    if set(case.effects) != effects and case.effects:
        yield f"{case.rule} 的影响应为 {'、'.join(case.effects)}，实际是 {'、'.join(sorted(effects)) or '无'}"
    done = tuple([_done(remedy) for each in mine for remedy in each.remedies])
    if case.does and case.does != done:
        yield f"{case.rule} 的办法应为 {'；'.join(case.does)}，实际是 {'；'.join(done) or '无'}"
    words = "\n".join(
        "\n".join((each.explain, each.script, *(remedy.text for remedy in each.remedies))) for each in mine
    )
    for said in case.says:
        if said not in words:
            yield f"{case.rule} 的说明里没有“{said}”"


def _done(remedy: Remedy) -> str:
    """What, where, to what (@ a held item), by which work order, recorded as, until, what to bring."""
    subject = f"@{remedy.held_id}" if remedy.held_id else remedy.offering
    until = None if remedy.until is None else remedy.until.isoformat()
    parts = (remedy.do, remedy.where, subject, remedy.work_order_type, remedy.record, until, *remedy.bring)
    return " ".join([each for each in parts if each])


def _held(given: GivenHeld) -> Held:
    return Held(
        id=given.id or given.offering,
        offering=given.offering,
        origin=given.origin,
        state=given.state,
        starts_on=given.starts_on,
        ends_on=given.ends_on,
        locked_until=given.locked_until,
        came_with=given.came_with,
        campaign=given.campaign,
    )
