"""A rule that fired, put into words: why, what it saw, what follows, what would help."""

from collections.abc import Iterable

from crm.core.compatibility import saying
from crm.core.compatibility.compiled import CompiledRule
from crm.core.compatibility.items import Item, Line
from crm.core.compatibility.matching import Narrowed
from crm.core.compatibility.schemas import ConditionSeen, Effect, Finding, Remedy, Verdict
from crm.core.compatibility.situation import Situation
from crm.core.compatibility.templates import Spoken, Template
from crm.core.compatibility.traits import record_key
from crm.core.compatibility.wording import Words, doubted, effects_of, seen

_FIRST = Verdict.FIRST
# Conditions, explanation, sentence, effects and remedies of a finding.
_Told = tuple[tuple[ConditionSeen, ...], str, str, tuple[Effect, ...], tuple[Remedy, ...]]


def finding_of(
    s: Situation, narrowed: Narrowed, line: Line, item: Item | None, unknown: tuple[str, ...]
) -> Finding:
    """The finding of one rule for one line and, where it binds one, one item."""
    rule, own = narrowed.rule, line.item
    return Finding(
        *rule.named,
        _FIRST if unknown else rule.verdict,
        line.code,
        line.name,
        item.id if item is not None else own.id if own is not None else None,
        None if item is None else item.code,
        "" if item is None else item.name,
        *(_doubtful(s, rule, line, item, unknown) if unknown else _sure(s, narrowed, line, item)),
        unknown,
    )


def _doubtful(
    s: Situation, rule: CompiledRule, line: Line, item: Item | None, unknown: tuple[str, ...]
) -> _Told:
    title = rule.rule.title
    return doubted(rule, s, line, item), _doubt(title, unknown), _ask(unknown), (), (_verify(unknown),)


def _sure(s: Situation, narrowed: Narrowed, line: Line, item: Item | None) -> _Told:
    rule = narrowed.rule
    words = narrowed.words or _words(s, narrowed, line, item)
    texts, spoken = words or rule, None
    if words is None or words.is_spoken:
        spoken = Spoken(s, line, item, "" if rule.check is None else rule.check.test(s, line) or "")
    effects: tuple[Effect, ...] = ()
    if rule.has_effects:
        known = effects_of(rule.rule.effects, s, line, item) if words is None else words.effects
        effects = _effects(known, item)
    return (
        seen(rule, s, line, item) if words is None else words.conditions(s, line, item),
        texts.explain.text or texts.explain.fill(spoken),
        texts.script.text or texts.script.fill(spoken),
        effects,
        _remedies(rule, texts.remedy_texts, spoken, line, item) if rule.remedy_texts else (),
    )


def _words(s: Situation, narrowed: Narrowed, line: Line, item: Item | None) -> Words | None:
    """The words made before; none the first time, because most pairs of a large catalogue come only once."""
    if narrowed.words is None and narrowed.has_fired:
        narrowed.words = Words(narrowed.rule, s, line, item)
    narrowed.has_fired = True
    return narrowed.words


def _effects(known: tuple[Effect, ...], item: Item | None) -> tuple[Effect, ...]:
    """The effects, those on the held item with its id: everything else was known before."""
    if item is None or item.id is None:
        return known
    held_id = item.id
    return tuple(
        [
            each
            if each.held_id is None
            else Effect(each.kind, held_id, each.offering, each.name, each.timing, each.text)
            for each in known
        ]
    )


def _remedies(
    rule: CompiledRule, texts: Iterable[Template], spoken: Spoken | None, line: Line, item: Item | None
) -> tuple[Remedy, ...]:
    found: list[Remedy] = []
    for meant, text in zip(rule.rule.remedies, texts, strict=True):
        of = (item or line.item) if meant.of == "held" else None
        offering = of.code if of is not None else line.code if meant.of == "target" else None
        found.append(
            Remedy(
                meant.do,
                text.fill(spoken),
                meant.where,
                None if of is None else of.id,
                offering,
                meant.work_order_type or None,
                meant.bring,
                "" if meant.record is None else record_key(meant.record, line, item),
                of.until if of is not None and meant.do == "wait" else None,
            )
        )
    return tuple(found)


def _names(facts: tuple[str, ...]) -> str:
    return "、".join(saying.FACT_NAMES.get(fact, fact) for fact in dict.fromkeys(facts))


def _doubt(title: str, unknown: tuple[str, ...]) -> str:
    return f"缺少{_names(unknown)}，判断不了“{title}”是否适用，先核实再办理。"


def _ask(unknown: tuple[str, ...]) -> str:
    return f"请您稍等，我先核实一下您的{_names(unknown)}。"


def _verify(unknown: tuple[str, ...]) -> Remedy:
    return Remedy(do="verify", text=f"核实并补录{_names(unknown)}，再重新校验", where="desk")
