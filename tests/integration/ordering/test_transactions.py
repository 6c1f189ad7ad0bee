"""One order is one transaction: all of it or nothing, with a bounded number of statements."""

import asyncio
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event, text

from crm.core.ordering.errors import NotAllTold
from crm.platform.database import Database, DatabaseGone
from tests.factories import World, add, order_of

TABLES = (
    "product_order",
    "product_order_item",
    "product_order_event",
    "provisioning_request",
    "message",
    "daily_number",
    "product WHERE status = 'reserved'",
    "audit_entry WHERE action = 'order.submit'",
)


@contextmanager
def counting(db: Database) -> Generator[Counter[str]]:
    """Count what goes over the writing connections."""
    assert db._engine is not None
    engine, counted = db._engine.sync_engine, Counter[str]()

    def note(kind: str) -> Any:
        def listener(*_: Any, **__: Any) -> None:
            counted[kind] += 1

        return listener

    listeners = {
        "begin": note("begin"),
        "commit": note("commit"),
        "rollback": note("rollback"),
        "before_cursor_execute": note("statement"),
    }
    for name, listener in listeners.items():
        event.listen(engine, name, listener)
    try:
        yield counted
    finally:
        for name, listener in listeners.items():
            event.remove(engine, name, listener)


async def test_a_submit_is_one_transaction_with_few_statements(world: World) -> None:
    line = await world.line("gotone-standard", "gprs-old-20", "laidian-xianshi")
    desk = await world.desk(line)
    judgement = await world.judge(desk, add("ao88-88"))
    with counting(world.db) as counted:
        order = await world.submit(desk, judgement)
    assert (counted["begin"], counted["commit"], counted["rollback"]) == (1, 1, 0)
    # A fixed part, and two or three for each product that starts or ends.
    assert counted["statement"] <= 18 + 3 * len(order.lines)


async def test_a_refused_submit_writes_nothing(world: World) -> None:
    line = await world.line("gotone-standard")
    desk = await world.desk(line)
    judgement = await world.judge(desk, add("ao88-88"))
    with counting(world.db) as counted, pytest.raises(NotAllTold):
        await world.submit(desk, judgement, ticked=())
    assert (counted["begin"], counted["commit"]) == (1, 0)
    await nothing_is_written(world)


async def nothing_is_written(world: World) -> None:
    for table in TABLES:
        assert await world.rows(f"SELECT 1 FROM {table}") == [], table


async def kill_waiting(world: World) -> int:
    """End the connections of this database that wait for a lock, as a crash of the server would."""
    for _ in range(200):
        killed = await world.rows(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        if killed:
            return len(killed)
        await asyncio.sleep(0.02)
    return 0


@pytest.mark.parametrize("where", ["subscriber", "daily_number"])
async def test_the_database_gone_in_mid_request_leaves_nothing_half_done(world: World, where: str) -> None:
    line = await world.line("gotone-standard")
    desk = await world.desk(line)
    command = order_of(desk, await world.judge(desk, add("ao88-88")))
    other = Database(str(world.services.settings.database_url))
    await other.start()
    try:
        async with other.transaction() as session:
            # Early: the submit waits for the line. Late: it has written and waits for its number.
            if where == "subscriber":
                await session.execute(text("SELECT 1 FROM subscriber FOR UPDATE"))
            else:
                await session.execute(text("INSERT INTO daily_number VALUES ('PO', '2026-11-22', 0)"))
            submitting = asyncio.create_task(world.ordering.submit(desk.actor, command))
            assert await kill_waiting(world) == 1
            with pytest.raises(DatabaseGone, match="没有生效") as caught:
                await submitting
            assert caught.value.code == "database_gone"
            await session.rollback()
    finally:
        await other.stop()
    await nothing_is_written(world)
    order = await world.ordering.submit(desk.actor, command)
    assert not order.repeated
    assert order.number == "PO20261122000001"
