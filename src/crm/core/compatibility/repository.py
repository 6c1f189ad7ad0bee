"""All SQL of rule versions, firings and rehearsals."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm.core.compatibility.firing import Counts, FiringKey
from crm.core.compatibility.models import RuleInForce, RuleRehearsal, RuleVersion
from crm.core.compatibility.publishing_views import Collision, WeekCount
from crm.platform.database import Connection

_IN_FORCE = """
SELECT f.hash, v.number FROM rule_in_force f JOIN rule_version v ON v.hash = f.hash
WHERE f.from_at <= $1 AND f.withdrawn_at IS NULL ORDER BY f.from_at DESC, f.id DESC LIMIT 1
"""
_ADD_FIRINGS = """
INSERT INTO rule_firing (rule_id, fired_on, verdict, target, held, fired, stopped, ordered)
SELECT * FROM unnest($1::text[], $2::date[], $3::text[], $4::text[], $5::text[],
    $6::int[], $7::int[], $8::int[])
ON CONFLICT (rule_id, fired_on, verdict, target, held) DO UPDATE SET
    fired = rule_firing.fired + excluded.fired,
    stopped = rule_firing.stopped + excluded.stopped,
    ordered = rule_firing.ordered + excluded.ordered
"""
_BY_WEEK = """
SELECT rule_id, date_trunc('week', fired_on)::date AS monday,
    sum(fired)::int AS fired, sum(stopped)::int AS stopped, sum(ordered)::int AS ordered
FROM rule_firing WHERE fired_on >= $1 AND ($2 = '' OR rule_id = $2) GROUP BY 1, 2 ORDER BY 1, 2
"""
_COLLISIONS = """
SELECT target, held, verdict, sum(fired)::int AS fired, sum(stopped)::int AS stopped,
    sum(ordered)::int AS ordered
FROM rule_firing WHERE rule_id = $1 AND fired_on >= $2
GROUP BY 1, 2, 3 ORDER BY 5 DESC, 4 DESC, 1, 2 LIMIT $3
"""
# A claim is good while its holder gives signs of life; a runner that died leaves the row to the next one.
_CLAIM = text("""
UPDATE rule_rehearsal SET state = 'running', started_at = :now, seen_at = :now, done = 0, failure = ''
WHERE id = (
    SELECT id FROM rule_rehearsal
    WHERE state = 'wanted' OR (state = 'running' AND seen_at < :dead)
    ORDER BY asked_at LIMIT 1 FOR UPDATE SKIP LOCKED
) RETURNING id
""")


async def in_force(connection: Connection, at: datetime) -> tuple[str, int] | None:
    """Hash and number of the version in force at a moment; None before the first one."""
    row = await connection.fetchrow(_IN_FORCE, at)
    return None if row is None else (row["hash"], row["number"])


async def document(connection: Connection, named: str) -> tuple[int, str] | None:
    """Number and canonical JSON of a version."""
    row = await connection.fetchrow("SELECT number, document FROM rule_version WHERE hash = $1", named)
    return None if row is None else (row["number"], row["document"])


async def lock_life(session: AsyncSession) -> None:
    """One decision about versions at a time, the first of all included; readers go on."""
    await session.execute(text("LOCK TABLE rule_version IN SHARE ROW EXCLUSIVE MODE"))


_GREATEST = 2**31 - 1  # what a column of numbers holds


async def version(session: AsyncSession, reference: int | str) -> RuleVersion | None:
    """A version by number or hash."""
    if isinstance(reference, int) and reference > _GREATEST:
        return None
    wanted = (
        col(RuleVersion.number) == reference
        if isinstance(reference, int)
        else col(RuleVersion.hash) == reference
    )
    found = select(RuleVersion).where(wanted).execution_options(populate_existing=True)
    return (await session.execute(found)).scalar_one_or_none()


async def versions(session: AsyncSession, limit: int) -> list[RuleVersion]:
    """Versions, newest first."""
    found = select(RuleVersion).order_by(col(RuleVersion.number).desc()).limit(limit)
    return list((await session.execute(found)).scalars())


async def numbers(session: AsyncSession) -> dict[str, int]:
    """Hash → number of every version."""
    rows = await session.execute(select(col(RuleVersion.hash), col(RuleVersion.number)))
    return {row.hash: row.number for row in rows}


async def next_number(session: AsyncSession) -> int:
    """The number of the version to come; the caller holds the lock."""
    return ((await session.execute(select(func.max(col(RuleVersion.number))))).scalar() or 0) + 1


async def history(session: AsyncSession) -> list[RuleInForce]:
    """Every decision about what is in force, newest start first."""
    found = select(RuleInForce).order_by(col(RuleInForce.from_at).desc(), col(RuleInForce.id).desc())
    return list((await session.execute(found)).scalars())


async def add_firings(connection: Connection, taken: Mapping[FiringKey, Counts]) -> None:
    """Add increments in one statement, in the order of the keys so that two processes never deadlock."""
    rows = [(*key, *counts) for key, counts in sorted(taken.items())]
    await connection.execute(_ADD_FIRINGS, *(list(column) for column in zip(*rows, strict=True)))


async def by_week(connection: Connection, since: date, rule_id: str = "") -> dict[str, list[WeekCount]]:
    """Firings by week of one rule, or of all."""
    found: dict[str, list[WeekCount]] = {}
    for row in await connection.fetch(_BY_WEEK, since, rule_id):
        week = WeekCount(row["monday"], row["fired"], row["stopped"], row["ordered"])
        found.setdefault(row["rule_id"], []).append(week)
    return found


async def collisions(connection: Connection, rule_id: str, since: date, limit: int) -> tuple[Collision, ...]:
    """What the rule collided with most, stopped wishes first."""
    rows = await connection.fetch(_COLLISIONS, rule_id, since, limit)
    return tuple(
        Collision(row["target"], row["held"], row["verdict"], row["fired"], row["stopped"], row["ordered"])
        for row in rows
    )


async def forget_firings(connection: Connection, before: date) -> None:
    """Drop counts of days long gone."""
    await connection.execute("DELETE FROM rule_firing WHERE fired_on < $1", before)


async def claim_rehearsal(session: AsyncSession, now: datetime, lease: timedelta) -> UUID | None:
    """The oldest rehearsal that nobody runs, now ours."""
    found = await session.execute(_CLAIM, {"now": now, "dead": now - lease})
    return found.scalar_one_or_none()


async def rehearsal(session: AsyncSession, rehearsal_id: UUID) -> RuleRehearsal | None:
    """A rehearsal by id."""
    found = select(RuleRehearsal).where(col(RuleRehearsal.id) == rehearsal_id)
    return (await session.execute(found.execution_options(populate_existing=True))).scalar_one_or_none()


async def rehearsals_of(session: AsyncSession, rules_hash: str, limit: int) -> list[RuleRehearsal]:
    """The rehearsals of a version, newest first."""
    found = select(RuleRehearsal).where(col(RuleRehearsal.rules_hash) == rules_hash)
    newest = found.order_by(col(RuleRehearsal.asked_at).desc()).limit(limit)
    return list((await session.execute(newest)).scalars())


async def note_rehearsal(session: AsyncSession, rehearsal_id: UUID, **values: Any) -> None:
    """Write progress or outcome."""
    changed = update(RuleRehearsal).where(col(RuleRehearsal.id) == rehearsal_id).values(**values)
    await session.execute(changed)
