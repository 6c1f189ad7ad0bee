"""A rule that fired, put into words: why, what it saw, what follows, what would help."""

from crm.core.catalog.schemas import Timing
from crm.core.compatibility import saying
from crm.core.compatibility.compiled import Binding, CompiledRule
from crm.core.compatibility.rules import EffectMeant
from crm.core.compatibility.schemas import ConditionSeen, Effect, Finding, Remedy, Verdict
from crm.core.compatibility.situation import Item, Line, Situation
from crm.core.compatibility.templates import Spoken
from crm.core.compatibility.traits import record_key

_EFFECT_TEXTS = {
    "cancel": "{name}将{when}取消",
    "lose_discount": "{name}可能{when}取消",
    "open_with_plan": "{name}随{target}开通",
    "keep": "{name}保留，不受影响",
}
_WHEN = {
    Timing.NOW: "立即",
    Timing.THIS_MONTH: "从当月起",
    Timing.NEXT_MONTH: "从次月起",
    Timing.WITH_PLAN: "在变更生效时",
    Timing.END_OF_AGREEMENT: "在协议到期后",
}


def finding_of(s: Situation, rule: CompiledRule, line: Line, binding: Binding) -> Finding:
    """The finding of one rule for one line and, where it binds one, one item."""
    item = binding.item
    detail = "" if rule.check is None else rule.check.test(s, line) or ""
    spoken = Spoken(s, line, item, detail)
    unknown = binding.unknown
    return Finding(
        rule_id=rule.id,
        rule_title=rule.rule.title,
        source=rule.rule.source,
        clause=rule.clause,
        verdict=Verdict.FIRST if unknown else rule.verdict,
        target=line.code,
        target_name=line.name,
        held_id=_held_id(line, item),
        held_offering=None if item is None else item.code,
        held_name="" if item is None else item.name,
        conditions=_conditions(s, rule, line, binding),
        explain=_doubt(rule, unknown) if unknown else rule.explain.fill(spoken),
        script=_ask(unknown) if unknown else rule.script.fill(spoken),
        effects=() if unknown else _effects(s, rule, line, item),
        remedies=(_verify(unknown),) if unknown else _remedies(rule, spoken),
        unknown=unknown,
    )


def _held_id(line: Line, item: Item | None) -> str | None:
    if item is not None:
        return item.id
    return line.item.id if line.item is not None else None


def _conditions(s: Situation, rule: CompiledRule, line: Line, binding: Binding) -> tuple[ConditionSeen, ...]:
    names, doubted, item = saying.FIELD_NAMES, binding.unknown, binding.item
    seen = [
        ConditionSeen(
            names[each.field], each.wanted, "未知" if doubted and each.test(s, line) is None else each.saw(s, line)
        )
        for each in rule.line_conditions
    ]
    if item is not None:
        seen += [
            ConditionSeen(
                names[each.field],
                each.wanted,
                "未知" if doubted and each.test(s, line, item) is None else each.saw(s, line, item),
            )
            for each in rule.item_conditions
        ]
    return tuple(seen)


def _effects(s: Situation, rule: CompiledRule, line: Line, item: Item | None) -> tuple[Effect, ...]:
    if not rule.rule.effects:
        return ()
    found: list[Effect] = []
    for meant in rule.rule.effects:
        if meant.of == "held" and item is not None:
            found.append(_effect(meant, line, item.id, item.code, item.name))
        elif meant.of == "target_includes" and line.offering is not None:
            for code in line.offering.includes:
                offering = s.catalogue.get(code)
                found.append(_effect(meant, line, None, code, code if offering is None else offering.name))
    return tuple(found)


def _effect(meant: EffectMeant, line: Line, held_id: str | None, code: str, name: str) -> Effect:
    text = _EFFECT_TEXTS[meant.kind].format(name=name, when=_WHEN[meant.timing], target=line.name)
    return Effect(meant.kind, held_id, code, name, meant.timing, text)


def _remedies(rule: CompiledRule, spoken: Spoken) -> tuple[Remedy, ...]:
    if not rule.rule.remedies:
        return ()
    line = spoken.line
    found: list[Remedy] = []
    for meant, text in zip(rule.rule.remedies, rule.remedy_texts, strict=True):
        item = (spoken.item or line.item) if meant.of == "held" else None
        offering = item.code if item is not None else line.code if meant.of == "target" else None
        found.append(
            Remedy(
                do=meant.do,
                text=text.fill(spoken),
                where=meant.where,
                held_id=None if item is None else item.id,
                offering=offering,
                work_order_type=meant.work_order_type or None,
                bring=meant.bring,
                record="" if meant.record is None else record_key(meant.record, line, spoken.item),
                until=item.until if item is not None and meant.do == "wait" else None,
            )
        )
    return tuple(found)


def _names(facts: tuple[str, ...]) -> str:
    return "、".join(saying.FACT_NAMES.get(fact, fact) for fact in dict.fromkeys(facts))


def _doubt(rule: CompiledRule, unknown: tuple[str, ...]) -> str:
    return f"缺少{_names(unknown)}，判断不了“{rule.rule.title}”是否适用，先核实再办理。"


def _ask(unknown: tuple[str, ...]) -> str:
    return f"请您稍等，我先核实一下您的{_names(unknown)}。"


def _verify(unknown: tuple[str, ...]) -> Remedy:
    return Remedy(do="verify", text=f"核实并补录{_names(unknown)}，再重新校验", where="desk")
