"""The way of a question without an answer: agent → duty assistant → business group → article [S2]."""

from collections.abc import Awaitable, Callable, Collection
from typing import TypeAlias
from uuid import UUID

from crm.core.knowledge import repository
from crm.core.knowledge.errors import ArticleMissing, EmptyQuestion, GapMissing, GapNotOpen
from crm.core.knowledge.folding import fold
from crm.core.knowledge.imports import without_control_characters
from crm.core.knowledge.models import KnowledgeGap
from crm.core.knowledge.schemas import GapState, GapTopic, KnowledgeGapView
from crm.core.knowledge.views import gap_view
from crm.core.staff.schemas import Actor, Permission
from crm.platform import audit
from crm.platform.clock import Clock
from crm.platform.database import Database

MOST_GAPS = 200

# Makes the work order of a new gap inside the reporting transaction and returns its id.
GapHandler: TypeAlias = Callable[[Actor, KnowledgeGapView], Awaitable[UUID]]


class Gaps:
    """Gaps of the knowledge base and who may move them."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self._handlers: list[GapHandler] = []

    def subscribe(self, handler: GapHandler) -> None:
        """Let another room hear of every new gap, in the transaction that records it."""
        self._handlers.append(handler)

    async def report(
        self,
        actor: Actor,
        question: str,
        search_words: str,
        interaction_id: UUID | None,
        subscriber_id: UUID | None,
    ) -> KnowledgeGapView:
        """Record a question whole, in the caller's words. Raises `EmptyQuestion`, `NotAllowed`."""
        actor.require(Permission.REPORT_GAP)
        question = without_control_characters(question).strip()
        if not question:
            raise EmptyQuestion
        now = self._clock.now()
        gap = KnowledgeGap(
            question=question,
            search_words=without_control_characters(search_words).strip(),
            staff_id=actor.staff_id,
            interaction_id=interaction_id or actor.interaction_id,
            subscriber_id=subscriber_id,
            created_at=now,
        )
        async with self._db.transaction() as session:
            session.add(gap)
            audit.record(session, actor, now, "knowledge.report_gap", "knowledge_gap", gap.id)
            for handler in self._handlers:
                gap.work_order_id = await handler(actor, gap_view(gap))
        return gap_view(gap)

    async def settle(self, work_order_id: UUID, answered: bool) -> None:
        """The work order of a gap has ended: whoever asked has an answer, or the question is open again.

        Joins a transaction.
        """
        async with self._db.transaction() as session:
            gap = await repository.gap_of_work_order(session, work_order_id)
            if gap is None or gap.state == GapState.ANSWERED:
                return
            if answered:
                gap.state, gap.answered_at = GapState.ANSWERED, self._clock.now()
            else:
                gap.state = GapState.OPEN

    async def forward(self, actor: Actor, gap_id: UUID, work_order_id: UUID | None) -> KnowledgeGapView:
        """Hand an open gap to the business group. Raises `GapMissing`, `GapNotOpen`, `NotAllowed`."""
        actor.require(Permission.ROUTE_GAP)
        now = self._clock.now()
        async with self._db.transaction() as session:
            gap = await repository.gap(session, gap_id)
            if gap is None:
                raise GapMissing
            if gap.state != GapState.OPEN:
                raise GapNotOpen("已经转派或答复过")
            gap.state, gap.work_order_id = GapState.FORWARDED, work_order_id or gap.work_order_id
            audit.record(session, actor, now, "knowledge.forward_gap", "knowledge_gap", gap_id)
        return gap_view(gap)

    async def answer(self, actor: Actor, gap_id: UUID, article_id: str) -> KnowledgeGapView:
        """Name the article that answers a gap.

        Raises `GapMissing`, `GapNotOpen`, `ArticleMissing`, `NotAllowed`.
        """
        actor.require(Permission.ANSWER_GAP)
        now = self._clock.now()
        async with self._db.transaction() as session:
            gap = await repository.gap(session, gap_id)
            if gap is None:
                raise GapMissing
            if gap.state == GapState.ANSWERED:
                raise GapNotOpen("已经答复过")
            if not await repository.article_exists(session, article_id):
                raise ArticleMissing(article_id)
            gap.state, gap.answered_article_id, gap.answered_at = GapState.ANSWERED, article_id, now
            audit.record(
                session, actor, now, "knowledge.answer_gap", "knowledge_gap", gap_id, article=article_id
            )
        return gap_view(gap)

    async def answer_all(self, actor: Actor, gap_ids: Collection[UUID], article_id: str) -> None:
        """Name the article that answers several gaps, all or none. Raises what `answer` raises."""
        async with self._db.transaction():
            for gap_id in sorted(gap_ids):
                await self.answer(actor, gap_id, article_id)

    async def topics(self, actor: Actor) -> list[GapTopic]:
        """What waits for an answer, by the words that were searched: the most asked first.

        For those who route or answer gaps. Raises `NotAllowed`.
        """
        if not actor.may(Permission.ROUTE_GAP):
            actor.require(Permission.ANSWER_GAP)
        async with self._db.transaction() as session:
            found = [gap_view(gap) for gap in await repository.unanswered_gaps(session, MOST_GAPS)]
        alike: dict[str, list[KnowledgeGapView]] = {}
        for gap in found:
            alike.setdefault(fold(gap.search_words or gap.question), []).append(gap)
        topics = [GapTopic(gaps[0].search_words or gaps[0].question, tuple(gaps)) for gaps in alike.values()]
        return sorted(topics, key=lambda topic: -len(topic.gaps))

    async def listed(self, actor: Actor, state: GapState | None, limit: int) -> list[KnowledgeGapView]:
        """The oldest first; all for those who route or answer gaps, else the actor's own."""
        sees_all = actor.may(Permission.ROUTE_GAP) or actor.may(Permission.ANSWER_GAP)
        if not sees_all:
            actor.require(Permission.REPORT_GAP)
        reporter = None if sees_all else actor.staff_id
        async with self._db.transaction() as session:
            found = await repository.gaps(session, state, reporter, max(1, min(limit, MOST_GAPS)))
        return [gap_view(gap) for gap in found]
