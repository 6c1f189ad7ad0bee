"""What must be read aloud, and the token that binds a consent to exactly what was read."""

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from crm.core.compatibility.compiled import Binding, CompiledRule
from crm.core.compatibility.ruleset import RuleSet
from crm.core.compatibility.schemas import Diff, Facts, Finding, Sentence, Verdict
from crm.core.compatibility.situation import Line, Situation
from crm.core.compatibility.templates import Spoken

if TYPE_CHECKING:
    from crm.core.compatibility.engine import Fired

_encode = msgspec.json.Encoder(order="sorted").encode


def sentences_of(s: Situation, fired: "Sequence[Fired]") -> tuple[Sentence, ...]:
    """One sentence for each thing to tell or to ask; a rule that only names items names them in one breath.

    Consents come first, then what is only told, each in the order of rule ids.
    """
    groups: dict[tuple[str, str, str], list[tuple[CompiledRule, Line, Binding]]] = {}
    for each in fired:
        rule, line, binding = each
        if binding.unknown or rule.verdict not in (Verdict.DISCLOSE, Verdict.CONSENT):
            continue
        apart = "" if rule.script.merges else _subject(binding)
        groups.setdefault((rule.id, _line_key(line), apart), []).append(each)
    sentences = [_sentence(s, key, group) for key, group in groups.items()]
    return tuple(sorted(sentences, key=lambda sentence: (not sentence.consent, sentence.key)))


def _sentence(
    s: Situation, key: tuple[str, str, str], group: list[tuple[CompiledRule, Line, Binding]]
) -> Sentence:
    rule, line, binding = group[0]
    names = [each.item.name for _, _, each in group if each.item is not None]
    detail = "" if rule.check is None else rule.check.test(s, line) or ""
    spoken = Spoken(s, line, binding.item, detail, "、".join(sorted(names)))
    return Sentence(
        key=":".join(part for part in key if part),
        text=rule.script.fill(spoken),
        consent=rule.verdict is Verdict.CONSENT,
        rule_id=rule.id,
    )


def _line_key(line: Line) -> str:
    return line.code if line.item is None else f"{line.code}@{line.item.id}"


def _subject(binding: Binding) -> str:
    return "" if binding.item is None else binding.item.id or binding.item.code


def facts_read(s: Situation, rules: RuleSet) -> tuple[str, ...]:
    """The names of the facts this verdict may rest on: what any rule for these operations looks at."""
    read: set[str] = {"on", "channel"}
    for line in s.lines:
        read |= rules.reads[line.op]
    read.update(f"held:{item.id}" for item in s.items)
    read.update(f"recorded:{step}" for step in s.recorded)
    return tuple(sorted(read))


def facts_hash(facts: Facts) -> str:
    """SHA-256 of the facts, whatever order the held products came in."""
    held = tuple(sorted(facts.held, key=lambda each: each.id))
    return hashlib.sha256(_encode((facts.on, facts.subscriber, held))).hexdigest()


def token(
    s: Situation,
    rules: RuleSet,
    findings: Sequence[Finding],
    sentences: Sequence[Sentence],
    diff: Diff,
    read: Sequence[str],
) -> str:
    """SHA-256 over everything the customer's yes rests on.

    That is: the rules, the catalogue entries of all products involved, the effects, the sentences, the fees
    and dates, and the values of the subscriber's facts that were read. Any of them changing makes it void.
    """
    subscriber = s.facts.subscriber
    codes = {line.code for line in s.lines} | {item.code for item in s.items}
    codes.update(line.offering for line in diff.gained)
    values = [getattr(subscriber, name[11:]) for name in read if name.startswith("subscriber.")]
    bound = (
        rules.hash,
        [s.catalogue.entry_hash(code) for code in sorted(codes)],
        [finding.effects for finding in findings if finding.effects],
        sentences,
        diff,
        values,
        [(line.op, line.code, line.timing, line.on, line.item.id if line.item else None) for line in s.lines],
        s.channel,
    )
    return hashlib.sha256(_encode(bound)).hexdigest()
