"""Reads `catalog/rules/*.toml` and names every mistake with file, line and remedy."""

import difflib
import re
from pathlib import Path
from typing import Any, cast, get_args

import msgspec

from crm.core.catalog.schemas import OfferingKind, Relation, Timing
from crm.core.compatibility import rules as vocabulary
from crm.core.compatibility.rules import (
    HELD_PLACEHOLDERS,
    PLACEHOLDERS,
    EffectMeant,
    HeldWanted,
    ItemWanted,
    RemedyMeant,
    Rule,
    When,
)  # fmt: skip
from crm.core.compatibility.ruleset import RuleSet
from crm.core.compatibility.schemas import HeldState, Origin, Verdict
from crm.core.compatibility.templates import places, unknown_places
from crm.platform.content import ContentProblem
from crm.platform.toml_tables import TomlTables

CHANNELS = ("hotline", "web", "app", "sms", "store", "tmf")
STATUSES = ("active", "suspended", "closed")
_REQUIRED = ("id", "source", "title", "owner", "verdict", "explain")
_ID = re.compile(r"(BR|CAT)-\d{2}[a-z]?\d?")
_PATH = re.compile(r"\$((?:\.\w+|\[[^\]]*\])+)")
_TABLES: dict[tuple[str, ...], tuple[str, ...]] = {
    (): Rule.__struct_fields__,
    ("when",): When.__struct_fields__,
    ("when", "has"): HeldWanted.__struct_fields__,
    ("when", "lacks"): HeldWanted.__struct_fields__,
    ("when", "item"): ItemWanted.__struct_fields__,
    ("effects",): EffectMeant.__struct_fields__,
    ("remedies",): RemedyMeant.__struct_fields__,
}
_CHOICES: dict[str, tuple[str, ...]] = {
    "verdict": tuple(Verdict),
    "op": get_args(vocabulary.Op),
    "channel": CHANNELS,
    "status": STATUSES,
    "target_kind": tuple(OfferingKind),
    "target_kind_not": tuple(OfferingKind),
    "target_sale": get_args(vocabulary.Sale),
    "target_price": get_args(vocabulary.Price),
    "target_has": get_args(vocabulary.Trait),
    "target_lacks": get_args(vocabulary.Trait),
    "recorded": get_args(vocabulary.Step),
    "not_recorded": get_args(vocabulary.Step),
    "record": get_args(vocabulary.Step),
    "check": get_args(vocabulary.Check),
    "among": ("held", "basket"),
    "origin": tuple(Origin),
    "origin_not": tuple(Origin),
    "state": tuple(HeldState),
    "sale": get_args(vocabulary.Sale),
    "relation": tuple(Relation),
    "link": get_args(vocabulary.Link),
    "link_not": get_args(vocabulary.Link),
    "do": get_args(vocabulary.Do),
    "where": get_args(vocabulary.Where),
    "timing": tuple(Timing),
    "stratum": ("1", "2"),
}
_CHOICES_AT: dict[tuple[str, ...], tuple[str, ...]] = {
    ("effects", "kind"): get_args(vocabulary.EffectKind),
    ("effects", "of"): ("held", "target_includes"),
    ("remedies", "of"): ("held", "target", "nothing"),
    ("when", "has", "kind"): tuple(OfferingKind),
    ("when", "has", "kind_not"): tuple(OfferingKind),
    ("when", "lacks", "kind"): tuple(OfferingKind),
    ("when", "lacks", "kind_not"): tuple(OfferingKind),
}


class RuleSource:
    """A rule and the place it was written at."""

    __slots__ = ("file", "index", "rule")

    def __init__(self, rule: Rule, file: TomlTables, index: int) -> None:
        self.rule = rule
        self.file = file
        self.index = index

    def problem(self, key: str | None, message: str, remedy: str) -> ContentProblem:
        """A mistake in this rule, at the key's line where it is found."""
        return ContentProblem(self.file.file, self.file.line(self.index, key), message, remedy)


