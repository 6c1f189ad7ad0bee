"""Counting which rules fire, in memory: the way of a verdict gains no round trip."""

from collections import Counter
from datetime import date
from typing import NamedTuple

import msgspec

from crm.core.compatibility.schemas import Change, Finding, Qualification, Verdict

_MOST_WISHES = 20_000


class FiringKey(NamedTuple):
    """What is counted apart. `target` and `held` are offering codes, or empty."""

    rule_id: str
    fired_on: date
    verdict: str
    target: str
    held: str


class Counts(NamedTuple):
    """Increments of one key."""

    fired: int
    stopped: int
    ordered: int


class FiringCounter:
    """What this process has seen since the last flush.

    The desk judges a basket again with every redraw; the same wish on the same holdings counts once a process
    and day. A process that is killed loses at most what came after its last flush.
    """

    def __init__(self) -> None:
        self._fired: Counter[FiringKey] = Counter()
        self._stopped: Counter[FiringKey] = Counter()
        self._ordered: Counter[FiringKey] = Counter()
        self._seen: set[tuple[date, str, Change]] = set()

    def judged(self, change: Change, verdict: Qualification) -> None:
        """Count a judgement, unless this very wish has been counted."""
        if not verdict.findings:
            return
        wish = (verdict.as_of, verdict.facts_hash, msgspec.structs.replace(change, recorded=()))
        if wish in self._seen:
            return
        if len(self._seen) >= _MOST_WISHES:
            self._seen.clear()
        self._seen.add(wish)
        for key in {_key(finding, verdict) for finding in verdict.findings}:
            self._fired[key] += 1
            if Verdict(key.verdict).severity > Verdict.CONSENT.severity:
                self._stopped[key] += 1

    def ordered(self, verdict: Qualification) -> None:
        """Count an accepted order."""
        for key in {_key(finding, verdict) for finding in verdict.findings}:
            self._ordered[key] += 1

    def take(self) -> dict[FiringKey, Counts]:
        """What is to be written; the counter starts again from nothing."""
        keys = sorted({*self._fired, *self._ordered})
        taken = {key: Counts(self._fired[key], self._stopped[key], self._ordered[key]) for key in keys}
        self._fired, self._stopped, self._ordered = Counter(), Counter(), Counter()
        return taken

    def put_back(self, taken: dict[FiringKey, Counts]) -> None:
        """Keep for the next time what could not be written."""
        for key, counts in taken.items():
            self._fired[key] += counts.fired
            self._stopped[key] += counts.stopped
            self._ordered[key] += counts.ordered


def _key(finding: Finding, verdict: Qualification) -> FiringKey:
    return FiringKey(
        finding.rule_id,
        verdict.as_of,
        finding.verdict.value,
        finding.target or "",
        finding.held_offering or "",
    )
