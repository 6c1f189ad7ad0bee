"""Monthly fees of a set of products on a day: trials, waivers and what a plan includes are counted."""

from collections.abc import Sequence
from datetime import date, timedelta
from functools import lru_cache

from crm.core.catalog.schemas import Offering
from crm.core.compatibility.calendar import add_months

# A product in time: the offering, its first day, the first day without it (or None), whether something else
# includes it so that it costs nothing of its own, and the last day of a free trial (or None).
Span = tuple[Offering | None, date, date | None, bool, date | None]


class Waived:
    """Whose fees are waived: references by code and by tag."""

    __slots__ = ("_codes", "_tags")

    def __init__(self, references: Sequence[str]) -> None:
        self._codes = frozenset([each for each in references if not each.startswith("tag:")])
        self._tags = frozenset([each[4:] for each in references if each.startswith("tag:")])

    def covers(self, offering: Offering) -> bool:
        """Whether the offering costs nothing."""
        return offering.code in self._codes or not self._tags.isdisjoint(offering.tags)


_waived = lru_cache(maxsize=1024)(Waived)  # few plans waive anything, and the same ones do again and again


class Steady:
    """Products that are there today and afterwards, each for a fee of its own."""

    __slots__ = ("_priced", "_totals", "waives")

    def __init__(self, offerings: Sequence[Offering]) -> None:
        self._priced = [each for each in offerings if each.monthly_fee_fen != 0]
        self._totals: dict[Waived | None, int | None] = {}
        self.waives: tuple[str, ...] = ()
        for each in offerings:
            if each.waives:
                self.waives += each.waives

    def total(self, waived: Waived | None) -> int | None:
        """What they cost a month, in fen; None when a price is not known."""
        if waived in self._totals:
            return self._totals[waived]
        total: int | None = 0
        for offering in self._priced:
            if waived is not None and waived.covers(offering):
                continue
            if offering.monthly_fee_fen is None:
                total = None
                break
            total += offering.monthly_fee_fen
        self._totals[waived] = total
        return total


class Bill:
    """What a set of products costs on any day: the steady ones, and others in time."""

    __slots__ = ("_priced", "_steady", "_waivers")

    def __init__(self, steady: Steady, others: Sequence[Span]) -> None:
        self._steady = steady
        self._priced = [
            span for span in others if not span[3] and (span[0] is None or span[0].monthly_fee_fen != 0)
        ]
        self._waivers = [span for span in others if span[0] is not None and span[0].waives]

    def on(self, day: date) -> int | None:
        """What the products in force on `day` cost a month, in fen; None when a price is not known."""
        waived = self.waived_on(day)
        total = self._steady.total(waived)
        if total is None:
            return None
        for offering, since, until, _, free_until in self._priced:
            if since > day or (until is not None and until <= day):
                continue
            if free_until is not None and free_until >= day:
                continue
            if offering is None:
                return None
            if waived is not None and waived.covers(offering):
                continue
            fee = offering.monthly_fee_fen
            if fee is None:
                return None
            total += fee
        return total

    def waived_on(self, day: date) -> Waived | None:
        """Whose fees products in force on `day` waive; None when nobody's."""
        references = self._steady.waives
        for offering, since, until, _, _ in self._waivers:
            if offering is not None and since <= day and (until is None or until > day):
                references += offering.waives
        return _waived(references) if references else None


@lru_cache(maxsize=1024)
def last_free_day(since: date, months: int) -> date:
    """The last day of a trial over `months` calendar months, of which the month of `since` is the first."""
    return add_months(since.replace(day=1), months) - timedelta(days=1)
