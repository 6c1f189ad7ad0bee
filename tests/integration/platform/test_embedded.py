"""The launcher of the embedded PostgreSQL: shared, stopped by the last user, and hard to kill."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from pathlib import Path

import asyncpg
import pytest

from crm.platform import embedded_server
from crm.platform.embedded import EmbeddedDatabaseUnusable, EmbeddedPostgres
from crm.platform.embedded_files import Layout, is_locked
from tests.conftest import wait_for

SOURCE = Path(__file__).resolve().parents[3] / "src"

# A user in a process of its own: says where the database is, then stays until it is told to go.
USER = """
import sys
from pathlib import Path
from crm.platform.embedded import EmbeddedPostgres
with EmbeddedPostgres(Path(sys.argv[1]), durable=False) as server:
    print(server.url(), flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def data_dir(tmp_path: Path) -> Generator[Path]:
    """A data folder whose server is gone after the test, whatever happened."""
    yield tmp_path
    postmaster = postmaster_of(tmp_path)
    if postmaster is not None:
        os.kill(postmaster, signal.SIGKILL)


def postmaster_of(data_dir: Path) -> int | None:
    """The living postmaster on the folder."""
    return _process_with(os.fsencode(Layout(data_dir / "postgres").data))


def keeper_of(data_dir: Path) -> int | None:
    """The living keeper of the folder."""
    return _process_with(b"crm.platform.embedded_keeper", os.fsencode(data_dir / "postgres"))


def _process_with(*arguments: bytes) -> int | None:
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            given = entry.read_bytes().split(b"\0")
        except OSError:
            continue
        if all(argument in given for argument in arguments):
            return int(entry.parent.name)
    return None


def eventually(condition: Callable[[], bool], seconds: float = 15) -> bool:
    """Whether the condition becomes true in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return False


def answer(url: str, query: str) -> object:
    """The one value a query gives."""

    async def ask() -> object:
        connection = await asyncpg.connect(url)
        try:
            return await connection.fetchval(query)
        finally:
            await connection.close()

    return wait_for(ask())


def answers(url: str) -> bool:
    """Whether the server takes connections now."""
    try:
        return answer(url, "SELECT 1") == 1
    except (OSError, asyncpg.PostgresError):
        return False


def start_user(data_dir: Path) -> tuple[subprocess.Popen[str], str]:
    """A second process that uses the server, and the address it was given."""
    user = subprocess.Popen(
        [sys.executable, "-c", USER, str(data_dir)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(SOURCE)},
    )
    assert user.stdout is not None
    return user, user.stdout.readline().strip()


def end_user(user: subprocess.Popen[str]) -> None:
    """Let the second process leave in good order."""
    assert user.communicate("go\n", timeout=60) is not None


def test_starts_stops_and_keeps_data(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir, durable=False) as server:
        answer(server.url(), "CREATE TABLE kept (id int)")
        assert postmaster_of(data_dir) is not None
    assert postmaster_of(data_dir) is None
    assert eventually(lambda: keeper_of(data_dir) is None)
    with EmbeddedPostgres(data_dir, durable=False) as server:
        assert answer(server.url(), "SELECT count(*) FROM kept") == 0


def test_speaks_chinese_and_listens_on_no_port(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir, durable=False) as server:
        assert answer(server.url(), "SHOW listen_addresses") == ""
        assert answer(server.url(), "SHOW server_encoding") == "UTF8"
        assert answer(server.url(), "SELECT upper('é') || length('中国移动')") == "É4"
        answer(server.url(), "CREATE EXTENSION pg_trgm")
        assert answer(server.url(), "SELECT cardinality(show_trgm('中国移动'))") == 5
        assert Layout(data_dir / "postgres").socket_dir.stat().st_mode & 0o077 == 0


def test_second_user_shares_and_last_one_stops(data_dir: Path) -> None:
    first = EmbeddedPostgres(data_dir, durable=False)
    first.start()
    postmaster = postmaster_of(data_dir)
    user, url = start_user(data_dir)
    assert url == first.url()
    assert postmaster_of(data_dir) == postmaster
    first.stop()
    assert answers(url), "the second user still needs it"
    end_user(user)
    assert postmaster_of(data_dir) is None


def test_killed_user_leaves_nothing_behind(data_dir: Path) -> None:
    user, url = start_user(data_dir)
    assert answers(url)
    user.kill()
    user.wait()
    assert eventually(lambda: postmaster_of(data_dir) is None), "the keeper stops it"
    assert eventually(lambda: keeper_of(data_dir) is None)
    with EmbeddedPostgres(data_dir, durable=False) as server:
        assert answers(server.url())


def test_start_right_after_a_killed_user(data_dir: Path) -> None:
    for _ in range(3):
        user, url = start_user(data_dir)
        assert answers(url)
        user.kill()
        user.wait()
    with EmbeddedPostgres(data_dir, durable=False) as server:
        assert answers(server.url())


def test_killed_postmaster_comes_back(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir) as server:
        answer(server.url(), "CREATE TABLE kept (id int)")
        killed = postmaster_of(data_dir)
        assert killed is not None
        os.kill(killed, signal.SIGKILL)
        assert eventually(lambda: postmaster_of(data_dir) not in {None, killed} and answers(server.url()))
        assert answer(server.url(), "SELECT count(*) FROM kept") == 0


def test_killed_postmaster_and_keeper_come_back_with_the_next_start(data_dir: Path) -> None:
    user, url = start_user(data_dir)
    assert answers(url)
    keeper, postmaster = keeper_of(data_dir), postmaster_of(data_dir)
    assert keeper is not None
    assert postmaster is not None
    for process in (keeper, user.pid, postmaster):
        os.kill(process, signal.SIGKILL)
    user.wait()
    with EmbeddedPostgres(data_dir, durable=False) as server:
        assert answers(server.url())
    assert postmaster_of(data_dir) is None


def test_killed_keeper_is_replaced_without_an_interruption(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir, durable=False) as server:
        postmaster, keeper = postmaster_of(data_dir), keeper_of(data_dir)
        assert keeper is not None
        os.kill(keeper, signal.SIGKILL)
        assert eventually(lambda: keeper_of(data_dir) not in {None, keeper})
        assert postmaster_of(data_dir) == postmaster
        assert answers(server.url())
    assert postmaster_of(data_dir) is None


def test_stop_works_when_the_keeper_was_just_killed(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir, durable=False):
        keeper = keeper_of(data_dir)
        assert keeper is not None
        os.kill(keeper, signal.SIGKILL)
    assert postmaster_of(data_dir) is None


def test_half_made_data_folder_is_thrown_away(data_dir: Path) -> None:
    half = data_dir / "postgres" / ".initdb-1"
    (half / "base").mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    with EmbeddedPostgres(data_dir, durable=False) as server:
        assert answers(server.url())
    assert not half.exists()


def test_lock_file_with_a_strangers_process_number(data_dir: Path) -> None:
    """After a reboot the number in postmaster.pid may belong to anybody, here to this test."""
    with EmbeddedPostgres(data_dir, durable=False):
        stale = (data_dir / "postgres" / "data" / "postmaster.pid").read_text().split("\n", 1)[1]
    (data_dir / "postgres" / "data" / "postmaster.pid").write_text(f"{os.getpid()}\n{stale}")
    with EmbeddedPostgres(data_dir, durable=False) as server:
        assert answers(server.url())


def test_long_data_folder(data_dir: Path) -> None:
    """A socket's path holds about 107 bytes; the folder may be longer, and have spaces and Chinese."""
    deep = data_dir / ("很长的 目录" * 8) / "x"
    with EmbeddedPostgres(deep, durable=False) as server:
        assert answers(server.url())
    shutil.rmtree(Layout((deep / "postgres").resolve()).socket_dir)


def test_many_users_at_once(data_dir: Path) -> None:
    users = [
        subprocess.Popen(
            [sys.executable, "-c", USER, str(data_dir)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": str(SOURCE)},
        )
        for _ in range(4)
    ]
    urls: set[str] = set()
    for user in users:
        assert user.stdout is not None
        urls.add(user.stdout.readline().strip())
    assert len(urls) == 1
    assert answers(urls.pop())
    for user in users:
        end_user(user)
    assert postmaster_of(data_dir) is None


def test_data_of_another_version_is_left_alone(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir, durable=False):
        pass
    marker = data_dir / "postgres" / "data" / "PG_VERSION"
    marker.write_text("17\n")
    with pytest.raises(EmbeddedDatabaseUnusable, match=r"PostgreSQL 17 建立，现装的是 18.*DATABASE_URL"):
        EmbeddedPostgres(data_dir, durable=False).start()
    assert not is_locked(data_dir / "postgres" / "users.lock"), "who could not start is no user"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root needs another identity")
def test_root_falls_back_to_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise PermissionError("no user namespaces here")

    monkeypatch.setattr(embedded_server, "enter_user_namespace", refuse)
    # pytest's own temporary folders are closed to others, so nobody could not reach them.
    for folder in (tmp_path, *tmp_path.parents[:3]):
        if folder != Path("/tmp"):
            folder.chmod(0o755)
    layout = Layout(tmp_path / "postgres")
    layout.prepare()
    server = embedded_server.Server(layout, durable=False)
    server.ensure_data()
    server.start()
    try:
        assert answers(layout.url())
        pid = server.running_pid()
        assert pid is not None
        assert Path(f"/proc/{pid}").stat().st_uid == embedded_server.NOBODY
    finally:
        server.stop()
    assert server.running_pid() is None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root needs another identity")
def test_root_without_any_way_is_told_of_database_url(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError("neither namespaces nor other users here")

    monkeypatch.setattr(embedded_server.subprocess, "check_output", refuse)
    with pytest.raises(EmbeddedDatabaseUnusable, match="DATABASE_URL"):
        embedded_server.Server(Layout(tmp_path), durable=False)
