"""Looking at versions, proofs and firings, and keeping this process on the version in force."""

import asyncio
import logging
from datetime import date, timedelta

import msgspec

from crm.core.compatibility import repository
from crm.core.compatibility.bundle import cases_of, from_document
from crm.core.compatibility.cases import Case
from crm.core.compatibility.publishing_errors import VersionDamaged, VersionMissing
from crm.core.compatibility.publishing_views import Collision, InForceView, VersionView, WeekCount
from crm.core.compatibility.ruleset import RuleSet
from crm.core.compatibility.sources import RulesHolder
from crm.core.compatibility.standing import read_standing, version_view
from crm.core.staff.schemas import Actor, Permission
from crm.platform.clock import Clock
from crm.platform.database import Database

MOST_VERSIONS = 200
WEEKS = 12
KEPT_DAYS = 730
_MOST_COLLISIONS = 12

log = logging.getLogger(__name__)


class RuleReading:
    """Reading versions. `number` is the version's; None means the one in force."""

    def __init__(self, db: Database, clock: Clock, judge: RulesHolder) -> None:
        self._db = db
        self._clock = clock
        self._judge = judge
        self._number: int | None = None
        self._damaged = ""
        self._cases: tuple[str, tuple[Case, ...]] = ("", ())

    @property
    def number(self) -> int | None:
        """The number of the version this process judges by; None before the first refresh."""
        return self._number

    async def refresh(self) -> bool:
        """Take over the version in force when it is another one; returns whether it was.

        One round trip when nothing changed. A version that cannot be read is logged once and left alone.
        """
        async with self._db.reading() as connection:
            found = await repository.in_force(connection, self._clock.now())
        if found is None or (found[0] == self._judge.rules_hash and self._number is not None):
            return False
        named, number = found
        if named == self._judge.rules_hash:
            self._number = number
            return False
        if named == self._damaged:
            return False
        try:
            rules = await self.rules_by_hash(named)
        except VersionDamaged as damaged:
            log.error("%s", damaged.message)
            self._damaged = named
            return False
        self._judge.adopt(rules)
        self._number, self._damaged = number, ""
        return True

    async def versions(self, actor: Actor) -> tuple[VersionView, ...]:
        """The versions, newest first. Raises `NotAllowed`."""
        actor.require(Permission.READ_RULES)
        return await self.all_versions()

    async def all_versions(self) -> tuple[VersionView, ...]:
        """The versions, newest first, for whoever sits at the machine itself."""
        async with self._db.transaction() as session:
            standing = await read_standing(session, self._clock.now())
            rows = await repository.versions(session, MOST_VERSIONS)
            return tuple(version_view(row, standing) for row in rows)

    async def version(self, actor: Actor, number: int) -> VersionView:
        """One version. Raises `VersionMissing`, `NotAllowed`."""
        actor.require(Permission.READ_RULES)
        async with self._db.transaction() as session:
            row = await repository.version(session, number)
            if row is None:
                raise VersionMissing(number)
            return version_view(row, await read_standing(session, self._clock.now()))

    async def history(self, actor: Actor) -> tuple[InForceView, ...]:
        """What was in force from when, by whose decision; newest first. Raises `NotAllowed`."""
        actor.require(Permission.READ_RULES)
        async with self._db.transaction() as session:
            numbers = await repository.numbers(session)
            return tuple(
                InForceView(
                    numbers[row.hash],
                    row.from_at,
                    row.decided_by,
                    row.decided_at,
                    row.reason,
                    row.note,
                    row.withdrawn_at,
                    row.withdrawn_by,
                )
                for row in await repository.history(session)
            )

    async def files(self, number: int | None = None) -> dict[str, str]:
        """The TOML files of a version, by path; for export and as the ground of a draft.

        Raises `VersionMissing`.
        """
        async with self._db.transaction() as session:
            if number is None:
                found = (await read_standing(session, self._clock.now())).in_force
            else:
                found = await repository.version(session, number)
            if found is None:
                raise VersionMissing(number or "在用版")
            return dict(found.files)

    async def cases(self, rule_id: str) -> tuple[Case, ...]:
        """The proofs of a rule in the version in force; parsed once a version."""
        named = self._judge.rules.hash
        if self._cases[0] != named:
            files = await self.files()
            self._cases = (named, await asyncio.to_thread(cases_of, files))
        return tuple(case for case in self._cases[1] if case.rule == rule_id)

    async def weeks(self, actor: Actor, rule_id: str = "") -> dict[str, list[WeekCount]]:
        """Firings by week of the last twelve weeks, of one rule or of all; every week is there.

        Raises `NotAllowed`.
        """
        actor.require(Permission.READ_RULES)
        first = monday_of(self._clock.today()) - timedelta(weeks=WEEKS - 1)
        async with self._db.reading() as connection:
            counted = await repository.by_week(connection, first, rule_id)
        mondays = [first + timedelta(weeks=week) for week in range(WEEKS)]
        return {each: [_week(monday, weeks) for monday in mondays] for each, weeks in counted.items()}

    async def collisions(self, actor: Actor, rule_id: str) -> tuple[Collision, ...]:
        """What the rule stopped or met most in those weeks. Raises `NotAllowed`."""
        actor.require(Permission.READ_RULES)
        since = monday_of(self._clock.today()) - timedelta(weeks=WEEKS - 1)
        async with self._db.reading() as connection:
            return await repository.collisions(connection, rule_id, since, _MOST_COLLISIONS)

    async def write_firings(self) -> int:
        """Write what this process has counted, in one statement; returns the number of keys.

        What cannot be written is kept for the next time.
        """
        taken = self._judge.firings.take()
        if not taken:
            return 0
        try:
            async with self._db.reading() as connection:
                await repository.add_firings(connection, taken)
        except BaseException:
            self._judge.firings.put_back(taken)
            raise
        return len(taken)

    async def forget_firings(self) -> None:
        """Drop counts of more than two years ago."""
        async with self._db.reading() as connection:
            await repository.forget_firings(connection, self._clock.today() - timedelta(days=KEPT_DAYS))

    async def rules_by_hash(self, named: str) -> RuleSet:
        """The rule set that a stored verdict names. Raises `VersionMissing`, `VersionDamaged`."""
        async with self._db.reading() as connection:
            found = await repository.document(connection, named)
        if found is None:
            raise VersionMissing(named[:12])
        number, document = found
        try:
            return await asyncio.to_thread(from_document, document, named)
        except msgspec.ValidationError as error:
            raise VersionDamaged(number, str(error)) from error


def monday_of(day: date) -> date:
    """The Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def _week(monday: date, weeks: list[WeekCount]) -> WeekCount:
    return next((each for each in weeks if each.monday_on == monday), WeekCount(monday, 0, 0, 0))
