"""Which version is in force, which waits for its start, and one step of a version within its transaction."""

from dataclasses import dataclass, field
from datetime import datetime

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from crm.core.compatibility import repository
from crm.core.compatibility.models import RuleInForce, RuleVersion
from crm.core.compatibility.publishing_errors import VersionMissing
from crm.core.compatibility.publishing_views import RuleChange, VersionState, VersionView
from crm.core.staff.schemas import Actor
from crm.platform import audit


@dataclass
class Standing:
    """What counts at a moment. `starts` is the last start of each version that ever had one."""

    in_force: RuleVersion | None = None
    scheduled: RuleInForce | None = None
    starts: dict[str, datetime] = field(default_factory=dict[str, datetime])
    numbers: dict[str, int] = field(default_factory=dict[str, int])


async def read_standing(session: AsyncSession, now: datetime) -> Standing:
    """The standing as this transaction sees it."""
    standing = Standing(numbers=await repository.numbers(session))
    for row in await repository.history(session):
        if row.withdrawn_at is not None:
            continue
        standing.starts.setdefault(row.hash, row.from_at)
        if row.from_at > now:
            standing.scheduled = row
        elif standing.in_force is None:
            standing.in_force = await repository.version(session, row.hash)
    return standing


async def ground_of(session: AsyncSession, standing: Standing, base: int | str | None) -> RuleVersion | None:
    """The published version a draft goes back to, of which it must not undo a later one.

    `base` is the number or hash of the version whose texts were changed, None the one in force. A draft of a
    draft goes back to what that one was made from. Raises `VersionMissing`.
    """
    if base is None:
        return standing.in_force
    found = await repository.version(session, base)
    if found is None:
        raise VersionMissing(base if isinstance(base, int) else base[:12])
    if found.state == "published" or found.based_on is None:
        return found
    return await repository.version(session, found.based_on)


def state_of(version: RuleVersion, standing: Standing) -> VersionState:
    """The state shown: what is published is in force, still to come, or over."""
    if version.state != "published":
        return VersionState(version.state)
    if standing.scheduled is not None and standing.scheduled.hash == version.hash:
        return VersionState.SCHEDULED
    if standing.in_force is not None and standing.in_force.hash == version.hash:
        return VersionState.IN_FORCE
    return VersionState.RETIRED


def version_view(version: RuleVersion, standing: Standing) -> VersionView:
    """A version as the pages show it."""
    return VersionView(
        number=version.number,
        hash=version.hash,
        state=state_of(version, standing),
        author=version.author,
        author_id=version.author_id,
        created_at=version.created_at,
        based_on=None if version.based_on is None else standing.numbers.get(version.based_on),
        changes=msgspec.convert(version.changes, tuple[RuleChange, ...]),
        note=version.note,
        reviewed_by=version.reviewed_by,
        reviewed_at=version.reviewed_at,
        review_note=version.review_note,
        starts_at=standing.starts.get(version.hash) if version.state == "published" else None,
    )


@dataclass
class Step:
    """A version that is being moved on, with the standing it started from."""

    session: AsyncSession
    version: RuleVersion
    standing: Standing
    now: datetime

    def put_in_force(self, actor: Actor, from_at: datetime, reason: str, note: str) -> None:
        """From that moment this version counts."""
        row = RuleInForce(
            hash=self.version.hash,
            from_at=from_at,
            decided_at=self.now,
            decided_by_id=actor.staff_id,
            decided_by=signed(actor),
            reason=reason,
            note=note,
        )
        self.session.add(row)
        self.standing.starts[self.version.hash] = from_at
        if from_at > self.now:
            self.standing.scheduled = row
        else:
            self.standing.in_force = self.version

    async def withdraw(self, actor: Actor) -> None:
        """Take back the start that lies ahead; its version is approved again."""
        row = self.standing.scheduled
        assert row is not None
        row.withdrawn_at, row.withdrawn_by = self.now, signed(actor)
        self.standing.scheduled = None
        version = await repository.version(self.session, row.hash)
        if version is not None:
            version.state = "approved"

    async def done(self, actor: Actor, action: str) -> VersionView:
        """Record the step; returns the version as it stands now."""
        number, named = self.version.number, self.version.hash
        audit.record(self.session, actor, self.now, action, "rules", number, hash=named)
        await self.session.flush()
        return version_view(self.version, self.standing)


def signed(actor: Actor) -> str:
    """Staff number and name."""
    return f"{actor.staff_number} {actor.name}".strip()
