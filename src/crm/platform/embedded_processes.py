"""What can be learnt of a PostgreSQL from its files, its socket and from /proc, without logging in."""

import os
import socket
import struct
import time
from collections.abc import Callable
from pathlib import Path

from crm.platform.embedded_files import SOCKET_NAME, Layout

# "Do you speak TLS?": the shortest question of the protocol; the answer is one letter.
_QUESTION = struct.pack("!ii", 8, 80877103)
_PATIENCE = 1.0


def is_ready(layout: Layout) -> bool:
    """Whether the server says in its own file that it takes connections, and answers.

    A server that was killed has left its file, and its process may be there for a moment more.
    """
    try:
        lines = (layout.data / "postmaster.pid").read_text().splitlines()
    except OSError:
        return False
    return len(lines) >= 8 and lines[7].strip() == "ready" and _answers(layout)


def _answers(layout: Layout) -> bool:
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(_PATIENCE)
        try:
            line.connect(os.fspath(layout.socket_dir / SOCKET_NAME))
            line.sendall(_QUESTION)
            return line.recv(1) in (b"N", b"S")
        except OSError:
            return False


def server_pid(layout: Layout) -> int | None:
    """The process id of a living server on this data folder."""
    pid = pid_in(layout.data / "postmaster.pid")
    return pid if pid is not None and is_server(pid, layout) else None


def is_server(pid: int, layout: Layout) -> bool:
    """Whether this process is the server of this data folder, and not one that got its number later."""
    if not Path("/proc/self").exists():
        return is_alive(pid)
    return os.fsencode(layout.data) in _program(pid).split(b"\0")


def processes_inside(data: Path) -> list[int]:
    """Processes of a server whose postmaster died: they work inside the data folder (Linux only)."""
    found: list[int] = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if (entry / "cwd").readlink() == data:
                found.append(int(entry.name))
        except OSError:
            continue
    return [pid for pid in found if b"postgres" in _program(pid)]


def pid_in(path: Path) -> int | None:
    """The process id in the first line of a lock file, if there is one."""
    try:
        return int(path.read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return None


def _program(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def is_alive(pid: int) -> bool:
    """Whether a process (even a zombie) has this number."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    """Ask every 10 ms until `condition` holds; False when it did not within `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True
