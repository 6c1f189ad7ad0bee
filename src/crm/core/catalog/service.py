"""The catalogue's door: kept in memory by every process, synced from content files, added to by imports."""

import asyncio
import logging
from pathlib import Path
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from crm.core.catalog import exclusions, imports, repository
from crm.core.catalog.content import load_offerings
from crm.core.catalog.engine import Catalogue, hash_of
from crm.core.catalog.errors import CatalogContentInvalid, OfferingUnknown
from crm.core.catalog.exclusion_schemas import Cell, Decision
from crm.core.catalog.models import CatalogVersion
from crm.core.catalog.schemas import (
    ImportReport,
    ImportRow,
    LoadReport,
    Marks,
    Offering,
    OfferingKind,
    OfferingPage,
    OfferingQuery,
    OfferingView,
    RowOutcome,
    SortBy,
)
from crm.core.catalog.search import OfferingSearch
from crm.core.catalog.settling import Exclusions, Understood, understand
from crm.core.catalog.views import view
from crm.core.staff.schemas import Actor, Permission
from crm.platform import audit
from crm.platform.clock import Clock
from crm.platform.database import Database

_MOST_ON_A_PAGE = 200


class _Operator(msgspec.Struct, frozen=True):
    """Whoever changes files or types `crm catalog`: the audit log knows the command, not a person."""

    staff_id: UUID | None = None
    staff_number: str = "crm catalog"
    ip: str = ""
    interaction_id: UUID | None = None


_OPERATOR = _Operator()

log = logging.getLogger(__name__)


class _Loaded(msgspec.Struct, frozen=True):
    """One version of the catalogue with its index; replaced as a whole, so that a request never sees half."""

    version: int
    catalogue: Catalogue
    search: OfferingSearch
    origins: dict[str, str]
    understood: Understood


