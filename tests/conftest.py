"""Fixtures for every test: one PostgreSQL for the run, a fresh database per test copied from a template.

The server is the embedded one in a temporary folder, or the one that DATABASE_URL names (the role must be
allowed to create databases). All xdist workers share it and the template.
"""

import asyncio
import os
import secrets
from collections.abc import AsyncGenerator, Coroutine, Generator
from concurrent.futures import ThreadPoolExecutor
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
        wait_for(_execute(url, f"DROP DATABASE IF EXISTS {_template()} WITH (FORCE)"))


def wait_for(coroutine: Coroutine[Any, Any, _Result]) -> _Result:
    """Run a coroutine to its end from plain code, even where this thread has a loop running."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, coroutine).result()


def _template() -> str:
    return f"crm_template_{os.environ[_RUN]}"


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
    keys = dict.fromkeys(("CRM_ENCRYPTION_KEY", "CRM_INDEX_KEY", "CRM_SESSION_SECRET"), _TEST_KEY)
    return Settings.from_environment({"DATABASE_URL": url, "CRM_DATA_DIR": str(data_dir), **keys})


def _build_template(server: str) -> None:
    """Migrate a draft, then give it its name: a half-built template is never copied."""
    draft = f"{_template()}_draft"
    wait_for(_execute(server, f"DROP DATABASE IF EXISTS {draft} WITH (FORCE)", f"CREATE DATABASE {draft}"))
    url = _with_database(server, draft)
    upgrade(url, "public")
    wait_for(_execute(server, f"ALTER DATABASE {draft} RENAME TO {_template()}"))


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
    """The name of a migrated database, made once for all workers."""
    folder = _shared_folder(tmp_path_factory)
    with exclusively(folder / "template.lock", 300):
        if not wait_for(_exists(postgres_url, _template())):
            _build_template(postgres_url)
    return _template()


@pytest.fixture
def database_url(postgres_url: str, template_database: str) -> Generator[str]:
    """The address of a fresh copy of the template, dropped after the test."""
    name = f"crm_test_{secrets.token_hex(6)}"
    wait_for(_execute(postgres_url, f"CREATE DATABASE {name} TEMPLATE {template_database}"))
    yield _with_database(postgres_url, name)
    wait_for(_execute(postgres_url, f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture
def empty_database_url(postgres_url: str) -> Generator[str]:
    """The address of an empty database without any table, dropped after the test."""
    name = f"crm_test_{secrets.token_hex(6)}"
    wait_for(_execute(postgres_url, f"CREATE DATABASE {name}"))
    yield _with_database(postgres_url, name)
    wait_for(_execute(postgres_url, f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """Settings that point at the test's database, with fixed keys and a temporary data folder."""
    return _settings(database_url, tmp_path)


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
