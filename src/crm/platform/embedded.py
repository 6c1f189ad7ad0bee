"""PostgreSQL without an installation: the door to the embedded server.

A process that needs the database enters `reachable_database`; with DATABASE_URL set that is all there
is to it. Otherwise the server under `data_dir`/postgres is started, or shared when it runs already, and
stopped when its last user leaves, however that user ends (docs/operations.md).
"""

import fcntl
import os
import select
import subprocess
import sys
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
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
from crm.platform.embedded_keeper import READY
from crm.platform.embedded_processes import is_ready, server_pid
from crm.platform.embedded_server import binaries
from crm.platform.settings import Settings

__all__ = ["EmbeddedDatabaseUnusable", "EmbeddedPostgres", "binaries", "reachable_database"]

_WATCH_EVERY = 1.0
_FIRST_START = 120.0


@contextmanager
def reachable_database(settings: Settings) -> Generator[str]:
    """The address of a database that runs for as long as the block does.

    Raises `EmbeddedDatabaseUnusable` when DATABASE_URL is not set and no server can run here.
    """
    if settings.database_url is not None:
        yield settings.database_url
        return
    with EmbeddedPostgres(settings.data_dir) as server:
        yield server.url()


class EmbeddedPostgres:
    """One process's share of the embedded server under `data_dir`.

    `durable=False` trades safety against power loss for speed and is meant for tests.
    """

    def __init__(self, data_dir: Path, *, durable: bool = True) -> None:
        self._layout = Layout(data_dir.resolve() / "postgres")
        self._durable = durable
        self._users: int | None = None
        self._leaving = threading.Event()

    def __enter__(self) -> "EmbeddedPostgres":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def url(self, database: str = "crm") -> str:
        """The address of `database` on this server."""
        return self._layout.url(database)

    def start(self) -> None:
        """Become a user of the server and return when it takes connections.

        Raises `EmbeddedDatabaseUnusable`, after which this process is no user of it.
        """
        self._layout.prepare()
        users = open_lock(self._layout.users_lock)
        try:
            with exclusively(self._layout.start_lock):
                fcntl.flock(users, fcntl.LOCK_SH)
                self._ensure_keeper()
        except BaseException:
            os.close(users)
            raise
        self._users = users
        self._leaving = threading.Event()
        watch = threading.Thread(
            target=self._watch, args=(self._leaving,), name="embedded-postgres", daemon=True
        )
        watch.start()

    def stop(self, seconds: float = 30) -> None:
        """Leave; the last user waits until the server has stopped. Calling it again does nothing."""
        if self._users is None:
            return
        users, self._users = self._users, None
        self._leaving.set()
        try:
            with exclusively(self._layout.start_lock):
                unlock(users)
                last = self._is_last(users)
        finally:
            os.close(users)
        deadline = time.monotonic() + seconds
        while last and self._runs() and time.monotonic() < deadline:
            time.sleep(0.02)
            if is_locked(self._layout.users_lock) and self._stays_used():
                return

    def _runs(self) -> bool:
        """Whether the server still has to stop; a keeper is there to do it, even if one was killed."""
        if is_locked(self._layout.keeper_lock):
            return True
        if server_pid(self._layout) is None:
            return False
        with exclusively(self._layout.start_lock):
            self._ensure_keeper()
        return True

    def _is_last(self, users: int) -> bool:
        """Whether nobody else holds the users' lock; the keeper's probe of it lasts microseconds."""
        for _ in range(5):
            if try_lock(users, fcntl.LOCK_EX):
                unlock(users)
                return True
            time.sleep(0.002)
        return False

    def _stays_used(self) -> bool:
        time.sleep(0.01)
        return is_locked(self._layout.users_lock)

    def _ensure_keeper(self) -> None:
        """Start a keeper unless one lives; wait for the server. The start lock is held."""
        deadline = time.monotonic() + _FIRST_START
        while is_locked(self._layout.keeper_lock):
            if is_ready(self._layout):
                return
            if time.monotonic() > deadline:
                raise EmbeddedDatabaseUnusable(
                    f"内置数据库没有就绪，数据保持原样。请查看日志 {self._layout.log} 后重试。"
                )
            time.sleep(0.02)
        answer = self._start_keeper()
        if answer != READY:
            raise EmbeddedDatabaseUnusable(answer or f"内置数据库没有启动。请查看日志 {self._layout.log}。")

    def _start_keeper(self) -> str:
        source = str(Path(__file__).resolve().parents[2])
        path = os.pathsep.join(filter(None, [source, os.environ.get("PYTHONPATH", "")]))
        with self._layout.log.open("ab") as log:
            keeper = subprocess.Popen(
                [
                    *(sys.executable, "-m", "crm.platform.embedded_keeper"),
                    *(str(self._layout.root), "durable" if self._durable else "fast"),
                ],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd="/",
                env=os.environ | {"PYTHONPATH": path, "PYTHONUTF8": "1"},
                start_new_session=True,
            )
        threading.Thread(target=keeper.wait, name="embedded-postgres-keeper", daemon=True).start()
        assert keeper.stdout is not None
        with keeper.stdout:
            return _read_answer(keeper.stdout.fileno(), _FIRST_START)

    def _watch(self, leaving: threading.Event) -> None:
        """Put a new keeper in the place of one that was killed."""
        pause = _WATCH_EVERY
        while not leaving.wait(pause):
            if is_locked(self._layout.keeper_lock):
                pause = _WATCH_EVERY
                continue
            try:
                with exclusively(self._layout.start_lock, 5):
                    if not leaving.is_set():
                        self._ensure_keeper()
            except (EmbeddedDatabaseUnusable, OSError):
                # The log has the reason; requests are answered with "database gone" meanwhile.
                pause = min(pause * 2, 30)


def _read_answer(descriptor: int, seconds: float) -> str:
    deadline = time.monotonic() + seconds
    heard = b""
    while (left := deadline - time.monotonic()) > 0:
        readable, _, _ = select.select([descriptor], [], [], left)
        part = os.read(descriptor, 65536) if readable else b""
        if not part:
            break
        heard += part
    return heard.decode(errors="replace").strip()
