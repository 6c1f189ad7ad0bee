"""A catalogue as bitsets: which offerings have what a rule may look at. Pure; built once per catalogue."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date

from crm.core.catalog.engine import Catalogue
from crm.core.catalog.schemas import Offering, Timing
from crm.core.compatibility.rules import Trait
from crm.core.compatibility.traits import has_trait, price_state
from crm.platform.bitsets import Postings, bits_of, union, without

_TRAITS: tuple[Trait, ...] = ("includes", "trial", "retention", "losses", "stackable")
_AT_ONCE = frozenset((Timing.NOW, Timing.THIS_MONTH))
_REMEMBERED = 200  # relations of held offerings, 54 KB each for 200,000 offerings
Lists = dict[str, list[int]]


class TargetBits:
    """Sets of the offerings of one catalogue. The main plans come first, so that sets of plans are short."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        ordered = sorted(catalogue.offerings.values(), key=lambda each: (each.kind != "main_plan", each.code))
        self.codes: tuple[str, ...] = tuple(each.code for each in ordered)
        self.place: dict[str, int] = {code: place for place, code in enumerate(self.codes)}
        self.size = len(ordered)
        self.all = (1 << self.size) - 1
        self._relations: dict[str, tuple[int, int]] = {}
        self._read_features(ordered)
        self._read_references(ordered)
        self._read_terms(ordered)

    def of(self, code: str) -> int:
        """The set of this one offering; empty when the catalogue does not know it."""
        place = self.place.get(code)
        return 0 if place is None else 1 << place

    def meaning(self, references: Iterable[str]) -> int:
        """The offerings that any of the references (`code` or `tag:…`) means."""
        return union(self.tag[each[4:]] if each.startswith("tag:") else self.of(each) for each in references)

    def sale(self, on: date) -> dict[str, int]:
        """The offerings by sale state on that day; nothing in a catalogue is `unknown`."""
        upcoming = bits_of([place for place, start, _ in self._dated if start is not None and start > on])
        over = bits_of([place for place, _, end in self._dated if end is not None and end < on])
        expired = without(over, upcoming)
        return {
            "discontinued": self._discontinued,
            "upcoming": upcoming,
            "expired": expired,
            "on_sale": without(self.all, self._discontinued | upcoming | expired),
            "unknown": 0,
        }

    def relations(self, held: Offering) -> tuple[int, int]:
        """What the catalogue says is compatible and incompatible with a held offering; the rest is unknown.

        A statement that names the code beats one that names a tag; at the same level incompatible wins.
        """
        known = self._relations.get(held.code)
        if known is None:
            if len(self._relations) >= _REMEMBERED:
                self._relations.clear()
            known = self._relations[held.code] = self._said_of(held)
        return known

    def forget(self) -> None:
        """Let go of what was remembered of held offerings; answers stay the same."""
        self._relations.clear()

    def _said_of(self, held: Offering) -> tuple[int, int]:
        tags = ["tag:" + tag for tag in held.tags]
        compatible = incompatible = 0
        for by_tag, own in ((False, [held.code]), (True, tags)):
            said: list[int] = []
            for theirs, mine in (
                (self.incompatible, held.incompatible_with),
                (self.compatible, held.compatible_with),
            ):
                references = [each for each in mine if each.startswith("tag:") is by_tag]
                said.append(self.meaning(references) | theirs.any_of(own))
            open_still = without(self.all, compatible | incompatible)
            incompatible |= said[0] & open_still
            compatible |= without(said[1] & open_still, said[0])
        return compatible, incompatible

    def excluded_on(self, card: str, held: Offering) -> int:
        """The offerings that exclude a held one on such a card, or that it excludes."""
        own = [held.code, *("tag:" + tag for tag in held.tags)]
        theirs = self.excluding_on_card.any_of((card, each) for each in own)
        return theirs | self.meaning(held.card_exclusions.get(card, ()))

    def _read_features(self, ordered: list[Offering]) -> None:
        kinds, tags, prices, tiers = _lists(), _lists(), _lists(), _lists()
        traits: Lists = {trait: [] for trait in _TRAITS}
        at_once: list[int] = []
        discontinued: list[int] = []
        self._dated: list[tuple[int, date | None, date | None]] = []
        for place, each in enumerate(ordered):
            kinds[each.kind].append(place)
            prices[price_state(each)].append(place)
            for tag in each.tags:
                tags[tag].append(place)
            for trait in _TRAITS:
                if has_trait(each, trait):
                    traits[trait].append(place)
            if each.one_of:
                tiers[each.one_of].append(place)
            if each.add_timings and each.add_timings[0] in _AT_ONCE:
                at_once.append(place)
            if each.state != "on_sale":
                discontinued.append(place)
            elif each.valid_from is not None or each.valid_to is not None:
                self._dated.append((place, each.valid_from, each.valid_to))
        self.kind = {kind: bits_of(places) for kind, places in kinds.items()}
        self.price = {price: bits_of(places) for price, places in prices.items()}
        self.trait = {trait: bits_of(places) for trait, places in traits.items()}
        self.tag = Postings(tags)
        self.tier = Postings(tiers)
        self._discontinued = bits_of(discontinued)
        self.plans = self.kind.get("main_plan", 0)
        self.others = without(self.all, self.plans)
        self.at_once = bits_of(at_once)  # what begins on the day of the order
        self.later = without(self.all, self.at_once)  # on the first of the next month

    def _read_references(self, ordered: list[Offering]) -> None:
        included, required, compatible, incompatible = _lists(), _lists(), _lists(), _lists()
        cards: dict[tuple[str, str], list[int]] = defaultdict(list)
        needs: dict[int, list[int]] = defaultdict(list)
        for place, each in enumerate(ordered):
            for references, into in (
                (each.includes, included),
                (each.requires, required),
                (each.compatible_with, compatible),
                (each.incompatible_with, incompatible),
            ):
                for reference in references:
                    into[reference].append(place)
            for card, references in each.card_exclusions.items():
                for reference in references:
                    cards[card, reference].append(place)
            if each.requires:
                needs[len(set(each.requires))].append(place)
        self.including = Postings(included)
        self.requiring = Postings(required)
        self.compatible = Postings(compatible)
        self.incompatible = Postings(incompatible)
        self.excluding_on_card = Postings(cards)
        self.needs = {count: bits_of(places) for count, places in needs.items()}

    def _read_terms(self, ordered: list[Offering]) -> None:
        brands, sets = _lists(), _lists()
        outside: list[int] = []
        sold: dict[tuple[str, ...], list[int]] = defaultdict(list)
        closes: dict[tuple[tuple[str, int], ...], list[int]] = defaultdict(list)
        groups: dict[tuple[str, int], list[int]] = defaultdict(list)
        months: dict[tuple[str, int], list[int]] = defaultdict(list)
        for place, each in enumerate(ordered):
            for brand in each.brands:
                brands[brand].append(place)
            if each.sets_brand:
                sets[each.sets_brand].append(place)
            if each.brands and each.sets_brand and each.sets_brand not in each.brands:
                outside.append(place)
            if each.sale_channels:
                sold[each.sale_channels].append(place)
            if each.last_day_closes:
                closes[tuple(sorted(each.last_day_closes.items()))].append(place)
            for pair in each.group_limits.items():
                groups[pair].append(place)
            for pair in each.month_limits.items():
                months[pair].append(place)
        self.brand = {brand: bits_of(places) for brand, places in brands.items()}
        self.limited_to_brands = union(self.brand.values())
        self.sets_brand = {brand: self.plans & bits_of(places) for brand, places in sets.items()}
        self.keeps_brand = without(self.all, union(self.sets_brand.values()))
        self.outside_own_brand = self.plans & bits_of(outside)
        self.sold_in = {channels: bits_of(places) for channels, places in sold.items()}
        self.closing = {hours: bits_of(places) for hours, places in closes.items()}
        self.group_limits, self.groups = Postings(groups), _counts(groups)
        self.month_limits, self.months = Postings(months), _counts(months)
        self.closed_groups = frozenset(group for group, limit in groups if limit <= 0)
        self.closed_months = frozenset(group for group, limit in months if limit <= 0)


def _lists() -> defaultdict[str, list[int]]:
    return defaultdict(list)


def _counts(limits: Iterable[tuple[str, int]]) -> dict[str, tuple[int, ...]]:
    """The limits that any offering sets, by group."""
    found: defaultdict[str, list[int]] = defaultdict(list)
    for group, limit in sorted(limits):
        found[group].append(limit)
    return {group: tuple(each) for group, each in found.items()}
