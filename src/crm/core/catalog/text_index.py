"""Which of many texts a word fits: sets of places by the runs of letters that the texts are made of. Pure.

Names differ in their numbers; the runs between the numbers are few. A word without a digit lies within one
run, so that asking the runs is enough; for one with a digit the texts are narrowed by runs and by pairs of
letters with a digit, and what is left is looked at.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Sequence

from crm.platform.bitsets import Postings, bits_of, places_of

_RUN = re.compile(r"\D+")
_NUMERIC_PAIR = re.compile(r"(?=(\d.|.\d))", re.DOTALL)
Fits = Callable[[str, str], bool]


def holds(word: str, text: str) -> bool:
    """Whether the word stands anywhere in the text."""
    return word in text


def begins(word: str, text: str) -> bool:
    """Whether the text begins with the word."""
    return text.startswith(word)


class TextIndex:
    """An index over texts, whose places are their numbers in the sequence."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = texts
        self._all = (1 << len(texts)) - 1
        runs: defaultdict[str, list[int]] = defaultdict(list)
        leads: defaultdict[str, list[int]] = defaultdict(list)
        pairs: defaultdict[str, list[int]] = defaultdict(list)
        first: defaultdict[str, list[int]] = defaultdict(list)
        for place, text in enumerate(texts):
            found = _RUN.findall(text)
            first[text[:1]].append(place)
            if found and text.startswith(found[0]):
                leads[found[0]].append(place)
            for run in found if len(found) < 2 else set(found):
                runs[run].append(place)
            for pair in set(_NUMERIC_PAIR.findall(text)) or _lone_digit(text):
                pairs[pair].append(place)
        self._runs, self._leads, self._pairs = Postings(runs), Postings(leads), Postings(pairs)
        self._first = Postings(first)
        self.runs, self._lead_texts, self._pair_texts = tuple(runs), tuple(leads), tuple(pairs)
        self.lengths = by_length(texts)

    def holding(self, word: str, fits: Fits = holds, spelled: Sequence[str] | None = None) -> int:
        """The texts in which the word stands, or, as `fits` says of a run of theirs, whose spelling has it.

        With a digit in the word it may begin anywhere in the spelling.
        """
        if not _has_digit(word):
            return self._runs.any_of(run for run in self.runs if fits(word, run))
        found = self._narrowed(word, fits, spelled is None)
        if spelled is None and len(word) <= 2:
            return found
        texts = spelled or self._texts
        return bits_of([place for place in places_of(found) if word in texts[place]])

    def starting(
        self, word: str, among: int, fits: Fits = begins, spelled: Sequence[str] | None = None
    ) -> int:
        """Those of the texts that hold the word which begin with it."""
        if not _has_digit(word):
            return self._leads.any_of(run for run in self._lead_texts if fits(word, run))
        texts = spelled or self._texts
        if spelled is None:
            among &= self._first[word[0]]
        return bits_of([place for place in places_of(among) if texts[place].startswith(word)])

    def _narrowed(self, word: str, fits: Fits, literal: bool) -> int:
        if len(word) == 1:
            return self._pairs.any_of(pair for pair in self._pair_texts if word in pair)
        found = self._all
        for pair in set(_NUMERIC_PAIR.findall(word)):
            # What is spelled is not what is written; numbers stand for themselves.
            if literal or pair.isdigit():
                found &= self._pairs[pair]
        if len(word) > 2 or not literal:
            for piece in _RUN.findall(word):
                found &= self._runs.any_of(run for run in self.runs if fits(piece, run))
        return found


def by_length(texts: Sequence[str]) -> dict[int, int]:
    """The places of texts by how long they are."""
    found: defaultdict[int, list[int]] = defaultdict(list)
    for place, text in enumerate(texts):
        found[len(text)].append(place)
    return {length: bits_of(places) for length, places in sorted(found.items())}


def _has_digit(word: str) -> bool:
    return _RUN.fullmatch(word) is None


def _lone_digit(text: str) -> tuple[str, ...]:
    return (text,) if text.isdigit() else ()
