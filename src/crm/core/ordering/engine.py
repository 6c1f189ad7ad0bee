"""From a judged basket to the lines of an order: what happens to which product on which day. Pure.

The order does what was said: days come from the judged differences wherever these name one.
"""

from datetime import date

import msgspec

from crm.core.catalog.engine import Catalogue
from crm.core.catalog.schemas import Offering, Timing
from crm.core.compatibility.schemas import (
    Change,
    ChangeItem,
    DiffLine,
    Facts,
    Held,
    HeldState,
    Origin,
    Qualification,
)
from crm.core.ordering.basket import is_main_plan, name_of
from crm.core.ordering.timing import effective_day, last_bound_day, last_free_day


class PlannedItem(msgspec.Struct, frozen=True, kw_only=True):
    """One line of an order to be. `cause` is the place in the order of the line that brought it about."""

    action: str  # add | delete
    offering: str
    name: str
    effective_on: date
    reason: str = "requested"  # requested | replaced | came_with | effect:<rule id>
    cause: int | None = None
    held: Held | None = None  # delete: which product
    origin: Origin = Origin.SELF
    free_until: date | None = None
    locked_until: date | None = None


def plan_items(
    change: Change, facts: Facts, qualification: Qualification, catalogue: Catalogue
) -> tuple[PlannedItem, ...]:
    """The lines of the order for a basket whose judgement has been accepted.

    Requested lines come first, additions before cancellations; then all else that the judged differences
    name: the plan that is replaced, what the findings announce (clauses 5, 6, 9), what opens with an added
    offering (clauses 1, 7). What they call kept is left alone, and nothing is planned twice.
    """
    return _Planner(change, facts, qualification, catalogue).plan()


class _Planner:
    """Collects lines; each product and each new offering at most once."""

    def __init__(
        self, change: Change, facts: Facts, qualification: Qualification, catalogue: Catalogue
    ) -> None:
        self._change = change
        self._on = facts.on
        self._diff = qualification.diff
        self._catalogue = catalogue
        self._held = {each.id: each for each in facts.held if each.state is not HeldState.ENDED}
        self._items: list[PlannedItem] = []
        self._released: dict[str, int] = {}  # reservations that the basket cancels, by their place
        self._plan_at: int | None = None
        self._announced = {
            effect.held_id: (finding.rule_id, finding.target)
            for finding in qualification.findings
            for effect in finding.effects
            if effect.kind in {"cancel", "lose_discount"}
        }

    def plan(self) -> tuple[PlannedItem, ...]:
        gained = {line.offering: line for line in self._diff.gained}
        lost = {line.held_id: line for line in self._diff.lost}
        for item in self._change.items:
            if item.action == "add":
                self._add_requested(item, gained.get(item.offering))
        for item in self._change.items:
            if item.action == "delete" and not self._replaced(item):
                self._delete_requested(item, lost.get(item.held_id))
        for line in self._diff.lost:
            held = self._held.get(line.held_id or "")
            if held is not None:
                reason, cause = self._why_lost(held)
                self._delete(held, self._told(line), reason, cause)
        for line in self._diff.gained:
            offering = self._catalogue.get(line.offering)
            if offering is not None:
                self._open_with(offering, self._told(line))
        return tuple(self._items)

    def _replaced(self, item: ChangeItem) -> bool:
        """Whether a line names the plan that goes anyway because the basket brings another."""
        running = self._held[item.held_id or ""].state is HeldState.ACTIVE
        return self._plan_at is not None and running and is_main_plan(self._catalogue.get(item.offering))

    def _add_requested(self, item: ChangeItem, told: DiffLine | None) -> None:
        offering = self._catalogue.offerings[item.offering]
        if is_main_plan(offering):
            self._plan_at = len(self._items)
        day = self._told(told) if told else effective_day(item.timing or offering.add_timings[0], self._on)
        self._add(offering, day)

    def _delete_requested(self, item: ChangeItem, told: DiffLine | None) -> None:
        held = self._held[item.held_id or ""]
        if held.state is HeldState.RESERVED:
            self._released[held.id] = len(self._items)
        offering = self._catalogue.get(item.offering)
        usual = Timing.NEXT_MONTH if offering is None else offering.remove_timings[0]
        self._delete(
            held, self._told(told) if told else effective_day(item.timing or usual, self._on, held=held)
        )

    def _why_lost(self, held: Held) -> tuple[str, int | None]:
        if is_main_plan(self._catalogue.get(held.offering)):
            return "replaced", self._plan_at
        if held.came_with in self._released:
            return "came_with", self._released[held.came_with]
        if held.id in self._announced:
            rule_id, target = self._announced[held.id]
            return f"effect:{rule_id}", self._place_of(target)
        return "came_with", self._plan_at

    def _place_of(self, target: str | None) -> int | None:
        for place, item in enumerate(self._items):
            if item.reason == "requested" and item.offering == target:
                return place
        return self._plan_at

    def _open_with(self, included: Offering, day: date) -> None:
        """Open a service with its carrier; a trial is free in the months from then on (clause 1)."""
        if any(item.action == "add" and item.offering == included.code for item in self._items):
            return
        place, carrier = self._carrier_of(included.code)
        free_until = None if carrier is None else last_free_day(day, carrier.trial_months)
        origin = Origin.PLAN if free_until is None else Origin.TRIAL
        self._add(included, day, "came_with", place, origin=origin, free_until=free_until)

    def _carrier_of(self, code: str) -> tuple[int | None, Offering | None]:
        for place, item in enumerate(self._items):
            offering = self._catalogue.get(item.offering)
            if item.action == "add" and offering is not None and code in offering.includes:
                return place, offering
        return self._plan_at, None

    def _told(self, line: DiffLine) -> date:
        return line.effective_on or effective_day(line.timing or Timing.NEXT_MONTH, self._on)

    def _add(
        self,
        offering: Offering,
        day: date,
        reason: str = "requested",
        cause: int | None = None,
        *,
        origin: Origin = Origin.SELF,
        free_until: date | None = None,
    ) -> None:
        self._items.append(
            PlannedItem(
                action="add",
                offering=offering.code,
                name=offering.name,
                effective_on=day,
                reason=reason,
                cause=cause,
                origin=origin,
                free_until=free_until,
                locked_until=last_bound_day(day, offering),
            )
        )

    def _delete(self, held: Held, day: date, reason: str = "requested", cause: int | None = None) -> None:
        if any(item.held is not None and item.held.id == held.id for item in self._items):
            return
        if reason != "requested" and held.ends_on is not None and held.ends_on <= day:
            return  # it ends by itself, no later
        self._items.append(
            PlannedItem(
                action="delete",
                offering=held.offering,
                name=name_of(self._catalogue, held.offering),
                # What is reserved has not begun: it is cancelled at once (clause 9).
                effective_on=self._on if held.state is HeldState.RESERVED else day,
                reason=reason,
                cause=cause,
                held=held,
            )
        )
