"""Small questions that rules ask of an offering or of the call, each with one answer."""

from datetime import date

from crm.core.catalog.schemas import Offering
from crm.core.compatibility.items import Item, Line
from crm.core.compatibility.situation import Situation

STEPS_OF_ITEMS = frozenset({"losses"})  # recorded for a held item; the others for an offering


def sale_state(offering: Offering | None, on: date) -> str:
    """on_sale, discontinued, upcoming, expired, or unknown when the catalogue does not have it."""
    if offering is None:
        return "unknown"
    if offering.state != "on_sale":
        # A series groups its tiers and cannot be ordered itself; whatever is not on sale fails closed.
        return "discontinued"
    if offering.valid_from is not None and offering.valid_from > on:
        return "upcoming"
    if offering.valid_to is not None and offering.valid_to < on:
        return "expired"
    return "on_sale"


def is_sale_fixed(offering: Offering | None) -> bool:
    """Whether the sale state is the same on every day."""
    return offering is None or (offering.valid_from is None and offering.valid_to is None)


def price_state(offering: Offering | None) -> str:
    """paid, free, or unknown when no price has been published."""
    if offering is None or offering.monthly_fee_fen is None:
        return "unknown"
    return "paid" if offering.monthly_fee_fen or offering.one_off_fee_fen else "free"


def has_trait(offering: Offering | None, trait: str) -> bool:
    """Whether the offering includes others, gives a trial, has a retention text or names losses."""
    if offering is None:
        return False
    if trait == "includes":
        return bool(offering.includes)
    if trait == "trial":
        return bool(offering.includes and offering.trial_months)
    if trait == "stackable":
        return offering.stackable
    if trait == "retention":
        return bool(offering.retention)
    return bool(offering.losses)


def record_key(step: str, line: Line, item: Item | None) -> str:
    """The key under which a step is recorded on the call, e.g. `losses:<held id>`, `retention:<code>`."""
    if step in STEPS_OF_ITEMS:
        subject = item if item is not None else line.item
        return f"{step}:{subject.id if subject is not None else ''}"
    return f"{step}:{line.code}"


def is_recorded(s: Situation, step: str, line: Line, item: Item | None) -> bool:
    """Whether the step has been taken on this call."""
    return bool(s.recorded) and record_key(step, line, item) in s.recorded


def same(value: bool | None, wanted: bool) -> bool | None:
    """Whether a fact is as wanted; None when it is not known."""
    return None if value is None else value is wanted
