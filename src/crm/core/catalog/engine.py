"""The catalogue in memory: pure, immutable, shared by every request of a process."""

import hashlib
from collections.abc import Iterable
from functools import cached_property

import msgspec

from crm.core.catalog.schemas import Offering, Relation


def hash_of(offering: Offering) -> str:
    """SHA-256 over everything the offering says."""
    return hashlib.sha256(msgspec.json.encode(offering, order="sorted")).hexdigest()


_REMEMBERED = 200_000  # pairs kept in memory, about 30 MB


class Catalogue:
    """Offerings by code, what they say of each other, and a hash that names exactly this content."""

    def __init__(self, offerings: Iterable[Offering]) -> None:
        self.offerings: dict[str, Offering] = {each.code: each for each in offerings}
        self._relations: dict[tuple[str, str], Relation] = {}
        self._entry_hashes: dict[str, str] = {}

    @classmethod
    def as_recorded(cls, offerings: Iterable[Offering], named: str, entries: dict[str, str]) -> "Catalogue":
        """Some entries of a past catalogue under the hashes of then: its own, and theirs by code."""
        found = cls(offerings)
        found.hash = named
        found._entry_hashes.update(entries)
        return found

    def __len__(self) -> int:
        return len(self.offerings)

    def get(self, code: str) -> Offering | None:
        """The offering, or None when the catalogue does not know the code."""
        return self.offerings.get(code)

    @cached_property
    def hash(self) -> str:
        """SHA-256 over every offering, in the order of codes; computed once."""
        digest = hashlib.sha256()
        for code in sorted(self.offerings):
            digest.update(msgspec.json.encode(self.offerings[code], order="sorted"))
        return digest.hexdigest()

    @cached_property
    def _by_tag(self) -> dict[str, tuple[Offering, ...]]:
        tagged: dict[str, list[Offering]] = {}
        for each in self.offerings.values():
            for tag in dict.fromkeys(each.tags):
                tagged.setdefault(tag, []).append(each)
        return {tag: tuple(found) for tag, found in tagged.items()}

    @cached_property
    def _by_kind(self) -> dict[str, tuple[Offering, ...]]:
        kinds: dict[str, list[Offering]] = {}
        for each in self.offerings.values():
            kinds.setdefault(each.kind, []).append(each)
        return {kind: tuple(found) for kind, found in kinds.items()}

    def of_kind(self, kind: str) -> tuple[Offering, ...]:
        """The offerings of a kind."""
        return self._by_kind.get(kind, ())

    def tagged(self, tag: str) -> tuple[Offering, ...]:
        """The offerings that carry the tag."""
        return self._by_tag.get(tag, ())

    def entry_hash(self, code: str) -> str:
        """SHA-256 of one entry, for a consent that rests on it; empty when there is no such entry."""
        known = self._entry_hashes.get(code)
        if known is None:
            offering = self.offerings.get(code)
            if offering is None:
                return ""
            known = self._entry_hashes[code] = hash_of(offering)
        return known

    def relation(self, one: Offering, other: Offering) -> Relation:
        """What the two say of each other, either way round.

        A statement that names the code beats one that names a tag; at the same level incompatible wins.
        Both must be entries of this catalogue: answers are remembered by code.
        """
        pair = (one.code, other.code)
        known = self._relations.get(pair)
        if known is None:
            if len(self._relations) >= _REMEMBERED:
                self._relations.clear()
            known = self._relations[pair] = self._relation(one, other)
        return known

    def _relation(self, one: Offering, other: Offering) -> Relation:
        for named_by_code in (True, False):
            if _speaks(one.incompatible_with, other, named_by_code) or _speaks(
                other.incompatible_with, one, named_by_code
            ):
                return Relation.INCOMPATIBLE
            if _speaks(one.compatible_with, other, named_by_code) or _speaks(
                other.compatible_with, one, named_by_code
            ):
                return Relation.COMPATIBLE
        return Relation.UNKNOWN

    def matching(self, reference: str) -> tuple[Offering, ...]:
        """The offerings a reference (`code` or `tag:…`) means."""
        if reference.startswith("tag:"):
            return self.tagged(reference.removeprefix("tag:"))
        found = self.offerings.get(reference)
        return () if found is None else (found,)


def _speaks(references: tuple[str, ...], of: Offering, by_code: bool) -> bool:
    if by_code:
        return of.code in references
    return any(reference.startswith("tag:") and reference[4:] in of.tags for reference in references)
