"""Brings a schema to the newest version. Safe to run from several processes at once."""

import asyncio
from datetime import date
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlmodel import SQLModel

from crm.platform.clock import SystemClock
from crm.platform.partitions import ensure_partitions

MIGRATIONS = Path(__file__).parent / "migrations"

# Waiting longer for a lock than this would queue every agent behind the migration.
LOCK_TIMEOUT = "5s"


def upgrade(database_url: str, schema: str, today: date | None = None) -> None:
    """Create the schema when it is missing, run every outstanding migration, make partitions ahead."""
    asyncio.run(_upgrade(database_url, schema, today or SystemClock().today()))


async def _upgrade(database_url: str, schema: str, today: date) -> None:
    engine = open_engine(database_url, schema)
    try:
        async with engine.begin() as connection:
            # A row lock on nothing exists yet; this lock only spares two first starts a quarrel.
            await connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('crm.migrate'))"))
            await connection.execute(text(f'CREATE SCHEMA IF NOT EXISTS "{schema}"'))
            await connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'"))
            await connection.run_sync(_run)
            await ensure_partitions(connection, today)
    finally:
        await engine.dispose()


def open_engine(database_url: str, schema: str) -> AsyncEngine:
    """An engine on one schema, for migrations only."""
    return create_async_engine(
        make_url(database_url).set(drivername="postgresql+asyncpg"),
        connect_args={"server_settings": {"search_path": schema, "timezone": "UTC"}},
    )


def configuration(connection: Connection) -> Config:
    """Alembic's configuration on an open connection."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    config.attributes["metadata"] = SQLModel.metadata
    return config


def _run(connection: Connection) -> None:
    command.upgrade(configuration(connection), "head")
