"""What a question asks for: its words with weights, filler left out, the trainers' synonyms added."""

import re
from collections.abc import Iterable

import msgspec

from crm.core.knowledge.folding import fold, is_latin, tokens
from crm.core.knowledge.schemas import SynonymGroup

MAX_CHARS = 400
"""What follows in a longer question is not searched: nobody asks in more words."""

FULL, SYNONYM, SINGLE, SINGLE_SYNONYM = 4, 3, 2, 1
"""Weights in quarters: a pair or number the caller said, a pair from a synonym, one Han character of each."""


class Question(msgspec.Struct, frozen=True):
    """A question after analysis: token → weight in quarters, and the letters typed (for pinyin)."""

    weights: dict[str, int]
    letters: list[str]


class Lexicon:
    """Synonyms and filler words, compiled. The longest phrase wins, so 没用完 is not 用完."""

    def __init__(self, groups: Iterable[SynonymGroup] = ()) -> None:
        self._means: dict[str, list[str]] = {}
        for group in groups:
            for phrase in group.say:
                self._means.setdefault(fold(phrase), []).extend(map(fold, group.mean))
        phrases = sorted(self._means, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, phrases))) if phrases else None

    def analyse(self, text: str) -> Question:
        """Words of a question with their weights; any text is fine, an empty one yields no words."""
        folded = fold(text[:MAX_CHARS])
        matches = list(self._pattern.finditer(folded)) if self._pattern else []
        said = folded
        for match in matches:
            if not self._means[match.group()]:
                said = said[: match.start()] + " " * len(match.group()) + said[match.end() :]
        weights: dict[str, int] = {}
        for match in matches:
            # With its neighbours: 查看副卡 is also 查询副卡, so that the pair 询副 is asked for too.
            before, after = said[: match.start()][-1:], said[match.end() :][:1]
            for meaning in self._means[match.group()]:
                for term in tokens(f"{before}{meaning}{after}"):
                    weights[term] = SINGLE_SYNONYM if _single(term) else SYNONYM
        spoken = tokens(said) or tokens(folded)
        weights |= {term: SINGLE if _single(term) else FULL for term in spoken}
        return Question(weights, [term for term in spoken if term.isascii() and term.isalpha()])


def _single(term: str) -> bool:
    return len(term) == 1 and not is_latin(term)
