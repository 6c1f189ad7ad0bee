"""What a load or an import has to write: complete rows for what is new or different, nothing for the rest."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import msgspec

from crm.core.knowledge.article_file import ArticleSource
from crm.core.knowledge.imports import TOPIC, ImportedEntry
from crm.core.knowledge.schemas import LoadReport, Origin, Sheets


class ContentChanges(msgspec.Struct, frozen=True):
    """Rows to save, ids to withdraw with their last valid day, and the report."""

    rows: list[dict[str, Any]]
    gone: list[str]
    last_day: date
    report: LoadReport


def content_changes(
    articles: Sequence[ArticleSource],
    stored: Mapping[str, str],
    revision: int,
    now: datetime,
    today: date,
) -> ContentChanges:
    """Compare the folder with `stored` (id → hash; an empty hash marks a withdrawn article)."""
    rows: list[dict[str, Any]] = []
    added = 0
    for article in articles:
        content_hash = article.content_hash()
        if stored.get(article.id) != content_hash:
            rows.append(_content_row(article, content_hash, revision, now))
            added += not stored.get(article.id)
    kept = {article.id for article in articles}
    gone = sorted(article_id for article_id, known in stored.items() if known and article_id not in kept)
    report = LoadReport(
        added=added, changed=len(rows) - added, unchanged=len(articles) - len(rows), withdrawn=len(gone)
    )
    return ContentChanges(rows, gone, today - timedelta(days=1), report)


def import_changes(
    entries: Sequence[ImportedEntry],
    stored: Mapping[str, str],
    revision: int,
    now: datetime,
    today: date,
) -> list[dict[str, Any]]:
    """Rows for entries that are new or differ from what is stored under their id."""
    rows: list[dict[str, Any]] = []
    for entry in entries:
        content_hash = entry.content_hash()
        if stored.get(entry.id) != content_hash:
            rows.append(
                {
                    "id": entry.id,
                    "topic": TOPIC,
                    "title": entry.title,
                    "body": entry.body,
                    "slug": "",
                    "keywords": [],
                    "source_refs": [],
                    "offerings": [],
                    "rules": [],
                    "origin": Origin.IMPORT.value,
                    "valid_from": today,
                    "valid_to": None,
                    "content_hash": content_hash,
                    "revision": revision,
                    "updated_at": now,
                }
            )
    return rows


def sheets_hash(sheets: Sheets) -> str:
    """Changes with any topic, phrase or synonym."""
    return hashlib.sha256(msgspec.json.encode(sheets)).hexdigest()


def _content_row(article: ArticleSource, content_hash: str, revision: int, now: datetime) -> dict[str, Any]:
    return {
        "id": article.id,
        "topic": article.topic,
        "title": article.title,
        "body": article.body,
        "slug": article.slug,
        "keywords": article.keywords,
        "source_refs": article.source,
        "offerings": article.offerings,
        "rules": article.rules,
        "origin": Origin.CONTENT.value,
        "valid_from": article.valid_from,
        "valid_to": article.valid_to,
        "content_hash": content_hash,
        "revision": revision,
        "updated_at": now,
    }
