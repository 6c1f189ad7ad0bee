"""One PostgreSQL world: SQLAlchemy for writes, bare asyncpg for hot reads, and the only commit.

The schema is a setting and becomes the `search_path`; no other code names it (docs/scaling.md).
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from contextvars import ContextVar
from typing import Any, TypeAlias

import asyncpg
import msgspec
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from crm.platform.errors import Busy

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

GONE = (
    OSError,
    asyncio.TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.TooManyConnectionsError,
)
_DRIVER = frozenset({"asyncpg", "sqlalchemy"})


class DatabaseGone(Busy):
    """The database did not answer."""

    code = "database_gone"

    def __init__(self) -> None:
        super().__init__("数据库暂时没有响应，本次操作没有生效，您填写的内容仍在页面上。请稍候几秒后重试。")


def _is_gone(error: BaseException) -> bool:
    """Whether the database was lost.

    A use case may meet an `OSError` of its own, such as a file or a gateway; that is no failure of the
    database, so one counts only when it came up through the driver.
    """
    if not isinstance(error, OSError):
        return isinstance(error, (OperationalError, InterfaceError, PoolTimeout, *GONE)) or (
            isinstance(error, DBAPIError) and error.connection_invalidated
        )
    trace = error.__traceback__
    while trace is not None:
        module = str(trace.tb_frame.f_globals.get("__name__", ""))
        if module.partition(".")[0] in _DRIVER:
            return True
        trace = trace.tb_next
    return False


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
        self._pool: asyncpg.Pool[asyncpg.Record] | None = None
        self._at_hand: list[Connection] = []
        self._waiting = 0
        self._stopping = False
        self._session: ContextVar[AsyncSession | None] = ContextVar("crm_session", default=None)

    async def start(self) -> None:
        """Open both pools; raises `DatabaseGone` when the server does not answer."""
        self._stopping = False
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
            self._pool = await asyncpg.create_pool(
                self._url,
                server_settings=settings,
                min_size=1,
                max_size=self._pool_size,
                command_timeout=30,
                reset=_leave_as_is,
            )
        except GONE as gone:
            raise DatabaseGone from gone

    async def stop(self) -> None:
        """Close both pools."""
        self._stopping = True
        if self._pool is not None:
            while self._at_hand:
                with suppress(asyncpg.InterfaceError):
                    await self._give_back(self._at_hand.pop())
            await self._pool.close()
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
                if _is_gone(error):
                    raise DatabaseGone from error
                raise
            finally:
                self._session.reset(token)

    @asynccontextmanager
    async def reading(self) -> AsyncGenerator[Connection]:
        """A bare asyncpg connection for a hot read; each statement stands for itself.

        Raises `DatabaseGone` when the server is lost.
        """
        try:
            connection = await self._borrow()
            try:
                yield connection
            except BaseException:
                await self._give_back(connection)
                raise
            if self._waiting or self._stopping:
                await self._give_back(connection)
            else:
                self._at_hand.append(connection)
        except GONE as error:
            if _is_gone(error):
                raise DatabaseGone from error
            raise

    async def _borrow(self) -> Connection:
        """A connection that is at hand, or one of the pool.

        The pool makes a task of every return, which costs as much as a small statement. So it is asked only
        when nothing is at hand, and given back only what failed or what somebody waits for.
        """
        assert self._pool is not None, "Database.start() comes first"
        while self._at_hand:
            connection = self._at_hand.pop()
            # One that died in the hand was taken back by the pool itself and answers nothing any more.
            with suppress(asyncpg.InterfaceError):
                if not connection.is_closed():
                    return connection
                await self._give_back(connection)
        self._waiting += 1
        try:
            return await self._pool.acquire()  # type: ignore[return-value]  # a proxy with the connection's methods
        finally:
            self._waiting -= 1

    async def _give_back(self, connection: Connection) -> None:
        if self._pool is not None:
            await self._pool.release(connection)  # type: ignore[arg-type]  # the same proxy comes back

    async def copy_rows(self, table: str, columns: list[str], rows: Any) -> int:
        """Load `rows` (an iterable of tuples) with COPY; returns their number."""
        async with self.reading() as connection:
            status = await connection.copy_records_to_table(table, records=rows, columns=columns)
            return int(status.split()[-1])
