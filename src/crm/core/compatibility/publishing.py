"""The life of rule versions: drafted by one person, approved by another, in force, rolled back."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from crm.core.compatibility import repository
from crm.core.compatibility.bundle import document_of, from_document, proof_problems, read_folder, rules_of
from crm.core.compatibility.comparing import changes_between
from crm.core.compatibility.errors import RulesBroken
from crm.core.compatibility.models import RuleInForce, RuleVersion
from crm.core.compatibility.publishing_errors import (
    AlreadyScheduled,
    DraftNotProven,
    DraftUnchanged,
    DraftUnreadable,
    NothingScheduled,
    Overtaken,
    OwnDraft,
    StartInThePast,
    VersionMissing,
    WrongStep,
)
from crm.core.compatibility.publishing_views import VERSION_STATE_NAMES, VersionState, VersionView
from crm.core.compatibility.ruleset import RuleSet
from crm.core.compatibility.sources import CatalogueSource
from crm.core.compatibility.standing import Standing, Step, ground_of, read_standing, signed, state_of
from crm.core.staff.schemas import Actor, Permission
from crm.platform import audit
from crm.platform.clock import Clock
from crm.platform.content import ContentProblem
from crm.platform.database import Database

DELIVERED = "内容文件"
LONGEST_NOTE = 500

log = logging.getLogger(__name__)


class _Delivery(msgspec.Struct, frozen=True):
    """Who loads the delivered files: the audit log knows the command, not a person."""

    staff_id: UUID | None = None
    staff_number: str = DELIVERED
    ip: str = ""
    interaction_id: UUID | None = None


class Publishing:
    """Decisions about versions. Each is one transaction, taken one at a time, with an audit entry."""

    def __init__(self, db: Database, clock: Clock, catalog: CatalogueSource, content_dir: Path) -> None:
        self._db = db
        self._clock = clock
        self._catalog = catalog
        self._content_dir = content_dir

    async def load_content(self) -> None:
        """Take in the delivered files: the first version of a fresh install.

        Later, changed files come into force by themselves only while a delivered version is in force; once
        somebody has published a version of the house's own, they become a draft. With mistakes in the files
        nothing changes; when there is no version either, raises `RulesBroken`.
        """
        files, unreadable = await asyncio.to_thread(read_folder, self._content_dir)
        rules, problems = await asyncio.to_thread(rules_of, files)
        async with self._db.transaction() as session:
            await repository.lock_life(session)
            standing = await read_standing(session, self._clock.now())
            if unreadable or problems:
                self._refuse_delivery((*unreadable, *problems), standing)
                return
            found = await repository.version(session, rules.hash)
            if found is not None and found.author_id is None and found.files != files:
                found.files = files  # other proofs or comments, the same rules
            if standing.in_force is None or standing.in_force.author_id is None:
                await self._deliver(session, rules, files, found, standing)
            elif found is None:
                await self._insert(session, rules, files, standing, None, "随新版系统交付，审核后再发布")

    def _refuse_delivery(self, problems: tuple[ContentProblem, ...], standing: Standing) -> None:
        if standing.in_force is None:
            shown = "\n".join(f"  {each}" for each in problems[:20])
            raise RulesBroken(
                f"规则文件有 {len(problems)} 处错误，没有可用的规则。请改正后重新启动：\n{shown}"
            )
        for problem in problems:
            log.warning("规则文件有错，沿用第 %s 版：%s", standing.in_force.number, problem)

    async def _deliver(
        self,
        session: AsyncSession,
        rules: RuleSet,
        files: dict[str, str],
        found: RuleVersion | None,
        standing: Standing,
    ) -> None:
        if standing.in_force is not None and standing.in_force.hash == rules.hash:
            return
        version = found or await self._insert(session, rules, files, standing, None, "")
        version.state = "published"
        now = self._clock.now()
        session.add(
            RuleInForce(
                hash=version.hash, from_at=now, decided_at=now, decided_by=DELIVERED, reason="delivered"
            )
        )
        audit.record(session, _Delivery(), now, "rules.deliver", "rules", version.number, hash=version.hash)

    async def draft(
        self, actor: Actor, files: Mapping[str, str], note: str = "", base: int | str | None = None
    ) -> VersionView:
        """Store a draft made from whole files. Lint and proofs may still fail; reading may not.

        `base` is the number or hash of the version whose texts were changed; None means the one in force.
        Changing only proofs or comments of an own draft changes that draft.
        Raises `DraftUnreadable`, `DraftUnchanged`, `VersionMissing`, `NotAllowed`.
        """
        actor.require(Permission.DRAFT_RULES)
        rules, problems = await asyncio.to_thread(rules_of, files)
        if problems:
            raise DraftUnreadable(problems)
        async with self._db.transaction() as session:
            await repository.lock_life(session)
            standing = await read_standing(session, self._clock.now())
            ground = await ground_of(session, standing, base)
            same = await repository.version(session, rules.hash)
            if same is None:
                same = await self._insert(session, rules, dict(files), standing, actor, note, ground)
            elif same.state in ("draft", "returned") and same.author_id == actor.staff_id:
                same.files, same.note, same.state = dict(files), note[:LONGEST_NOTE] or same.note, "draft"
                if base is not None:
                    _compare(same, rules, ground)
            else:
                raise DraftUnchanged(same.number)
            return await Step(session, same, standing, self._clock.now()).done(actor, "rules.draft")

    async def _insert(
        self,
        session: AsyncSession,
        rules: RuleSet,
        files: dict[str, str],
        standing: Standing,
        actor: Actor | None,
        note: str,
        ground: RuleVersion | None = None,
    ) -> RuleVersion:
        version = RuleVersion(
            hash=rules.hash,
            number=await repository.next_number(session),
            document=document_of(rules),
            files=files,
            state="draft",
            author_id=None if actor is None else actor.staff_id,
            author=DELIVERED if actor is None else signed(actor),
            created_at=self._clock.now(),
            note=note[:LONGEST_NOTE],
        )
        _compare(version, rules, ground or standing.in_force)
        session.add(version)
        await session.flush()
        standing.numbers[version.hash] = version.number
        return version

    async def submit(self, actor: Actor, number: int) -> VersionView:
        """Ask for approval. Raises `DraftNotProven` when lint or a proof fails, `WrongStep`, `NotAllowed`."""
        actor.require(Permission.DRAFT_RULES)
        await self._prove(number)
        async with self._step(number, (VersionState.DRAFT, VersionState.RETURNED), "提交审核") as step:
            step.version.state = "submitted"
            return await step.done(actor, "rules.submit")

    async def approve(self, actor: Actor, number: int, note: str = "") -> VersionView:
        """Approve somebody else's draft. Raises `OwnDraft`, `WrongStep`, `NotAllowed`."""
        return await self._review(actor, number, note, "approved", "rules.approve")

    async def send_back(self, actor: Actor, number: int, note: str = "") -> VersionView:
        """Send somebody else's draft back. Raises `OwnDraft`, `WrongStep`, `NotAllowed`."""
        return await self._review(actor, number, note, "returned", "rules.return")

    async def _review(self, actor: Actor, number: int, note: str, state: str, action: str) -> VersionView:
        actor.require(Permission.APPROVE_RULES)
        async with self._step(number, (VersionState.SUBMITTED,), "审核") as step:
            if step.version.author_id == actor.staff_id:
                raise OwnDraft
            step.version.state = state
            step.version.reviewed_by_id = actor.staff_id
            step.version.reviewed_by = signed(actor)
            step.version.reviewed_at = step.now
            step.version.review_note = note[:LONGEST_NOTE]
            return await step.done(actor, action)

    async def publish(
        self, actor: Actor, number: int, starts_at: datetime | None = None, note: str = ""
    ) -> VersionView:
        """Put an approved version in force now, or from a moment that lies ahead.

        Raises `DraftNotProven`, `Overtaken`, `AlreadyScheduled`, `StartInThePast`, `WrongStep`, `NotAllowed`.
        """
        actor.require(Permission.APPROVE_RULES)
        await self._prove(number)
        async with self._step(number, (VersionState.APPROVED,), "发布") as step:
            standing, version = step.standing, step.version
            if standing.scheduled is not None:
                raise AlreadyScheduled(standing.numbers[standing.scheduled.hash])
            if starts_at is not None and starts_at <= step.now:
                raise StartInThePast
            if standing.in_force is not None and version.based_on != standing.in_force.hash:
                base = None if version.based_on is None else standing.numbers.get(version.based_on)
                raise Overtaken(number, base, standing.in_force.number)
            version.state = "published"
            step.put_in_force(actor, starts_at or step.now, "published", note[:LONGEST_NOTE])
            return await step.done(actor, "rules.publish")

    async def roll_back(self, actor: Actor, number: int, note: str = "") -> VersionView:
        """Put a version that was in force before in force again, at once; a waiting start is withdrawn.

        Raises `WrongStep`, `NotAllowed`. Its review counts; an emergency needs no second one.
        """
        actor.require(Permission.APPROVE_RULES)
        async with self._step(number, (VersionState.RETIRED,), "恢复使用") as step:
            if step.standing.scheduled is not None:
                await step.withdraw(actor)
            step.put_in_force(actor, step.now, "rolled_back", note[:LONGEST_NOTE])
            return await step.done(actor, "rules.roll_back")

    async def withdraw(self, actor: Actor, wanted: int | None = None) -> VersionView:
        """Take back a start that lies ahead, that of the `wanted` version if given; it is approved again.

        Raises `NothingScheduled`, also when it is another version that waits; `NotAllowed`.
        """
        actor.require(Permission.APPROVE_RULES)
        async with self._db.transaction() as session:
            await repository.lock_life(session)
            standing = await read_standing(session, self._clock.now())
            if standing.scheduled is None:
                raise NothingScheduled
            number = standing.numbers[standing.scheduled.hash]
            if wanted not in (None, number):
                raise NothingScheduled
            async with self._step(number, (VersionState.SCHEDULED,), "撤回定时") as step:
                await step.withdraw(actor)
                return await step.done(actor, "rules.withdraw")

    async def problems(self, number: int) -> tuple[ContentProblem, ...]:
        """What lint and the proofs find in a version; empty: it may come into force."""
        async with self._db.transaction() as session:
            files = (await self._find_version(session, number)).files
        return await asyncio.to_thread(proof_problems, files, self._catalog.catalogue)

    async def _prove(self, number: int) -> None:
        if problems := await self.problems(number):
            raise DraftNotProven(number, problems)

    @asynccontextmanager
    async def _step(self, number: int, allowed: tuple[VersionState, ...], verb: str) -> AsyncGenerator[Step]:
        async with self._db.transaction() as session:
            await repository.lock_life(session)
            version, now = await self._find_version(session, number), self._clock.now()
            standing = await read_standing(session, now)
            state = state_of(version, standing)
            if state not in allowed:
                raise WrongStep(number, VERSION_STATE_NAMES[state], verb)
            yield Step(session, version, standing, now)

    async def _find_version(self, session: AsyncSession, number: int) -> RuleVersion:
        found = await repository.version(session, number)
        if found is None:
            raise VersionMissing(number)
        return found


def _compare(version: RuleVersion, rules: RuleSet, ground: RuleVersion | None) -> None:
    """Note which version this one was made from, and what it changes in that."""
    if ground is not None:
        before = from_document(ground.document, ground.hash)
        version.based_on = ground.hash
        version.changes = msgspec.to_builtins(changes_between(before, rules))
