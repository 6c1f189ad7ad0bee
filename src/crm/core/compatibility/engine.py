"""The judgement: every rule, in no order, on the state that would hold afterwards. Pure."""

from crm.core.catalog.engine import Catalogue
from crm.core.compatibility import consent
from crm.core.compatibility.compiled import Binding, CompiledRule
from crm.core.compatibility.diff import diff_of
from crm.core.compatibility.explain import finding_of
from crm.core.compatibility.ruleset import RuleSet
from crm.core.compatibility.schemas import Change, Facts, Finding, Qualification, Verdict
from crm.core.compatibility.situation import Line, Situation

Fired = tuple[CompiledRule, Line, Binding]


def qualify(change: Change, facts: Facts, rules: RuleSet, catalogue: Catalogue) -> Qualification:
    """Judge the products the subscriber would hold after `change`, as of `facts.on`.

    Every finding is reported, not only the first, so that the agent settles the call in one go.
    The headline is the severest verdict. A missing fact yields a finding "verify first", never `allow`.
    The same inputs give the same bytes, whatever the order of rules, basket lines and held products.
    Raises EmptyBasket, UnknownAction, HeldTwice.
    Source: 10086注意事项 clauses 1–12, 透明消费.
    """
    s = Situation(change, facts, catalogue)
    fired = fire(s, rules)
    judged = [(line, finding_of(s, rule, line, binding)) for rule, line, binding in fired]
    findings = tuple(sorted([finding for _, finding in judged], key=_by_severity))
    verdict = findings[0].verdict if findings else Verdict.ALLOW
    diff = diff_of(s, judged)
    sentences = consent.sentences_of(s, fired)
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


def fire(s: Situation, rules: RuleSet) -> list[Fired]:
    """Every rule that fires on every line, after exceptions. Stratum 2 sees what stratum 1 cancels."""
    fired = _without_overridden(_fire_stratum(s, rules, 1))
    for line in s.lines:
        line.cancelled = frozenset(
            binding.item.id
            for rule, of, binding in fired
            if of is line and binding.item is not None and not binding.unknown and rule.cancels_held
        )
    return fired + _without_overridden(_fire_stratum(s, rules, 2))


def _fire_stratum(s: Situation, rules: RuleSet, stratum: int) -> list[Fired]:
    return [
        (rule, line, binding)
        for line in s.lines
        for rule in rules.candidates(s, line, stratum)
        for binding in rule.bindings(s, line)
    ]


def _without_overridden(fired: list[Fired]) -> list[Fired]:
    """Drop what a rule that surely fired overrides: on the same line, for the same item where both bind one.

    What counts is what fired, not what is left: an overridden rule still overrides.
    """
    exceptions = [each for each in fired if each[0].rule.overrides and not each[2].unknown]
    if not exceptions:
        return fired
    return [each for each in fired if not any(_overrides(exception, each) for exception in exceptions)]


def _overrides(exception: Fired, other: Fired) -> bool:
    rule, line, binding = exception
    if other[0].id not in rule.rule.overrides or other[1] is not line:
        return False
    return binding.item is None or other[2].item is None or binding.item is other[2].item


def _by_severity(finding: Finding) -> tuple[int, str, str, str]:
    held = finding.held_id or finding.held_offering or ""
    return -finding.verdict.severity, finding.rule_id, finding.target or "", held
