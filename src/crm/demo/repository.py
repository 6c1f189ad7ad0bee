"""SQL of the data generator: COPY inside the running transaction, so that a stopped run leaves nothing."""

import io
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from crm.demo.rows import COLUMNS, Batch

_LOCK = text("LOCK TABLE subscriber IN SHARE ROW EXCLUSIVE MODE")
# A check of a foreign key is planned once for a session. Planned while the tables are known to be empty, it
# would read them from end to end for every row that comes.
_BY_INDEX = text("SET LOCAL enable_seqscan TO off")
_COUNT = text("SELECT count(*) FROM subscriber")
_HAS_STAFF = text("SELECT EXISTS (SELECT FROM staff_member WHERE staff_number = :number)")
_HAS_NUMBER = text("SELECT EXISTS (SELECT FROM subscriber WHERE msisdn = :msisdn)")
# The audit log, staff and content stay.
_RESET = text(
    "TRUNCATE customer, subscriber, product, product_order, work_order, interaction, message, draft CASCADE"
)
_JOIN = text("UPDATE product SET group_id = :group WHERE id = :product")
_ANALYZE = text("ANALYZE customer, subscriber, product, interaction")


async def lock_and_count(session: AsyncSession) -> int:
    """Keep other generators out until the transaction ends; the number of lines there are."""
    await session.execute(_LOCK)
    await session.execute(_BY_INDEX)
    return (await session.execute(_COUNT)).scalar_one()


async def has_staff(session: AsyncSession, number: str) -> bool:
    """Whether a staff number exists."""
    return (await session.execute(_HAS_STAFF, {"number": number})).scalar_one()


async def has_number(session: AsyncSession, msisdn: str) -> bool:
    """Whether a line exists."""
    return (await session.execute(_HAS_NUMBER, {"msisdn": msisdn})).scalar_one()


async def clear(session: AsyncSession) -> None:
    """Remove customers and all that hangs on them."""
    await session.execute(_RESET)


async def copy(session: AsyncSession, batch: Batch) -> None:
    """Load a batch with COPY. The session has sent SQL before, so its transaction is open."""
    raw = await (await session.connection()).get_raw_connection()
    connection: Any = raw.driver_connection
    for table, rows in batch.tables():
        await connection.copy_to_table(
            table, source=io.BytesIO(rows), columns=COLUMNS[table], format="text", timeout=600
        )


async def join_groups(session: AsyncSession, memberships: list[dict[str, object]]) -> None:
    """Put products into their groups."""
    await session.execute(_JOIN, memberships)


async def analyze(session: AsyncSession) -> None:
    """Let the planner know what came."""
    await session.execute(_ANALYZE)
