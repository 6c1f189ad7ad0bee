"""What counts as a lost database, and what does not."""

import pytest
from sqlalchemy import text

from crm.platform.database import Database, DatabaseGone


async def _fail_in_transaction(db: Database, error: OSError) -> None:
    async with db.transaction() as session:
        await session.execute(text("SELECT 1"))
        raise error


async def _fail_in_reading(db: Database, error: OSError) -> None:
    async with db.reading() as connection:
        await connection.fetchval("SELECT 1")
        raise error


@pytest.mark.parametrize("error", [OSError("disk full"), TimeoutError("gateway"), ConnectionError("network")])
async def test_the_troubles_of_a_use_case_are_not_the_databases(db: Database, error: OSError) -> None:
    for fail in (_fail_in_transaction, _fail_in_reading):
        with pytest.raises(type(error), match=str(error)):
            await fail(db, error)


async def test_a_server_that_is_not_there_is_said() -> None:
    lost = Database("postgresql://nobody@127.0.0.1:1/nothing")
    with pytest.raises(DatabaseGone):
        await lost.start()
    with pytest.raises(DatabaseGone):
        async with lost.transaction() as session:
            await session.execute(text("SELECT 1"))
    await lost.stop()


async def test_a_connection_cut_in_the_middle_is_said(db: Database) -> None:
    cut = text("SELECT pg_terminate_backend(pg_backend_pid())")
    with pytest.raises(DatabaseGone):
        async with db.transaction() as session:
            await session.execute(cut)
    with pytest.raises(DatabaseGone):
        async with db.reading() as connection:
            await connection.execute(str(cut))
    async with db.transaction() as session:
        assert (await session.execute(text("SELECT 1"))).scalar_one() == 1
