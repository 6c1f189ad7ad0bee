"""The catalogue in memory: pure, immutable, shared by every request of a process."""

import hashlib
from collections.abc import Iterable
from functools import cached_property

import msgspec

from crm.core.catalog.schemas import Offering, Relation


class Catalogue:
    """Offerings by code, what they say of each other, and a hash that names exactly this content."""

    def __init__(self, offerings: Iterable[Offering]) -> None:
        self.offerings: dict[str, Offering] = {each.code: each for each in offerings}

    def get(self, code: str) -> Offering | None:
        """The offering, or None when the catalogue does not know the code."""
        return self.offerings.get(code)

    @cached_property
    def hash(self) -> str:
        """SHA-256 over every offering, in the order of codes."""
        digest = hashlib.sha256()
        for code in sorted(self.offerings):
            digest.update(msgspec.json.encode(self.offerings[code], order="sorted"))
        return digest.hexdigest()

    def relation(self, one: Offering, other: Offering) -> Relation:
        """What the two say of each other, either way round.

        A statement that names the code beats one that names a tag; at the same level incompatible wins.
        """
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
            tag = reference.removeprefix("tag:")
            return tuple(each for each in self.offerings.values() if tag in each.tags)
        found = self.offerings.get(reference)
        return () if found is None else (found,)


def _speaks(references: tuple[str, ...], of: Offering, by_code: bool) -> bool:
    if by_code:
        return of.code in references
    return any(reference.startswith("tag:") and reference[4:] in of.tags for reference in references)
