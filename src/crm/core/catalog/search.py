"""Finding offerings by what an agent types: name, part of it, a slip, pinyin, code, tag or price. Pure.

Sets of offerings are whole numbers (`crm.platform.bitsets`), bit n for the offering at place n; places are in
the order of `place_order`. How well a word fits hangs on few things (where it stands, how long the name is),
so that a word divides the catalogue into few sets of equal score; only the page asked for is put in order.
"""

import heapq
import re
from array import array
from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import NamedTuple

from crm.core.catalog.folding import fold, grams, is_chinese, words_of
from crm.core.catalog.orders import order_key, place_order
from crm.core.catalog.schemas import (
    KIND_NAMES,
    Marks,
    Offering,
    OfferingHit,
    OfferingPage,
    OfferingQuery,
    SortBy,
)
from crm.core.catalog.spelling import Spelling
from crm.core.catalog.text_index import TextIndex, by_length
from crm.platform.bitsets import Postings, at_least, bits_of, places_of, union, without

_PRICE = re.compile(r"(\d{1,5}(?:\.\d{1,2})?)(?:元|块|rmb)?(?:档|每月|包月)?")
_LETTER = re.compile("[a-z]")
_LEAST_ALIKE = 0.45  # share of a word's letter pairs that a name must hold to be a slip of it
_NOT_ON_SALE = 0.6
_REMEMBERED = 24  # words: agents type on, and those before the last come again with every key
_FEW = 12_000  # so many are put in order; of more, the order is walked until the page is full


class Scored(NamedTuple):
    """Offerings that a word, or all words, fit equally well."""

    score: float
    bits: int