def load_rules(folder: Path) -> tuple[RuleSet, tuple[ContentProblem, ...]]:
    """The rules of the folder's TOML files that are right, and what is wrong with the others.

    Whoever judges by them must not start while there is a problem: half a rule set is a milder one.
    """
    sources, problems = read_rules(folder)
    return RuleSet(source.rule for source in sources), tuple(problems)


def read_rules(folder: Path) -> tuple[list[RuleSource], list[ContentProblem]]:
    """Every readable rule with its place, and the mistakes; across rules only the ids are compared."""
    if not folder.is_dir():
        return [], [
            ContentProblem(
                str(folder), None, "规则文件夹不存在", "恢复 catalog/rules，或检查 CRM_CATALOG_DIR"
            )
        ]
    sources: list[RuleSource] = []
    problems: list[ContentProblem] = []
    for path in sorted(folder.glob("*.toml")):
        file = TomlTables(path, "rule", f"{folder.name}/{path.name}")
        problems += file.problems
        for index, table in enumerate(file.tables):
            found, rule = _read_one(file, index, table)
            problems += found
            if rule is not None:
                sources.append(RuleSource(rule, file, index))
    return _without_twins(sources, problems), problems


def _without_twins(sources: list[RuleSource], problems: list[ContentProblem]) -> list[RuleSource]:
    first: dict[str, RuleSource] = {}
    for source in sources:
        twin = first.setdefault(source.rule.id, source)
        if twin is not source:
            place = f"{twin.file.file}:{twin.file.line(twin.index, 'id')}"
            problems.append(
                source.problem("id", f"规则编号 {source.rule.id} 重复", f"已用于 {place}，换一个编号")
            )
    problems += [
        _unknown_override(source, wanted, first)
        for source in first.values()
        for wanted in source.rule.overrides
        if wanted not in first
    ]
    return list(first.values())


def _unknown_override(source: RuleSource, wanted: str, known: dict[str, RuleSource]) -> ContentProblem:
    message = f"{source.rule.id} 的 overrides 里没有规则 {wanted}"
    return source.problem("overrides", message, _nearest(wanted, tuple(known)) or "写一条存在的规则编号")


def _read_one(
    file: TomlTables, index: int, table: dict[str, Any]
) -> tuple[list[ContentProblem], Rule | None]:
    found: list[ContentProblem] = []

    def add(key: str | None, message: str, remedy: str) -> None:
        found.append(ContentProblem(file.file, file.line(index, key), message, remedy))

    _check_keys(table, (), add)
    for key in _REQUIRED:
        if key not in table:
            add(None, f"规则缺少 {key}", f'补上 {key} = "…"')
    if found:
        return found, None
    try:
        rule = msgspec.convert(table, Rule)
    except msgspec.ValidationError as error:
        path = _path_of(str(error))
        shown = "when." + path[-1] if path[0] == "when" and len(path) == 2 else ".".join(path)
        add(_written(path), f"规则 {table['id']} 的 {shown} 写得不对", _remedy(path, str(error)))
        return found, None
    _check_rule(rule, add)
    return found, None if found else rule


def _check_keys(table: dict[str, Any], path: tuple[str, ...], add: Any) -> None:
    allowed = _TABLES[path]
    for key, value in table.items():
        if key not in allowed:
            place = f"{'.'.join(path)} 里" if path else ""
            remedy = _nearest(key, allowed) or "可用：" + "、".join(allowed)
            add(_dotted(path, key), f"{place}不认识的键 {key}", remedy)
        elif (*path, key) in _TABLES:
            for each in cast("list[Any]", value if isinstance(value, list) else [value]):
                if isinstance(each, dict):
                    _check_keys(cast("dict[str, Any]", each), (*path, key), add)


