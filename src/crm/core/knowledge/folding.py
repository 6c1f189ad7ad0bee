"""Text as the search sees it: one simplified, half-width, lower-case character for each character typed.

Folding keeps the length, so that a match in the folded text is a match at the same place in the original and
can be highlighted there.
"""

import re
import unicodedata
from functools import cache

from opencc import OpenCC  # pyright: ignore[reportMissingTypeStubs]  # it has none

_FIRST_CJK = "\u2e80"
_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_WORD = re.compile(rf"[a-z0-9]+(?:\.[0-9]+)?|[{_HAN}]")


@cache
def _converter() -> OpenCC:
    return OpenCC("t2s")


class _CharTable(dict[int, str]):
    """Folds a character the first time it is seen; `str.translate` does the rest at C speed."""

    def __missing__(self, code: int) -> str:
        folded = _fold_char(chr(code))
        self[code] = folded
        return folded


def _fold_char(char: str) -> str:
    if unicodedata.category(char)[0] in "CZ":
        return " "
    plain = unicodedata.normalize("NFKC", char).lower()
    if len(plain) != 1:
        return char
    if plain < _FIRST_CJK:
        return plain
    simplified = str(_converter().convert(plain))  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]  # untyped there
    return simplified if len(simplified) == 1 else plain


_table = _CharTable()


def fold(text: str) -> str:
    """The same text for the search: simplified, half width, lower case; control characters become spaces.

    `len(fold(text)) == len(text)`, position by position.
    """
    return text.translate(_table)


def is_latin(token: str) -> bool:
    """Whether a token is a run of letters or digits rather than Han."""
    return token[0] < _FIRST_CJK


def tokens(folded: str) -> list[str]:
    """Words of a folded text with repetitions: letters or digits in runs, Han one by one, and adjacent pairs.

    A pair joins neighbours without a gap unless both are letters: `88元` is found by `88`, `元` and `88元`.
    """
    found: list[str] = []
    last, end = "", -1
    for match in _WORD.finditer(folded):
        word = match.group()
        found.append(word)
        if match.start() == end and not (is_latin(last) and is_latin(word)):
            found.append(last + word)
        last, end = word, match.end()
    return found
