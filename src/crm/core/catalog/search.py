"""Finding offerings by what an agent types: name, part of it, a slip, pinyin, code, tag or price. Pure."""

import re
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from crm.core.catalog.folding import fold, grams, is_chinese, spell, syllables, words_of
from crm.core.catalog.schemas import KIND_NAMES, Offering, OfferingHit, OfferingPage, OfferingQuery, SortBy

_PRICE = re.compile(r"(\d{1,5}(?:\.\d{1,2})?)(?:元|块|rmb)?(?:档|每月|包月)?")
_LEAST_ALIKE = 0.45  # share of a word's letter pairs that a name must hold to be a slip of it
_NOT_ON_SALE = 0.6
_REMEMBERED = 50_000  # scores kept between searches, about 5 MB
_ALLOWANCES = {SortBy.DATA: "data_mb", SortBy.MINUTES: "voice_minutes"}
_KIND_ORDER = {kind: place for place, kind in enumerate(KIND_NAMES)}


class _Entry(NamedTuple):
    offering: Offering
    name: str
    code: str
    tags: tuple[str, ...]
    initials: str
    full: str
    starts: frozenset[int]  # where a syllable of `full` begins
    prices: frozenset[int]
    text: str  # everything a word may be part of
    weight: float


class OfferingSearch:
    """An index over one catalogue; built once per load, read by every request."""

    def __init__(self, offerings: Iterable[Offering]) -> None:
        self._entries = sorted(map(_entry, offerings), key=lambda entry: _order(SortBy.CATALOGUE, entry))
        self._ranks = {
            by: self._ranked(by) for by in SortBy if by not in (SortBy.RELEVANCE, SortBy.CATALOGUE)
        }
        self._grams: dict[str, list[int]] = {}
        self._prices: dict[int, list[int]] = {}
        self._remembered: dict[str, dict[int, float]] = {}
        self._room = _REMEMBERED
        for place, entry in enumerate(self._entries):
            for price in entry.prices:
                self._prices.setdefault(price, []).append(place)
            for gram in set(grams(entry.name)):
                self._grams.setdefault(gram, []).append(place)

    def _ranked(self, by: SortBy) -> "array[int]":
        """The rank of each place under an order: worked out once, because a key takes its time."""
        entries = self._entries
        ranks = array("I", bytes(4 * len(entries)))
        for rank, place in enumerate(sorted(range(len(entries)), key=lambda at: _order(by, entries[at]))):
            ranks[place] = rank
        return ranks

    def find(self, query: OfferingQuery, mark: Callable[[str], str] | None = None) -> OfferingPage:
        """The page of hits and how many there are in all; nothing typed means everything.

        Any text is safe; at most four words of the first 64 characters are read. When no offering matches
        every word, those that match most of them are shown. `mark` sorts codes into what `query.marks` asks
        for; hits of other marks are counted, not shown.
        """
        words = words_of(query.words)
        if words:
            scores = self._scores(words)
        else:
            scores = {} if query.words.strip() else dict.fromkeys(range(len(self._entries)), 0.0)
        entries = self._entries
        places = [place for place in scores if _admits(entries[place].offering, query)]
        marks = {} if mark is None else {place: mark(entries[place].code) for place in places}
        if query.marks:
            wanted = frozenset(query.marks)
            places = [place for place in places if marks.get(place) in wanted]
        if query.sort is SortBy.CATALOGUE:
            places.sort()
        elif query.sort is not SortBy.RELEVANCE:
            places.sort(key=self._ranks[query.sort].__getitem__)
        elif words:
            places.sort(key=lambda place: (-scores[place], len(entries[place].name), entries[place].code))
        shown = [
            OfferingHit(entries[place].offering, scores[place], marks.get(place, ""))
            for place in places[query.offset : query.offset + query.limit]
        ]
        return OfferingPage(tuple(shown), len(places), dict(Counter(marks.values())))

    def _scores(self, words: Sequence[str]) -> dict[int, float]:
        """Offerings that match as many of the words as any does: one slip does not end the search."""
        by_word = [self._scores_of(word) for word in words]
        scores: dict[int, float] = {}
        counts: dict[int, int] = {}
        for found in by_word:
            for place, score in found.items():
                scores[place] = scores.get(place, 0.0) + score
                counts[place] = counts.get(place, 0) + 1
        most = max(counts.values(), default=0)
        return {
            place: self._entries[place].weight * score
            for place, score in scores.items()
            if counts[place] == most
        }

    def _scores_of(self, word: str) -> dict[int, float]:
        known = self._remembered.get(word)
        if known is not None:
            return known
        found = self._look_up(word)
        # Agents type on: the words before the last come again with every key.
        self._room -= len(found) + 1
        if self._room < 0:
            self._remembered.clear()
            self._room = _REMEMBERED
        self._remembered[word] = found
        return found

    def _look_up(self, word: str) -> dict[int, float]:
        price = _price_of(word)
        found = {
            place: _literal(word, entry) for place, entry in enumerate(self._entries) if word in entry.text
        }
        if price is not None:
            for place in self._prices.get(price, ()):
                found[place] = max(found.get(place, 0.0), 70.0)
        if word.isascii():
            if len(word) >= 2:
                self._add_pinyin(word, found)
        elif price is None and not found:
            self._add_slips(word, found)
        return found

    def _add_pinyin(self, word: str, found: dict[int, float]) -> None:
        for place, entry in enumerate(self._entries):
            if word in entry.initials:
                lead = 58.0 if entry.initials.startswith(word) else 40.0
                score = lead + 20.0 * len(word) / len(entry.initials)
            elif word in entry.full and entry.full.find(word) in entry.starts:
                lead = 56.0 if entry.full.startswith(word) else 38.0
                score = lead + 20.0 * len(word) / len(entry.full)
            else:
                continue
            found[place] = max(found.get(place, 0.0), score)

    def _add_slips(self, word: str, found: dict[int, float]) -> None:
        """Names that share most letter pairs with the word, or sound the same."""
        if len(word) < 2 or not is_chinese(word):
            return
        pairs = set(grams(word))
        shared: dict[int, int] = {}
        for pair in pairs:
            for place in self._grams.get(pair, ()):
                shared[place] = shared.get(place, 0) + 1
        for place, count in shared.items():
            alike = count / len(pairs)
            if alike >= _LEAST_ALIKE and place not in found:
                found[place] = 35.0 * alike
        sound = spell(word)[1]
        for place, entry in enumerate(self._entries):
            if sound in entry.full and entry.full.find(sound) in entry.starts:
                found[place] = max(found.get(place, 0.0), 33.0 + 10.0 * len(sound) / len(entry.full))


