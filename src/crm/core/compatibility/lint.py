"""What is wrong with the rules as a whole: contradictions, dead conditions, missing words and proofs."""

import difflib
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from pathlib import Path

import msgspec

from crm.core.catalog.engine import Catalogue
from crm.core.compatibility.cases import Case, CaseSource, read_cases, run_case
from crm.core.compatibility.content import RuleSource, read_rules
from crm.core.compatibility.rules import HeldWanted, Rule
from crm.core.compatibility.ruleset import RuleSet
from crm.core.compatibility.schemas import HeldState, Verdict
from crm.platform.content import ContentProblem

CLAUSES = tuple(f"S3-{number}" for number in range(1, 13))
_LEAST_CASES = 3
Found = tuple[str | None, str, str]  # key, message, remedy


def check_rules(catalog_dir: Path, catalogue: Catalogue) -> list[ContentProblem]:
    """Everything wrong with `rules/` and `cases/` of the content folder, measured against its catalogue.

    Every proof is run. Empty: the rules may be used.
    """
    sources, problems = read_rules(catalog_dir / "rules")
    cases, unreadable = read_cases(catalog_dir / "cases")
    return [*problems, *unreadable, *check_sources(sources, cases, catalogue)]


def check_sources(
    sources: list[RuleSource], cases: list[CaseSource], catalogue: Catalogue
) -> list[ContentProblem]:
    """Everything wrong with rules that could be read, and with their proofs; every proof is run."""
    problems = check_conditions(sources, catalogue)
    rules = RuleSet(source.rule for source in sources)
    proofs: dict[str, list[Case]] = {}
    for case in cases:
        proofs.setdefault(case.case.rule, []).append(case.case)
    for source in sources:
        problems += [source.problem(*each) for each in _proofs(source.rule, proofs.get(source.rule.id, []))]
    for case in cases:
        problems += run_case(case, rules, catalogue)
    return problems


def check_conditions(sources: list[RuleSource], catalogue: Catalogue) -> list[ContentProblem]:
    """What can be seen wrong with rules without their proofs."""
    rules = {source.rule.id: source.rule for source in sources}
    problems: list[ContentProblem] = []
    for source in sources:
        found = [*_contradictions(source.rule), *_outcome(source.rule), *_dead(source.rule, catalogue)]
        found += _overrides(source.rule, rules)
        problems += [source.problem(*each) for each in found]
    problems += _twins(sources)
    return problems + (_silent_clauses(sources) if sources else [])


def _contradictions(rule: Rule) -> Iterator[Found]:
    """Conditions that can never hold together."""
    when = rule.when
    pairs = [
        ("when.target_kind", when.target_kind, when.target_kind_not),
        ("when.target_tag", when.target_tag, when.target_tag_not),
        ("when.target_has", when.target_has, when.target_lacks),
        ("when.recorded", when.recorded, when.not_recorded),
    ]
    for name, held in (("has", when.has), ("lacks", when.lacks)):
        if held is not None:
            pairs += [
                (f"when.{name}.kind", held.kind, held.kind_not),
                (f"when.{name}.tag", held.tag, held.tag_not),
                (f"when.{name}.origin", held.origin, held.origin_not),
                (f"when.{name}.link", held.link, held.link_not),
            ]
    for key, wanted, unwanted in pairs:
        if both := set(wanted) & set(unwanted):
            yield key, f"{rule.id} 既要又不要 {'、'.join(sorted(both))}，永远不会触发", "删去其中一个条件"
    if when.has is not None and when.has.stays and when.has.state == (HeldState.ENDED,):
        yield (
            "when.has.stays",
            f"{rule.id} 要求已取消的业务变更后仍在，永远不会触发",
            "去掉 stays，或改 state",
        )
    adds = set(when.op) <= {"change_plan", "add"} and bool(when.op)
    if when.item is not None and adds:
        yield "when.item", f"{rule.id} 的 item 只对取消有意义，op 里却只有开通", "改 op，或删去 when.item"
    if when.op == ("add",) and when.target_kind == ("main_plan",):
        yield "when.op", f"{rule.id} 把主套餐当作 add，永远不会触发", "主套餐的变更写 change_plan"


