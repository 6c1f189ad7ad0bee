"""The supervisor: one line when ready, everything ends with it, workers are replaced."""

import http.client
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import pytest

from tests.integration.platform.test_embedded import SOURCE, eventually, keeper_of, postmaster_of


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def start(data_dir: Path, port: int) -> subprocess.Popen[str]:
    """A supervisor in a process group of its own, as a terminal would start it."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.integration.platform.supervised", str(data_dir), str(port)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=SOURCE.parent,
        env=os.environ | {"PYTHONPATH": str(SOURCE)},
        start_new_session=True,
    )


def first_line(process: subprocess.Popen[str]) -> str:
    """What the supervisor says first."""
    assert process.stdout is not None
    return process.stdout.readline().strip()


def worker_of(port: int) -> int | None:
    """The process id of the worker that answers, once it reaches its database."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/")
        pid, _, answer = connection.getresponse().read().decode().partition(" ")
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
    return int(pid) if answer == "1" else None


def is_gone(pid: int) -> bool:
    """Whether the process ended (a zombie counts as ended)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


@pytest.fixture
def running(tmp_path: Path) -> Generator[tuple[subprocess.Popen[str], Path, int]]:
    """A supervisor that is ready, its data folder and its port."""
    port = free_port()
    process = start(tmp_path, port)
    assert first_line(process) == "ready"
    yield process, tmp_path, port
    if process.poll() is None:
        process.kill()
        process.wait()
    eventually(lambda: postmaster_of(tmp_path) is None)


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_one_signal_stops_everything(
    running: tuple[subprocess.Popen[str], Path, int], sign: signal.Signals
) -> None:
    process, data_dir, port = running
    worker = worker_of(port)
    assert worker is not None
    os.killpg(process.pid, sign)
    assert process.wait(20) == 0
    assert is_gone(worker)
    assert postmaster_of(data_dir) is None
    assert eventually(lambda: keeper_of(data_dir) is None)


def test_open_event_stream_does_not_hold_the_stop(running: tuple[subprocess.Popen[str], Path, int]) -> None:
    process, data_dir, port = running
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request("GET", "/stream")
    assert connection.getresponse().read(5) == b"open\n"
    process.terminate()
    assert process.wait(10) == 0
    assert postmaster_of(data_dir) is None
    connection.close()


def test_killed_worker_is_replaced(running: tuple[subprocess.Popen[str], Path, int]) -> None:
    _, _, port = running
    worker = worker_of(port)
    assert worker is not None
    os.kill(worker, signal.SIGKILL)
    assert eventually(lambda: worker_of(port) not in {None, worker})


def test_killed_postmaster_comes_back_under_the_workers(
    running: tuple[subprocess.Popen[str], Path, int],
) -> None:
    _, data_dir, port = running
    worker, postmaster = worker_of(port), postmaster_of(data_dir)
    assert postmaster is not None
    os.kill(postmaster, signal.SIGKILL)
    assert eventually(lambda: postmaster_of(data_dir) not in {None, postmaster} and worker_of(port) == worker)


def test_killed_supervisor_takes_all_along_and_starts_again(
    running: tuple[subprocess.Popen[str], Path, int],
) -> None:
    process, data_dir, port = running
    worker = worker_of(port)
    assert worker is not None
    process.kill()
    process.wait()
    again = start(data_dir, port)
    try:
        assert first_line(again) == "ready", "the port is had and the database starts"
        assert is_gone(worker)
        assert worker_of(port) is not None
    finally:
        again.terminate()
        assert again.wait(20) == 0


def test_taken_port_is_named_with_a_remedy(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        process = start(tmp_path, port)
        said = first_line(process)
        assert process.wait(20) == 1
    assert f"127.0.0.1:{port} 已被其他程序占用" in said
    assert "PORT=" in said
    assert not (tmp_path / "postgres").exists(), "nothing was started for it"
