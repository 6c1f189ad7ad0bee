"""Which pieces of a text matched, as data; and the stretch of a body that shows most of them."""

from collections.abc import Iterable

from crm.core.knowledge.folding import fold, is_latin
from crm.core.knowledge.schemas import Segments

SNIPPET_CHARS = 96
_LEAD = 12


def shown_terms(weights: Iterable[str]) -> list[str]:
    """The tokens worth marking: pairs, numbers and words; single Han characters only if alone."""
    terms = list(weights)
    strong = [term for term in terms if len(term) > 1 or is_latin(term)]
    return strong or terms


def mark(text: str, terms: Iterable[str]) -> Segments:
    """The text in pieces with matches marked; joined together they are the text again."""
    return _segments(text, _matched(fold(text), terms))


def snippet(text: str, terms: Iterable[str], length: int = SNIPPET_CHARS) -> Segments:
    """The stretch of about `length` characters with the most matched characters, in pieces, with ellipses."""
    hits = _matched(fold(text), terms)
    if len(text) <= length:
        return _segments(text, hits)
    start = _densest(hits, length)
    end = min(len(text), start + length)
    pieces = _segments(text[start:end], hits[start:end])
    if start:
        pieces.insert(0, ("…", False))
    if end < len(text):
        pieces.append(("…", False))
    return pieces


def _matched(folded: str, terms: Iterable[str]) -> bytearray:
    hits = bytearray(len(folded))
    for term in terms:
        at = folded.find(term)
        latin = at >= 0 and not (term[0] > "z" and term[-1] > "z")
        while at >= 0:
            if not latin or _whole(folded, at, term):
                hits[at : at + len(term)] = b"\1" * len(term)
            at = folded.find(term, at + 1)
    return hits


def _whole(folded: str, at: int, term: str) -> bool:
    """A run of letters or digits counts only as a whole: 88 is not in 188."""
    before, after = folded[at - 1 : at], folded[at + len(term) : at + len(term) + 1]
    return not (_joins(before, term[0]) or _joins(term[-1], after))


def _joins(left: str, right: str) -> bool:
    return bool(left and right) and all(char.isascii() and char.isalnum() for char in left + right)


def _densest(hits: bytearray, length: int) -> int:
    """The start of the window with most hits; the beginning, where the answer is, unless far fewer are."""
    best, best_start, at = hits.count(1, 0, length) * 3 // 2, 0, hits.find(1)
    while at >= 0:
        start = max(0, min(at - _LEAD, len(hits) - length))
        number = hits.count(1, start, start + length)
        if number > best:
            best, best_start = number, start
        at = hits.find(1, at + _LEAD)
    return best_start


def _segments(text: str, hits: bytearray) -> Segments:
    pieces: Segments = []
    start = 0
    while start < len(text):
        hit = hits[start]
        end = hits.find(1 - hit, start)
        end = len(text) if end < 0 else end
        pieces.append((text[start:end], bool(hit)))
        start = end
    return pieces
