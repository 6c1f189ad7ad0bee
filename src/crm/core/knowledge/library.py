"""Keeping the articles: content folder and imports into the database, and from there into every process."""

import asyncio
import logging
from pathlib import Path

import msgspec

from crm.core.knowledge import repository
from crm.core.knowledge.changes import content_changes, import_changes, sheets_hash
from crm.core.knowledge.content import KnowledgeContent, read_knowledge_base
from crm.core.knowledge.engine import SearchEngine
from crm.core.knowledge.errors import BrokenContent, ImportUnreadable
from crm.core.knowledge.export import export_folder, export_lines
from crm.core.knowledge.imports import ImportedEntry, read_entries
from crm.core.knowledge.lexicon import Lexicon
from crm.core.knowledge.schemas import ImportReport, LoadReport, Origin, Sheets
from crm.core.knowledge.views import build_engine, exported
from crm.platform.clock import Clock
from crm.platform.database import Database

log = logging.getLogger(__name__)


class Loaded(msgspec.Struct, frozen=True):
    """One version of the knowledge with its index; replaced as a whole, so that no search sees half of it."""

    version: int
    engine: SearchEngine
    sheets: Sheets


class Library:
    """The stored articles and this process's index over them."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self._loaded = Loaded(-1, SearchEngine((), Lexicon()), Sheets())
        self._refreshing = asyncio.Lock()

    @property
    def version(self) -> int:
        """The version of the articles searched; -1 before the first refresh."""
        return self._loaded.version

    def __len__(self) -> int:
        """How many articles are searched."""
        return len(self._loaded.engine)

    async def refresh(self) -> bool:
        """Read the knowledge again when its version moved; returns whether it did.

        The index is built in a thread; searches go on with the old one until the new one is complete.
        """
        async with self._refreshing:
            async with self._db.reading() as connection:
                version = await repository.read_version(connection)
                if version == self._loaded.version:
                    return False
                rows = await repository.read_articles(connection, self._clock.today())
                sheets = await repository.read_sheets(connection)
            engine = await asyncio.to_thread(build_engine, rows, sheets)
            self._loaded = Loaded(version, engine, sheets)
            return True

    async def load_content(self, folder: Path) -> LoadReport:
        """Bring the stored articles in line with `folder`, in one transaction; unchanged ones stay untouched.

        Articles that left the folder end their validity yesterday. With mistakes in the folder nothing is
        changed and the report names them; when nothing good is stored either, raises `BrokenContent`.
        """
        content, problems = await asyncio.to_thread(read_knowledge_base, folder)
        if problems:
            return await self._keep_last_good(LoadReport(problems=problems))
        report = await self._store(content)
        await self.refresh()
        return report

    async def _keep_last_good(self, report: LoadReport) -> LoadReport:
        async with self._db.transaction() as session:
            stored = await repository.hashes(session, Origin.CONTENT)
        if not stored:
            raise BrokenContent([str(problem) for problem in report.problems])
        log.warning("knowledge base not loaded: %s", report.problems[0])
        await self.refresh()
        return report

    async def _store(self, content: KnowledgeContent) -> LoadReport:
        now, today = self._clock.now(), self._clock.today()
        new_hash = sheets_hash(content.sheets)
        async with self._db.transaction() as session:
            version = await repository.lock_version(session, now)
            next_number = version.number + 1
            stored = await repository.hashes(session, Origin.CONTENT)
            changes = content_changes(content.articles, stored, next_number, now, today)
            await repository.save_articles(session, changes.rows)
            await repository.withdraw(session, changes.gone, changes.last_day, next_number)
            new_sheets = await repository.sheets_hash(session) != new_hash
            if new_sheets:
                await repository.save_sheets(session, content.sheets, new_hash, now)
            if changes.rows or changes.gone or new_sheets:
                version.number, version.changed_at = next_number, now
        return changes.report

    async def import_entries(self, path: Path, dry_run: bool = False) -> ImportReport:
        """Add or renew entries from JSON lines of `{"id", "title", "body"}`.

        Bad lines are reported with their number and do not stop the good ones; the same file again changes
        nothing; a dry run writes nothing. Raises `ImportUnreadable`.
        """
        try:
            entries, problems, read = await asyncio.to_thread(read_entries, path)
        except OSError as error:
            raise ImportUnreadable(str(path)) from error
        added, changed = await self._store_entries(entries, dry_run)
        if not dry_run:
            await self.refresh()
        return ImportReport(
            file=path.name,
            dry_run=dry_run,
            read=read,
            added=added,
            changed=changed,
            unchanged=len(entries) - added - changed,
            problems=problems,
        )

    async def _store_entries(self, entries: list[ImportedEntry], dry_run: bool) -> tuple[int, int]:
        now, today = self._clock.now(), self._clock.today()
        async with self._db.transaction() as session:
            version = await repository.lock_version(session, now)
            stored = await repository.hashes(session, Origin.IMPORT)
            rows = import_changes(entries, stored, version.number + 1, now, today)
            if rows and not dry_run:
                await repository.save_articles(session, rows)
                version.number += 1
                version.changed_at = now
        added = sum(row["id"] not in stored for row in rows)
        return added, len(rows) - added

    async def export(self, target: Path) -> int:
        """Write all valid articles: JSON lines to a `.jsonl` file, else a folder like `knowledge_base/`.

        Returns the number of articles. Raises OSError when the place cannot be written.
        """
        async with self._db.reading() as connection:
            rows = await repository.read_articles(connection, self._clock.today())
            sheets = await repository.read_sheets(connection)
        articles = [exported(row) for row in rows]
        if target.suffix == ".jsonl":
            await asyncio.to_thread(export_lines, articles, target)
        else:
            await asyncio.to_thread(export_folder, articles, sheets, target)
        return len(articles)
