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
    Effect,
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

    Requested lines come first, in the basket's order; then the plan that is replaced, what opens with an
    added offering (clause 1), what the findings announce (clause 6 and others) and what else the
    differences name. Nothing is planned twice.
    """
    return _Planner(change, facts, qualification, catalogue).plan()


class _Planner:
    """Collects lines; each product and each new offering at most once."""

    def __init__(
        self, change: Change, facts: Facts, qualification: Qualification, catalogue: Catalogue
    ) -> None:
        self._change = change
        self._facts = facts
        self._qualification = qualification
        self._catalogue = catalogue
        self._held = {each.id: each for each in facts.held if each.state is not HeldState.ENDED}
        self._items: list[PlannedItem] = []
        self._gained = {line.offering: line for line in qualification.diff.gained}
        self._lost = {line.held_id: line for line in qualification.diff.lost if line.held_id}
        self._plan_at: int | None = None
        self._plan_on = self._day_of_plan()

    def plan(self) -> tuple[PlannedItem, ...]:
        for item in self._change.items:
            self._add_requested(item) if item.action == "add" else self._delete_requested(item)
        self._replace_plan()
        self._open_included()
        for finding in self._qualification.findings:
            for effect in finding.effects:
                self._follow(effect, f"effect:{finding.rule_id}", self._place_of(finding.target))
        self._follow_differences()
        return tuple(self._items)

    def _day_of_plan(self) -> date | None:
        for item in self._change.items:
            offering = self._catalogue.get(item.offering)
            if item.action == "add" and offering is not None and is_main_plan(offering):
                line = self._gained.get(offering.code)
                told = None if line is None else line.effective_on
                return told or effective_day(item.timing or offering.add_timings[0], self._facts.on)
        reserved = [each for each in self._held.values() if each.state is HeldState.RESERVED]
        days = [
            each.starts_on
            for each in reserved
            if is_main_plan(self._catalogue.get(each.offering)) and each.starts_on
        ]
        return min(days, default=None)

    def _add_requested(self, item: ChangeItem) -> None:
        offering = self._catalogue.offerings[item.offering]
        day = self._day(item.timing or offering.add_timings[0], self._gained.get(offering.code))
        if is_main_plan(offering):
            self._plan_at = len(self._items)
        self._add(offering, day)

    def _delete_requested(self, item: ChangeItem) -> None:
        held = self._held[item.held_id or ""]
        offering = self._catalogue.get(item.offering)
        usual = Timing.NEXT_MONTH if offering is None else offering.remove_timings[0]
        place = len(self._items)
        self._delete(held, self._day(item.timing or usual, self._lost.get(held.id), held))
        if held.state is HeldState.RESERVED:
            # Clause 9: what came with the reservation goes with it, what the customer had opened stays.
            for other in self._held.values():
                if other.came_with == held.id:
                    self._delete(other, self._facts.on, "came_with", place)

    def _replace_plan(self) -> None:
        if self._plan_at is None or self._plan_on is None:
            return
        for held in self._held.values():
            if held.state is HeldState.ACTIVE and is_main_plan(self._catalogue.get(held.offering)):
                self._delete(held, self._plan_on, "replaced", self._plan_at, even_if_ending=True)

    def _open_included(self) -> None:
        for place, item in enumerate(tuple(self._items)):
            offering = self._catalogue.get(item.offering)
            if item.action != "add" or offering is None:
                continue
            for code in offering.includes:
                included = self._catalogue.get(code)
                if included is not None and not self._has(code, item.effective_on):
                    self._open_with(included, offering, place)

    def _open_with(self, included: Offering, carrier: Offering, place: int) -> None:
        """Open a service with its carrier; a trial is free in the months from then on (clause 1)."""
        line = self._gained.get(included.code)
        day = (line and line.effective_on) or self._items[place].effective_on
        free_until = last_free_day(day, carrier.trial_months)
        origin = Origin.PLAN if free_until is None else Origin.TRIAL
        self._add(included, day, "came_with", place, origin=origin, free_until=free_until)

    def _follow(self, effect: Effect, reason: str, cause: int | None) -> None:
        if effect.kind in {"cancel", "lose_discount"}:
            held = self._held.get(effect.held_id or "")
            if held is not None:
                self._delete(held, self._day(effect.timing, self._lost.get(held.id), held), reason, cause)

    def _follow_differences(self) -> None:
        for held_id, line in self._lost.items():
            held = self._held.get(held_id)
            if held is not None:
                day = self._day(line.timing or Timing.WITH_PLAN, line, held)
                self._delete(held, day, "came_with", self._plan_at)
        for line in self._qualification.diff.gained:
            offering = self._catalogue.get(line.offering)
            if offering is not None and not self._has(line.offering, line.effective_on or self._facts.on):
                day = self._day(line.timing or Timing.WITH_PLAN, line)
                self._add(offering, day, "came_with", self._plan_at, origin=Origin.PLAN)

    def _place_of(self, target: str | None) -> int | None:
        for place, item in enumerate(self._items):
            if item.reason == "requested" and item.offering == target:
                return place
        return self._plan_at

    def _day(self, timing: Timing, told: DiffLine | None, held: Held | None = None) -> date:
        if told is not None and told.effective_on is not None:
            return told.effective_on
        return effective_day(timing, self._facts.on, plan_on=self._plan_on, held=held)

    def _has(self, code: str, on: date) -> bool:
        """Whether the line will have the offering on `on` without a new line for it."""
        leaving = {item.held.id: item.effective_on for item in self._items if item.held is not None}
        for held in self._held.values():
            ends_on = leaving.get(held.id, held.ends_on)
            if held.offering == code and (ends_on is None or ends_on > on):
                return True
        return any(item.action == "add" and item.offering == code for item in self._items)

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

    def _delete(
        self,
        held: Held,
        day: date,
        reason: str = "requested",
        cause: int | None = None,
        *,
        even_if_ending: bool = False,
    ) -> None:
        if any(item.held is not None and item.held.id == held.id for item in self._items):
            return
        if held.ends_on is not None and held.ends_on <= day and not even_if_ending:
            return
        self._items.append(
            PlannedItem(
                action="delete",
                offering=held.offering,
                name=name_of(self._catalogue, held.offering),
                # What is reserved has not begun: it is cancelled at once (clause 9).
                effective_on=self._facts.on if held.state is HeldState.RESERVED else day,
                reason=reason,
                cause=cause,
                held=held,
            )
        )
