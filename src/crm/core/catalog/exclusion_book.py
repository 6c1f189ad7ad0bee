"""The names, series, tiers and tags of one catalogue, to look phrases up in. Pure."""

import re
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import NamedTuple

from crm.core.catalog.exclusion_phrases import key_of
from crm.core.catalog.exclusion_schemas import Way
from crm.core.catalog.folding import fold, grams
from crm.core.catalog.schemas import Offering

TIER = re.compile(r"^(?P<price>\d{1,5})(?:元档?|档)(?P<base>.+)$")
_LEAST_ALIKE = 0.25


class Group(NamedTuple):
    """Offerings that belong together; the reference is tag:… when a tag says so."""

    reference: str
    members: tuple[Offering, ...]

    @property
    def references(self) -> list[str]:
        """The tag, or every code."""
        return [self.reference] if self.reference else [each.code for each in self.members]


class Book:
    """The names, series and tags of one catalogue, to look phrases up in."""

    def __init__(self, offerings: Iterable[Offering]) -> None:
        self.offerings = tuple(offerings)
        self._named: dict[str, list[Offering]] = {}
        self._keyed: dict[str, list[Offering]] = {}
        self._tiers: dict[str, list[Offering]] = {}
        self._tags: dict[str, str] = {}
        self._tagged: dict[str, list[Offering]] = {}
        for each in self.offerings:
            self._named.setdefault(fold(each.name), []).append(each)
            self._keyed.setdefault(key_of(each.name), []).append(each)
            tier = TIER.match(each.name)
            if tier:
                self._tiers.setdefault(fold(tier["base"]), []).append(each)
            for tag in each.tags:
                self._tags.setdefault(fold(tag), tag)
                self._tagged.setdefault(tag, []).append(each)

    @cached_property
    def by_code(self) -> dict[str, Offering]:
        """The offerings by code."""
        return {each.code: each for each in self.offerings}

    @cached_property
    def names(self) -> frozenset[str]:
        """Every name, folded."""
        return frozenset(self._named)

    def of_name(self, name: str) -> tuple[Offering, ...]:
        """The offerings of exactly this name, whatever the width and case of letters."""
        return tuple(self._named.get(fold(name), ()))

    def tagged(self, tag: str) -> tuple[Offering, ...]:
        """The offerings that carry the tag."""
        return tuple(self._tagged.get(tag, ()))

    def codes(self, reference: str) -> list[str]:
        """The codes that a reference (a code, or `tag:…`) means."""
        tag = reference.removeprefix("tag:")
        return [reference] if tag == reference else [each.code for each in self.tagged(tag)]

    def tags_like(self, words: str) -> tuple[str, ...]:
        """Tags that contain the folded words, or are part of them, shortest first."""
        found = [tag for folded, tag in self._tags.items() if words in folded or folded in words]
        return tuple(sorted(found, key=lambda tag: (len(tag), tag)))[:4]

    def alike(self, phrase: str, most: int) -> tuple[Offering, ...]:
        """Offerings whose names share the most pairs of letters with a phrase: a hint, never an answer."""
        pairs = set(grams(key_of(phrase)))
        shared: dict[int, int] = {}
        for pair in pairs:
            for place in self._pairs.get(pair, ()):
                shared[place] = shared.get(place, 0) + 1
        likeness = {
            place: count / (len(pairs) + len(self.offerings[place].name) - 1 - count)
            for place, count in shared.items()
            if count > 1
        }
        best = sorted(likeness, key=lambda place: (-likeness[place], self.offerings[place].code))[:most]
        return tuple(self.offerings[place] for place in best if likeness[place] >= _LEAST_ALIKE)

    @cached_property
    def _pairs(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for place, each in enumerate(self.offerings):
            for pair in set(grams(key_of(each.name))):
                found.setdefault(pair, []).append(place)
        return found

    def family_of(self, owner: Offering) -> str:
        """The series an offering is a tier of (or is); empty when it stands alone."""
        if owner.state == "series":
            return owner.name
        return next((tag for tag in owner.tags if tag in self._series), "")

    @cached_property
    def series(self) -> frozenset[str]:
        """Codes of what only groups its tiers."""
        return frozenset(each.code for each in self.offerings if each.state == "series")

    @cached_property
    def _series(self) -> frozenset[str]:
        return frozenset(each.name for each in self.offerings if each.state == "series")

    def by_name(self, name: str) -> tuple[Way, Sequence[str]] | None:
        for found, way in (
            (self._named.get(fold(name), ()), Way.NAME),
            (self._keyed.get(key_of(name), ()), Way.KEY),
        ):
            if found:
                series = [each for each in found if each.state == "series"]
                if not series:
                    return way, [each.code for each in found] if way is Way.NAME or len(found) == 1 else ()
                single = [
                    each.code for each in found if each.state != "series" and each.name not in each.tags
                ]
                tiers = [f"tag:{each.name}" for each in series if self.tagged(each.name)]
                return (Way.SERIES, tiers + single) if tiers or single else None
        group = self.group(name)
        return None if group is None else (Way.TIERS, group.references)

    def group(self, name: str) -> Group | None:
        """A tag, a series, or the tiers that bear the name after their price."""
        for series in self._named.get(fold(name), ()):
            if series.state == "series" and self.tagged(series.name):
                return Group(f"tag:{series.name}", self.tagged(series.name))
        tag = self._tags.get(fold(name))
        if tag is not None:
            return Group(f"tag:{tag}", self.tagged(tag))
        for words in (name, name.removesuffix("系列")):
            tiers = self._tiers.get(fold(words))
            if tiers:
                return Group("", tuple(tiers))
        return None
