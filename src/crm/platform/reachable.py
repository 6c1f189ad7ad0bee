"""Asks a given database once whether it can serve us, before anything else touches it."""

import asyncpg

from crm.platform.errors import Busy

OLDEST = 15

_UNUSABLE = (
    *(OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError),
    # What a malformed address leads to: bad brackets, a port beyond 65535.
    *(ValueError, OverflowError),
)


class DatabaseUnreachable(Busy):
    """The database that DATABASE_URL names cannot be used."""

    code = "database_unreachable"


async def require_database(url: str) -> None:
    """Connect once. Raises `DatabaseUnreachable` with a remedy; its message never holds the password."""
    try:
        connection = await asyncpg.connect(url, timeout=10)
    except _UNUSABLE as error:
        raise DatabaseUnreachable(
            f"连不上 DATABASE_URL 指定的数据库（{type(error).__name__}：{_reason(error)}），"
            "系统没有启动，数据未改动。"
            "请检查地址、库名、用户与密码；也可以去掉 DATABASE_URL，改用内置数据库。"
        ) from error
    try:
        version = connection.get_server_version().major
    finally:
        await connection.close()
    if version < OLDEST:
        raise DatabaseUnreachable(
            f"数据库是 PostgreSQL {version}，至少需要 {OLDEST}，系统没有启动，数据未改动。"
            "请升级数据库，或去掉 DATABASE_URL，改用内置数据库。"
        )


def _reason(error: Exception) -> str:
    if isinstance(error, OSError):
        return error.strerror or "无法连接"
    # A malformed address is repeated in its error, password included.
    return str(error) if isinstance(error, asyncpg.PostgresError) else "地址格式不对或没有应答"
