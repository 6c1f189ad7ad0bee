"""Monthly partitions of the large tables, made ahead of time."""

from datetime import date, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from crm.platform.clock import first_of_next_month, start_of_day
from crm.platform.database import Database

PARTITIONED = ("interaction", "message", "audit_entry")
MONTHS_BACK = 3
MONTHS_AHEAD = 3


def partitions(table: str, first: date, months: int) -> list[str]:
    """The statements that make `months` partitions from `first`'s month on; existing ones are left alone.

    Bounds are Shanghai months written as UTC moments, like everything people compare by month.
    """
    statements: list[str] = []
    start = first.replace(day=1)
    for _ in range(months):
        end = first_of_next_month(start)
        statements.append(
            f"CREATE TABLE IF NOT EXISTS {table}_y{start:%Y}m{start:%m} PARTITION OF {table} "
            f"FOR VALUES FROM ('{start_of_day(start).isoformat()}') TO ('{start_of_day(end).isoformat()}')"
        )
        start = end
    return statements


async def ensure_partitions(connection: AsyncConnection, today: date) -> None:
    """Make the partitions around this month; what is older lies in the default partition."""
    first = today.replace(day=1)
    for _ in range(MONTHS_BACK):
        first = (first - timedelta(days=1)).replace(day=1)
    for table in PARTITIONED:
        for statement in partitions(table, first, MONTHS_BACK + 1 + MONTHS_AHEAD):
            await connection.execute(text(statement))


async def keep_partitions(db: Database, today: date) -> None:
    """The same from a running process."""
    async with db.transaction() as session:
        await ensure_partitions(await session.connection(), today)
