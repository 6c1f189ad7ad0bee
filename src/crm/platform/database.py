"""One PostgreSQL world: SQLAlchemy for writes, bare asyncpg for hot reads, and the only commit.

The schema is a setting and becomes the `search_path`; no other code names it (docs/scaling.md).
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Any

import asyncpg
import msgspec
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from crm.platform.lost import GONE, DatabaseGone, is_gone
from crm.platform.readers import Connection, Readers, Reading

__all__ = ["Connection", "Database", "DatabaseGone"]


def _encode(value: object) -> str:
    return msgspec.json.encode(value).decode()


async def _leave_as_is(connection: object) -> None:
    """Readings change no state of their session, so handing one back costs no second round trip."""


class Database:
    """The connection pools of one process to one schema."""

    def __init__(self, url: str, schema: str = "public", pool_size: int = 8) -> None:
        self._url = url
        self._schema = schema
        self._pool_size = pool_size
        self._engine: AsyncEngine | None = None
        self._readers: Readers | None = None
        self._session: ContextVar[AsyncSession | None] = ContextVar("crm_session", default=None)

    async def start(self) -> None:
        """Open both pools; raises `DatabaseGone` when the server does not answer."""
        settings = {"search_path": self._schema, "application_name": "crm", "timezone": "UTC"}
        self._engine = create_async_engine(
            make_url(self._url).set(drivername="postgresql+asyncpg"),
            connect_args={"server_settings": settings},
            pool_size=self._pool_size,
            max_overflow=0,
            pool_pre_ping=False,
            json_serializer=_encode,
            json_deserializer=msgspec.json.decode,
        )
        try:
            pool = await asyncpg.create_pool(
                self._url,
                server_settings=settings,
                min_size=1,
                max_size=self._pool_size,
                command_timeout=30,
                reset=_leave_as_is,
            )
        except GONE as gone:
            raise DatabaseGone from gone
        self._readers = Readers(pool)

    async def stop(self) -> None:
        """Close both pools."""
        if self._readers is not None:
            await self._readers.close()
        if self._engine is not None:
            await self._engine.dispose()

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[AsyncSession]:
        """One unit of work, committed at the end; a use case called from another joins its transaction.

        Raises `DatabaseGone` when the server is lost, in which case nothing was written.
        """
        joined = self._session.get()
        if joined is not None:
            yield joined
            return
        assert self._engine is not None, "Database.start() comes first"
        async with AsyncSession(self._engine, expire_on_commit=False, autoflush=True) as session:
            token = self._session.set(session)
            try:
                yield session
                await session.commit()
            except Exception as error:  # sorted by cause: a lost server is named, the rest goes on up
                if is_gone(error):
                    raise DatabaseGone from error
                raise
            finally:
                self._session.reset(token)

    def reading(self) -> Reading:
        """A bare asyncpg connection for a hot read; each statement stands for itself.

        Raises `DatabaseGone` when the server is lost.
        """
        assert self._readers is not None, "Database.start() comes first"
        return Reading(self._readers)

    async def copy_rows(self, table: str, columns: list[str], rows: Any) -> int:
        """Load `rows` (an iterable of tuples) with COPY; returns their number."""
        async with self.reading() as connection:
            status = await connection.copy_records_to_table(table, records=rows, columns=columns)
            return int(status.split()[-1])
