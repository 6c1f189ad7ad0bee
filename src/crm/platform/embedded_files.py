"""Where an embedded PostgreSQL keeps its files, and the file locks by which processes agree about it."""

import fcntl
import hashlib
import os
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from crm.platform.errors import Busy

ROLE = "crm"
DATABASE = "crm"
PORT = 5432
SOCKET_NAME = f".s.PGSQL.{PORT}"
# sockaddr_un holds 108 bytes on Linux and 104 on macOS; the lock file beside the socket needs five more.
_LONGEST_SOCKET_PATH = 98


class EmbeddedDatabaseUnusable(Busy):
    """The embedded PostgreSQL cannot run here; the message says why and names DATABASE_URL as the way out."""

    code = "embedded_database_unusable"


@dataclass(frozen=True, slots=True)
class Layout:
    """The files of one embedded PostgreSQL below `root`."""

    root: Path

    @property
    def data(self) -> Path:
        """PGDATA; it appears by one rename and is therefore whole or absent."""
        return self.root / "data"

    @property
    def log(self) -> Path:
        return self.root / "postgres.log"

    @property
    def users_lock(self) -> Path:
        """Shared by every process that uses the server; the kernel lets go when a process dies."""
        return self.root / "users.lock"

    @property
    def start_lock(self) -> Path:
        """Exclusive to whoever starts or stops the server."""
        return self.root / "start.lock"

    @property
    def keeper_lock(self) -> Path:
        """Held by the keeper for as long as it lives."""
        return self.root / "keeper.lock"

    @property
    def socket_dir(self) -> Path:
        """Below `root` when the path is short enough for a socket, else a private temporary folder."""
        here = self.root / "socket"
        if len(os.fsencode(here / SOCKET_NAME)) <= _LONGEST_SOCKET_PATH:
            return here
        digest = hashlib.sha256(os.fsencode(self.root)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"crm-{os.getuid()}-{digest}"

    def url(self, database: str = DATABASE) -> str:
        """The connection address; the socket's folder is the only way in."""
        return f"postgresql://{ROLE}@/{database}?host={quote(str(self.socket_dir), safe='/')}"

    def prepare(self) -> None:
        """Make the folders; raises `EmbeddedDatabaseUnusable` when they belong to somebody else."""
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            self.socket_dir.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise EmbeddedDatabaseUnusable(
                f"数据目录 {self.root} 无法写入（{error.strerror}），系统没有启动。"
                "请检查目录权限与磁盘空间，或用 CRM_DATA_DIR 指定别的目录。"
            ) from error
        status = self.socket_dir.lstat()
        if self.socket_dir.is_symlink() or status.st_uid not in {os.getuid(), 65534}:
            raise EmbeddedDatabaseUnusable(
                f"目录 {self.socket_dir} 属于其他用户，系统没有启动，数据未改动。"
                "请删除该目录，或用 CRM_DATA_DIR 指定较短的数据目录。"
            )


def open_lock(path: Path) -> int:
    """A descriptor to lock; children started with exec do not inherit it."""
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def try_lock(descriptor: int, how: int) -> bool:
    """Take the lock if it is free now."""
    try:
        fcntl.flock(descriptor, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def unlock(descriptor: int) -> None:
    """Let go, keeping the descriptor open."""
    fcntl.flock(descriptor, fcntl.LOCK_UN)


def is_locked(path: Path) -> bool:
    """Whether some process holds the lock (in either way)."""
    descriptor = open_lock(path)
    try:
        return not try_lock(descriptor, fcntl.LOCK_EX)
    finally:
        os.close(descriptor)


@contextmanager
def exclusively(path: Path, seconds: float = 90) -> Generator[None]:
    """Hold the exclusive lock; raises `EmbeddedDatabaseUnusable` when it is not had within `seconds`."""
    descriptor = open_lock(path)
    try:
        deadline = time.monotonic() + seconds
        while not try_lock(descriptor, fcntl.LOCK_EX):
            if time.monotonic() > deadline:
                raise EmbeddedDatabaseUnusable(
                    f"另一个进程正在启动或停止内置数据库（锁文件 {path}），等待 {seconds:.0f} 秒仍未结束。"
                    "数据未改动，请稍后重试；若仍如此，请结束卡住的 crm 进程。"
                )
            time.sleep(0.02)
        yield
    finally:
        os.close(descriptor)
