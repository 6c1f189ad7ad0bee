"""The knowledge room's door: search, read, rate, report gaps; load, import and export the articles."""

from collections.abc import Collection
from typing import Protocol
from uuid import UUID

from crm.core.knowledge import repository
from crm.core.knowledge.errors import ArticleMissing, WrongRating
from crm.core.knowledge.gaps import GapHandler, Gaps
from crm.core.knowledge.imports import without_control_characters
from crm.core.knowledge.library import Library
from crm.core.knowledge.models import KnowledgeRating
from crm.core.knowledge.schemas import (
    ArticleHit,
    ArticleView,
    ForbiddenWord,
    GapState,
    GapTopic,
    KnowledgeGapView,
    Phrases,
    Topic,
)
from crm.core.knowledge.views import article_view, topic_names
from crm.core.staff.schemas import Actor, Permission
from crm.platform import audit
from crm.platform.clock import Clock
from crm.platform.database import Database

LONGEST_COMMENT = 500


class Calls(Protocol):
    """What the interaction room tells of the call a rating leans on."""

    async def leaned_on(
        self, actor: Actor, interaction_id: UUID, subscriber_id: UUID | None
    ) -> frozenset[str]:
        """Refuses a call that is not the actor's."""
        ...


class KnowledgeService(Library):
    """Articles to search and read. Call `refresh()` once at start and then every few seconds.

    Loading, importing and exporting come from `Library`.
    """

    def __init__(self, db: Database, clock: Clock, calls: Calls | None = None) -> None:
        super().__init__(db, clock)
        self._calls = calls
        self._gaps = Gaps(db, clock)

    async def search(self, actor: Actor, words: str, limit: int = 10) -> list[ArticleHit]:
        """The articles that answer `words` best, best first, with matched pieces marked.

        Any text is fine; without a searchable word the list is empty. Raises `NotAllowed`.
        """
        actor.require(Permission.READ_KNOWLEDGE)
        if self._loaded.version < 0:
            await self.refresh()
        return self._loaded.engine.search(words, self._clock.today(), limit)

    async def article(self, actor: Actor, article_id: str) -> ArticleView:
        """An article to read, its Markdown as safe HTML. Raises `ArticleMissing`, `NotAllowed`.

        One that is not valid today is still shown, with `expired` set: links to it must stay explainable.
        """
        actor.require(Permission.READ_KNOWLEDGE)
        article_id = _fit(article_id)
        async with self._db.reading() as connection:
            row = await repository.read_article(connection, article_id)
        if row is None:
            raise ArticleMissing(article_id)
        topic_name = topic_names(self._loaded.sheets).get(str(row["topic"]), "")
        return article_view(row, topic_name, self._clock.today())

    def topics(self) -> list[Topic]:
        """The topics in the order the trainers gave them."""
        return self._loaded.sheets.topics

    def phrases(self) -> Phrases:
        """The service phrases in the order of their number keys, and the forbidden words [S2]."""
        return self._loaded.sheets.phrases

    def forbidden_in(self, text: str) -> list[ForbiddenWord]:
        """The forbidden words that stand in a text for a customer, with what to write instead [S2]."""
        return [word for word in self._loaded.sheets.phrases.forbidden if word.word in text]

    async def rate(
        self,
        actor: Actor,
        article_id: str,
        useful: bool,
        comment: str = "",
        interaction_id: UUID | None = None,
    ) -> None:
        """Say whether an article helped; saying it again replaces the first.

        Raises `ArticleMissing`, `WrongRating` (comment over 500 characters), `NotAllowed`, and `CallNotOpen`
        when the call named is not the actor's.
        """
        actor.require(Permission.READ_KNOWLEDGE)
        article_id, comment = _fit(article_id), without_control_characters(comment).strip()
        if len(comment) > LONGEST_COMMENT:
            raise WrongRating
        if interaction_id is not None and self._calls is not None:
            await self._calls.leaned_on(actor, interaction_id, None)
        now = self._clock.now()
        rating = KnowledgeRating(
            article_id=article_id,
            staff_id=actor.staff_id,
            useful=useful,
            comment=comment,
            interaction_id=interaction_id or actor.interaction_id,
            created_at=now,
        )
        async with self._db.transaction() as session:
            if not await repository.article_exists(session, article_id):
                raise ArticleMissing(article_id)
            await repository.save_rating(session, rating)
            audit.record(session, actor, now, "knowledge.rate", "article", article_id, useful=useful)

    async def report_gap(
        self,
        actor: Actor,
        question: str,
        search_words: str = "",
        interaction_id: UUID | None = None,
        subscriber_id: UUID | None = None,
    ) -> KnowledgeGapView:
        """Record a question the knowledge base could not answer, whole, in the caller's words.

        Raises `EmptyQuestion`, `NotAllowed`. Source: S2 duties (记录问题，上交值班经理助理转送业务组).
        """
        return await self._gaps.report(actor, question, search_words, interaction_id, subscriber_id)

    def subscribe_gaps(self, handler: GapHandler) -> None:
        """`handler(actor, gap)` makes the work order of every new gap, in the same transaction."""
        self._gaps.subscribe(handler)

    async def settle_gap(self, work_order_id: UUID, *, answered: bool = True) -> None:
        """The work order of a gap has ended; does nothing for other work orders."""
        await self._gaps.settle(work_order_id, answered)

    async def forward_gap(
        self, actor: Actor, gap_id: UUID, work_order_id: UUID | None = None
    ) -> KnowledgeGapView:
        """The duty assistant hands an open gap to the business group, with its work order if there is one.

        Raises `GapMissing`, `GapNotOpen`, `NotAllowed`.
        """
        return await self._gaps.forward(actor, gap_id, work_order_id)

    async def answer_gap(self, actor: Actor, gap_id: UUID, article_id: str) -> KnowledgeGapView:
        """The business group names the article that answers a gap.

        Raises `GapMissing`, `GapNotOpen`, `ArticleMissing`, `NotAllowed`.
        """
        return await self._gaps.answer(actor, gap_id, _fit(article_id))

    async def answer_gaps(self, actor: Actor, gap_ids: Collection[UUID], article_id: str) -> None:
        """The same for gaps that ask the same thing, all or none."""
        await self._gaps.answer_all(actor, gap_ids, _fit(article_id))

    async def gap_topics(self, actor: Actor) -> list[GapTopic]:
        """What waits for an answer, alike questions together, the most asked first. Raises `NotAllowed`."""
        return await self._gaps.topics(actor)

    async def gaps(
        self, actor: Actor, state: GapState | None = None, limit: int = 50
    ) -> list[KnowledgeGapView]:
        """Gaps, the oldest first: all for those who route or answer them, else the actor's own.

        Raises `NotAllowed`.
        """
        return await self._gaps.listed(actor, state, limit)


def _fit(article_id: str) -> str:
    """An id as typed, cut to what can be stored and shown in a message."""
    return without_control_characters(article_id).strip()[:64]
