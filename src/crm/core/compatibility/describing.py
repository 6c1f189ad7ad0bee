"""A rule in words, for people who never read its file."""

import re
from collections.abc import Iterator, Sequence

from crm.core.compatibility import saying
from crm.core.compatibility.cases import Case
from crm.core.compatibility.compiled import CompiledRule
from crm.core.compatibility.rules import PLACEHOLDERS
from crm.core.compatibility.schemas import VERDICT_NAMES, RuleView

_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_PROVES = {
    "fires": "触发",
    "just_not": "恰好不触发",
    "boundary_fires": "边界，触发",
    "boundary_not": "边界，不触发",
}


def describe(rule: CompiledRule, cases: Sequence[Case] = ()) -> str:
    """What the rule wants, what it says, what it does, and how it is proved."""
    return "\n".join(_lines(rule, cases))


def view(rule: CompiledRule) -> RuleView:
    """The rule for a page."""
    about = rule.rule
    return RuleView(
        id=about.id,
        title=about.title,
        clause=rule.clause,
        source=about.source,
        owner=about.owner,
        verdict=about.verdict,
        conditions=tuple(_conditions(rule)),
        explain=_readable(about.explain),
        script=_readable(about.script),
        effects=tuple(_effects(rule)),
        remedies=tuple((each.text, each.bring) for each in about.remedies),
        overrides=about.overrides,
        valid_from=about.valid_from,
        valid_to=about.valid_to,
    )


def _readable(pattern: str) -> str:
    return _PLACEHOLDER.sub(lambda found: f"〈{PLACEHOLDERS.get(found[1], found[1])}〉", pattern)


def _conditions(rule: CompiledRule) -> Iterator[tuple[str, str]]:
    for each in (*rule.line_conditions, *rule.item_conditions):
        yield saying.FIELD_NAMES[each.field], each.wanted
    if rule.lacks:
        wanted = "；".join(f"{saying.FIELD_NAMES[each.field]}：{each.wanted}" for each in rule.lacks)
        yield saying.FIELD_NAMES["lacks"], wanted


def _effects(rule: CompiledRule) -> Iterator[str]:
    yield from (
        f"{saying.EFFECT_NAMES[each.kind]}（{saying.word(each.timing)}）" for each in rule.rule.effects
    )


def _lines(rule: CompiledRule, cases: Sequence[Case]) -> Iterator[str]:
    about = rule.rule
    yield f"{about.id}  {about.title}"
    yield f"出处：{rule.clause}（{about.source}）  归口：{about.owner}"
    if about.valid_from or about.valid_to:
        yield f"有效期：{about.valid_from or '一直'} 至 {about.valid_to or '一直'}（含）"
    yield f"结论：{VERDICT_NAMES[about.verdict]}（{about.verdict}）"
    yield "条件（同时成立）："
    conditions = list(_conditions(rule))
    yield from (f"  · {name}：{wanted}" for name, wanted in conditions)
    if not conditions:
        yield "  · 任何办理"
    yield f"说明：{about.explain}"
    if about.script:
        yield f"对客户说：{about.script}"
    yield from (f"影响：{effect}" for effect in _effects(rule))
    yield from (f"怎么办：{each.text}" for each in about.remedies)
    if about.overrides:
        yield f"覆盖：{'、'.join(about.overrides)}"
    yield f"证明：{len(cases)} 条" if cases else "证明：没有"
    yield from (f"  {case.on} {_PROVES[case.proves]}：{case.title}" for case in cases)
