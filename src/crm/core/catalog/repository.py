"""All SQL of the catalogue."""

from contextlib import suppress
from datetime import datetime

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm.core.catalog.exclusion_schemas import Cell, Decision
from crm.core.catalog.models import CatalogVersion, ExclusionCell, ExclusionPhrase, ProductOffering
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


async def stored_cells(session: AsyncSession, source: str) -> dict[tuple[str, str, str, str], str]:
    """(table, level, service, kind) → text of every stored cell of an import."""
    rows = await session.execute(select(ExclusionCell).where(col(ExclusionCell.source) == source))
    return {(row.table_name, row.level, row.service, row.kind): row.text for row in rows.scalars()}


async def save_cells(session: AsyncSession, cells: list[Cell], at: datetime) -> None:
    """Insert or replace cells."""
    for start in range(0, len(cells), _BATCH):
        rows = [
            {
                "source": cell.source,
                "table_name": cell.table,
                "level": cell.level,
                "service": cell.service,
                "kind": cell.kind,
                "line": cell.line,
                "text": cell.text,
                "imported_at": at,
            }
            for cell in cells[start : start + _BATCH]
        ]
        statement = insert(ExclusionCell).values(rows)
        changed = {key: statement.excluded[key] for key in ("line", "text", "imported_at")}
        keys = ["source", "table_name", "level", "service", "kind"]
        await session.execute(statement.on_conflict_do_update(index_elements=keys, set_=changed))


async def drop_cells(session: AsyncSession, source: str, gone: list[tuple[str, str, str, str]]) -> None:
    """Forget cells that the newest file of the import lacks; the decisions on their phrases stay."""
    for table, level, service, kind in gone:
        await session.execute(
            delete(ExclusionCell).where(
                col(ExclusionCell.source) == source,
                col(ExclusionCell.table_name) == table,
                col(ExclusionCell.level) == level,
                col(ExclusionCell.service) == service,
                col(ExclusionCell.kind) == kind,
            )
        )


async def decision(session: AsyncSession, key: str) -> Decision | None:
    """What is settled for a phrase, held until the transaction ends."""
    wanted = select(ExclusionPhrase).where(col(ExclusionPhrase.key) == key).with_for_update()
    row = (await session.execute(wanted)).scalar_one_or_none()
    if row is None:
        return None
    return Decision(
        key=row.key,
        words=row.words,
        targets=tuple(row.targets),
        decided_by=row.decided_by,
        decided_at=row.decided_at,
    )


async def save_decision(session: AsyncSession, settled: Decision) -> None:
    """Insert or replace what is settled for a phrase."""
    row = {
        "key": settled.key,
        "words": settled.words,
        "decision": settled.kind,
        "targets": list(settled.targets),
        "decided_by": settled.decided_by,
        "decided_at": settled.decided_at,
    }
    statement = insert(ExclusionPhrase).values(row)
    changed = {name: statement.excluded[name] for name in row if name != "key"}
    await session.execute(statement.on_conflict_do_update(index_elements=["key"], set_=changed))


async def drop_decision(session: AsyncSession, key: str) -> None:
    """The phrase is open again, or understood by itself."""
    await session.execute(delete(ExclusionPhrase).where(col(ExclusionPhrase.key) == key))


async def read_exclusions(connection: Connection) -> tuple[list[Cell], dict[str, Decision]]:
    """Every stored cell in the order of its file, and every decision by phrase."""
    cells = await connection.fetch(
        "SELECT source, line, service, level, table_name, kind, text FROM exclusion_cell "
        "ORDER BY source, line, service, kind"
    )
    decisions = await connection.fetch(
        "SELECT key, words, targets, decided_by, decided_at FROM exclusion_phrase ORDER BY key"
    )
    return (
        [
            Cell(
                source=row["source"],
                line=row["line"],
                service=row["service"],
                level=row["level"],
                table=row["table_name"],
                kind=row["kind"],
                text=row["text"],
            )
            for row in cells
        ],
        {
            row["key"]: Decision(
                key=row["key"],
                words=row["words"],
                targets=tuple(msgspec.json.decode(row["targets"], type=list[str])),
                decided_by=row["decided_by"],
                decided_at=row["decided_at"],
            )
            for row in decisions
        },
    )
