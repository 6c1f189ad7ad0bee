"""Fills a database: the demo desk at first start, or as many lines as somebody asks for."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date

from asyncpg import UniqueViolationError
from sqlalchemy.ext.asyncio import AsyncSession

from crm.core.catalog.engine import Catalogue
from crm.core.catalog.schemas import OfferingKind
from crm.demo import repository
from crm.demo.errors import AlreadyFilled, NothingToHold, NumbersTaken, TooManyLines
from crm.demo.fixed import demo_batch
from crm.demo.groups import memberships as shared_by
from crm.demo.groups import product_groups
from crm.demo.numbers import MOST_LINES
from crm.demo.people import LINES
from crm.demo.population import CHUNK, Origin, Population
from crm.demo.rows import Batch
from crm.demo.staff import LOGINS, demo_id, groups, members, memberships
from crm.demo.work import work_orders
from crm.platform.clock import Clock
from crm.platform.database import Database
from crm.platform.secrets import Vault

DEMO_LINES = 300
DEMO_SEED = 10086
CALL_TAKERS = ("1001", "1002")


async def fill_empty(
    db: Database, vault: Vault, clock: Clock, catalogue: Catalogue, lines: int = DEMO_LINES
) -> bool:
    """Make the demo desk unless there are lines or staff, even when several processes start at once.

    `lines` random lines come on top of the fixed customers.
    """
    async with db.transaction() as session:
        if await repository.lock_and_count(session) or await repository.has_staff(session, LOGINS[0].number):
            return False
        await _demo_desk(session, vault, clock)
        origin = _origin(DEMO_SEED, clock.today(), catalogue, vault)
        await repository.copy(session, Population(origin).chunk(0, lines))
        await repository.analyze(session)
    return True


class Seeder:
    """The generator behind `crm seed`."""

    def __init__(self, db: Database, vault: Vault, clock: Clock, catalogue: Catalogue) -> None:
        self._db = db
        self._vault = vault
        self._clock = clock
        self._catalogue = catalogue

    async def seed(
        self,
        lines: int,
        seed: int,
        on: date,
        *,
        append: bool = False,
        reset: bool = False,
        progress: Callable[[int], None] = lambda _: None,
    ) -> int:
        """Add the fixed demo desk, where it is missing, and `lines` random lines as of `on`.

        One transaction: interrupted, it leaves the database as it was. `progress` hears how many lines are
        loaded so far. Returns how many lines there are afterwards. Raises `AlreadyFilled`, `TooManyLines`,
        `NumbersTaken`, `NothingToHold`.
        """
        origin = _origin(seed, on, self._catalogue, self._vault)
        async with self._db.transaction() as session:
            there = await repository.lock_and_count(session)
            if there and reset:
                await repository.clear(session)
                there = 0
            if there and not append:
                raise AlreadyFilled(there)
            first_chunk = -(-there // CHUNK)
            if first_chunk * CHUNK + lines > MOST_LINES:
                raise TooManyLines(MOST_LINES)
            added = await _demo_desk(session, self._vault, self._clock)
            await _load(session, Population(origin), first_chunk, lines, progress)
            await repository.analyze(session)
        return there + added + lines


async def _demo_desk(session: AsyncSession, vault: Vault, clock: Clock) -> int:
    """Staff and fixed customers, each where missing; returns the number of lines made."""
    if not await repository.has_staff(session, LOGINS[0].number):
        session.add_all(groups())
        session.add_all(members())
        await session.flush()
        session.add_all(memberships())
        await session.flush()
    if await repository.has_number(session, LINES[0].msisdn):
        return 0
    await repository.copy(session, demo_batch(vault, clock.now()))
    session.add_all([*work_orders(clock.now()), *product_groups(clock.now())])
    await session.flush()
    await repository.join_groups(session, shared_by())
    return len(LINES)


async def _load(
    session: AsyncSession,
    population: Population,
    first_chunk: int,
    lines: int,
    progress: Callable[[int], None],
) -> None:
    """While the server takes one batch, a thread makes the next; two batches are in memory, never more."""
    batches = population.batches(first_chunk, lines)
    loaded = 0
    coming = asyncio.create_task(asyncio.to_thread(_next, batches))
    try:
        while (batch := await coming) is not None:
            coming = asyncio.create_task(asyncio.to_thread(_next, batches))
            await _copy(session, batch)
            loaded += batch.count("subscriber")
            progress(loaded)
    finally:
        coming.cancel()
        with suppress(asyncio.CancelledError):
            await coming


def _next(batches: Iterator[Batch]) -> Batch | None:
    return next(batches, None)


async def _copy(session: AsyncSession, batch: Batch) -> None:
    try:
        await repository.copy(session, batch)
    except UniqueViolationError as taken:
        raise NumbersTaken from taken


def _origin(seed: int, on: date, catalogue: Catalogue, vault: Vault) -> Origin:
    if not any(each.kind is OfferingKind.MAIN_PLAN for each in catalogue.offerings.values()):
        raise NothingToHold
    takers = tuple(demo_id("staff", number) for number in CALL_TAKERS)
    return Origin(seed=seed, on=on, catalogue=catalogue, vault=vault, staff=takers)
