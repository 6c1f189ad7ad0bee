"""Tables of the knowledge room."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, CheckConstraint, Index, SmallInteger, Text
from sqlmodel import Field

from crm.platform.ids import new_id
from crm.platform.tables import Json, Moment, Table


class KnowledgeArticle(Table, table=True):
    """One entry: written by trainers (`content`, Markdown) or imported from a list (`import`, plain text).

    `revision` is the knowledge version of the last change, so that a worker reads only what is new.
    A withdrawn article keeps its row with `valid_to` in the past: links to it stay explainable.
    """

    __table_args__ = (
        CheckConstraint("origin IN ('content', 'import')", name="origin"),
        Index("ix_knowledge_article_revision", "revision"),
        Index("ix_knowledge_article_topic", "topic", "id"),
    )

    id: str = Field(primary_key=True, sa_type=Text)
    topic: str = Field(sa_type=Text)
    title: str = Field(sa_type=Text)
    body: str = Field(sa_type=Text)
    slug: str = Field(default="", sa_type=Text)
    keywords: list[str] = Field(default_factory=list, sa_type=ARRAY(Text))
    source_refs: list[str] = Field(default_factory=list, sa_type=ARRAY(Text))
    offerings: list[str] = Field(default_factory=list, sa_type=ARRAY(Text))
    rules: list[str] = Field(default_factory=list, sa_type=ARRAY(Text))
    origin: str = Field(default="content", sa_type=Text)
    valid_from: date
    valid_to: date | None = None
    content_hash: str = Field(sa_type=Text)
    revision: int = Field(default=0, sa_type=BigInteger)
    updated_at: datetime = Field(sa_type=Moment)


class KnowledgeVersion(Table, table=True):
    """One row: the number that grows with every change of an article. Workers poll it."""

    __table_args__ = (CheckConstraint("id = 1", name="single"),)

    id: int = Field(
        default=1, primary_key=True, sa_type=SmallInteger, sa_column_kwargs={"autoincrement": False}
    )
    number: int = Field(default=0, sa_type=BigInteger)
    changed_at: datetime = Field(sa_type=Moment)


class KnowledgeSheet(Table, table=True):
    """Topics, phrases and synonyms in one document: every worker has the set that came with the articles."""

    __table_args__ = (CheckConstraint("id = 1", name="single"),)

    id: int = Field(
        default=1, primary_key=True, sa_type=SmallInteger, sa_column_kwargs={"autoincrement": False}
    )
    document: dict[str, Any] = Field(sa_type=Json)
    content_hash: str = Field(sa_type=Text)
    updated_at: datetime = Field(sa_type=Moment)


class KnowledgeGap(Table, table=True):
    """A question the knowledge base could not answer [S2 duties]."""

    __table_args__ = (
        CheckConstraint("state IN ('open', 'forwarded', 'answered')", name="state"),
        Index("ix_knowledge_gap_state", "state", "id"),
        Index("ix_knowledge_gap_staff", "staff_id", "id"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    question: str = Field(sa_type=Text)
    search_words: str = Field(default="", sa_type=Text)
    staff_id: UUID
    interaction_id: UUID | None = None
    subscriber_id: UUID | None = None
    state: str = Field(default="open", sa_type=Text)
    work_order_id: UUID | None = None
    created_at: datetime = Field(sa_type=Moment)
    answered_at: datetime | None = Field(default=None, sa_type=Moment)
    answered_article_id: str | None = Field(default=None, sa_type=Text, foreign_key="knowledge_article.id")


class KnowledgeRating(Table, table=True):
    """Was the article of use on this call? One voice per person and article; the last word counts."""

    __table_args__ = (Index("uq_knowledge_rating_voice", "article_id", "staff_id", unique=True),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    article_id: str = Field(sa_type=Text, foreign_key="knowledge_article.id")
    staff_id: UUID
    useful: bool
    comment: str = Field(default="", sa_type=Text)
    interaction_id: UUID | None = None
    created_at: datetime = Field(sa_type=Moment)