def _check_rule(rule: Rule, add: Any) -> None:
    if not _ID.fullmatch(rule.id):
        add("id", f"规则编号 {rule.id} 不合规", "写成 BR-03、BR-12c 或 CAT-01 这样的编号")
    for key, text in [("explain", rule.explain), ("script", rule.script)] + [
        ("remedies", remedy.text) for remedy in rule.remedies
    ]:
        for name in unknown_places(text):
            remedy = _nearest(name, tuple(PLACEHOLDERS)) or "可用：" + "、".join(
                f"{{{p}}}" for p in PLACEHOLDERS
            )
            add(key, f"{rule.id} 的文字里不认识 {{{name}}}", remedy)
        names = places(text) & HELD_PLACEHOLDERS - {"campaign", "held_end"}
        if names and rule.when.has is None:
            add(
                key,
                f"{rule.id} 的文字说到 {{{min(names)}}}，但没有 when.has",
                "加上 when.has，或改用 {target}",
            )
    _check_values(rule, add)
    if rule.valid_from and rule.valid_to and rule.valid_to < rule.valid_from:
        add("valid_to", f"{rule.id} 的结束日期早于开始日期", "改正 valid_from 或 valid_to")
    if rule.when.lacks is not None and rule.when.lacks.among != "held":
        add("when.lacks.among", f"{rule.id} 的 lacks 只能说已有业务", "删去 among")
    for effect in rule.effects:
        if (effect.kind == "open_with_plan") != (effect.of == "target_includes"):
            remedy = "open_with_plan 配 of = \"target_includes\"，其余配 of = \"held\""
            add("effects", f"{rule.id} 的 {effect.kind} 不能用于 {effect.of}", remedy)
    if any(effect.of == "held" for effect in rule.effects) and rule.when.has is None:
        add("effects", f"{rule.id} 的 effects 说到 held，但没有 when.has", "加上 when.has 指明是哪项已有业务")


def _check_values(rule: Rule, add: Any) -> None:
    """Values of the vocabulary that the structs hold as plain text, because other content gives them."""
    when = rule.when
    groups = [("channel", when.channel), ("status", when.status)]
    groups += [("target_kind", when.target_kind), ("target_kind_not", when.target_kind_not)]
    for name, held in (("has", when.has), ("lacks", when.lacks)):
        if held is not None:
            groups += [(f"{name}.kind", held.kind), (f"{name}.kind_not", held.kind_not)]
    for key, values in groups:
        allowed = OfferingKind if "kind" in key else CHANNELS if key == "channel" else STATUSES
        for value in values:
            if value not in tuple(allowed):
                choices = tuple(str(each) for each in allowed)
                remedy = _nearest(value, choices) or "可选：" + "、".join(choices)
                add(f"when.{key}", f"{rule.id} 的 {key} 里不认识“{value}”", remedy)


def _path_of(error: str) -> tuple[str, ...]:
    at = _PATH.search(error)
    if at is None:
        return ("",)
    return tuple(re.findall(r"\.(\w+)", at.group(1))) or ("",)


def _written(path: tuple[str, ...]) -> str | None:
    return _dotted(path[:-1], path[-1]) if path[-1] else None


def _dotted(path: tuple[str, ...], key: str) -> str:
    """How a key is usually written: `when.op`, `when.has.tag`; entries of arrays by the array's name."""
    if path and path[0] in ("effects", "remedies"):
        return path[0]
    return ".".join((*path, key))


def _remedy(path: tuple[str, ...], error: str) -> str:
    choices = _CHOICES_AT.get(path) or _CHOICES.get(path[-1])
    if choices and ("Invalid enum value" in error or "Invalid value" in error):
        said = re.search(r"Invalid (?:enum )?value '([^']*)'", error)
        near = _nearest(said.group(1), choices) if said else ""
        return (near + "；" if near else "") + "可选：" + "、".join(str(each) for each in choices)
    for type_name, words in (
        ("array", '要列表，如 ["hotline"]'),
        ("bool", "要 true 或 false，不加引号"),
        ("date", "要日期，如 2026-11-22，不加引号"),
        ("str", "要文字，放在半角双引号里"),
        ("object", "要一组键值"),
    ):
        if f"Expected `{type_name}" in error:
            return words
    return "对照 docs/compatibility.md 的说明改正"


def _nearest(value: str, known: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(value, [str(each) for each in known], 1, 0.5)
    return f"是不是 {near[0]}？" if near else ""
