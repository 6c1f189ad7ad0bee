"""A database with N generated lines for measurements; kept between runs, because filling it takes minutes."""

import argparse
import asyncio
import statistics
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from crm.commands.seed import FIXED_DAY
from crm.core.catalog.service import CatalogService
from crm.core.staff.schemas import Actor, Role
from crm.demo.service import Seeder
from crm.demo.staff import demo_id
from crm.platform.clock import SystemClock
from crm.platform.database import Database
from crm.platform.embedded import reachable_database
from crm.platform.migrate import upgrade
from crm.platform.secrets import Vault
from crm.platform.settings import PROJECT_ROOT, Settings

AGENT = Actor(
    staff_id=demo_id("staff", "1001"), staff_number="1001", name="", role=Role.AGENT, ip="127.0.0.1"
)
SEED = 20261122


@dataclass(frozen=True)
class Scratch:
    """The filled database."""

    db: Database
    vault: Vault
    settings: Settings
    lines: int


@asynccontextmanager
async def scratch(lines: int, connections: int) -> AsyncGenerator[Scratch]:
    """A database of its own with the demo desk and `lines` generated lines, on `connections` connections."""
    settings = Settings.from_environment()
    if settings.database_url is None:
        settings = replace(settings, data_dir=PROJECT_ROOT / ".data" / "bench")
        settings.data_dir.mkdir(parents=True, exist_ok=True)
    with reachable_database(settings) as server:
        url = await _database(server, f"crm_bench_{lines}")
        await asyncio.to_thread(upgrade, url, "public")
        settings = replace(settings, database_url=url, schema="public")
        db = Database(url, "public", pool_size=connections)
        await db.start()
        try:
            vault = Vault(settings.encryption_key, settings.index_key)
            await _fill(db, vault, settings, lines)
            yield Scratch(db, vault, settings, lines)
        finally:
            await db.stop()


async def _database(server: str, name: str) -> str:
    connection = await asyncpg.connect(server)
    try:
        if not await connection.fetchval("SELECT true FROM pg_database WHERE datname = $1", name):
            await connection.execute(f"CREATE DATABASE {name}")
    finally:
        await connection.close()
    return urlunsplit(urlsplit(server)._replace(path=f"/{name}"))


async def _fill(db: Database, vault: Vault, settings: Settings, lines: int) -> None:
    catalog = CatalogService(db, SystemClock(), settings.catalog_dir / "offerings")
    await catalog.load_content()
    await catalog.refresh()
    async with db.reading() as connection:
        there = await connection.fetchval("SELECT count(*) FROM subscriber")
    if there >= lines:
        return
    print(f"filling {lines:,} lines …", flush=True)
    began = time.perf_counter()
    seeder = Seeder(db, vault, SystemClock(), catalog.catalogue)
    await seeder.seed(lines, SEED, FIXED_DAY, reset=there > 0)
    async with db.reading() as connection:
        await connection.execute("VACUUM (ANALYZE)", timeout=600)
    print(f"filled in {time.perf_counter() - began:.0f} s", flush=True)


async def numbers(db: Database, count: int) -> list[str]:
    """Some numbers from all over the table, always the same ones."""
    async with db.reading() as connection:
        rows = await connection.fetch(
            "SELECT msisdn FROM subscriber WHERE status = 'active' ORDER BY md5(msisdn) LIMIT $1", count
        )
    return [row["msisdn"] for row in rows]


@dataclass(frozen=True)
class Cost:
    """What one call costs this process."""

    cpu_ms: float
    median_ms: float
    p95_ms: float


async def cost(call: Callable[[int], Awaitable[object]], times: int) -> Cost:
    """CPU of this process and time on the wall for each of `times` calls, one after the other."""
    for turn in range(min(times, 50)):
        await call(turn)
    walls: list[float] = []
    cpu = time.process_time()
    for turn in range(times):
        began = time.perf_counter()
        await call(turn)
        walls.append((time.perf_counter() - began) * 1000)
    cpu = (time.process_time() - cpu) / times * 1000
    return Cost(cpu, statistics.median(walls), percentile(walls, 95))


def percentile(values: list[float], percent: int) -> float:
    """The value that `percent` of all do not exceed."""
    return sorted(values)[min(len(values) - 1, len(values) * percent // 100)]


async def statements(db: Database, call: Callable[[], Awaitable[object]]) -> list[str]:
    """The statements that one call sends; the pool must have been used before."""
    sent: list[str] = []

    def heard(record: asyncpg.connection.LoggedQuery) -> None:
        sent.append(record.query)

    async with db.reading() as connection:
        connection.add_query_logger(heard)
    await call()
    await asyncio.sleep(0)
    async with db.reading() as connection:
        connection.remove_query_logger(heard)
    return sent


def verdict(measured: float, budget: float) -> str:
    """`ok` within the budget."""
    return "ok" if measured <= budget else "OVER"


def lines_option() -> int:
    """`--subscribers N` of the command line; 100,000 if left out."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--subscribers", type=int, default=100_000)
    return parser.parse_args().subscribers
