"""What changed between two rule sets, in words for the person who must approve it. Pure."""

from collections.abc import Iterator, Mapping, Sequence

from crm.core.compatibility import saying
from crm.core.compatibility.describing import view
from crm.core.compatibility.publishing_views import RuleChange
from crm.core.compatibility.rules import EffectMeant, RemedyMeant, Rule
from crm.core.compatibility.ruleset import RuleSet
from crm.core.compatibility.schemas import VERDICT_NAMES

_TEXTS = {
    "title": "标题",
    "source": "出处",
    "clause": "条款名称",
    "owner": "归口",
    "explain": "说明",
    "script": "对客户说的话",
}
_OTHERS = {"valid_from": "生效日期", "valid_to": "失效日期", "stratum": "层次"}
_PLACES = {"desk": "本台", "store": "营业厅", "back_office": "后台"}
_LONGEST_TEXT = 60


def changes_between(old: RuleSet, new: RuleSet) -> tuple[RuleChange, ...]:
    """Added, removed and changed rules, by id."""
    before = {rule.id: rule for rule in old.rules}
    after = {rule.id: rule for rule in new.rules}
    found: list[RuleChange] = []
    for rule_id in sorted(before.keys() | after.keys()):
        one, other = before.get(rule_id), after.get(rule_id)
        if one == other:
            continue
        rule = other or one
        assert rule is not None
        if one is None:
            lines = (f"新增规则，结论“{VERDICT_NAMES[rule.verdict]}”", *_conditions_whole(new, rule_id))
            found.append(RuleChange(rule_id, rule.title, "added", "harder", lines))
        elif other is None:
            lines = (f"删除规则，原结论“{VERDICT_NAMES[rule.verdict]}”", *_conditions_whole(old, rule_id))
            found.append(RuleChange(rule_id, rule.title, "removed", "milder", lines))
        else:
            lines = (
                *_verdict_line(one, other),
                *_condition_lines(_conditions(old, rule_id), _conditions(new, rule_id)),
                *_other_lines(one, other),
            )
            weight = _weight(one, other)
            found.append(RuleChange(rule_id, rule.title, "changed", weight, lines or ("写法有改动",)))
    return tuple(found)


def changed_ids(old: RuleSet, new: RuleSet) -> frozenset[str]:
    """The rules that are not the same in both."""
    return frozenset(change.rule_id for change in changes_between(old, new))


def _weight(old: Rule, new: Rule) -> str:
    step = new.verdict.severity - old.verdict.severity
    return "harder" if step > 0 else "milder" if step < 0 else "other"


def _verdict_line(old: Rule, new: Rule) -> Iterator[str]:
    if old.verdict is not new.verdict:
        verb = {"harder": "收紧", "milder": "放宽"}[_weight(old, new)]
        yield f"结论{verb}：由“{VERDICT_NAMES[old.verdict]}”改为“{VERDICT_NAMES[new.verdict]}”"


def _other_lines(old: Rule, new: Rule) -> Iterator[str]:
    for field, name in _OTHERS.items():
        one, other = getattr(old, field), getattr(new, field)
        if one != other:
            yield f"{name}由{one or '不限'}改为{other or '不限'}"
    yield from _listed("代替的规则", old.overrides, new.overrides)
    yield from _listed(
        "影响", [_effect(each) for each in old.effects], [_effect(each) for each in new.effects]
    )
    yield from _listed(
        "步骤", [_remedy(each) for each in old.remedies], [_remedy(each) for each in new.remedies]
    )
    for field, name in _TEXTS.items():
        one, other = getattr(old, field), getattr(new, field)
        if one != other:
            yield f"{name}由“{_short(one)}”改为“{_short(other)}”"


def _condition_lines(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[str]:
    for name in sorted(old.keys() | new.keys()):
        one, other = old.get(name), new.get(name)
        if one == other:
            continue
        if one is None:
            yield f"新增条件“{name}：{other}”，规则管得更窄"
        elif other is None:
            yield f"去掉条件“{name}：{one}”，规则管得更宽"
        else:
            yield f"条件“{name}”由“{one}”改为“{other}”"


def _conditions(rules: RuleSet, rule_id: str) -> dict[str, str]:
    return dict(view(rules.compiled_of(rule_id)).conditions)


def _conditions_whole(rules: RuleSet, rule_id: str) -> Iterator[str]:
    for name, words in _conditions(rules, rule_id).items():
        yield f"条件“{name}”：{words}"


def _listed(name: str, old: Sequence[str], new: Sequence[str]) -> Iterator[str]:
    for each in old:
        if each not in new:
            yield f"去掉{name}“{_short(each)}”"
    for each in new:
        if each not in old:
            yield f"新增{name}“{_short(each)}”"
    if sorted(old) == sorted(new) and list(old) != list(new):
        yield f"{name}的次序变了"


def _effect(effect: EffectMeant) -> str:
    of = "" if effect.of == "held" else "（随同开通的业务）"
    return f"{saying.EFFECT_NAMES[effect.kind]}{of}，{saying.word(effect.timing)}"


def _remedy(remedy: RemedyMeant) -> str:
    order = f"，工单 {remedy.work_order_type}" if remedy.work_order_type else ""
    bring = f"，带{'、'.join(remedy.bring)}" if remedy.bring else ""
    return f"{remedy.text}（{_PLACES[remedy.where]}{order}{bring}）"


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_TEXT else text[: _LONGEST_TEXT - 1] + "…"