class CatalogService:
    """Offerings to look up, search and load. Call `refresh()` once at start and then every few seconds."""

    def __init__(self, db: Database, clock: Clock, offerings_dir: Path) -> None:
        self._db = db
        self._clock = clock
        self._offerings_dir = offerings_dir
        self._loaded = _build(-1, [], [], {})
        self.exclusions = Exclusions(db, clock, lambda: self._loaded.understood, self.refresh, _OPERATOR)

    @property
    def catalogue(self) -> Catalogue:
        """The catalogue as of the last refresh; immutable, never waits."""
        return self._loaded.catalogue

    @property
    def version(self) -> int:
        """The version of `catalogue`; -1 before the first refresh."""
        return self._loaded.version

    def search(
        self,
        actor: Actor,
        words: str,
        *,
        brand: str | None = None,
        kind: OfferingKind | None = None,
        state: str | None = None,
        limit: int = 20,
        offset: int = 0,
        sort: SortBy = SortBy.RELEVANCE,
        marked: Marks | None = None,
        marks: tuple[str, ...] = (),
    ) -> OfferingPage:
        """Offerings by name, part of it, a slip, pinyin, code, tag or price; memory only.

        `limit` is held between 1 and 200. `marked` says what kind of hit an offering is; `marks` keeps some
        kinds, all are counted. Raises `NotAllowed` without the permission to read the catalogue.
        """
        actor.require(Permission.READ_CATALOG)
        query = OfferingQuery(
            words=words,
            brand=brand,
            kind=kind,
            state=state,
            sort=sort,
            limit=min(max(limit, 1), _MOST_ON_A_PAGE),
            offset=max(offset, 0),
            marks=marks,
        )
        return self._loaded.search.find(query, marked)

    def offering(self, actor: Actor, code: str) -> OfferingView:
        """One offering for its page. Raises `OfferingUnknown`, `NotAllowed`."""
        actor.require(Permission.READ_CATALOG)
        loaded = self._loaded
        found = loaded.catalogue.get(code)
        if found is None:
            raise OfferingUnknown(code)
        return view(found, loaded.catalogue, loaded.origins.get(code, ""))

    async def refresh(self) -> bool:
        """Read the catalogue again when its version moved; returns whether it did.

        An offering that this release cannot read is logged and left out.
        """
        async with self._db.reading() as connection:
            version = await repository.read_version(connection)
            if version == self._loaded.version:
                return False
            rows = await repository.read_documents(connection)
            cells, decisions = await repository.read_exclusions(connection)
        # Hash and index of a large catalogue take a while; requests go on meanwhile with the old one.
        self._loaded = await asyncio.to_thread(_build, version, rows, cells, decisions)
        return True

    async def load_content(self) -> LoadReport:
        """Bring the stored catalogue in line with the content files, all in one transaction.

        What left the files is marked discontinued. With mistakes in the files nothing is changed and the
        report names them; when nothing good is stored either, raises `CatalogContentInvalid`.
        """
        offerings, problems = await asyncio.to_thread(load_offerings, self._offerings_dir)
        if problems:
            await self.refresh()
            if repository.CONTENT not in self._loaded.origins.values():
                raise CatalogContentInvalid(tuple(map(str, problems)))
            for problem in problems:
                log.warning("产品目录有错，沿用上一次的目录：%s", problem)
            return LoadReport(problems=problems)
        report = await self._sync(offerings)
        await self.refresh()
        return report

    async def _sync(self, offerings: tuple[Offering, ...]) -> LoadReport:
        now = self._clock.now()
        hashed = [(offering, hash_of(offering)) for offering in offerings]
        async with self._db.transaction() as session:
            version = await repository.lock_version(session, now)
            stored = await repository.stored(session)
            known = {code for code, row in stored.items() if row.origin == repository.CONTENT}
            added = [pair for pair in hashed if pair[0].code not in known]
            changed = [
                pair
                for pair in hashed
                if pair[0].code in known and stored[pair[0].code].content_hash != pair[1]
            ]
            gone = await repository.documents(session, sorted(known - {each.code for each in offerings}))
            ended = [
                msgspec.structs.replace(each, state="discontinued")
                for each in gone.values()
                if each.state != "discontinued"
            ]
            touched = [*added, *changed, *((each, hash_of(each)) for each in ended)]
            if touched:
                await self._write(session, version, touched, repository.CONTENT)
        return LoadReport(
            added=len(added),
            changed=len(changed),
            unchanged=len(offerings) - len(added) - len(changed),
            discontinued=len(ended),
        )

    async def _write(
        self,
        session: AsyncSession,
        version: CatalogVersion,
        touched: list[tuple[Offering, str]],
        origin: str,
    ) -> None:
        now = self._clock.now()
        await repository.save(session, touched, origin, now)
        version.version += 1
        version.changed_at = now
        action = "catalog.load" if origin == repository.CONTENT else "catalog.import"
        codes = [offering.code for offering, _ in touched]
        audit.record(
            session, _OPERATOR, now, action, "catalogue", version.version, origin=origin, codes=codes
        )

    async def import_offerings(self, path: Path, dry_run: bool = False) -> ImportReport:
        """Add or renew offerings from a JSONL file; every row is reported, bad ones do not stop the good.

        Importing the same file again changes nothing; a dry run writes nothing.
        Raises `ImportFileUnreadable`.
        """
        name = path.stem
        rows = await asyncio.to_thread(imports.read_rows, path, name)
        if dry_run:
            async with self._db.transaction() as session:
                stored = await repository.stored(session)
            return ImportReport(name, True, tuple(_decide(row, stored) for row in rows))
        async with self._db.transaction() as session:
            version = await repository.lock_version(session, self._clock.now())
            stored = await repository.stored(session)
            decided = tuple(_decide(row, stored) for row in rows)
            touched = [
                (row.offering, hash_of(row.offering))
                for row, told in zip(rows, decided, strict=True)
                if row.offering and told.outcome in (RowOutcome.IMPORTED, RowOutcome.CHANGED)
            ]
            if touched:
                await self._write(session, version, touched, f"import:{name}")
        await self.refresh()
        return ImportReport(name, False, decided)


def _decide(row: imports.ReadRow, stored: dict[str, repository.Stored]) -> ImportRow:
    offering = row.offering
    if offering is None:
        return ImportRow(row.line, RowOutcome.REJECTED, name=row.name, reason=row.reason)
    held = stored.get(offering.code)
    if held is None:
        outcome = RowOutcome.IMPORTED
    elif held.origin == repository.CONTENT:
        reason = f"编码 {offering.code} 已由目录文件使用"
        return ImportRow(row.line, RowOutcome.REJECTED, offering.code, offering.name, reason)
    elif held.content_hash == hash_of(offering):
        outcome = RowOutcome.UNCHANGED
    else:
        outcome = RowOutcome.CHANGED
    return ImportRow(row.line, outcome, offering.code, offering.name)


def _build(
    version: int, rows: list[tuple[str, str, str]], cells: list[Cell], decisions: dict[str, Decision]
) -> _Loaded:
    offerings: list[Offering] = []
    origins: dict[str, str] = {}
    for code, origin, document in rows:
        try:
            offerings.append(msgspec.json.decode(document, type=Offering))
        except msgspec.ValidationError as error:
            log.warning("offering %s cannot be read by this release and is left out: %s", code, error)
            continue
        origins[code] = origin
    search = OfferingSearch(offerings)
    understood = understand(offerings, search, cells, decisions)
    catalogue = Catalogue(exclusions.merge(offerings, understood.readings))
    assert catalogue.hash, "computed here, in the thread, so that no request waits for it"
    return _Loaded(version, catalogue, search, origins, understood)
