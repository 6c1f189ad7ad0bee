"""The connections that readings borrow: asyncpg's pool, and in front of it those that are at hand."""

from contextlib import suppress
from types import TracebackType
from typing import TypeAlias

import asyncpg

from crm.platform.lost import GONE, DatabaseGone, is_gone

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


class Readers:
    """Lends connections of a pool.

    The pool makes a task of every return, which costs as much as a small statement. So it is asked only when
    nothing is at hand, and given back only what failed or what somebody waits for.
    """

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]") -> None:
        self._pool = pool
        self._at_hand: list[Connection] = []
        self._waiting = 0
        self._closing = False

    async def borrow(self) -> Connection:
        """A connection that lives; waits while all are lent."""
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

    async def take_back(self, connection: Connection, failed: bool) -> None:
        """Keep it for the next, unless it failed, somebody waits for the pool, or the end has come."""
        if failed or self._waiting or self._closing:
            await self._give_back(connection)
        else:
            self._at_hand.append(connection)

    async def close(self) -> None:
        """Close all; waits for those that are lent."""
        self._closing = True
        while self._at_hand:
            with suppress(asyncpg.InterfaceError):
                await self._give_back(self._at_hand.pop())
        await self._pool.close()

    async def _give_back(self, connection: Connection) -> None:
        await self._pool.release(connection)  # type: ignore[arg-type]  # the same proxy comes back


class Reading:
    """`async with` one connection. Raises `DatabaseGone` when the server is lost."""

    __slots__ = ("_connection", "_readers")

    def __init__(self, readers: Readers) -> None:
        self._readers = readers

    async def __aenter__(self) -> Connection:
        try:
            self._connection = await self._readers.borrow()
        except GONE as error:
            if is_gone(error):
                raise DatabaseGone from error
            raise
        return self._connection

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            await self._readers.take_back(self._connection, failed=error is not None)
        except GONE as lost:
            if is_gone(lost):
                raise DatabaseGone from lost
            raise
        if isinstance(error, GONE) and is_gone(error):
            raise DatabaseGone from error
