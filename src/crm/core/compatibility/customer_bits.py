"""What one customer's held products mean for every offering at once: what stays, what collides. Pure.

The basket meant is always one line, "add this offering", with the offering's own default timing.
"""

from datetime import timedelta
from typing import NamedTuple

from crm.core.catalog.schemas import Relation
from crm.core.compatibility.calendar import first_of_next_month, same_month
from crm.core.compatibility.items import Item
from crm.core.compatibility.rules import HeldWanted, Link, Step
from crm.core.compatibility.schemas import Change, ChangeItem, Facts, HeldState
from crm.core.compatibility.situation import Situation
from crm.core.compatibility.target_bits import TargetBits
from crm.core.compatibility.traits import sale_state
from crm.platform.bitsets import union, without

_DAY = timedelta(days=1)
_PRESENT = (HeldState.ACTIVE, HeldState.RESERVED)
_ANY_ADD = ChangeItem(action="add", offering="")  # no catalogue has it: what is held is read, nothing changes


class Answer(NamedTuple):
    """For which offerings a condition may hold, and for which of these a fact is missing to be sure."""

    maybe: int
    doubt: int


NO = Answer(0, 0)


class HeldAsked(NamedTuple):
    """A condition on another item, with the losses that must (not) have been told about it."""

    wanted: HeldWanted
    losses: tuple[bool, ...] = ()


def both(one: Answer, other: Answer) -> Answer:
    """Where both conditions may hold."""
    maybe = one.maybe & other.maybe
    return Answer(maybe, maybe & (one.doubt | other.doubt))


