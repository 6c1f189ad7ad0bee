"""Agreements and what the desk must notice, as other rooms and the channels see them; doors: `schemas`."""

from datetime import date, datetime
from uuid import UUID

import msgspec

from crm.core.compatibility.schemas import Verdict


class PenaltyQuote(msgspec.Struct, frozen=True, kw_only=True):
    """The price of leaving: `amount_fen` None means that the terms are not known and must be looked up."""

    amount_fen: int | None
    formula_name: str
    reckoning: str  # the formula with its numbers, to be read aloud
    note: str = ""


class ContractView(msgspec.Struct, frozen=True, kw_only=True):
    """One agreement that binds a line: until when, to what, and what leaving from next month on would cost.

    Monthly fees are of the whole line, totals over the `months_left` whole months; None where a price in
    it is not known.
    """

    product_id: str
    offering_code: str
    name: str
    campaign: str
    starts_on: date | None
    locked_until: date
    free_from: date
    leaving_on: date
    months_left: int
    binds: tuple[str, ...]
    losses: tuple[str, ...]
    penalty: PenaltyQuote
    stay_fee_fen: int | None
    leave_fee_fen: int | None
    stay_total_fen: int | None
    leave_total_fen: int | None
    verdict: Verdict
    verdict_name: str
    why: str
    script: str


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """Something to notice beside the findings; it never changes the verdict."""

    kind: str  # month_end | shared | penalty
    text: str
    deadline: datetime | None = None
    group_id: UUID | None = None
