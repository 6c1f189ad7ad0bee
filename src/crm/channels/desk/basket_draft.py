"""The basket of a call as it is kept between two clicks; pure.

Every change clears the ticks: they spoke of other effects.
"""

from typing import Any
from uuid import uuid4

import msgspec

from crm.core.catalog.engine import Catalogue
from crm.core.catalog.schemas import OfferingKind, Timing
from crm.core.compatibility.schemas import Change, ChangeItem

KIND = "basket"


class BasketDraft(msgspec.Struct, frozen=True, kw_only=True):
    """What the customer wants so far. With the same `key` a second submit returns the first order.

    `edition` counts the changes under one key: ticks of an earlier one are not taken.
    """

    key: str = ""
    edition: int = 0
    items: tuple[ChangeItem, ...] = ()
    recorded: tuple[str, ...] = ()
    ticked: tuple[str, ...] = ()
    note: str = ""

    @classmethod
    def restore(cls, body: dict[str, Any] | None) -> "BasketDraft":
        """From a stored draft; a damaged one is an empty basket."""
        if not body:
            return cls(key=_new_key())
        try:
            return msgspec.convert(body, cls)
        except msgspec.ValidationError:
            return cls(key=_new_key())

    def body(self) -> dict[str, Any]:
        """For storing."""
        return msgspec.to_builtins(self)

    @property
    def change(self) -> Change:
        """For the checker."""
        return Change(items=self.items, channel="hotline", recorded=self.recorded)

    def add(self, code: str, timing: Timing | None, catalogue: Catalogue) -> "BasketDraft":
        """With an offering more; a second main plan takes the place of the first, nothing is doubled."""
        offering = catalogue.get(code)
        plan = offering is not None and offering.kind is OfferingKind.MAIN_PLAN
        kept = tuple(
            item
            for item in self.items
            if item.action != "add" or (item.offering != code and not (plan and _is_plan(item, catalogue)))
        )
        return self._with(items=(*kept, ChangeItem(action="add", offering=code, timing=timing)))

    def remove(self, code: str, held_id: str) -> "BasketDraft":
        """With a held product to cancel; pressing twice changes nothing."""
        if any(item.held_id == held_id for item in self.items):
            return self
        return self._with(items=(*self.items, ChangeItem(action="delete", offering=code, held_id=held_id)))

    def drop(self, place: int) -> "BasketDraft":
        """Without the line at `place`; an empty basket is a new one."""
        if place >= len(self.items):
            return self
        items = tuple(item for index, item in enumerate(self.items) if index != place)
        return self._with(items=items) if items else BasketDraft(key=_new_key())

    def at(self, place: int, timing: Timing | None) -> "BasketDraft":
        """With another time of effect for one line."""
        items = tuple(
            msgspec.structs.replace(item, timing=timing) if index == place else item
            for index, item in enumerate(self.items)
        )
        return self._with(items=items)

    def record(self, step: str) -> "BasketDraft":
        """With a step the agent has taken on this call, e.g. the losses read out."""
        return self if step in self.recorded else self._with(recorded=(*self.recorded, step))

    def take(self, change: Change) -> "BasketDraft":
        """A waiting change, offered again."""
        return BasketDraft(key=_new_key(), items=change.items, recorded=change.recorded)

    def extend(self, change: Change) -> "BasketDraft":
        """With the lines of a plan; nothing more counts as said."""
        return self if change.items == self.items else self._with(items=change.items)

    def tick(self, keys: tuple[str, ...], note: str) -> "BasketDraft":
        """With these sentences read out and this note typed."""
        return msgspec.structs.replace(self, ticked=keys, note=note)

    def without(self, key: str) -> "BasketDraft":
        """Empty once `key` has been ordered; another basket stays as it is."""
        return BasketDraft(key=_new_key()) if self.key == key else self

    def _with(self, **changes: Any) -> "BasketDraft":
        return msgspec.structs.replace(self, ticked=(), edition=self.edition + 1, **changes)


def _is_plan(item: ChangeItem, catalogue: Catalogue) -> bool:
    offering = catalogue.get(item.offering)
    return offering is not None and offering.kind is OfferingKind.MAIN_PLAN


def _new_key() -> str:
    return uuid4().hex
