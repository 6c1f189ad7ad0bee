"""Adding small numbers for all articles at once, with integers as columns of bits.

A posting list is kept as planes: bit `d` of plane `i` is bit `i` of the weight of article `d`. Adding a list
to the running sums is then a ripple-carry adder over a dozen long integers, which costs microseconds for
thousands of articles and needs no extension module.
"""

import re
from collections.abc import Iterable, Sequence

PLANES = 14
"""Sums stay below 2**14: at most 64 terms of at most 255."""


def planes_of(documents: Iterable[int], weights: Iterable[int], size: int) -> list[int]:
    """Planes for a posting list over `size` documents; weights from 1 to 255."""
    columns = [bytearray(size // 8 + 1) for _ in range(8)]
    for document, weight in zip(documents, weights, strict=True):
        byte, bit = document >> 3, 1 << (document & 7)
        for position in range(weight.bit_length()):
            if weight >> position & 1:
                columns[position][byte] |= bit
    planes = [int.from_bytes(column, "little") for column in columns]
    while planes and not planes[-1]:
        planes.pop()
    return planes


_ANY_BIT = re.compile(b"[^\0]", re.DOTALL)


class Sums:
    """Running sums, one for each document, and the documents with the largest."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._planes = [0] * PLANES

    def add(self, planes: Sequence[int]) -> None:
        """Add a posting list to every document's sum."""
        sums, carry = self._planes, 0
        for position, plane in enumerate(planes):
            held = sums[position]
            half = held ^ plane
            sums[position] = half ^ carry
            carry = (held & plane) | (carry & half)
        position = len(planes)
        while carry:
            held = sums[position]
            sums[position] = held ^ carry
            carry &= held
            position += 1

    def add_quarters(self, planes: Sequence[int], quarters: int) -> None:
        """Add `quarters`/4 of a posting list, rounded down by bit."""
        if quarters & 4:
            self.add(planes)
        if quarters & 2:
            self.add(planes[1:])
        if quarters & 1:
            self.add(planes[2:])

    def largest(self, count: int) -> list[tuple[int, int]]:
        """At most `count` documents with the largest sums above zero, as (document, sum), unordered."""
        candidates = 0
        for plane in self._planes:
            candidates |= plane
        chosen = 0
        for plane in reversed(self._planes):
            hits = candidates & plane
            number = hits.bit_count()
            if number > count:
                candidates = hits
            else:
                chosen |= hits
                count -= number
                candidates ^= hits
        return self._read(_bits(chosen, self._size) + _bits(candidates, self._size, count))

    def _read(self, documents: list[int]) -> list[tuple[int, int]]:
        sums = [0] * len(documents)
        for value, plane in enumerate(self._planes):
            if plane:
                column = plane.to_bytes(self._size // 8 + 1, "little")
                sums = [
                    total + ((column[document >> 3] >> (document & 7) & 1) << value)
                    for total, document in zip(sums, documents, strict=True)
                ]
        return list(zip(documents, sums, strict=True))


def _bits(mask: int, size: int, limit: int | None = None) -> list[int]:
    """Positions of the set bits, lowest first."""
    positions: list[int] = []
    column = mask.to_bytes(size // 8 + 1, "little") if mask and limit != 0 else b""
    for found in _ANY_BIT.finditer(column):
        byte = found.group()[0]
        positions += [found.start() * 8 + bit for bit in range(8) if byte >> bit & 1]
        if limit is not None and len(positions) >= limit:
            break
    return positions[:limit] if limit is not None else positions
