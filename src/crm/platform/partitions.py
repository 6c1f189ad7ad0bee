"""Monthly partitions of the large tables, made ahead of time."""

from datetime import date

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from crm.platform.clock import first_of_next_month, start_of_day

PARTITIONED = ("interaction", "message", "audit_entry")
MONTHS_AHEAD = 6


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
    """Make this month's partitions and those of the next half year."""
    for table in PARTITIONED:
        for statement in partitions(table, today, MONTHS_AHEAD + 1):
            await connection.execute(text(statement))
