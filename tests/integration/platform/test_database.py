"""What counts as a lost database, and what does not."""

import asyncio

import asyncpg
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


async def test_more_readers_than_connections_take_turns(postgres_url: str) -> None:
    few = Database(postgres_url, pool_size=2)
    await few.start()

    async def reader(number: int) -> int:
        async with few.reading() as connection:
            return await connection.fetchval(
                "SELECT $1::int + pg_backend_pid() * 0 FROM pg_sleep(0.005)", number
            )

    try:
        assert await asyncio.gather(*(reader(number) for number in range(40))) == list(range(40))
        with pytest.raises(ZeroDivisionError):
            async with few.reading():
                raise ZeroDivisionError
        assert await asyncio.gather(*(reader(number) for number in range(3))) == [0, 1, 2]
    finally:
        await asyncio.wait_for(few.stop(), 10)


async def test_a_connection_that_died_in_the_hand_is_not_lent_again(postgres_url: str) -> None:
    one = Database(postgres_url, pool_size=1)
    await one.start()
    try:
        async with one.reading() as connection:
            dead = await connection.fetchval("SELECT pg_backend_pid()")
        killer = await asyncpg.connect(postgres_url)
        await killer.fetchval("SELECT pg_terminate_backend($1, 5000)", dead)
        await killer.close()
        await asyncio.sleep(0.05)
        async with one.reading() as connection:
            assert await connection.fetchval("SELECT pg_backend_pid()") != dead
    finally:
        await one.stop()


async def test_stopping_waits_for_who_is_still_reading(postgres_url: str) -> None:
    db = Database(postgres_url, pool_size=1)
    await db.start()
    began = asyncio.Event()

    async def reader() -> int:
        async with db.reading() as connection:
            began.set()
            return await connection.fetchval("SELECT 7 FROM pg_sleep(0.1)")

    reading = asyncio.create_task(reader())
    await began.wait()
    await asyncio.wait_for(db.stop(), 10)
    assert await reading == 7