class OfferingSearch:
    """An index over one catalogue; built once per load, read by every request."""

    def __init__(self, offerings: Iterable[Offering]) -> None:
        self._offerings = sorted(offerings, key=place_order)
        self.codes: tuple[str, ...] = tuple(each.code for each in self._offerings)
        self._all = (1 << len(self.codes)) - 1
        names = [fold(each.name) for each in self._offerings]
        self._names = TextIndex(names)
        self._coded = TextIndex([fold(code) for code in self.codes])
        self._spelling = Spelling(self._names.runs)
        self._full = [self._spelling.full(name) for name in names]
        self._initials = [self._spelling.initials(name) for name in names]
        self._full_lengths = by_length(self._full)
        self._initial_lengths = by_length(self._initials)
        self._orders = {by: self._ordered(by, self._full) for by in SortBy if by is not SortBy.RELEVANCE}
        self._ranks = {by: _inverse(order) for by, order in self._orders.items()}
        self._read_features()
        self._remembered: OrderedDict[str, tuple[Scored, ...]] = OrderedDict()
        self._agreed: object = None

    def _read_features(self) -> None:
        alike: defaultdict[tuple[object, ...], list[int]] = defaultdict(list)
        tags: defaultdict[str, list[int]] = defaultdict(list)
        prices: defaultdict[int, list[int]] = defaultdict(list)
        for place, each in enumerate(self._offerings):
            alike[each.kind, each.state, each.sets_brand, each.brands].append(place)
            brands = (each.sets_brand,) if each.sets_brand else each.brands
            for tag in {*each.tags, KIND_NAMES[each.kind], *brands}:
                tags[tag].append(place)
            for fee in {each.monthly_fee_fen, each.one_off_fee_fen}:
                if fee:
                    prices[fee].append(place)
        self._alike = [(self._offerings[places[0]], bits_of(places)) for places in alike.values()]
        self._on_sale = union(bits for one, bits in self._alike if one.state == "on_sale")
        self._tags, self._prices = Postings(tags), Postings(prices)
        self._tag_texts = [(fold(tag), tag) for tag in tags]

    def _ordered(self, by: SortBy, full: Sequence[str]) -> "array[int]":
        """The places in an order: worked out once, because a key takes its time."""
        keys = [order_key(by, each, spelled) for each, spelled in zip(self._offerings, full, strict=True)]
        return array("I", sorted(range(len(keys)), key=keys.__getitem__))

    def find(self, query: OfferingQuery, marks: Marks | None = None) -> OfferingPage:
        """The page of hits and how many there are in all; nothing typed means everything.

        Any text is safe; at most four words of the first 64 characters are read. When no offering matches
        every word, those that match most of them are shown. `marks` says what kinds of hits `query.marks` may
        ask for; hits of other marks are counted, not shown.
        """
        words = words_of(query.words)
        groups = self._scored(words)
        if not query.words.strip():
            groups = [Scored(0.0, self._all)]
        matching = union(each.bits for each in groups) & self._admitted(query)
        marked: Mapping[str, int] = {} if marks is None else self._marked(marks)
        by_mark = {mark: (bits & matching).bit_count() for mark, bits in marked.items()}
        if query.marks:
            matching &= union(marked.get(mark, 0) for mark in set(query.marks))
        if query.sort is SortBy.RELEVANCE:
            places = _best(groups, matching, query)
        else:
            places = self._page(matching, query)
        hits = [
            OfferingHit(self._offerings[place], _score(groups, place), _mark(marked, place))
            for place in places
        ]
        return OfferingPage(tuple(hits), matching.bit_count(), {m: n for m, n in by_mark.items() if n})

    def forget(self) -> None:
        """Let go of the words remembered; answers stay the same."""
        self._remembered.clear()

    def _page(self, matching: int, query: OfferingQuery) -> list[int]:
        last = query.offset + query.limit
        if matching.bit_count() <= _FEW:
            rank = self._ranks[query.sort].__getitem__
            return heapq.nsmallest(last, places_of(matching), key=rank)[query.offset :]
        row = matching.to_bytes((len(self.codes) >> 3) + 1, "little")
        found = (place for place in self._orders[query.sort] if row[place >> 3] >> (place & 7) & 1)
        return list(islice(found, query.offset, last))

    def _marked(self, marks: Marks) -> Mapping[str, int]:
        """The sets of the marks by our places: the same places unless the catalogue has just changed."""
        if marks.codes is self._agreed or marks.codes == self.codes:
            self._agreed = marks.codes
            return marks.sets
        at = {code: place for place, code in enumerate(self.codes)}
        return {
            mark: bits_of([at[marks.codes[place]] for place in places_of(bits) if marks.codes[place] in at])
            for mark, bits in marks.sets.items()
        }

    def _admitted(self, query: OfferingQuery) -> int:
        if query.kind is None and query.state is None and query.brand is None:
            return self._all
        return union(bits for one, bits in self._alike if _admits(one, query))

    def _scored(self, words: Sequence[str]) -> list[Scored]:
        """Offerings that match as many of the words as any does: one slip does not end the search."""
        by_word = [self._fitting(word) for word in words]
        sets = [union(each.bits for each in found) for found in by_word]
        most = next((n for n in range(len(words), 0, -1) if at_least(n, sets, self._all)), 0)
        if not most:
            return []
        groups = [Scored(0.0, at_least(most, sets, self._all))]
        for found, bits in zip(by_word, sets, strict=True):
            parts = [*found, Scored(0.0, without(self._all, bits))]
            groups = [
                Scored(one.score + two.score, both)
                for one in groups
                for two in parts
                if (both := one.bits & two.bits)
            ]
        weighed = [Scored(each.score, each.bits & self._on_sale) for each in groups]
        weighed += [Scored(each.score * _NOT_ON_SALE, without(each.bits, self._on_sale)) for each in groups]
        return sorted((each for each in weighed if each.bits), key=lambda each: -each.score)

    def _fitting(self, word: str) -> tuple[Scored, ...]:
        known = self._remembered.get(word)
        if known is None:
            known = self._remembered[word] = _disjoint(self._look_up(word))
            if len(self._remembered) > _REMEMBERED:
                self._remembered.popitem(last=False)
        return known

    def _look_up(self, word: str) -> list[Scored]:
        price = _price_of(word)
        found = list(self._literal(word))
        if price is not None:
            found.append(Scored(70.0, self._prices[price]))
        if word.isascii():
            if len(word) >= 2 and _LETTER.search(word):
                found += self._spelled(word)
        elif price is None and not any(each.bits for each in found):
            found += self._slips(word)
        return found

    def _literal(self, word: str) -> Iterator[Scored]:
        """How well a word fits that stands in name, code or tags as typed."""
        names, codes = self._names, self._coded
        held, coded = names.holding(word), codes.holding(word)
        begun, code = names.starting(word, held), codes.starting(word, coded)
        same_code = code & codes.lengths.get(len(word), 0)
        yield Scored(120.0, begun & names.lengths.get(len(word), 0) | same_code)
        yield from _by_length(62.0, 30.0, word, begun, names.lengths)
        yield from _by_length(50.0, 30.0, word, held, names.lengths)
        yield Scored(55.0, code)
        yield Scored(46.0, self._tags.any_of(tag for folded, tag in self._tag_texts if word == folded))
        yield Scored(30.0, self._tags.any_of(tag for folded, tag in self._tag_texts if word in folded))
        yield Scored(25.0, coded)

    def _spelled(self, word: str) -> Iterator[Scored]:
        names, how = self._names, self._spelling
        for lead, less, begins, holds, spelled, lengths in (
            (58.0, 40.0, how.begins_initials, how.holds_initials, self._initials, self._initial_lengths),
            (56.0, 38.0, how.begins_full, how.holds_full, self._full, self._full_lengths),
        ):
            held = names.holding(word, holds, spelled)
            yield from _by_length(lead, 20.0, word, names.starting(word, held, begins, spelled), lengths)
            yield from _by_length(less, 20.0, word, held, lengths)

    def _slips(self, word: str) -> Iterator[Scored]:
        """Names that share most letter pairs with the word, or sound the same."""
        if len(word) < 2 or not is_chinese(word):
            return
        pairs = set(grams(word))
        sets = [self._names.holding(pair) for pair in pairs]
        for count in range(len(pairs), 0, -1):
            if count / len(pairs) >= _LEAST_ALIKE:
                yield Scored(35.0 * count / len(pairs), at_least(count, sets, self._all))
        sound = self._spelling.full(word)
        heard = self._names.holding(sound, self._spelling.holds_full, self._full)
        yield from _by_length(33.0, 10.0, sound, heard, self._full_lengths)


