"""How names and typed words are made comparable: width, case, spelling in pinyin."""

import unicodedata
from functools import lru_cache

from pypinyin import Style, lazy_pinyin

LONGEST_QUERY = 64


@lru_cache(maxsize=16384)
def fold(text: str) -> str:
    """Half width, lower case, no spaces, no control characters, no symbols that nobody types."""
    wide = unicodedata.normalize("NFKC", text).casefold()
    return "".join(letter for letter in wide if _is_kept(letter))


def words_of(query: str) -> tuple[str, ...]:
    """The folded words of what was typed, at most four, from its first 64 characters."""
    pieces = unicodedata.normalize("NFKC", query[: LONGEST_QUERY * 4])[:LONGEST_QUERY].split()
    folded = (fold(piece) for piece in pieces)
    return tuple(dict.fromkeys(piece for piece in folded if piece))[:4]


@lru_cache(maxsize=4096)
def _is_kept(letter: str) -> bool:
    category = unicodedata.category(letter)
    return category[0] in "LN" or letter in "+.-" or category == "Mn"


@lru_cache(maxsize=16384)
def spell(text: str) -> tuple[str, str]:
    """Initials and full pinyin of a folded text; Latin letters and digits stand for themselves."""
    initials: list[str] = []
    full: list[str] = []
    for syllable, chinese in _syllables(text):
        initials.append(syllable[:1] if chinese else syllable)
        full.append(syllable)
    return "".join(initials), "".join(full)


def syllables(text: str) -> tuple[str, ...]:
    """The pieces of the full spelling, so that a match can be asked to begin at one."""
    return tuple(syllable for syllable, _ in _syllables(text))


def _syllables(text: str) -> list[tuple[str, bool]]:
    # What is no Chinese comes back marked, since a Latin word may look like a syllable.
    pieces = lazy_pinyin(text, style=Style.NORMAL, errors=lambda other: "\0" + other)
    return [(piece.removeprefix("\0"), not piece.startswith("\0")) for piece in pieces]


def is_chinese(text: str) -> bool:
    """Whether any letter is a Chinese character."""
    return any("㐀" <= letter <= "鿿" for letter in text)


def grams(text: str) -> tuple[str, ...]:
    """The pairs of neighbouring letters; a single letter is its own."""
    return (text,) if len(text) < 2 else tuple(text[n : n + 2] for n in range(len(text) - 1))
