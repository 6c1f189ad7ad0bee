"""A held product and a basket line as rules look at them: what they are, their state, their days."""

from datetime import date

from crm.core.catalog.schemas import Offering, Timing
from crm.core.compatibility.calendar import bound_until, is_bound, last_day, same_month
from crm.core.compatibility.schemas import (
    ACTIVE,
    BY_SELF,
    ENDED,
    RESERVED,
    ChangeItem,
    Held,
    HeldState,
    Origin,
)  # fmt: skip

_NOTHING: tuple[str, ...] = ()
_NOW = Timing.NOW


class Item:
    """A product that is held, or another line of the basket seen as one."""

    __slots__ = (
        "bound", "code", "ends_on", "ends_with_plan", "held", "id", "is_plain", "key", "kind", "name",
        "offering", "origin", "restored", "standing", "tags", "until",
    )  # fmt: skip

    def __init__(self, held: Held | None, code: str, offering: Offering | None, on: date) -> None:
        self.held = held
        self.code = code
        self.offering = offering
        if offering is None:
            self.name, self.kind, self.tags = code, None, _NOTHING
        else:
            self.name, self.kind, self.tags = offering.name, offering.kind, offering.tags
        self.ends_with_plan = False
        self.restored = False  # it was to end with a reserved plan whose reservation is cancelled
        if held is None:
            self.id: str | None = None
            self.origin: Origin = BY_SELF
            self.standing: HeldState | None = ACTIVE
            self.until: date | None = None
            self.bound: bool | None = False
            self.ends_on: date | None = None
            self.is_plain = False
        else:
            self.id = held.id
            self.origin = held.origin
            self.standing = standing_of(held, on)
            self.until, self.bound = None, False
            if (
                held.origin is not BY_SELF
                or held.locked_until is not None
                or (offering and offering.lock_in_months)
            ):
                self.until = bound_until(held, offering)
                self.bound = is_bound(held, offering, self.until, on)
            self.ends_on = held.ends_on
            # In force, by itself, with no end arranged: it costs its own fee on every day from this one on.
            self.is_plain = (
                self.standing is ACTIVE
                and held.origin is BY_SELF
                and held.ends_on is None
                and held.came_with is None
            )
        # What rules narrowed to this item are remembered by: its offering and standing.
        self.key = code if self.standing is ACTIVE else f"{code} {self.standing}"


class Line:
    """One line of the basket: what it does to what, and from which day."""

    __slots__ = (
        "cancelled", "change", "code", "held_problem", "item", "kind", "name", "offering", "on", "op", "tags",
        "timing", "twice",
    )  # fmt: skip

    def __init__(self, change: ChangeItem, offering: Offering | None, item: Item | None) -> None:
        self.change = change
        self.code = change.offering
        self.offering = offering
        self.item = item
        self.name = self.code if offering is None else offering.name
        self.kind: str | None = None if offering is None else offering.kind
        self.tags = _NOTHING if offering is None else offering.tags
        self.op = self._op()
        self.twice = False
        self.held_problem = ""
        self.cancelled: frozenset[str | None] = frozenset()  # ids that stratum 1 cancels because of this line
        self.timing = _NOW
        self.on = date.min

    def _op(self) -> str:
        if self.change.action == "add":
            return "change_plan" if self.kind == "main_plan" else "add"
        if self.item is None:
            return "nothing"
        return "cancel_reserved" if self.item.standing is RESERVED else "remove"


def standing_of(held: Held, on: date) -> HeldState | None:
    """The item's state on `on`; None when it ended before this calendar month and no longer counts.

    The dates beat the recorded state, because a job that moves states may be late.
    """
    if held.ends_on is not None and held.ends_on <= on:
        return ENDED if same_month(last_day(held.ends_on), on) else None
    if held.state is ENDED:
        return ENDED if held.ends_on is None or same_month(last_day(held.ends_on), on) else None
    if held.state is ACTIVE and held.starts_on is not None and held.starts_on > on:
        return RESERVED
    return held.state
