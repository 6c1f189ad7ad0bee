"""All SQL of the knowledge room."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
from asyncpg import Record
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm.core.knowledge.models import (
    KnowledgeArticle,
    KnowledgeGap,
    KnowledgeRating,
    KnowledgeSheet,
    KnowledgeVersion,
)
from crm.core.knowledge.schemas import Sheets
from crm.platform.database import Connection

_ONLY = 1  # the one row of knowledge_version and of knowledge_sheet
_BATCH = 500


async def lock_version(session: AsyncSession, at: datetime) -> KnowledgeVersion:
    """The version row, made when missing and held until the transaction ends: one load at a time."""
    first = insert(KnowledgeVersion).values(id=_ONLY, number=0, changed_at=at)
    await session.execute(first.on_conflict_do_nothing(index_elements=["id"]))
    held = select(KnowledgeVersion).where(col(KnowledgeVersion.id) == _ONLY).with_for_update()
    return (await session.execute(held.execution_options(populate_existing=True))).scalar_one()


async def hashes(session: AsyncSession, origin: str) -> dict[str, str]:
    """Id → content hash of every stored article of an origin; the hash of a withdrawn one is empty."""
    rows = await session.execute(
        select(col(KnowledgeArticle.id), col(KnowledgeArticle.content_hash)).where(
            col(KnowledgeArticle.origin) == origin
        )
    )
    return {row.id: row.content_hash for row in rows}


async def save_articles(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    """Insert or replace articles given as complete rows."""
    for start in range(0, len(rows), _BATCH):
        statement = insert(KnowledgeArticle).values(rows[start : start + _BATCH])
        changed = {key: statement.excluded[key] for key in rows[0] if key != "id"}
        await session.execute(statement.on_conflict_do_update(index_elements=["id"], set_=changed))


async def withdraw(session: AsyncSession, ids: list[str], last_day: date, revision: int) -> None:
    """End the validity of articles that left the folder; their hash is cleared, so that they can return."""
    await session.execute(
        update(KnowledgeArticle)
        .where(col(KnowledgeArticle.id).in_(ids))
        .values(valid_to=last_day, content_hash="", revision=revision)
    )


async def sheets_hash(session: AsyncSession) -> str | None:
    """The hash of the stored sheets; None before the first load."""
    statement = select(col(KnowledgeSheet.content_hash)).where(col(KnowledgeSheet.id) == _ONLY)
    return (await session.execute(statement)).scalar_one_or_none()


async def save_sheets(session: AsyncSession, sheets: Sheets, content_hash: str, at: datetime) -> None:
    """Replace the stored sheets."""
    row = {"document": msgspec.to_builtins(sheets), "content_hash": content_hash, "updated_at": at}
    statement = insert(KnowledgeSheet).values(id=_ONLY, **row)
    await session.execute(statement.on_conflict_do_update(index_elements=["id"], set_=row))


async def read_version(connection: Connection) -> int:
    """The version now in force; 0 before the first load."""
    return await connection.fetchval("SELECT number FROM knowledge_version WHERE id = 1") or 0


async def read_sheets(connection: Connection) -> Sheets:
    """The stored sheets; empty ones before the first load."""
    document = await connection.fetchval("SELECT document FROM knowledge_sheet WHERE id = 1")
    return msgspec.json.decode(document, type=Sheets) if document else Sheets()


async def read_articles(connection: Connection, since: date) -> list[Record]:
    """Every article whose validity has not ended before `since`, by id."""
    return await connection.fetch(
        """
        SELECT id, topic, title, body, slug, keywords, source_refs, offerings, rules, origin,
               valid_from, valid_to, updated_at
        FROM knowledge_article
        WHERE valid_to IS NULL OR valid_to >= $1
        ORDER BY id
        """,
        since,
    )


async def read_article(connection: Connection, article_id: str) -> Record | None:
    """One article with its ratings counted."""
    return await connection.fetchrow(
        """
        SELECT a.id, a.topic, a.title, a.body, a.keywords, a.source_refs, a.offerings, a.rules, a.origin,
               a.valid_from, a.valid_to, a.updated_at,
               count(r.id) FILTER (WHERE r.useful) AS useful,
               count(r.id) FILTER (WHERE NOT r.useful) AS useless
        FROM knowledge_article a
        LEFT JOIN knowledge_rating r ON r.article_id = a.id
        WHERE a.id = $1
        GROUP BY a.id
        """,
        article_id,
    )


async def article_exists(session: AsyncSession, article_id: str) -> bool:
    """Whether an article is stored, valid or not."""
    statement = select(col(KnowledgeArticle.id)).where(col(KnowledgeArticle.id) == article_id)
    return (await session.execute(statement)).scalar_one_or_none() is not None


async def gap(session: AsyncSession, gap_id: UUID) -> KnowledgeGap | None:
    """A gap, locked until the transaction ends."""
    return await session.get(KnowledgeGap, gap_id, with_for_update=True)


async def gap_of_work_order(session: AsyncSession, work_order_id: UUID) -> KnowledgeGap | None:
    """The gap a work order is about, locked."""
    statement = select(KnowledgeGap).where(col(KnowledgeGap.work_order_id) == work_order_id).with_for_update()
    return (await session.execute(statement)).scalar_one_or_none()


async def gaps(
    session: AsyncSession, state: str | None, staff_id: UUID | None, limit: int
) -> list[KnowledgeGap]:
    """Gaps, the oldest first; of one state and of one reporter when given."""
    statement = select(KnowledgeGap).order_by(col(KnowledgeGap.id)).limit(limit)
    if state is not None:
        statement = statement.where(col(KnowledgeGap.state) == state)
    if staff_id is not None:
        statement = statement.where(col(KnowledgeGap.staff_id) == staff_id)
    return list((await session.execute(statement)).scalars())


async def unanswered_gaps(session: AsyncSession, limit: int) -> list[KnowledgeGap]:
    """Gaps nobody has answered, the oldest first."""
    waiting = select(KnowledgeGap).where(col(KnowledgeGap.state) != "answered")
    return list((await session.execute(waiting.order_by(col(KnowledgeGap.id)).limit(limit))).scalars())


async def save_rating(session: AsyncSession, rating: KnowledgeRating) -> None:
    """One voice per person and article; a second one replaces the first."""
    row = rating.model_dump()
    statement = insert(KnowledgeRating).values(row)
    replaced = {key: statement.excluded[key] for key in ("useful", "comment", "interaction_id", "created_at")}
    await session.execute(
        statement.on_conflict_do_update(index_elements=["article_id", "staff_id"], set_=replaced)
    )