def _by_length(
    lead: float, share: float, word: str, bits: int, lengths: Mapping[int, int]
) -> Iterator[Scored]:
    """The longer a text is, the less a word fits it that stands in it."""
    for length, texts in lengths.items():
        if both := bits & texts:
            yield Scored(lead + share * len(word) / length, both)


def _disjoint(groups: Iterable[Scored]) -> tuple[Scored, ...]:
    """Every offering where it scores best, the best first."""
    found: list[Scored] = []
    seen = 0
    for score, bits in sorted(groups, key=lambda each: -each.score):
        fresh = without(bits, seen)
        if fresh:
            found.append(Scored(score, fresh))
            seen |= fresh
    return tuple(found)


def _best(groups: Sequence[Scored], matching: int, query: OfferingQuery) -> list[int]:
    best = (place for each in groups for place in places_of(each.bits & matching))
    return list(islice(best, query.offset, query.offset + query.limit))


def _score(groups: Sequence[Scored], place: int) -> float:
    return next(each.score for each in groups if each.bits >> place & 1)


def _mark(marked: Mapping[str, int], place: int) -> str:
    return next((mark for mark, bits in marked.items() if bits >> place & 1), "")


def _inverse(order: "array[int]") -> "array[int]":
    ranks = array("I", bytes(4 * len(order)))
    for rank, place in enumerate(order):
        ranks[place] = rank
    return ranks


def _price_of(word: str) -> int | None:
    said = _PRICE.fullmatch(word)
    return round(float(said.group(1)) * 100) if said else None


def _admits(offering: Offering, query: OfferingQuery) -> bool:
    if query.kind is not None and offering.kind is not query.kind:
        return False
    if query.state is not None and offering.state != query.state:
        return False
    if query.brand is None:
        return True
    if offering.sets_brand:
        return offering.sets_brand == query.brand
    return not offering.brands or query.brand in offering.brands
