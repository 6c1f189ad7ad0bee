"""Rows of the database as views, search entries and exported articles."""

from collections.abc import Sequence
from datetime import date
from functools import lru_cache

from asyncpg import Record

from crm.core.knowledge.article_file import FrontMatter
from crm.core.knowledge.engine import SearchEngine
from crm.core.knowledge.export import ExportedArticle
from crm.core.knowledge.imports import TOPIC, TOPIC_NAME
from crm.core.knowledge.lexicon import Lexicon
from crm.core.knowledge.markup import first_line, to_html, to_html_plain, to_plain
from crm.core.knowledge.models import KnowledgeGap
from crm.core.knowledge.schemas import ArticleView, Entry, GapState, KnowledgeGapView, Origin, Sheets
from crm.platform.clock import day_of


def topic_names(sheets: Sheets) -> dict[str, str]:
    """Topic code → name on the page."""
    return {TOPIC: TOPIC_NAME} | {topic.code: topic.name for topic in sheets.topics}


def build_engine(rows: Sequence[Record], sheets: Sheets) -> SearchEngine:
    """The search over stored articles; takes about a second for 7,000 of them."""
    names = topic_names(sheets)
    entries = [
        Entry(
            id=row["id"],
            topic=row["topic"],
            topic_name=names.get(str(row["topic"]), ""),
            title=row["title"],
            keywords=tuple(row["keywords"]),
            text=to_plain(row["body"]),
            valid_from=row["valid_from"],
            valid_to=row["valid_to"],
        )
        for row in rows
    ]
    return SearchEngine(entries, Lexicon(sheets.synonyms))


def article_view(row: Record, topic_name: str, today: date) -> ArticleView:
    """An article to read on the day `today`."""
    valid_from, valid_to = row["valid_from"], row["valid_to"]
    return ArticleView(
        id=row["id"],
        topic=row["topic"],
        topic_name=topic_name,
        title=row["title"],
        html=_html(row["body"], Origin(row["origin"])),
        answer=first_line(row["body"]),
        keywords=row["keywords"],
        source_refs=row["source_refs"],
        offerings=row["offerings"],
        rules=row["rules"],
        origin=Origin(row["origin"]),
        valid_from=valid_from,
        valid_to=valid_to,
        updated_at=row["updated_at"],
        useful=row["useful"],
        useless=row["useless"],
        expired=not (valid_from <= today and (valid_to is None or today <= valid_to)),
    )


@lru_cache(maxsize=1024)
def _html(body: str, origin: Origin) -> str:
    return to_html(body) if origin is Origin.CONTENT else to_html_plain(body)


def gap_view(gap: KnowledgeGap) -> KnowledgeGapView:
    """A gap for a list."""
    return KnowledgeGapView(
        id=gap.id,
        question=gap.question,
        search_words=gap.search_words,
        staff_id=gap.staff_id,
        interaction_id=gap.interaction_id,
        subscriber_id=gap.subscriber_id,
        state=GapState(gap.state),
        work_order_id=gap.work_order_id,
        created_at=gap.created_at,
        answered_at=gap.answered_at,
        answered_article_id=gap.answered_article_id,
    )


def exported(row: Record) -> ExportedArticle:
    """An article for a file."""
    matter = FrontMatter(
        id=row["id"],
        title=row["title"],
        topic=row["topic"],
        keywords=row["keywords"],
        source=row["source_refs"],
        offerings=row["offerings"],
        rules=row["rules"],
        valid_from=row["valid_from"],
        valid_to=row["valid_to"],
        updated_on=day_of(row["updated_at"]),
    )
    return ExportedArticle(Origin(row["origin"]), row["slug"], matter, row["body"])
