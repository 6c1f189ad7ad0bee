"""Monthly fees of a set of products on a day: trials, waivers and what a plan includes are counted."""

from collections.abc import Sequence
from datetime import date, timedelta

from crm.core.catalog.schemas import Offering
from crm.core.compatibility.calendar import add_months

# A product in time: the offering, its first day, the first day without it (or None), whether something else
# includes it so that it costs nothing of its own, and the last day of a free trial (or None).
Span = tuple[Offering | None, date, date | None, bool, date | None]

NOTHING_WAIVED: frozenset[str] = frozenset()


def monthly_fee(spans: Sequence[Span], waivers: Sequence[Span], day: date) -> int | None:
    """What the products in force on `day` cost a month, in fen; None when one of the prices is not known.

    `waivers` are those of the spans that waive fees of others.
    """
    waived = waived_on(waivers, day) if waivers else NOTHING_WAIVED
    total = 0
    for offering, since, until, included, free_until in spans:
        if included or since > day or (until is not None and until <= day):
            continue
        if free_until is not None and free_until >= day:
            continue
        if offering is None:
            return None
        fee = offering.monthly_fee_fen
        if fee == 0 or (waived and is_waived(offering, waived)):
            continue
        if fee is None:
            return None
        total += fee
    return total


def waivers_of(spans: Sequence[Span]) -> list[Span]:
    """The spans that waive fees of others."""
    return [span for span in spans if span[0] is not None and span[0].waives]


def waived_on(waivers: Sequence[Span], day: date) -> frozenset[str]:
    """The references (codes or `tag:…`) whose fee is waived on `day`."""
    return frozenset(
        [
            reference
            for offering, since, until, _, _ in waivers
            if offering is not None and since <= day and (until is None or until > day)
            for reference in offering.waives
        ]
    )


def is_waived(offering: Offering, waived: frozenset[str]) -> bool:
    """Whether the references waive this offering's fee."""
    return offering.code in waived or not waived.isdisjoint(["tag:" + tag for tag in offering.tags])


def last_free_day(since: date, months: int) -> date:
    """The last day of a trial over `months` calendar months, of which the month of `since` is the first."""
    return add_months(since.replace(day=1), months) - timedelta(days=1)
