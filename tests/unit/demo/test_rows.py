"""COPY's text format and identifiers."""

from datetime import UTC, date, datetime
from random import Random
from uuid import UUID

import pytest

from crm.demo.rows import COLUMNS, Batch, Ids, field


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, "\\N"),
        (True, "t"),
        (False, "f"),
        (7, "7"),
        ("张三", "张三"),
        ("a\tb\nc\\d", "a\\tb\\nc\\\\d"),
        ("\\N", "\\\\N"),
        (b"\x00\xff", "\\\\x00ff"),
        (date(2026, 11, 22), "2026-11-22"),
        (datetime(2026, 11, 22, 6, tzinfo=UTC), "2026-11-22T06:00:00+00:00"),
    ],
)
def test_fields(value: object, written: str) -> None:
    assert field(value) == written


def test_parents_come_before_children() -> None:
    batch = Batch()
    for table in reversed(COLUMNS):
        batch.add(table, 1)
    assert [table for table, _ in batch.tables()] == list(COLUMNS)


def test_identifiers_are_version_seven_in_order_and_repeatable() -> None:
    one, other = Ids(Random(1), 10**12), Ids(Random(1), 10**12)
    made = [one.next() for _ in range(100)]
    assert made == [other.next() for _ in range(100)] == sorted(set(made))
    for text in made:
        assert str(UUID(text)) == text
        assert (UUID(text).version, UUID(text).variant) == (7, "specified in RFC 4122")
