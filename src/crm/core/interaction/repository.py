"""SQL of calls, checks and drafts."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm.core.interaction.models import Draft, IdentityCheck, Interaction, OneTimeCode
from crm.platform.database import Connection


async def open_call(session: AsyncSession, staff_id: UUID, msisdn: str) -> Interaction | None:
    """The agent's running call with this number, if any."""
    found = await session.execute(
        select(Interaction)
        .where(
            col(Interaction.staff_id) == staff_id,
            col(Interaction.msisdn) == msisdn,
            col(Interaction.ended_at).is_(None),
        )
        .order_by(col(Interaction.started_at).desc())
        .limit(1)
    )
    return found.scalar_one_or_none()


_RUNNING = """
SELECT json_agg(x) FROM (
    SELECT n.id, n.msisdn, n.subscriber_id, n.started_at, n.note,
        EXISTS (SELECT FROM draft d WHERE d.interaction_id = n.id) AS drafted
    FROM interaction n
    WHERE n.staff_id = $1 AND n.ended_at IS NULL AND n.started_at > $2::timestamptz - interval '7 days'
    ORDER BY n.started_at DESC LIMIT $3) x"""


async def running_calls(connection: Connection, staff_id: UUID, now: datetime, most: int) -> str | None:
    """The agent's calls that nobody has wrapped up, of the last week, newest first; None without any."""
    return await connection.fetchval(_RUNNING, staff_id, now, most)


async def call(session: AsyncSession, interaction_id: UUID, *, lock: bool = False) -> Interaction | None:
    """A call by id."""
    statement = select(Interaction).where(col(Interaction.id) == interaction_id)
    return (await session.execute(statement.with_for_update() if lock else statement)).scalar_one_or_none()


async def checks(session: AsyncSession, interaction_id: UUID, since: datetime) -> list[IdentityCheck]:
    """The identity checks of a call after a moment, oldest first."""
    found = await session.execute(
        select(IdentityCheck)
        .where(col(IdentityCheck.interaction_id) == interaction_id, col(IdentityCheck.checked_at) > since)
        .order_by(col(IdentityCheck.checked_at), col(IdentityCheck.id))
    )
    return list(found.scalars())


async def save_draft(
    session: AsyncSession, interaction_id: UUID, kind: str, body: dict[str, Any], at: datetime
) -> None:
    """Write or replace a draft."""
    statement = insert(Draft).values(interaction_id=interaction_id, kind=kind, body=body, saved_at=at)
    replaced = {"body": statement.excluded.body, "saved_at": statement.excluded.saved_at}
    await session.execute(
        statement.on_conflict_do_update(index_elements=["interaction_id", "kind"], set_=replaced)
    )


async def swap_draft(
    session: AsyncSession,
    interaction_id: UUID,
    kind: str,
    was: dict[str, Any] | None,
    body: dict[str, Any] | None,
    at: datetime,
) -> bool:
    """Write, replace or forget a draft that still is `was` (None: not there); whether it was."""
    same = (
        col(Draft.interaction_id) == interaction_id,
        col(Draft.kind) == kind,
        col(Draft.body) == was,
    )
    if was is None:
        new = insert(Draft).values(interaction_id=interaction_id, kind=kind, body=body, saved_at=at)
        found = await session.execute(new.on_conflict_do_nothing().returning(col(Draft.kind)))
    elif body is None:
        found = await session.execute(delete(Draft).where(*same).returning(col(Draft.kind)))
    else:
        changed = update(Draft).where(*same).values(body=body, saved_at=at)
        found = await session.execute(changed.returning(col(Draft.kind)))
    return found.first() is not None


async def drop_drafts(session: AsyncSession, interaction_id: UUID, kind: str | None = None) -> None:
    """Forget the drafts of a call, or one kind of them."""
    statement = delete(Draft).where(col(Draft.interaction_id) == interaction_id)
    await session.execute(statement if kind is None else statement.where(col(Draft.kind) == kind))


# A call nobody wrapped up does not count as open for ever: twelve hours.
# Checks count for two hours, as `CHECKS_COUNT_FOR` says.
# A call with everything typed and checked on it, as one document. The placeholders are parameters of the
# statement it stands in: its own, or the customer page's, which reads it along.
CALL_DOCUMENT = """
SELECT json_build_object(
    'id', n.id, 'channel', n.channel, 'msisdn', n.msisdn, 'subscriber_id', n.subscriber_id,
    'staff_id', n.staff_id, 'started_at', n.started_at, 'ended_at', n.ended_at, 'reason', n.reason,
    'tags', n.tags, 'note', n.note, 'offer_declined_at', n.offer_declined_at,
    'checks', coalesce((SELECT json_agg(json_build_object('method', k.method, 'result', k.result,
        'checked_at', k.checked_at) ORDER BY k.checked_at, k.id)
        FROM identity_check k WHERE k.interaction_id = n.id
          AND k.checked_at > {now} - interval '2 hours'), '[]'),
    'drafts', coalesce((SELECT json_object_agg(d.kind, d.body) FROM draft d
        WHERE d.interaction_id = n.id), '{{}}'),
    'others', coalesce((SELECT json_agg(DISTINCT m.staff_number)
        FROM interaction o JOIN staff_member m ON m.id = o.staff_id
        WHERE o.subscriber_id = n.subscriber_id AND o.ended_at IS NULL AND o.staff_id <> {me}
          AND o.started_at > {now} - interval '12 hours'), '[]'))
FROM interaction n WHERE n.id = {call}"""
_CALL = CALL_DOCUMENT.format(call="$1", me="$2", now="$3::timestamptz")


async def call_document(connection: Connection, interaction_id: UUID, me: UUID, now: datetime) -> str | None:
    """The document of a call, or None."""
    return await connection.fetchval(_CALL, interaction_id, me, now)


async def newest_code(session: AsyncSession, subscriber_id: UUID) -> OneTimeCode | None:
    """The newest code of a line, used or not, on whichever call; locked."""
    found = await session.execute(
        select(OneTimeCode)
        .where(col(OneTimeCode.subscriber_id) == subscriber_id)
        .order_by(col(OneTimeCode.expires_at).desc(), col(OneTimeCode.id).desc())
        .limit(1)
        .with_for_update()
    )
    return found.scalar_one_or_none()


async def close_codes(session: AsyncSession, subscriber_id: UUID, at: datetime) -> None:
    """Make every unused code of a line void."""
    await session.execute(
        update(OneTimeCode)
        .where(col(OneTimeCode.subscriber_id) == subscriber_id, col(OneTimeCode.used_at).is_(None))
        .values(used_at=at)
    )
