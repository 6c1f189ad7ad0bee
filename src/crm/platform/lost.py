"""When the database is lost: which errors mean it, and what people are told."""

import asyncio

import asyncpg
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from crm.platform.errors import Busy

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


def is_gone(error: BaseException) -> bool:
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
