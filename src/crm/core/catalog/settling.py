"""互斥业务 cells: imported, read in the light of what analysts settled, and settled by them."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from crm.core.catalog import exclusions, repository
from crm.core.catalog.errors import (
    ImportFileUnreadable,
    NothingChosen,
    PhraseUnknown,
    SettledMeanwhile,
    TargetUnknown,
)
from crm.core.catalog.exclusion_partners import PartnerBook
from crm.core.catalog.exclusion_rows import count_pairs, named, rows_of, with_targets
from crm.core.catalog.exclusion_schemas import (
    Cell,
    CellReading,
    Decision,
    ExclusionReport,
    PhrasePage,
    PhraseRow,
    Preview,
)
from crm.core.catalog.folding import fold
from crm.core.catalog.models import CatalogVersion
from crm.core.catalog.schemas import ImportRow, NamedOffering, Offering, OfferingQuery, RowOutcome
from crm.core.catalog.search import OfferingSearch
from crm.core.staff.schemas import Actor, Permission
from crm.platform import audit
from crm.platform.clock import Clock
from crm.platform.database import Database

_MOST_TARGETS = 50
_MOST_CANDIDATES = 12
_MOST_ALIKE = 5


class Understood(NamedTuple):
    """The cells of one catalogue version with everything that follows from them."""

    book: PartnerBook
    search: OfferingSearch
    cells: tuple[Cell, ...]
    decisions: dict[str, Decision]
    readings: tuple[CellReading, ...]
    rows: dict[str, PhraseRow]


def understand(
    offerings: Sequence[Offering],
    search: OfferingSearch,
    cells: Sequence[Cell],
    decisions: dict[str, Decision],
) -> Understood:
    """Read every cell against these offerings; takes a while for a large catalogue."""
    book = PartnerBook(offerings)
    readings = exclusions.understand(cells, decisions, book)
    rows = rows_of(readings, decisions, book)
    return Understood(book, search, tuple(cells), decisions, readings, rows)


class Exclusions:
    """The analysts' part of the catalogue room: which partner phrases are open, and what they mean."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        now_known: Callable[[], Understood],
        refresh: Callable[[], Awaitable[bool]],
        operator: audit.Signatory,
    ) -> None:
        self._db = db
        self._clock = clock
        self._known = now_known
        self._refresh = refresh
        self._operator = operator

    def page(
        self, actor: Actor, *, words: str = "", state: str = "open", limit: int = 20, offset: int = 0
    ) -> PhrasePage:
        """Phrases by state (open, settled, known, empty for all), the most used first; memory only.

        Raises `NotAllowed` without the permission to edit the catalogue.
        """
        actor.require(Permission.EDIT_CATALOG)
        rows = self._known().rows.values()
        wanted = fold(words[:64])
        found = [row for row in rows if not wanted or wanted in row.searched]
        counts = {name: sum(row.state == name for row in found) for name in ("open", "settled", "known")}
        shown = [row for row in found if state in ("", row.state)]
        shown.sort(key=lambda row: (wanted not in fold(row.words), -len(row.cells), row.key))
        limit = min(max(limit, 1), 100)
        offset = max(offset, 0)
        return PhrasePage(
            rows=tuple(shown[offset : offset + limit]),
            total=len(shown),
            counts=counts,
            cells=len(self._known().cells),
        )

    def phrase(self, actor: Actor, key: str) -> PhraseRow:
        """One phrase with its cells. Raises `PhraseUnknown`, `NotAllowed`."""
        actor.require(Permission.EDIT_CATALOG)
        row = self._known().rows.get(key)
        if row is None:
            raise PhraseUnknown
        return row

    def candidates(self, actor: Actor, words: str) -> tuple[NamedOffering, ...]:
        """Offerings and tags that words may mean, to pick from; the code of a tag is its reference."""
        actor.require(Permission.EDIT_CATALOG)
        known = self._known()
        found: dict[str, NamedOffering] = {}
        wanted = fold(words[:64])
        for tag in known.book.tags_like(wanted) if wanted else ():
            found[f"tag:{tag}"] = named(f"tag:{tag}", known.book)
        hits = known.search.find(OfferingQuery(words=words, limit=_MOST_CANDIDATES)).hits
        likely = known.book.alike(words[:64], _MOST_ALIKE)
        for one in (*(hit.offering for hit in hits), *likely):
            reference = (
                f"tag:{one.name}" if one.state == "series" and known.book.tagged(one.name) else one.code
            )
            found.setdefault(reference, named(reference, known.book))
        return tuple(found.values())[:_MOST_CANDIDATES]

    def preview(self, actor: Actor, key: str, targets: Sequence[str]) -> Preview:
        """What settling the phrase so would do: how many pairs come to exclude each other."""
        row = self.phrase(actor, key)
        known = self._known()
        checked = self._checked(targets)
        readings = with_targets(known.readings, row.key, checked, known.book)
        return Preview(
            relations=count_pairs(readings, row.key, known.book),
            cells=len(row.cells),
            targets=tuple(named(each, known.book) for each in checked),
        )

    async def settle(
        self,
        actor: Actor,
        key: str,
        targets: Sequence[str],
        *,
        retired: bool = False,
        seen: str | None = None,
    ) -> PhraseRow:
        """Decide what a phrase means, in every cell that uses it; here at once, in other processes soon.

        `seen`: the moment of the decision that the page showed (empty: none), None: whatever it was.
        Raises `PhraseUnknown`, `NothingChosen`, `TargetUnknown`, `SettledMeanwhile`, `NotAllowed`.
        """
        row = self.phrase(actor, key)
        checked = () if retired else self._checked(targets)
        if not checked and not retired:
            raise NothingChosen
        now = self._clock.now()
        settled = Decision(
            key=row.key, words=row.words, targets=checked, decided_by=actor.staff_number, decided_at=now
        )
        async with self._db.transaction() as session:
            version = await repository.lock_version(session, now)
            _unchanged_since(await repository.decision(session, key), seen)
            await repository.save_decision(session, settled)
            _grow(version, now)
            audit.record(
                session, actor, now, "catalog.exclusion.settle", "exclusion_phrase", key,
                words=row.words, decision=settled.kind, targets=list(checked), cells=len(row.cells),
            )  # fmt: skip
        await self._refresh()
        return self.phrase(actor, key)

    async def reopen(self, actor: Actor, key: str, *, seen: str | None = None) -> None:
        """Take a decision back; without one nothing happens. Raises `SettledMeanwhile`, `NotAllowed`."""
        actor.require(Permission.EDIT_CATALOG)
        now = self._clock.now()
        async with self._db.transaction() as session:
            version = await repository.lock_version(session, now)
            before = await repository.decision(session, key)
            if before is None:
                return
            _unchanged_since(before, seen)
            await repository.drop_decision(session, key)
            _grow(version, now)
            audit.record(
                session, actor, now, "catalog.exclusion.reopen", "exclusion_phrase", key,
                words=before.words, targets=list(before.targets), decided_by=before.decided_by,
            )  # fmt: skip
        await self._refresh()

    async def import_cells(self, path: Path, dry_run: bool = False) -> ExclusionReport:
        """Store the cells of a JSONL file; what an earlier file of that name had besides is forgotten.

        With a rejected line nothing is forgotten: it may be the one that is missing. Decisions stay.
        The same file again changes nothing. Raises `ImportFileUnreadable`.
        """
        await self._refresh()
        read = exclusions.read_cells(await asyncio.to_thread(_lines, path), path.stem)
        cells = [each.cell for each in read if each.cell is not None]
        rejected = [each for each in read if each.cell is None]
        news = await self._store(path.stem, cells, keep=bool(rejected), dry_run=dry_run)
        known = self._known()
        readings = exclusions.understand(cells, known.decisions, known.book)
        return ExclusionReport(
            name=path.stem,
            dry_run=dry_run,
            added=len(news.added),
            changed=len(news.changed),
            unchanged=len(cells) - len(news.added) - len(news.changed),
            gone=len(news.gone),
            rejected=tuple(
                ImportRow(each.line, RowOutcome.REJECTED, name=each.name, reason=each.reason)
                for each in rejected
            ),
            readings=readings,
            relations=count_pairs(readings, None, known.book),
        )

    async def _store(self, source: str, cells: list[Cell], *, keep: bool, dry_run: bool) -> exclusions.News:
        now = self._clock.now()
        async with self._db.transaction() as session:
            version = None if dry_run else await repository.lock_version(session, now)
            news = exclusions.compare(cells, await repository.stored_cells(session, source))
            if keep:
                news = news._replace(gone=[])
            if version is not None and any(news):
                await repository.save_cells(session, news.added + news.changed, now)
                await repository.drop_cells(session, source, news.gone)
                _grow(version, now)
                audit.record(
                    session, self._operator, now, "catalog.exclusion.import", "catalogue", source,
                    saved=len(news.added) + len(news.changed), gone=len(news.gone),
                )  # fmt: skip
        await self._refresh()
        return news

    def _checked(self, targets: Sequence[str]) -> tuple[str, ...]:
        """The references, each once. Raises `TargetUnknown` for one that the catalogue does not have."""
        known = self._known().book
        references = tuple(dict.fromkeys(each.strip() for each in targets if each.strip()))[:_MOST_TARGETS]
        for each in references:
            tag = each.removeprefix("tag:")
            if not (known.tagged(tag) if tag != each else each in known.by_code):
                raise TargetUnknown(each)
        return references


def _lines(path: Path) -> list[bytes]:
    try:
        return path.read_bytes().split(b"\n")
    except OSError as error:
        raise ImportFileUnreadable(str(path), error.strerror or "无法打开") from error


def _grow(version: CatalogVersion, at: datetime) -> None:
    version.version += 1
    version.changed_at = at


def _unchanged_since(stored: Decision | None, seen: str | None) -> None:
    if seen is None:
        return
    now = "" if stored is None or stored.decided_at is None else stored.decided_at.isoformat()
    if now != seen:
        raise SettledMeanwhile("" if stored is None else stored.decided_by)