def _outcome(rule: Rule) -> Iterator[Found]:
    """What the desk needs of a verdict."""
    if rule.verdict is not Verdict.ALLOW and not rule.script:
        yield None, f"{rule.id} 的结论是 {rule.verdict}，却没有对客户说的话", '补上 script = "…"'
    if rule.verdict in (Verdict.FIRST, Verdict.STORE) and not rule.remedies:
        yield "verdict", f"{rule.id} 要先做别的事，却没说做什么", "补上 remedies"
    takes_away = any(effect.kind in ("cancel", "lose_discount") for effect in rule.effects)
    if takes_away and rule.verdict is Verdict.ALLOW:
        yield "effects", f"{rule.id} 会取消业务，结论却是 allow", "结论至少写 disclose"
    for remedy in rule.remedies:
        if remedy.do in ("record_retention", "confirm_losses") and remedy.record is None:
            yield "remedies", f"{rule.id} 的 {remedy.do} 没有写 record，做完也记不下来", '补上 record = "…"'


def _dead(rule: Rule, catalogue: Catalogue) -> Iterator[Found]:
    """Conditions on codes and tags that no offering has."""
    groups: list[tuple[str, tuple[str, ...]]] = [
        ("when.target_tag", rule.when.target_tag),
        ("when.target_tag_not", rule.when.target_tag_not),
        ("when.plan_tag", rule.when.plan_tag),
    ]
    codes: list[tuple[str, tuple[str, ...]]] = [("when.target", rule.when.target)]
    named: tuple[tuple[str, HeldWanted | None], ...] = (("has", rule.when.has), ("lacks", rule.when.lacks))
    for name, held in named:
        if held is not None:
            groups += [(f"when.{name}.tag", held.tag), (f"when.{name}.tag_not", held.tag_not)]
            codes.append((f"when.{name}.offering", held.offering))
    for key, wanted in groups:
        for tag in wanted:
            if tag not in catalogue.tags:
                yield (
                    key,
                    f"{rule.id} 的标签“{tag}”没有任何产品带有",
                    _nearest(tag, catalogue.tags, "改正标签，或给产品加上"),
                )
    for key, wanted in codes:
        for code in wanted:
            if code not in catalogue.offerings:
                yield (
                    key,
                    f"{rule.id} 的产品编码 {code} 不在目录里",
                    _nearest(code, catalogue.offerings.keys(), "改正编码，或补上产品"),
                )


def _nearest(value: str, known: AbstractSet[str], otherwise: str) -> str:
    near = difflib.get_close_matches(value, sorted(known), 1, 0.5)
    return f"是不是 {near[0]}？" if near else otherwise


def _overrides(rule: Rule, rules: dict[str, Rule]) -> Iterator[Found]:
    for other_id in rule.overrides:
        other = rules.get(other_id)
        if other is None:
            continue
        if rule.id in other.overrides:
            yield "overrides", f"{rule.id} 和 {other_id} 互相覆盖", "只留一个方向"
        if other.stratum != rule.stratum:
            yield "overrides", f"{rule.id} 和 {other_id} 不在同一层，覆盖不了", "改成同一个 stratum"


def _proofs(rule: Rule, mine: list[Case]) -> Iterator[Found]:
    if not any(case.expects_fire for case in mine):
        yield "id", f"规则 {rule.id} 没有“触发”的证明", 'catalog/cases 里补一条 proves = "fires"'
    if all(case.expects_fire for case in mine):
        yield "id", f"规则 {rule.id} 没有“恰好不触发”的证明", 'catalog/cases 里补一条 proves = "just_not"'
    if not any(case.proves.startswith("boundary") for case in mine):
        yield "id", f"规则 {rule.id} 没有边界的证明", 'catalog/cases 里补一条 proves = "boundary_fires"'
    if len(mine) < _LEAST_CASES:
        yield "id", f"规则 {rule.id} 只有 {len(mine)} 条证明", f"至少要 {_LEAST_CASES} 条"


def _twins(sources: list[RuleSource]) -> list[ContentProblem]:
    """Rules with the very same conditions: one of them is superfluous, or they contradict each other."""
    first: dict[bytes, RuleSource] = {}
    found: list[ContentProblem] = []
    for source in sources:
        rule = source.rule
        key = msgspec.json.encode((rule.when, rule.stratum, rule.valid_from, rule.valid_to), order="sorted")
        twin = first.setdefault(key, source)
        if twin is not source:
            said = "结论却不同" if twin.rule.verdict is not rule.verdict else "重复了"
            found.append(
                source.problem("id", f"{rule.id} 和 {twin.rule.id} 条件完全相同，{said}", "合并，或改条件")
            )
    return found


def _silent_clauses(sources: list[RuleSource]) -> list[ContentProblem]:
    said = {source.rule.source for source in sources}
    return [
        ContentProblem("rules", None, f"注意事项 {clause} 没有任何规则", "补上这一条的规则")
        for clause in CLAUSES
        if not any(_is_of(source, clause) for source in said)
    ]


def _is_of(source: str, clause: str) -> bool:
    return source == clause or (source.startswith(clause) and not source[len(clause)].isdigit())
