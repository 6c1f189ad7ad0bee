"""A DATABASE_URL that cannot be used is refused with a reason, and never with its password."""

from urllib.parse import urlsplit

import pytest

from crm.platform.reachable import DatabaseUnreachable, require_database


async def test_a_good_address_is_accepted(empty_database_url: str) -> None:
    await require_database(empty_database_url)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://agent:hush-hush@127.0.0.1:1/crm",
        "postgresql://agent:hush-hush@nowhere.invalid/crm",
        "postgresql://agent:hush-hush@127.0.0.1:99999/crm",
        "postgresql://agent:hush-hush@[::1/crm",
        "postgresql://agent:hush-hush@/crm?host=/nowhere/at/all",
    ],
)
async def test_a_bad_address_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(DatabaseUnreachable, match="DATABASE_URL") as caught:
        await require_database(url)
    assert "hush" not in caught.value.message


async def test_a_missing_database_is_named(empty_database_url: str) -> None:
    missing = urlsplit(empty_database_url)._replace(path="/no_such_database").geturl()
    with pytest.raises(DatabaseUnreachable, match="no_such_database"):
        await require_database(missing)
