"""How names are spelled in pinyin, worked out once for each run of letters in them. Pure."""

import re
from collections.abc import Iterable
from typing import NamedTuple

from crm.core.catalog.folding import spell, syllables

_RUN = re.compile(r"\D+")


class _Spelled(NamedTuple):
    initials: str
    full: str
    starts: tuple[int, ...]  # where a syllable of `full` begins


class Spelling:
    """The spelling of the known runs; others are spelled when asked for and not kept."""

    def __init__(self, runs: Iterable[str]) -> None:
        self._known = {run: _spelled(run) for run in runs}

    def initials(self, name: str) -> str:
        """The first letter of every syllable; Latin letters and digits stand for themselves."""
        return _RUN.sub(lambda run: self._of(run[0]).initials, name)

    def full(self, name: str) -> str:
        """Every syllable in full; Latin letters and digits stand for themselves."""
        return _RUN.sub(lambda run: self._of(run[0]).full, name)

    def begins_initials(self, word: str, name: str) -> bool:
        """Whether the initials of the name begin with the word."""
        return self.initials(name).startswith(word)

    def holds_initials(self, word: str, name: str) -> bool:
        """Whether the word stands in the initials of the name."""
        return word in self.initials(name)

    def begins_full(self, word: str, name: str) -> bool:
        """Whether the full spelling of the name begins with the word."""
        return self.full(name).startswith(word)

    def holds_full(self, word: str, name: str) -> bool:
        """Whether the word stands in the full spelling of the name, from the beginning of a syllable on."""
        full = self.full(name)
        return word in full and any(full.startswith(word, at) for at in self._starts(name))

    def _starts(self, name: str) -> Iterable[int]:
        at = 0
        for piece in re.findall(r"\D+|\d", name):
            if piece.isdigit():
                yield at
                at += 1
            else:
                spelled = self._of(piece)
                yield from (at + start for start in spelled.starts)
                at += len(spelled.full)

    def _of(self, run: str) -> _Spelled:
        known = self._known.get(run)
        return _spelled(run) if known is None else known


def _spelled(run: str) -> _Spelled:
    initials, full = spell(run)
    starts: list[int] = []
    at = 0
    for syllable in syllables(run):
        starts.append(at)
        at += len(syllable)
    return _Spelled(initials, full, tuple(starts))
