"""Titles by their pinyin, so that `ldxs` and `laidian` find 来电显示."""

from bisect import bisect_right
from collections.abc import Iterable
from functools import lru_cache

from pypinyin import Style, lazy_pinyin

_MOST = 200


@lru_cache(maxsize=65536)
def _spell(word: str) -> tuple[str, str]:
    syllables = lazy_pinyin(word, style=Style.NORMAL)
    return "".join(syllable[:1] for syllable in syllables), "".join(syllables)


class PinyinTitles:
    """All titles spelled in one long text; a search is a substring scan of it."""

    def __init__(self, titles: Iterable[str]) -> None:
        initials: list[str] = []
        full: list[str] = []
        for title in titles:
            spelled = [_spell(word) for word in title.split()]
            initials.append("".join(short for short, _ in spelled).lower())
            full.append("".join(long for _, long in spelled).lower())
        self._layers = [_Layer(initials), _Layer(full)]

    def find(self, letters: str) -> dict[int, float]:
        """Titles whose initials or full spelling contain `letters`, with the share that matched."""
        for layer in self._layers:
            found = layer.find(letters)
            if found:
                return found
        return {}


class _Layer:
    def __init__(self, lines: list[str]) -> None:
        self._text = "\n".join(lines)
        self._starts: list[int] = []
        self._lengths = [max(1, len(line)) for line in lines]
        start = 0
        for line in lines:
            self._starts.append(start)
            start += len(line) + 1

    def find(self, letters: str) -> dict[int, float]:
        found: dict[int, float] = {}
        at = self._text.find(letters)
        while at >= 0 and len(found) < _MOST:
            document = bisect_right(self._starts, at) - 1
            share = len(letters) / self._lengths[document]
            found[document] = share + (1.0 if at == self._starts[document] else 0.0)
            at = self._text.find(letters, at + 1)
        return found
