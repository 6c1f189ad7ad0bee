"""Migrations: repeatable, equal to the models, and a schema is a world of its own."""

import asyncio
import importlib
from datetime import date

import asyncpg
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection
from sqlmodel import SQLModel

from crm.platform import audit, numbering
from crm.platform.migrate import open_engine, upgrade
from crm.platform.partitions import PARTITIONED, partitions

ROOMS = (
    "staff",
    "customer",
    "catalog",
    "compatibility",
    "inventory",
    "ordering",
    "work_order",
    "knowledge",
    "interaction",
    "notice",
)


async def test_the_migrated_tables_are_the_models(database_url: str) -> None:
    for room in ROOMS:
        importlib.import_module(f"crm.core.{room}.models")
    assert audit.AuditEntry.metadata is numbering.DailyNumber.metadata
    engine = open_engine(database_url, "public")

    def differences(connection: Connection) -> list[object]:
        # Partitions are made ahead by the calendar, not by a model.
        def ours(_object: object, name: str | None, kind: str, _reflected: bool, _other: object) -> bool:
            return not (
                kind == "table" and name is not None and name.startswith(tuple(f"{t}_" for t in PARTITIONED))
            )

        context = MigrationContext.configure(connection, opts={"include_object": ours})
        return compare_metadata(context, SQLModel.metadata)

    async with engine.connect() as connection:
        found = [
            each for each in await connection.run_sync(differences) if "work_order_event" not in str(each)
        ]
    await engine.dispose()
    assert found == []


async def test_two_schemas_live_side_by_side(empty_database_url: str) -> None:
    for schema in ("guizhou", "yunnan", "guizhou"):
        await asyncio.to_thread(upgrade, empty_database_url, schema, date(2026, 11, 22))
    connection = await asyncpg.connect(empty_database_url)
    try:
        tables = await connection.fetch(
            "SELECT table_schema, count(*) FROM information_schema.tables "
            "WHERE table_schema IN ('guizhou', 'yunnan', 'public') GROUP BY 1 ORDER BY 1"
        )
    finally:
        await connection.close()
    counts = {row[0]: row[1] for row in tables}
    assert set(counts) == {"guizhou", "yunnan"}
    assert counts["guizhou"] == counts["yunnan"] > 20


def test_partitions_follow_shanghai_months_across_the_year() -> None:
    statements = partitions("audit_entry", date(2026, 12, 31), 2)
    assert statements[0] == (
        "CREATE TABLE IF NOT EXISTS audit_entry_y2026m12 PARTITION OF audit_entry "
        "FOR VALUES FROM ('2026-11-30T16:00:00+00:00') TO ('2026-12-31T16:00:00+00:00')"
    )
    assert "audit_entry_y2027m01" in statements[1]