class CustomerBits:
    """One customer against a whole catalogue, on one channel and day. Everything is worked out when asked."""

    def __init__(self, facts: Facts, channel: str, recorded: tuple[str, ...], targets: TargetBits) -> None:
        """Raises HeldTwice."""
        change = Change(items=(_ANY_ADD,), channel=channel, recorded=recorded)
        self.s = Situation(change, facts, targets.catalogue)
        self.targets = targets
        self.sure = Answer(targets.all, 0)
        self.unsure = Answer(targets.all, targets.all)
        self.next_month = first_of_next_month(facts.on)
        self.items: tuple[Item, ...] = tuple([each for each in self.s.items if each.standing is not None])
        self.ends_with_plan: tuple[int, ...] = tuple([self._ends_with_plan(each) for each in self.items])
        self.stays: tuple[int, ...] = tuple([self._stays(place) for place in range(len(self.items))])
        self._by_tag: dict[str, list[int]] = {}
        self._known = [place for place, item in enumerate(self.items) if item.offering is not None]
        for place in self._known:
            for tag in self.items[place].tags:
                self._by_tag.setdefault(tag, []).append(place)
        self.cancelled: list[int] = [0] * len(self.items)  # for which offerings stratum 1 cancels the item
        self._masks: dict[tuple[object, ...], Answer] = {}

    def cancel(self, place: int, bits: int) -> None:
        """Stratum 1 cancels an item if one of these is added; stratum 2 is to see it."""
        if bits:
            self.cancelled[place] |= bits
            self._masks.clear()

    def candidates(self, wanted: HeldWanted) -> list[int]:
        """The places of the items that may be wanted: by tag where one is asked for."""
        if not wanted.tag:
            return self._known
        return sorted({place for tag in wanted.tag for place in self._by_tag.get(tag, ())})

    def item_answer(self, place: int, asked: HeldAsked) -> Answer:
        """For which offerings an item is what a rule wants; the same object for the same reasons."""
        item, wanted = self.items[place], asked.wanted
        if not _is_wanted(item, wanted) or (wanted.sale and not self._is_on_sale(item, wanted)):
            return NO
        for told in asked.losses:
            if (f"losses:{item.id}" in self.s.recorded) is not told:
                return NO
        doubtful = wanted.bound is not None and item.bound is None
        if wanted.bound is not None and not doubtful and item.bound is not wanted.bound:
            return NO
        key = (place, wanted.stays, wanted.relation, wanted.link, wanted.link_not, doubtful)
        known = self._masks.get(key)
        if known is None:
            known = self._masks[key] = self._mask(place, wanted, doubtful)
        return known

    def _is_on_sale(self, item: Item, wanted: HeldWanted) -> bool:
        return sale_state(item.offering, self.s.on) in wanted.sale

    def _mask(self, place: int, wanted: HeldWanted, doubtful: bool) -> Answer:
        found = self.sure
        if wanted.stays is not None:
            stays = self.stays[place]
            found = Answer(stays if wanted.stays else without(self.targets.all, stays), 0)
        if wanted.relation:
            found = both(found, self._relation(place, wanted.relation))
        if wanted.link:
            found = both(found, self._linked(place, wanted.link))
        if wanted.link_not:
            maybe, doubt = self._linked(place, wanted.link_not)
            found = both(found, Answer(without(self.targets.all, without(maybe, doubt)), doubt))
        return Answer(found.maybe, found.maybe) if doubtful else found

    def _ends_with_plan(self, item: Item) -> int:
        """The new main plans with which the item goes, because it came with the old one."""
        if item.standing is not HeldState.ACTIVE or item.kind == "main_plan":
            return 0
        if not self.s.came_with_plan(item):
            return 0
        return without(self.targets.plans, self.targets.including[item.code])

    def _stays(self, place: int) -> int:
        item, targets = self.items[place], self.targets
        if item.standing is HeldState.ENDED:
            return 0
        # What has not ended is there today; what ends by the next month is not beside what begins then.
        stays = targets.all
        if item.ends_on is not None and item.ends_on <= self.next_month:
            stays = targets.at_once
        if item.standing is HeldState.ACTIVE and item.kind == "main_plan":
            return without(stays, without(targets.plans, targets.of(item.code)))
        return without(stays, self.ends_with_plan[place])

    def _relation(self, place: int, wanted: tuple[Relation, ...]) -> Answer:
        item, targets = self.items[place], self.targets
        assert item.offering is not None
        compatible, incompatible = targets.relations(item.offering)
        doubt = 0
        if item.offering.brands:
            allowed, doubt = self._brands_of_plans(item.offering.brands)
            doubt = without(doubt, incompatible)
            incompatible |= without(targets.plans, allowed | doubt)
            compatible = without(compatible, incompatible | doubt)
        sets = {
            Relation.COMPATIBLE: compatible,
            Relation.INCOMPATIBLE: incompatible,
            Relation.UNKNOWN: without(targets.all, compatible | incompatible | doubt),
        }
        return Answer(union(sets[each] for each in set(wanted)) | doubt, doubt)

    def _brands_of_plans(self, brands: tuple[str, ...]) -> tuple[int, int]:
        """The plans under which the line has one of the brands, and those that hang on an unknown brand."""
        targets, brand = self.targets, self.s.brand
        allowed = union(targets.sets_brand.get(each, 0) for each in brands)
        keeps = targets.keeps_brand & targets.plans
        if brand is None:
            return allowed, keeps
        return (allowed | keeps if brand in brands else allowed), 0

    def _linked(self, place: int, links: tuple[Link, ...]) -> Answer:
        answers = [self._link(place, link) for link in links]
        surely = union(without(each.maybe, each.doubt) for each in answers)
        doubt = without(union(each.doubt for each in answers), surely)
        return Answer(surely | doubt, doubt)

    def _link(self, place: int, link: Link) -> Answer:
        item, targets = self.items[place], self.targets
        assert item.offering is not None
        if link == "card_excludes":
            return self._card_excludes(item)
        if link == "same_offering":
            return Answer(targets.of(item.code), 0)
        if link == "same_tier":
            tier = targets.tier[item.offering.one_of] if item.offering.one_of else 0
            return Answer(without(tier, targets.of(item.code)), 0)
        if link == "included_in_target":
            return Answer(targets.including[item.code], 0)
        if link == "ends_with_plan":
            return Answer(self.ends_with_plan[place], 0)
        if link == "left_alone":
            return Answer(self._left_alone(place, item.offering.requires), 0)
        assert link == "came_with_target", link  # what is only being added has brought nothing
        return NO

    def _card_excludes(self, item: Item) -> Answer:
        assert item.offering is not None
        card = self.s.facts.subscriber.card
        if card is not None:
            held = "secondary" if card == "secondary" else "main"
            return Answer(self.targets.excluded_on(held, item.offering), 0)
        main, second = [self.targets.excluded_on(each, item.offering) for each in ("main", "secondary")]
        return Answer(main | second, main ^ second)

    def _left_alone(self, place: int, requires: tuple[str, ...]) -> int:
        """Where the item stays, and something it requires goes with nothing in its place."""
        found = 0
        for reference in requires:
            going, staying = 0, self.targets.meaning((reference,))
            for at in self.present(reference):
                leaves = self.targets.plans if self.items[at].kind == "main_plan" else self.ends_with_plan[at]
                going |= self.cancelled[at] | without(leaves, self.stays[at])
                staying |= without(self.stays[at], self.cancelled[at])
            found |= without(going, staying)
        return found & without(self.stays[place], self.cancelled[place])

    def present(self, reference: str) -> list[int]:
        """The places of the items a catalogue reference means, ended ones left out."""
        return [
            place
            for place, item in enumerate(self.items)
            if item.standing is not HeldState.ENDED
            and (reference[4:] in item.tags if reference.startswith("tag:") else reference == item.code)
        ]

    def begun(self, item: Item) -> int:
        """The offerings that would begin in the calendar month in which the item began."""
        start = None if item.held is None else item.held.starts_on
        if start is None:
            return 0
        now = self.targets.at_once if same_month(start, self.s.on) else 0
        return now | (self.targets.later if same_month(start, self.next_month) else 0)

    def is_last_day(self) -> bool:
        """Whether the month ends with the as-of day."""
        return not same_month(self.s.on, self.s.on + _DAY)


def _is_wanted(item: Item, wanted: HeldWanted) -> bool:
    """What hangs on the item alone."""
    if item.standing not in (wanted.state or _PRESENT):
        return False
    if wanted.offering and item.code not in wanted.offering:
        return False
    kind = item.kind or ""
    if (wanted.kind and kind not in wanted.kind) or kind in wanted.kind_not:
        return False
    if wanted.origin and item.origin not in wanted.origin:
        return False
    if item.origin in wanted.origin_not:
        return False
    if wanted.tag and set(wanted.tag).isdisjoint(item.tags):
        return False
    return not wanted.tag_not or set(wanted.tag_not).isdisjoint(item.tags)


def recorded_codes(recorded: frozenset[str], step: Step) -> list[str]:
    """The offerings about which a step has been taken on this call."""
    lead = f"{step}:"
    return [key.removeprefix(lead) for key in sorted(recorded) if key.startswith(lead)]
