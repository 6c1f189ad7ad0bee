"""SQL of the staff room."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm.core.staff.models import StaffGroup, StaffMember, StaffMembership, StaffSession
from crm.platform.database import Connection

# One round trip for every request: the session, its person, their groups, and a mark that it is in use.
_ACTOR = """
WITH live AS (
    SELECT s.token_hash, s.csrf, s.seen_at, m.id, m.staff_number, m.name, m.role, m.must_change_password
    FROM staff_session s JOIN staff_member m ON m.id = s.staff_id
    WHERE s.token_hash = $1 AND s.expires_at > $2 AND s.seen_at > $3 AND m.active
), touched AS (
    UPDATE staff_session SET seen_at = $2
    WHERE token_hash = $1 AND EXISTS (SELECT 1 FROM live WHERE seen_at < $4)
)
SELECT live.*, groups.ids, groups.codes
FROM live LEFT JOIN LATERAL (
    SELECT array_agg(g.id) AS ids, array_agg(g.code) AS codes
    FROM staff_membership b JOIN staff_group g ON g.id = b.group_id WHERE b.staff_id = live.id
) groups ON true
"""


async def find_actor(
    connection: Connection, token_hash: bytes, now: datetime, idle_since: datetime, mark_before: datetime
) -> Any | None:
    """The person behind a live session, or None."""
    return await connection.fetchrow(_ACTOR, token_hash, now, idle_since, mark_before)


async def lock_member(session: AsyncSession, staff_number: str) -> StaffMember | None:
    """The person by staff number, locked so that failures are counted one by one."""
    found = await session.execute(
        select(StaffMember).where(col(StaffMember.staff_number) == staff_number).with_for_update()
    )
    return found.scalar_one_or_none()


async def member_by_number(session: AsyncSession, staff_number: str) -> StaffMember | None:
    """The person by staff number, as they are now; nobody waits for it."""
    found = await session.execute(select(StaffMember).where(col(StaffMember.staff_number) == staff_number))
    return found.scalar_one_or_none()


async def groups_of(session: AsyncSession, staff_id: UUID) -> list[StaffGroup]:
    """The groups a person belongs to, by code."""
    found = await session.execute(
        select(StaffGroup)
        .join(StaffMembership, col(StaffMembership.group_id) == col(StaffGroup.id))
        .where(col(StaffMembership.staff_id) == staff_id)
        .order_by(col(StaffGroup.code))
    )
    return list(found.scalars())


async def all_groups(session: AsyncSession) -> list[StaffGroup]:
    """Every group, by code."""
    return list((await session.execute(select(StaffGroup).order_by(col(StaffGroup.code)))).scalars())


async def names_of(session: AsyncSession, staff_ids: set[UUID]) -> dict[UUID, str]:
    """Staff number and name of people, for a history."""
    found = await session.execute(select(StaffMember).where(col(StaffMember.id).in_(staff_ids)))
    return {person.id: f"{person.staff_number} {person.name}" for person in found.scalars()}


async def count_members(session: AsyncSession) -> int:
    """How many people there are."""
    return (await session.execute(select(func.count()).select_from(StaffMember))).scalar_one()


async def end_sessions(
    session: AsyncSession, *, token_hash: bytes | None = None, staff_id: UUID | None = None
) -> None:
    """Delete one session, or all of a person."""
    statement = delete(StaffSession)
    if token_hash is not None:
        statement = statement.where(col(StaffSession.token_hash) == token_hash)
    if staff_id is not None:
        statement = statement.where(col(StaffSession.staff_id) == staff_id)
    await session.execute(statement)
