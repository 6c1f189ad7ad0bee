"""The judgement: every rule, in no order, on the state that would hold afterwards. Pure."""

from crm.core.catalog.engine import Catalogue
from crm.core.compatibility import consent
from crm.core.compatibility.diff import diff_of
from crm.core.compatibility.explain import finding_of
from crm.core.compatibility.matching import Fired, Judged
from crm.core.compatibility.ruleset import RuleSet
from crm.core.compatibility.schemas import SEVERITY, Change, Facts, Finding, Qualification, Verdict
from crm.core.compatibility.situation import Situation


def qualify(change: Change, facts: Facts, rules: RuleSet, catalogue: Catalogue) -> Qualification:
    """Judge the products the subscriber would hold after `change`, as of `facts.on`.

    Every finding is reported, not only the first, so that the agent settles the call in one go.
    The headline is the severest verdict. A missing fact yields a finding "verify first", never `allow`.
    The same inputs give the same bytes, whatever the order of rules, basket lines and held products.
    Raises EmptyBasket, UnknownAction, HeldTwice.
    Source: 10086注意事项 clauses 1–12, 透明消费.
    """
    s = Situation(change, facts, catalogue)
    judged: list[Judged] = [
        (finding_of(s, narrowed, line, item, unknown), narrowed, line, item, unknown)
        for narrowed, line, item, unknown in fire(s, rules)
    ]
    judged.sort(key=_by_severity)
    findings = tuple([each[0] for each in judged])
    verdict = findings[0].verdict if findings else Verdict.ALLOW
    diff = diff_of(s, judged)
    sentences = consent.sentences_of(s, judged)
    read = consent.facts_read(s, rules)
    token = ""
    if sentences and verdict.severity <= Verdict.CONSENT.severity:
        token = consent.token(s, rules, findings, sentences, diff, read)
    return Qualification(
        verdict=verdict,
        findings=findings,
        diff=diff,
        sentences=sentences,
        as_of=facts.on,
        channel=change.channel,
        rules_hash=rules.hash,
        catalogue_hash=catalogue.hash,
        facts_hash=consent.facts_hash(facts),
        consent_token=token,
        facts_read=read,
    )


def stopping(change: Change, facts: Facts, rules: RuleSet, catalogue: Catalogue) -> tuple[Finding, ...]:
    """Only what keeps the basket from being ordered, as `qualify` reports it; empty when it can be ordered.

    For searches that judge hundreds of baskets: a third of the work. Raises what `qualify` raises.
    """
    s = Situation(change, facts, catalogue)
    judged: list[Judged] = [
        (finding_of(s, narrowed, line, item, unknown), narrowed, line, item, unknown)
        for narrowed, line, item, unknown in fire(s, rules)
        if unknown or narrowed.rule.stops
    ]
    judged.sort(key=_by_severity)
    return tuple([each[0] for each in judged])


def fire(s: Situation, rules: RuleSet) -> list[Fired]:
    """Every rule that fires on every line, after exceptions. Stratum 2 sees what stratum 1 cancels."""
    fired, later = rules.matcher(s.catalogue).fire(s)
    fired = _without_overridden(fired)
    for narrowed, line, item, unknown in fired:
        if item is not None and item.id is not None and not unknown and narrowed.rule.cancels_held:
            line.cancelled |= {item.id}
    if not later:
        return fired
    second = [
        (narrowed, line, item, unknown)
        for narrowed, line, item in later
        if (unknown := narrowed.ask(s, line, item)) is not None
    ]
    return fired + _without_overridden(second)


def _without_overridden(fired: list[Fired]) -> list[Fired]:
    """Drop what a rule that surely fired overrides: on the same line, for the same item where both bind one.

    What counts is what fired, not what is left: an overridden rule still overrides.
    """
    exceptions = [each for each in fired if each[0].rule.overrides and not each[3]]
    if not exceptions:
        return fired
    named = {rule_id for exception in exceptions for rule_id in exception[0].rule.overrides}
    return [
        each
        for each in fired
        if each[0].rule.id not in named or not any(_overrides(exception, each) for exception in exceptions)
    ]


def _overrides(exception: Fired, other: Fired) -> bool:
    if other[0].rule.id not in exception[0].rule.overrides or other[1] is not exception[1]:
        return False
    return exception[2] is None or other[2] is None or exception[2] is other[2]


def _by_severity(judged: Judged) -> tuple[int, str, str, str]:
    finding = judged[0]
    held = finding.held_id or finding.held_offering or ""
    return -SEVERITY[finding.verdict], finding.rule_id, finding.target or "", held
