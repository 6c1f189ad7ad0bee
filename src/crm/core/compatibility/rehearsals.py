"""Rehearsals: asked for on the page or the command line, run apart from the desk, their progress in a row."""

import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from crm.core.compatibility import repository
from crm.core.compatibility.bundle import from_document
from crm.core.compatibility.models import RuleRehearsal
from crm.core.compatibility.publishing_errors import RehearsalMissing, VersionMissing
from crm.core.compatibility.publishing_views import Population, RehearsalResult, RehearsalView
from crm.core.compatibility.rehearsal_crew import Crew
from crm.core.compatibility.sources import CatalogueSource
from crm.core.compatibility.standing import read_standing, signed
from crm.core.staff.schemas import Actor, Permission
from crm.platform import audit
from crm.platform.clock import Clock
from crm.platform.database import Database

PAST_DAYS = 90
_PAGE = 500
_LEASE = timedelta(seconds=60)
_SIGN_OF_LIFE = 1.0  # seconds between two writes of the progress
_MOST_SHOWN = 5

Progress = Callable[[str, int, int], None]
Launch = Callable[[UUID], Awaitable[object]]


def _silent(_phase: str, _done: int, _total: int) -> None:
    """Nobody watches."""


class Rehearsals:
    """Playing a draft over everybody, before anyone publishes it. Changes nothing but its own row."""

    def __init__(self, db: Database, clock: Clock, catalog: CatalogueSource, population: Population) -> None:
        self._db = db
        self._clock = clock
        self._catalog = catalog
        self._population = population

    async def ask_rehearsal(self, actor: Actor, number: int) -> RehearsalView:
        """Ask for a rehearsal of a version against the one in force; a running one is returned instead.

        Raises `VersionMissing`, `NotAllowed`.
        """
        if not actor.may(Permission.DRAFT_RULES):
            actor.require(Permission.APPROVE_RULES)
        async with self._db.transaction() as session:
            view = await self._ask(session, number, signed(actor))
            audit.record(session, actor, self._clock.now(), "rules.rehearse", "rules", number)
            return view

    async def rehearse(
        self, number: int, asked_by: str, progress: Progress = _silent, workers: int = 1
    ) -> RehearsalView:
        """Ask for a rehearsal and run it here and now; for the command line. Raises `VersionMissing`."""
        async with self._db.transaction() as session:
            row_id = (await self._ask(session, number, asked_by)).id
            await repository.note_rehearsal(
                session, row_id, state="running", started_at=self._clock.now(), seen_at=self._clock.now()
            )
        return await self.run_rehearsal(row_id, progress, workers)

    async def _ask(self, session: AsyncSession, number: int, asked_by: str) -> RehearsalView:
        await repository.lock_life(session)
        version = await repository.version(session, number)
        in_force = (await read_standing(session, self._clock.now())).in_force
        if version is None or in_force is None:
            raise VersionMissing(number)
        for row in await repository.rehearsals_of(session, version.hash, _MOST_SHOWN):
            if row.state in ("wanted", "running") and row.against_hash == in_force.hash:
                return await self._view(session, row)
        row = RuleRehearsal(
            rules_hash=version.hash,
            against_hash=in_force.hash,
            asked_by=asked_by,
            asked_at=self._clock.now(),
        )
        session.add(row)
        await session.flush()
        return await self._view(session, row)

    async def rehearsal(self, actor: Actor, rehearsal_id: UUID) -> RehearsalView:
        """A rehearsal with its progress or result. Raises `RehearsalMissing`, `NotAllowed`."""
        actor.require(Permission.READ_RULES)
        async with self._db.transaction() as session:
            return await self._view(session, await self._find_rehearsal(session, rehearsal_id))

    async def rehearsals_of(self, actor: Actor, named: str) -> tuple[RehearsalView, ...]:
        """The last rehearsals of the version with this hash, newest first. Raises `NotAllowed`."""
        actor.require(Permission.READ_RULES)
        async with self._db.transaction() as session:
            rows = await repository.rehearsals_of(session, named, _MOST_SHOWN)
            return tuple([await self._view(session, row) for row in rows])

    async def run_next_rehearsal(self, launch: Launch) -> bool:
        """Claim what nobody runs and have it run apart; returns whether there was one.

        What fails is said in the row. A runner that dies without a word is replaced after a minute.
        """
        async with self._db.transaction() as session:
            claimed = await repository.claim_rehearsal(session, self._clock.now(), _LEASE)
        if claimed is None:
            return False
        try:
            await launch(claimed)
        except Exception as error:  # whatever it is, the person who waits must read it
            await self._fail(claimed, error)
        return True

    async def run_rehearsal(
        self, rehearsal_id: UUID, progress: Progress = _silent, workers: int = 1
    ) -> RehearsalView:
        """Play the draft over all lines, then over the last 90 days' orders, with so many processes.

        Raises `RehearsalMissing`.
        """
        try:
            await self._run(rehearsal_id, progress, workers)
        except Exception as error:  # said in the row before it goes on up
            await self._fail(rehearsal_id, error)
            raise
        async with self._db.transaction() as session:
            return await self._view(session, await self._find_rehearsal(session, rehearsal_id))

    async def _run(self, rehearsal_id: UUID, progress: Progress, workers: int) -> None:
        began = time.perf_counter()
        async with self._db.transaction() as session:
            row = await self._find_rehearsal(session, rehearsal_id)
            sides = [await repository.version(session, each) for each in (row.against_hash, row.rules_hash)]
        old, new = (from_document(each.document, each.hash) for each in sides if each is not None)
        crew = Crew(old, new, self._catalog.catalogue, self._clock.today(), workers)
        try:
            await self._play(rehearsal_id, crew, progress, began)
        finally:
            crew.close()

    async def _play(self, rehearsal_id: UUID, crew: Crew, progress: Progress, began: float) -> None:
        since = self._clock.now() - timedelta(days=PAST_DAYS)
        lines = await self._population.line_count()
        orders = await self._population.order_count(since)
        watch = _Watch(self._db, self._clock, rehearsal_id, lines + orders, progress)
        after = None
        while page := await self._population.lines(after, _PAGE, crew.on):
            after = page[-1].id
            await crew.play(page)
            await watch.moved("lines", len(page))
        after = None
        while past := await self._population.orders(since, after, _PAGE):
            after = past[-1].id
            await crew.play(past)
            await watch.moved("orders", len(past))
        result = await crew.result(0)
        seconds = round(time.perf_counter() - began, 1)
        await watch.finish(msgspec.structs.replace(result, seconds=seconds))

    async def _fail(self, rehearsal_id: UUID, error: Exception) -> None:
        said = f"演练没有完成（{type(error).__name__}：{error}）。规则没有任何改动，可以重新开始。"
        async with self._db.transaction() as session:
            await repository.note_rehearsal(
                session, rehearsal_id, state="failed", failure=said[:500], finished_at=self._clock.now()
            )

    async def _find_rehearsal(self, session: AsyncSession, rehearsal_id: UUID) -> RuleRehearsal:
        found = await repository.rehearsal(session, rehearsal_id)
        if found is None:
            raise RehearsalMissing
        return found

    async def _view(self, session: AsyncSession, row: RuleRehearsal) -> RehearsalView:
        numbers = await repository.numbers(session)
        result = None if row.result is None else msgspec.convert(row.result, RehearsalResult, strict=False)
        return RehearsalView(
            id=row.id,
            number=numbers[row.rules_hash],
            against=numbers[row.against_hash],
            state=row.state,
            phase=row.phase,
            done=row.done,
            total=row.total,
            asked_by=row.asked_by,
            asked_at=row.asked_at,
            finished_at=row.finished_at,
            failure=row.failure,
            result=result,
        )


class _Watch:
    """Writes progress where others see it, not more often than once a second."""

    def __init__(
        self, db: Database, clock: Clock, rehearsal_id: UUID, total: int, progress: Progress
    ) -> None:
        self._db = db
        self._clock = clock
        self._id = rehearsal_id
        self._total = total
        self._done = 0
        self._written = 0.0
        self._progress = progress

    async def moved(self, phase: str, by: int) -> None:
        """So many more are done."""
        self._done += by
        self._total = max(self._total, self._done)
        self._progress(phase, self._done, self._total)
        if time.monotonic() - self._written >= _SIGN_OF_LIFE:
            self._written = time.monotonic()
            await self._write(phase=phase)

    async def finish(self, result: RehearsalResult) -> None:
        """All is done."""
        self._progress("", self._done, self._done)
        self._total = self._done
        document = msgspec.to_builtins(result)
        await self._write(phase="", state="done", finished_at=self._clock.now(), result=document)

    async def _write(self, **values: object) -> None:
        async with self._db.transaction() as session:
            await repository.note_rehearsal(
                session, self._id, done=self._done, total=self._total, seen_at=self._clock.now(), **values
            )
