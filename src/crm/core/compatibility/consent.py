"""What must be read aloud, and the token that binds a consent to exactly what was read."""

import hashlib
from collections.abc import Sequence

import msgspec

from crm.core.compatibility.matching import Judged
from crm.core.compatibility.ruleset import RuleSet
from crm.core.compatibility.schemas import Diff, Facts, Finding, Held, Sentence, Verdict
from crm.core.compatibility.situation import Situation
from crm.core.compatibility.templates import Spoken

_encode = msgspec.json.Encoder().encode  # structs and tuples only: their order is their own
_DISCLOSE, _CONSENT = Verdict.DISCLOSE, Verdict.CONSENT


def sentences_of(s: Situation, judged: Sequence[Judged]) -> tuple[Sentence, ...]:
    """One sentence for each thing to tell or to ask; a rule that only names items names them in one breath.

    Consents come first, then what is only told, each in the order of rule ids.
    """
    groups: dict[str, list[Judged]] = {}
    for each in judged:
        finding, narrowed, line, item, unknown = each
        if unknown or (finding.verdict is not _DISCLOSE and finding.verdict is not _CONSENT):
            continue
        key = f"{finding.rule_id}:{line.code}" if line.item is None else f"{finding.rule_id}:{line.item.id}"
        if item is not None and not narrowed.rule.script.merges:
            key += f":{item.id or item.code}"
        groups.setdefault(key, []).append(each)
    sentences = [_sentence(s, key, group) for key, group in groups.items()]
    sentences.sort(key=lambda sentence: (not sentence.consent, sentence.key))
    return tuple(sentences)


def _sentence(s: Situation, key: str, group: list[Judged]) -> Sentence:
    finding, narrowed, line, item, _ = group[0]
    text = finding.script
    if len(group) > 1:
        names = "、".join(sorted([each[0].held_name for each in group]))
        text = narrowed.rule.script.fill(Spoken(s, line, item, held_names=names))
    return Sentence(key, text, finding.verdict is _CONSENT, finding.rule_id)


def facts_read(s: Situation, rules: RuleSet) -> tuple[str, ...]:
    """The names of the facts this verdict may rest on: what any rule for these operations looks at."""
    held = ["held:" + item.held.id for item in s.items if item.held is not None]
    recorded = ["recorded:" + step for step in sorted(s.recorded)]
    subscriber = rules.read_by(frozenset([line.op for line in s.lines]))
    return ("channel", *held, "on", *recorded, *subscriber)  # in the order of the alphabet


def facts_hash(facts: Facts) -> str:
    """SHA-256 of the facts, whatever order the held products came in."""
    held = sorted(facts.held, key=_by_id)
    return hashlib.sha256(_encode((facts.on, facts.subscriber, held, facts.hour))).hexdigest()


def _by_id(held: Held) -> str:
    return held.id


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
    codes = {
        *[line.code for line in s.lines],
        *[item.code for item in s.items],
        *[line.offering for line in diff.gained],
    }
    values = [getattr(subscriber, name[11:]) for name in read if name.startswith("subscriber.")]
    bound = (
        rules.hash,
        s.catalogue.entry_hashes(sorted(codes)),
        [finding.effects for finding in findings if finding.effects],
        sentences,
        diff,
        values,
        [(line.op, line.code, line.timing, line.on, line.item.id if line.item else None) for line in s.lines],
        s.channel,
    )
    return hashlib.sha256(_encode(bound)).hexdigest()
