"""Monthly fees of a set of products on a day: trials, waivers and what a plan includes are counted."""

from collections.abc import Sequence
from datetime import date, timedelta

from crm.core.catalog.schemas import Offering
from crm.core.compatibility.calendar import add_months


class Span:
    """A product and the days on which it is in force. `free_until` is the last free day, inclusive."""

    __slots__ = ("free_until", "included", "offering", "since", "until")

    def __init__(
        self, offering: Offering | None, since: date, until: date | None, included: bool, free_until: date | None
    ) -> None:
        self.offering = offering
        self.since = since
        self.until = until
        self.included = included
        self.free_until = free_until

    def is_in_force(self, day: date) -> bool:
        """Whether it is in force on `day`."""
        return self.since <= day and (self.until is None or self.until > day)


def monthly_fee(spans: Sequence[Span], day: date) -> int | None:
    """What the products in force on `day` cost a month, in fen; None when one of the prices is not known."""
    there = [span for span in spans if span.is_in_force(day)]
    waived = waived_by(there)
    total = 0
    for span in there:
        if span.included or (span.free_until is not None and span.free_until >= day):
            continue
        offering = span.offering
        if offering is None or (offering.monthly_fee_fen is None and not is_waived(offering, waived)):
            return None
        if offering.monthly_fee_fen and not is_waived(offering, waived):
            total += offering.monthly_fee_fen
    return total


def waived_by(spans: Sequence[Span]) -> frozenset[str]:
    """The references (codes or `tag:…`) whose fee the products waive."""
    return frozenset([each for span in spans if span.offering is not None for each in span.offering.waives])


def is_waived(offering: Offering, waived: frozenset[str]) -> bool:
    """Whether the references waive this offering's fee."""
    if not waived:
        return False
    return offering.code in waived or any("tag:" + tag in waived for tag in offering.tags)


def last_free_day(since: date, months: int) -> date:
    """The last day of a trial over `months` calendar months, of which the month of `since` is the first."""
    return add_months(since.replace(day=1), months) - timedelta(days=1)
