"""SQL of messages."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm.core.notice.models import Message

# A message nobody could send for so long is left to people, and its old partitions are not searched.
GIVE_UP_AFTER = timedelta(days=3)


async def due(session: AsyncSession, now: datetime, limit: int) -> list[Message]:
    """Unsent messages, locked; other workers skip them."""
    found = await session.execute(
        select(Message)
        .where(col(Message.sent_at).is_(None), col(Message.created_at) > now - GIVE_UP_AFTER)
        .order_by(col(Message.created_at))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return list(found.scalars())