def _entry(offering: Offering) -> _Entry:
    name = fold(offering.name)
    initials, full = spell(name)
    starts: list[int] = []
    at = 0
    for syllable in syllables(name):
        starts.append(at)
        at += len(syllable)
    brands = (offering.sets_brand,) if offering.sets_brand else offering.brands
    tags = tuple(fold(tag) for tag in (*offering.tags, KIND_NAMES[offering.kind], *brands))
    code = offering.code
    prices = frozenset(fee for fee in (offering.monthly_fee_fen, offering.one_off_fee_fen) if fee)
    weight = 1.0 if offering.state == "on_sale" else _NOT_ON_SALE
    text = "\n".join((name, code, fold(code), *tags))
    return _Entry(offering, name, code, tags, initials, full, frozenset(starts), prices, text, weight)


def _literal(word: str, entry: _Entry) -> float:
    """How well a word that stands in the entry as typed fits it."""
    if word in (entry.name, entry.code):
        return 120.0
    at = entry.name.find(word)
    if at >= 0:
        return (62.0 if at == 0 else 50.0) + 30.0 * len(word) / len(entry.name)
    if entry.code.startswith(word):
        return 55.0
    if word in entry.tags:
        return 46.0
    return 30.0 if any(word in tag for tag in entry.tags) else 25.0


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


def _order(by: SortBy, entry: _Entry) -> tuple[int | str, ...]:
    if by is SortBy.NAME:
        return (entry.full, entry.code)
    price = _price_key(entry.offering)
    if by is SortBy.PRICE:
        return (*price, entry.full)
    gone = entry.offering.state != "on_sale"
    if by is SortBy.FEE:
        return (gone, entry.offering.kind != "main_plan", *price, entry.full)
    if by is SortBy.DATA or by is SortBy.MINUTES:
        return (gone, -_allowed(entry.offering, _ALLOWANCES[by]), *price, entry.full)
    return (gone, _KIND_ORDER[entry.offering.kind], *price, entry.full)


def _allowed(offering: Offering, kind: str) -> int:
    """How much of a kind of allowance the offering includes, whatever its scope."""
    return sum(each.amount for each in offering.allowances if each.kind == kind)


def _price_key(offering: Offering) -> tuple[bool, int]:
    fee = offering.monthly_fee_fen
    return (fee is None, 0 if fee is None else fee + offering.one_off_fee_fen)
