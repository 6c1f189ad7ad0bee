"""The catalogue in memory: pure, immutable, shared by every request of a process."""

import hashlib
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from functools import cached_property, lru_cache

import msgspec

from crm.core.catalog.schemas import Offering, Relation


def hash_of(offering: Offering) -> str:
    """SHA-256 over everything the offering says."""
    return hashlib.sha256(msgspec.json.encode(offering, order="sorted")).hexdigest()


_REMEMBERED = 200_000  # pairs kept in memory, about 30 MB
Family = tuple[tuple[str, ...], str, str]
_INCOMPATIBLE, _COMPATIBLE, _UNKNOWN = Relation.INCOMPATIBLE, Relation.COMPATIBLE, Relation.UNKNOWN


class Catalogue:
    """Offerings by code, what they say of each other, and a hash that names exactly this content."""

    def __init__(self, offerings: Iterable[Offering]) -> None:
        self.offerings: dict[str, Offering] = {each.code: each for each in offerings}
        self._relations: dict[tuple[str, str], Relation] = {}
        self._entry_hashes: dict[str, str] = {}
        self._by_fee: dict[str, tuple[Offering, ...]] = {}
        self._families: dict[str, dict[Family, list[Offering]]] = {}

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

    @property
    def tags(self) -> AbstractSet[str]:
        """Every tag that some offering carries."""
        return self._by_tag.keys()

    def cheapest_first(self, reference: str) -> tuple[Offering, ...]:
        """The offerings a reference means, or those of a kind (`kind:…`), by first month's fees and code.

        A fee that nobody published counts as dearer than any.
        """
        known = self._by_fee.get(reference)
        if known is None:
            is_kind = reference.startswith("kind:")
            found = self.of_kind(reference[5:]) if is_kind else self.matching(reference)
            known = self._by_fee[reference] = tuple(sorted(found, key=_first_fees))
        return known

    def families(self, kind: str) -> dict[Family, list[Offering]]:
        """The offerings of a kind by what makes kin: tags, tiers and brand."""
        known = self._families.get(kind)
        if known is None:
            known = self._families[kind] = {}
            for each in self.of_kind(kind):
                known.setdefault((each.tags, each.one_of, each.sets_brand), []).append(each)
        return known

    def tagged(self, tag: str) -> tuple[Offering, ...]:
        """The offerings that carry the tag."""
        return self._by_tag.get(tag, ())

    def entry_hash(self, code: str) -> str:
        """SHA-256 of one entry, for a consent that rests on it; empty when there is no such entry."""
        return self.entry_hashes((code,))[0]

    def entry_hashes(self, codes: Iterable[str]) -> list[str]:
        """The same for several."""
        known = self._entry_hashes
        return [known[code] if code in known else self._hashed(code) for code in codes]

    def _hashed(self, code: str) -> str:
        offering = self.offerings.get(code)
        if offering is None:
            return ""
        named = self._entry_hashes[code] = hash_of(offering)
        return named

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
            known = self._relations[pair] = _relation(one, other)
        return known

    def matching(self, reference: str) -> tuple[Offering, ...]:
        """The offerings a reference (`code` or `tag:…`) means."""
        if reference.startswith("tag:"):
            return self.tagged(reference.removeprefix("tag:"))
        found = self.offerings.get(reference)
        return () if found is None else (found,)


def _first_fees(offering: Offering) -> tuple[bool, int, str]:
    fee = offering.monthly_fee_fen
    return fee is None, (fee or 0) + (0 if fee is None else offering.one_off_fee_fen), offering.code


class _References:
    """What a list of references names: codes, and all that carry one of the tags."""

    __slots__ = ("codes", "tags")

    def __init__(self, references: tuple[str, ...]) -> None:
        self.codes = frozenset([each for each in references if not each.startswith("tag:")])
        self.tags = frozenset([each[4:] for each in references if each.startswith("tag:")])


# Offerings of a series say the same: few different lists, read over and over.
_read = lru_cache(maxsize=16_384)(_References)


def _relation(one: Offering, other: Offering) -> Relation:
    """By code before by tag, incompatible before compatible."""
    against, for_it = _read(one.incompatible_with), _read(one.compatible_with)
    against_one, for_one = _read(other.incompatible_with), _read(other.compatible_with)
    if other.code in against.codes or one.code in against_one.codes:
        return _INCOMPATIBLE
    if other.code in for_it.codes or one.code in for_one.codes:
        return _COMPATIBLE
    if not against.tags.isdisjoint(other.tags) or not against_one.tags.isdisjoint(one.tags):
        return _INCOMPATIBLE
    if not for_it.tags.isdisjoint(other.tags) or not for_one.tags.isdisjoint(one.tags):
        return _COMPATIBLE
    return _UNKNOWN
