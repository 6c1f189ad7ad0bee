"""The searchable form of all articles: BM25 over characters and pairs, title and keywords weighing more.

Built once from a list of entries and never changed; a change of the knowledge builds a new one. 7,100 entries
take about a second to build, a question about a quarter of a millisecond.
"""

import math
from array import array
from collections import Counter
from collections.abc import Sequence

from crm.core.knowledge.bitslices import Sums, planes_of
from crm.core.knowledge.folding import fold, tokens
from crm.core.knowledge.lexicon import Question
from crm.core.knowledge.pinyin import PinyinTitles
from crm.core.knowledge.schemas import Entry

TITLE, KEYWORDS, BODY = 3.0, 2.0, 1.0
SATURATION, LENGTH = 1.2, 0.75
SCALE = 18.0
"""Quantisation of a term's weight; an inverse document frequency of 14 (a million entries) fits a byte."""
MOST_TERMS = 64
CANDIDATES = 60
HEAD, TAIL = 1.2, 0.6
"""How much it counts that the title's first part (the offering) and the rest (the attribute) were asked for.

Chosen on half of the scenarios and checked on the others; bench/knowledge_search.py validates them.
"""
CAUTION = 5.0
"""Added to the weight of a part, so that a part of one short word does not count as much as a whole name."""
PINYIN = 1.6


class _Title:
    """A title's two parts with the weight of their words, for judging how much of it was asked for."""

    __slots__ = ("head", "head_weight", "tail", "tail_weight")

    def __init__(self, title: str, idf: dict[str, float]) -> None:
        head, _, tail = fold(title).strip().partition(" ")
        self.head, self.tail = frozenset(tokens(head)), frozenset(tokens(tail))
        self.head_weight = CAUTION + sum(idf[term] for term in self.head)
        self.tail_weight = CAUTION + sum(idf[term] for term in self.tail)


class SearchIndex:
    """An immutable index over entries; positions in `entries` are the document numbers."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self.entries = tuple(entries)
        self._postings: dict[str, tuple[array[int], bytearray]] = {}
        self._planes: dict[str, list[int]] = {}
        self._idf: dict[str, float] = {}
        self._fill()
        self._titles = [_Title(entry.title, self._idf) for entry in self.entries]
        self._pinyin = PinyinTitles(entry.title for entry in self.entries)

    def _fill(self) -> None:
        frequencies: dict[str, dict[int, float]] = {}
        for weight, texts in (
            (TITLE, [entry.title for entry in self.entries]),
            (KEYWORDS, [" ".join(entry.keywords) for entry in self.entries]),
            (BODY, [entry.text for entry in self.entries]),
        ):
            _count_field(frequencies, texts, weight)
        total = len(self.entries)
        for term, found in frequencies.items():
            idf = math.log(1 + (total - len(found) + 0.5) / (len(found) + 0.5))
            scaled = SCALE * idf
            self._idf[term] = idf
            self._postings[term] = (
                array("I", found),
                bytearray(
                    min(255, max(1, round(scaled * often / (SATURATION + often)))) for often in found.values()
                ),
            )

    def rank(self, question: Question, limit: int) -> list[tuple[int, float]]:
        """The best documents for a question with scores between 0 and about 3, best first.

        Ties are broken by the order of the entries, so the same question always gives the same list.
        """
        idf = self._idf
        terms = sorted((t for t in question.weights if t in idf), key=lambda t: -idf[t] * question.weights[t])
        sums = Sums(len(self.entries))
        for term in terms[:MOST_TERMS]:
            sums.add_quarters(self._planes_of(term), question.weights[term])
        found = sums.largest(max(CANDIDATES, limit))
        top = max((score for _, score in found), default=1)
        asked = {term: idf[term] * question.weights[term] for term in terms}
        scores = {document: score / top + self._asked_for(document, asked) for document, score in found}
        for letters in question.letters:
            for document, share in self._pinyin.find(letters).items() if len(letters) > 1 else ():
                scores[document] = scores.get(document, 0.0) + PINYIN * share
        return sorted(scores.items(), key=lambda item: (-item[1], item[0]))[:limit]

    def _planes_of(self, term: str) -> list[int]:
        planes = self._planes.get(term)
        if planes is None:
            planes = planes_of(*self._postings[term], size=len(self.entries))
            self._planes[term] = planes
        return planes

    def _asked_for(self, document: int, asked: dict[str, float]) -> float:
        title = self._titles[document]
        head = sum(map(asked.__getitem__, title.head & asked.keys())) / title.head_weight
        tail = sum(map(asked.__getitem__, title.tail & asked.keys())) / title.tail_weight
        return (HEAD * head + TAIL * tail) / 4


def _count_field(frequencies: dict[str, dict[int, float]], texts: list[str], weight: float) -> None:
    """Add one field's length-normalised, weighted term counts (BM25F)."""
    counted = [Counter(tokens(fold(text))) for text in texts]
    lengths = [counts.total() for counts in counted]
    average = sum(lengths) / max(1, sum(1 for length in lengths if length)) or 1.0
    for document, counts in enumerate(counted):
        unit = weight / (1 - LENGTH + LENGTH * lengths[document] / average)
        for term, number in counts.items():
            found = frequencies.setdefault(term, {})
            found[document] = found.get(document, 0.0) + unit * number
