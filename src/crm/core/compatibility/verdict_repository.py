"""SQL of stored verdicts and of the documents they rest on."""

from collections.abc import Collection, Mapping
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm.core.compatibility.models import KeptDocument, RuleVersion, StoredVerdict

# In the order of hashes: two orders that keep the same new entries wait for each other and never cross.
_KEEP = text("""
INSERT INTO kept_document (hash, document)
SELECT * FROM unnest(CAST(:hashes AS text[]), CAST(:documents AS text[])) ON CONFLICT (hash) DO NOTHING
""")


async def keep(session: AsyncSession, documents: Mapping[str, str]) -> None:
    """Store texts by their hash, each once."""
    hashes = sorted(documents)
    if hashes:
        await session.execute(_KEEP, {"hashes": hashes, "documents": [documents[each] for each in hashes]})


async def kept(session: AsyncSession, hashes: Collection[str]) -> dict[str, str]:
    """Texts by their hash; what is not stored is left out."""
    found = select(col(KeptDocument.hash), col(KeptDocument.document)).where(
        col(KeptDocument.hash).in_(hashes)
    )
    return {row.hash: row.document for row in await session.execute(found)}


async def rules_document(session: AsyncSession, named: str) -> str | None:
    """The rules of a hash: a version, or rules that were judged by without one."""
    found = select(col(RuleVersion.document)).where(col(RuleVersion.hash) == named)
    version = (await session.execute(found)).scalar_one_or_none()
    return version if version is not None else (await kept(session, [named])).get(named)


async def has_rules(session: AsyncSession, named: str) -> bool:
    """Whether the rules of a hash are a version."""
    found = select(col(RuleVersion.hash)).where(col(RuleVersion.hash) == named)
    return (await session.execute(found)).scalar_one_or_none() is not None


async def verdict(session: AsyncSession, verdict_id: UUID) -> StoredVerdict | None:
    """A stored verdict."""
    found = select(StoredVerdict).where(col(StoredVerdict.id) == verdict_id)
    return (await session.execute(found.execution_options(populate_existing=True))).scalar_one_or_none()
