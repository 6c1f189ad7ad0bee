"""The keeper: a small process that owns one embedded PostgreSQL on behalf of all its users.

Users hold a shared file lock, which the kernel releases however they die. The keeper starts the server,
starts it again when it is killed, and stops it when the last user is gone. A keeper that is killed leaves
the server running; the next one takes it over. It prints one line, `ready` or what went wrong, then works.
"""

import fcntl
import os
import signal
import sys
import time
from pathlib import Path

from crm.platform.embedded_files import (
    EmbeddedDatabaseUnusable,
    Layout,
    exclusively,
    is_locked,
    open_lock,
    try_lock,
    unlock,
)
from crm.platform.embedded_server import Server

READY = "ready"
_PAUSE = 0.1
_TRIES = 5


def keep(layout: Layout, durable: bool) -> None:
    """Run until nobody uses the server. Raises `EmbeddedDatabaseUnusable` when it cannot be (re)started."""
    mine = open_lock(layout.keeper_lock)
    # A probe of the lock by another process lasts microseconds; a keeper holds it for good.
    deadline = time.monotonic() + 2
    while not try_lock(mine, fcntl.LOCK_EX):
        if time.monotonic() > deadline:
            _say(READY)
            return
        time.sleep(0.01)
    server = Server(layout, durable)
    server.ensure_data()
    server.start()
    _say(READY)
    while True:
        time.sleep(_PAUSE)
        if server.running_pid() is None and is_locked(layout.users_lock):
            _start_again(server)
        if not is_locked(layout.users_lock):
            with exclusively(layout.start_lock):
                # Somebody may have come while we waited; nobody comes while we hold this lock.
                if not is_locked(layout.users_lock):
                    server.stop()
                    unlock(mine)
                    return


def _start_again(server: Server) -> None:
    for attempt in range(1, _TRIES + 1):
        try:
            server.start()
        except EmbeddedDatabaseUnusable:
            if attempt == _TRIES:
                raise
            time.sleep(attempt)
        else:
            return


def _say(line: str) -> None:
    """Tell the starter, who reads until the pipe closes; later words go to the log."""
    sys.stdout.write(line)
    sys.stdout.flush()
    os.dup2(2, 1)


def main() -> None:
    """`python -m crm.platform.embedded_keeper ROOT durable|fast`, started by `EmbeddedPostgres`."""
    # The server stops when its users do, not before. A handler, unlike SIG_IGN, is not inherited by it.
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, lambda _number, _frame: None)
    try:
        keep(Layout(Path(sys.argv[1])), durable=sys.argv[2] == "durable")
    except EmbeddedDatabaseUnusable as error:
        _say(error.message)
        sys.exit(1)
    except OSError as error:
        _say(
            f"内置数据库无法使用数据目录（{error}），系统没有启动。"
            "请检查磁盘空间与目录权限，或设置 DATABASE_URL。"
        )
        raise


if __name__ == "__main__":
    main()
