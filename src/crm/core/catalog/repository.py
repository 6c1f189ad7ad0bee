"""All SQL of the catalogue."""

from contextlib import suppress
from datetime import datetime

import msgspec
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm.core.catalog.models import CatalogVersion, ProductOffering
from crm.core.catalog.schemas import Offering
from crm.platform.database import Connection

CONTENT = "content"
_ONLY = 1  # the one row of catalog_version
_BATCH = 500


class Stored(msgspec.Struct, frozen=True):
    """What is stored of an offering, as far as a load has to know it."""

    code: str
    origin: str
    content_hash: str


async def lock_version(session: AsyncSession, at: datetime) -> CatalogVersion:
    """The version row, made when missing and held until the transaction ends: one load at a time."""
    first = insert(CatalogVersion).values(id=_ONLY, version=0, changed_at=at)
    await session.execute(first.on_conflict_do_nothing(index_elements=["id"]))
    held = select(CatalogVersion).where(col(CatalogVersion.id) == _ONLY).with_for_update()
    return (await session.execute(held.execution_options(populate_existing=True))).scalar_one()


async def stored(session: AsyncSession) -> dict[str, Stored]:
    """Code → origin and hash of every stored offering."""
    wanted = select(col(ProductOffering.code), col(ProductOffering.origin), col(ProductOffering.content_hash))
    rows = await session.execute(wanted)
    return {code: Stored(code, origin, content_hash) for code, origin, content_hash in rows}


async def documents(session: AsyncSession, codes: list[str]) -> dict[str, Offering]:
    """The stored offerings of these codes, without those that this release cannot read."""
    wanted = select(col(ProductOffering.code), col(ProductOffering.document))
    rows = await session.execute(wanted.where(col(ProductOffering.code).in_(codes)))
    found: dict[str, Offering] = {}
    for code, document in rows:
        with suppress(msgspec.ValidationError):
            found[code] = msgspec.convert(document, Offering, strict=False)
    return found


async def save(
    session: AsyncSession, offerings: list[tuple[Offering, str]], origin: str, at: datetime
) -> None:
    """Insert or replace offerings, each given with its hash."""
    for start in range(0, len(offerings), _BATCH):
        rows = [
            {
                "code": offering.code,
                "name": offering.name,
                "kind": offering.kind.value,
                "origin": origin,
                "document": msgspec.to_builtins(offering),
                "content_hash": content_hash,
                "updated_at": at,
            }
            for offering, content_hash in offerings[start : start + _BATCH]
        ]
        statement = insert(ProductOffering).values(rows)
        changed = {key: statement.excluded[key] for key in rows[0] if key != "code"}
        await session.execute(statement.on_conflict_do_update(index_elements=["code"], set_=changed))


async def read_version(connection: Connection) -> int:
    """The version now in force; 0 before the first load."""
    return await connection.fetchval("SELECT version FROM catalog_version WHERE id = 1") or 0


async def read_documents(connection: Connection) -> list[tuple[str, str, str]]:
    """(code, origin, document as JSON text) of every stored offering, by code."""
    rows = await connection.fetch("SELECT code, origin, document FROM product_offering ORDER BY code")
    return [(row["code"], row["origin"], row["document"]) for row in rows]
