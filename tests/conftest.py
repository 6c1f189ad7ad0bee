"""Fixtures for every test: one PostgreSQL for the run, a fresh database per test copied from a template.

The server is the embedded one in a temporary folder, or the one that DATABASE_URL names (the role must be
allowed to create databases). All xdist workers share it and the template.
"""

import asyncio
import os
import secrets
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from crm.platform.clock import FixedClock
from crm.platform.database import Database
from crm.platform.embedded import EmbeddedPostgres
from crm.platform.embedded_files import exclusively
from crm.platform.migrate import upgrade
from crm.platform.settings import Settings

_Result = TypeVar("_Result")
_RUN = "CRM_TEST_RUN"
_TEST_KEY = "dGVzdC1rZXktdGVzdC1rZXktdGVzdC1rZXktdGVzdCE="


def pytest_configure() -> None:
    """Name the run once, in the controlling process, so that all workers agree on the template."""
    os.environ.setdefault(_RUN, secrets.token_hex(4))


def pytest_unconfigure() -> None:
    """On a server that is not ours, leave no template behind."""
    url = os.environ.get("DATABASE_URL")
    if url and "PYTEST_XDIST_WORKER" not in os.environ:
        for kind in ("bare", "content"):
            wait_for(_execute(url, f"DROP DATABASE IF EXISTS {_template(kind)} WITH (FORCE)"))


def wait_for(coroutine: Coroutine[Any, Any, _Result]) -> _Result:
    """Run a coroutine to its end from plain code, even where this thread has a loop running."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, coroutine).result()


def _template(kind: str) -> str:
    return f"crm_{kind}_{os.environ[_RUN]}"


def _with_database(url: str, name: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


async def _execute(url: str, *statements: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


async def _exists(url: str, name: str) -> bool:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval("SELECT true FROM pg_database WHERE datname = $1", name) or False
    finally:
        await connection.close()


def _settings(url: str, data_dir: Path) -> Settings:
    keys = dict.fromkeys(("CRM_ENCRYPTION_KEY", "CRM_INDEX_KEY"), _TEST_KEY)
    return Settings.from_environment({"DATABASE_URL": url, "CRM_DATA_DIR": str(data_dir), **keys})


def _ensure_template(server: str, kind: str, folder: Path, build: Callable[[str], None]) -> str:
    """The template's name; built under a draft's name first, so that a half-built one is never copied."""
    name, draft = _template(kind), f"{_template(kind)}_draft"
    with exclusively(folder / "template.lock", 300):
        if not wait_for(_exists(server, name)):
            wait_for(
                _execute(server, f"DROP DATABASE IF EXISTS {draft} WITH (FORCE)", f"CREATE DATABASE {draft}")
            )
            build(_with_database(server, draft))
            wait_for(_execute(server, f"ALTER DATABASE {draft} RENAME TO {name}"))
    return name


def _build_content(url: str, data_dir: Path) -> None:
    """Tables, catalogue and knowledge base, as a start of the desk would load them."""
    # Imported late: most tests need no channel and no service.
    from crm.app import load_content

    upgrade(url, "public")
    wait_for(load_content(_settings(url, data_dir)))


@contextmanager
def _copy_of(server: str, template: str) -> Generator[str]:
    """The address of a fresh copy of a database, dropped afterwards."""
    name = f"crm_test_{secrets.token_hex(6)}"
    wait_for(_execute(server, f"CREATE DATABASE {name} TEMPLATE {template}"))
    yield _with_database(server, name)
    wait_for(_execute(server, f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    """The address of the run's server (its maintenance database)."""
    given = os.environ.get("DATABASE_URL")
    if given:
        yield given
        return
    with EmbeddedPostgres(_shared_folder(tmp_path_factory), durable=False) as server:
        yield server.url("postgres")


def _shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@pytest.fixture(scope="session")
def template_database(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of a migrated database without a row, made once for all workers."""
    folder = _shared_folder(tmp_path_factory)
    return _ensure_template(postgres_url, "bare", folder, lambda url: upgrade(url, "public"))


@pytest.fixture(scope="session")
def content_template(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of a migrated database with the delivered content, made once for all workers."""
    folder = _shared_folder(tmp_path_factory)
    return _ensure_template(postgres_url, "content", folder, lambda url: _build_content(url, folder))


@pytest.fixture
def database_url(postgres_url: str, template_database: str) -> Generator[str]:
    """The address of a database of the test's own: all tables, no row."""
    with _copy_of(postgres_url, template_database) as url:
        yield url


@pytest.fixture
def content_database_url(postgres_url: str, content_template: str) -> Generator[str]:
    """The address of a database of the test's own: all tables, delivered content, no demo data."""
    with _copy_of(postgres_url, content_template) as url:
        yield url


@pytest.fixture
def empty_database_url(postgres_url: str) -> Generator[str]:
    """The address of a database of the test's own without any table."""
    with _copy_of(postgres_url, "template1") as url:
        yield url


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """Settings that point at the test's database, with fixed keys and a temporary data folder."""
    return _settings(database_url, tmp_path)


@pytest.fixture
def content_settings(content_database_url: str, tmp_path: Path) -> Settings:
    """Settings like `settings`, on a database with the delivered content."""
    return _settings(content_database_url, tmp_path)


@pytest.fixture
async def db(database_url: str) -> AsyncGenerator[Database]:
    """A started `Database` on the test's own database."""
    database = Database(database_url, schema="public")
    await database.start()
    yield database
    await database.stop()


@pytest.fixture
def clock() -> FixedClock:
    """22 November 2026, 14:00 in Shanghai; move it by hand."""
    return FixedClock(datetime(2026, 11, 22, 6, 0, tzinfo=UTC))
