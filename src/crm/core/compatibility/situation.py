"""A basket and the facts, put so that rules can look at them: lines, items, and what would stay."""

from datetime import date

from crm.core.catalog.engine import Catalogue
from crm.core.catalog.schemas import Relation, Timing
from crm.core.compatibility.calendar import starts_with
from crm.core.compatibility.errors import EmptyBasket, HeldTwice, UnknownAction
from crm.core.compatibility.items import Item, Line
from crm.core.compatibility.schemas import (
    ACTIVE,
    BY_PLAN,
    BY_SELF,
    ENDED,
    ON_TRIAL,
    RESERVED,
    Change,
    ChangeItem,
    Facts,
    Held,
)  # fmt: skip

_NOTHING: tuple[str, ...] = ()
_UNKNOWN, _INCOMPATIBLE = Relation.UNKNOWN, Relation.INCOMPATIBLE
_NOW, _NEXT_MONTH = Timing.NOW, Timing.NEXT_MONTH


class Situation:
    """Everything a rule may look at for one check. Built once, then only read."""

    __slots__ = (
        "_held_tags", "adds", "brand", "catalogue", "channel", "facts", "items", "lines",
        "new_brand", "new_plan", "on", "plan", "plan_tags", "recorded",
    )  # fmt: skip

    def __init__(self, change: Change, facts: Facts, catalogue: Catalogue) -> None:
        self.facts = facts
        self.on = facts.on
        self.channel = change.channel
        self.recorded = frozenset(change.recorded)
        self.catalogue = catalogue
        self.brand = facts.subscriber.brand
        self.items = self._items()
        self._held_tags: frozenset[str] | None = None
        self.plan: Item | None = None
        self.plan_tags: tuple[str, ...] | None = None
        for item in self.items:
            if item.standing is ACTIVE and item.kind == "main_plan":
                self.plan, self.plan_tags = item, item.tags
                break
        self.lines = self._lines(change)
        first = self.lines[0]  # plans come first
        self.new_plan = first if first.op == "change_plan" else None
        self.new_brand = self.brand
        if self.new_plan is not None and self.new_plan.offering is not None:
            self.new_brand = self.new_plan.offering.sets_brand or self.brand
        self._set_days()
        self.adds = self._adds()

    def _items(self) -> tuple[Item, ...]:
        get, on = self.catalogue.offerings.get, self.on
        items: list[Item] = []
        before: str | None = None
        for held in sorted(self.facts.held, key=_by_id):
            if held.id == before:
                raise HeldTwice(held.id)
            before = held.id
            items.append(Item(held, held.offering, get(held.offering), on))
        return tuple(items)

    def _lines(self, change: Change) -> tuple[Line, ...]:
        if not change.items:
            raise EmptyBasket
        lines: dict[tuple[str, ...], Line] = {}
        for each in sorted(change.items, key=_by_content):
            if each.action not in ("add", "delete"):
                raise UnknownAction(each.action)
            item, problem = (None, "") if each.action == "add" else self._meant(each)
            code = each.offering if item is None else item.code
            line = Line(each, self.catalogue.offerings.get(code), item)
            line.held_problem = problem
            name = _thing(each, item)
            if name in lines:
                lines[name].twice = True
            else:
                lines[name] = line
        return tuple(sorted(lines.values(), key=_plan_first))

    def _meant(self, change: ChangeItem) -> tuple[Item | None, str]:
        """The held item a deletion means; one that names no id may mean the only one of its offering."""
        wanted = [
            item
            for item in self.items
            if (item.id == change.held_id if change.held_id is not None else item.code == change.offering)
        ]
        wanted = [item for item in wanted if item.standing in (ACTIVE, RESERVED)]
        if not wanted:
            return None, "客户名下没有这项业务，或它已经失效"
        if len(wanted) > 1:
            return None, "客户名下有多项同名业务，没有指明取消哪一项"
        if wanted[0].code != change.offering:
            return None, f"这个编号是“{wanted[0].name}”，不是要取消的业务"
        return wanted[0], ""

    def _set_days(self) -> None:
        plan_on = None
        for line in self.lines:
            _set_day(line, self.on, plan_on)
            if line is self.new_plan:
                plan_on = line.on
            if line.item is not None:
                line.item.ends_on = _earlier(line.item.ends_on, line.on)
                if line.op == "cancel_reserved" and line.kind == "main_plan":
                    self._restore_plan(line.item)
        if self.new_plan is not None:
            self._end_with_old_plan(self.new_plan)

    def _restore_plan(self, reserved: Item) -> None:
        """The plan that was to make room for the reserved one goes on."""
        for item in self.items:
            if item.kind != "main_plan" or item.standing is not ACTIVE or item.held is None:
                continue
            if reserved.held is not None and item.held.ends_on == reserved.held.starts_on:
                item.ends_on, item.restored = None, True

    def _end_with_old_plan(self, new: Line) -> None:
        included = _NOTHING if new.offering is None else new.offering.includes
        for item in self.items:
            if item.standing is not ACTIVE:
                continue
            if item.kind == "main_plan":
                if item.code != new.code:
                    item.ends_on = _earlier(item.ends_on, new.on)
            elif item.origin is not BY_SELF and self.came_with_plan(item) and item.code not in included:
                item.ends_with_plan = True
                item.ends_on = _earlier(item.ends_on, new.on)

    def came_with_plan(self, item: Item) -> bool:
        """Whether the item goes with the main plan held today, should another replace it."""
        held = item.held
        if held is None or held.origin not in (BY_PLAN, ON_TRIAL):
            return False
        return held.came_with is None or (self.plan is not None and held.came_with == self.plan.id)

    def _adds(self) -> tuple[Item, ...]:
        """The other adds of the basket as items, so that two lines can be compared."""
        if len(self.lines) < 2:
            return ()
        adds = [line for line in self.lines if line.change.action == "add" and line.offering is not None]
        return tuple(Item(None, line.code, line.offering, self.on) for line in adds)

    def held_tags(self) -> frozenset[str]:
        """Every tag of every held item, whatever its state."""
        if self._held_tags is None:
            self._held_tags = frozenset([tag for item in self.items for tag in item.tags])
        return self._held_tags

    def stays_beside(self, item: Item, line: Line) -> bool:
        """Whether both would be held at once after the change."""
        if item.standing is None or item.standing is ENDED:
            return False
        return item.ends_on is None or item.ends_on > line.on

    def relation(self, line: Line, item: Item) -> Relation | None:
        """What the two say of each other under the brand that would hold; None: that brand is unknown."""
        target, other = line.offering, item.offering
        if target is None or other is None:
            return _UNKNOWN
        said = self.catalogue.relation(target, other)
        if line.kind == "main_plan" and other.brands and said is not _INCOMPATIBLE:
            brand = target.sets_brand or self.brand
            if brand is None:
                return None
            if brand not in other.brands:
                return _INCOMPATIBLE
        return said

    def is_bundled(self, line: Line) -> bool:
        """Whether a removal's item belongs to a plan or bundle that is still there on that day (clause 7)."""
        item = line.item
        if item is None or item.held is None:
            return False
        if item.origin is ON_TRIAL:
            return False  # a free trial is not part of the plan: S4 lets the customer end it before it costs
        parent, from_plan = self.parent(item), item.origin is BY_PLAN
        if parent is None and item.held.came_with is None:
            return from_plan  # which plan brought it is not known: it may still be there
        if parent is not None and self.stays_beside(parent, line):
            return from_plan or (parent.offering is not None and item.code in parent.offering.includes)
        new = self.new_plan
        if not from_plan or new is None or new.offering is None or new.on > line.on:
            return False
        return item.code in new.offering.includes

    def parent(self, item: Item) -> Item | None:
        """The item that brought this one: the one named, or the main plan for what came with a plan."""
        brought_by = item.held.came_with if item.held is not None else None
        if brought_by is not None:
            return next((each for each in self.items if each.id == brought_by), None)
        return self.plan if item.origin in (BY_PLAN, ON_TRIAL) else None


def _set_day(line: Line, on: date, plan_on: date | None) -> None:
    asked, offering, item = line.change.timing, line.offering, line.item
    if line.op == "cancel_reserved":
        line.timing = asked or _NOW
        line.on = on
        return
    if offering is None:
        line.timing = asked or _NEXT_MONTH
    else:
        offered = offering.add_timings if item is None else offering.remove_timings
        line.timing = asked or (offered[0] if offered else _NEXT_MONTH)
    line.on = starts_with(line.timing, on, plan_on, None if item is None else item.until)


def _earlier(one: date | None, other: date) -> date:
    return other if one is None or other < one else one


def _thing(change: ChangeItem, item: Item | None) -> tuple[str, ...]:
    """What a line is about: two lines about one thing are one line, and a mistake."""
    if item is not None:
        return "delete", item.id or ""
    return change.action, change.offering, change.held_id or ""


def _by_id(held: Held) -> str:
    return held.id


def _by_content(item: ChangeItem) -> tuple[str, str, str, str]:
    return item.action, item.offering, item.held_id or "", item.timing or ""


def _plan_first(line: Line) -> tuple[bool, str, str, str]:
    return line.op != "change_plan", line.op, line.code, (line.item.id or "") if line.item is not None else ""
