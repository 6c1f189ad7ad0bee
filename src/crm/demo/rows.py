"""Rows on their way into COPY, in PostgreSQL's text format."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from random import Random
from typing import cast

_NULL = "\\N"
_LOW = (1 << 62) - 1
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})

COLUMNS: dict[str, tuple[str, ...]] = {
    "customer": (
        "id", "name", "name_grams", "kind", "identity_type", "identity_sealed", "identity_index",
        "identity_tail", "profile_recorded", "star_level", "created_at",
    ),
    "subscriber": (
        "id", "customer_id", "msisdn", "brand", "line_kind", "region", "status", "service_password_hash",
        "password_failures", "opened_on",
    ),
    "product": (
        "id", "subscriber_id", "offering_code", "origin", "status", "starts_on", "ends_on", "locked_until",
        "came_with_id", "campaign", "free_until", "created_at",
    ),
    "interaction": (
        "id", "started_at", "ended_at", "channel", "msisdn", "subscriber_id", "staff_id", "reason", "tags",
        "note",
    ),
}  # fmt: skip
# Parents before children, because foreign keys are checked at the end of each COPY.
ORDER = tuple(COLUMNS)


class Batch:
    """Rows of several tables, each line already in COPY's text format."""

    def __init__(self) -> None:
        self._lines: defaultdict[str, list[str]] = defaultdict(list)

    def add(self, table: str, *values: object) -> None:
        """Append a row; the values in the order of COLUMNS."""
        self._lines[table].append("\t".join(map(field, values)))

    def tables(self) -> Iterable[tuple[str, bytes]]:
        """Each table with its rows, parents first."""
        for table in ORDER:
            if self._lines[table]:
                yield table, ("\n".join(self._lines[table]) + "\n").encode()

    def count(self, table: str) -> int:
        """Rows of a table."""
        return len(self._lines[table])


def field(value: object) -> str:
    """One value in COPY's text format."""
    kind = type(value)
    if kind is str:
        return _text(value)
    if value is None:
        return _NULL
    if kind is bool:
        return "t" if value else "f"
    if kind is bytes:
        return "\\\\x" + cast("bytes", value).hex()
    return value.isoformat() if isinstance(value, date) else str(value)


def _text(value: object) -> str:
    text = cast("str", value)
    return text if text.isprintable() and "\\" not in text else text.translate(_ESCAPES)


class Ids:
    """UUIDv7 in text, from a fixed beginning: ordered like the application's, the same for the same seed."""

    def __init__(self, rng: Random, first_millisecond: int) -> None:
        self._rng = rng
        self._millisecond = first_millisecond

    def next(self) -> str:
        """The next identifier in its canonical spelling; one a millisecond."""
        self._millisecond += 1
        bits = self._rng.getrandbits(74)
        time = f"{self._millisecond:012x}"
        low = f"{(0b10 << 62) | bits & _LOW:016x}"
        return f"{time[:8]}-{time[8:]}-7{bits >> 62:03x}-{low[:4]}-{low[4:]}"
