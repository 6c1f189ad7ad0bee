"""Commands into and views out of the knowledge room."""

from datetime import date, datetime
from enum import StrEnum
from typing import TypeAlias
from uuid import UUID

import msgspec

from crm.platform.content import ContentProblem

Segments: TypeAlias = list[tuple[str, bool]]
"""Text in pieces; True marks a piece that matched. Never HTML: the channel escapes and decorates."""


class Origin(StrEnum):
    """Where an article comes from."""

    CONTENT = "content"
    IMPORT = "import"


class GapState(StrEnum):
    """The way of a gap: agent → duty assistant forwards → business group answers [S2]."""

    OPEN = "open"
    FORWARDED = "forwarded"
    ANSWERED = "answered"


class Entry(msgspec.Struct, frozen=True):
    """An article as the search engine sees it. `text` is plain, without Markdown."""

    id: str
    topic: str
    topic_name: str
    title: str
    keywords: tuple[str, ...]
    text: str
    valid_from: date
    valid_to: date | None = None


class ArticleHit(msgspec.Struct, frozen=True):
    """One search result with matched pieces marked. `score` only orders."""

    id: str
    topic: str
    topic_name: str
    title: str
    title_segments: Segments
    snippet: Segments
    score: float


class ArticleView(msgspec.Struct, frozen=True):
    """An article to read. `html` is safe to put into a page as it is."""

    id: str
    topic: str
    topic_name: str
    title: str
    html: str
    answer: str
    keywords: list[str]
    source_refs: list[str]
    offerings: list[str]
    rules: list[str]
    origin: Origin
    valid_from: date
    valid_to: date | None
    updated_at: datetime
    useful: int
    useless: int
    expired: bool


class ImportLine(msgspec.Struct, frozen=True):
    """Why one line was not taken (Chinese). `id` is None when it could not be read."""

    line: int
    id: str | None
    message: str


class ImportReport(msgspec.Struct, frozen=True):
    """The outcome of an import, line by line where something was wrong. In a dry run nothing was written."""

    file: str
    dry_run: bool
    read: int
    added: int
    changed: int
    unchanged: int
    problems: list[ImportLine]


class LoadReport(msgspec.Struct, frozen=True):
    """The outcome of loading the content folder; with problems nothing was changed."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    withdrawn: int = 0
    problems: tuple[ContentProblem, ...] = ()


class KnowledgeGapView(msgspec.Struct, frozen=True):
    """A gap on a list."""

    id: UUID
    question: str
    search_words: str
    staff_id: UUID
    interaction_id: UUID | None
    subscriber_id: UUID | None
    state: GapState
    work_order_id: UUID | None
    created_at: datetime
    answered_at: datetime | None
    answered_article_id: str | None


class GapTopic(msgspec.Struct, frozen=True):
    """Unanswered gaps that were searched with the same words, the oldest first."""

    words: str
    gaps: tuple[KnowledgeGapView, ...]


class SynonymGroup(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How callers say it, and how titles write it; an empty `mean` marks filler words to leave out."""

    name: str
    say: list[str]
    mean: list[str]


class Topic(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A folder of articles and its name on the page."""

    code: str
    name: str


class Phrase(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A sentence to say. `key` is the number key 1–9 that inserts it, or None; `then` is what to do next."""

    code: str
    situation: str
    text: str
    source: list[str]
    key: int | None = None
    english: bool = False
    then: str = ""


class ForbiddenWord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A word an agent must not write to a customer, why, and what to write instead."""

    word: str
    why: str
    instead: str


class Phrases(msgspec.Struct, frozen=True):
    """All service phrases in the order of their keys, and the forbidden words."""

    phrases: list[Phrase] = []
    forbidden: list[ForbiddenWord] = []


class Sheets(msgspec.Struct, frozen=True):
    """The content beside the articles, stored and replaced as one document."""

    topics: list[Topic] = []
    phrases: Phrases = Phrases()
    synonyms: list[SynonymGroup] = []
