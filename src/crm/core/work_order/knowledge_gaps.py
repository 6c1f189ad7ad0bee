"""What binds work orders to the knowledge room.

A question without an answer becomes a 咨询 work order, whose end answers the gap [S2 duties]; the words that
must not be written to customers [S2] are flagged in answers.
"""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from crm.core.knowledge.schemas import KnowledgeGapView
from crm.core.knowledge.service import KnowledgeService
from crm.core.staff.schemas import Actor
from crm.core.work_order.schemas import CreateWorkOrder, Resolution, WorkOrderView
from crm.core.work_order.service import WorkOrderService

CONSULTATION = "consultation"
_SHORT = 500


def follow_gaps(knowledge: KnowledgeService, work_orders: WorkOrderService) -> None:
    """Tie the two rooms together; once a process."""

    async def ask(actor: Actor, gap: KnowledgeGapView) -> UUID:
        order = await work_orders.create(
            actor,
            CreateWorkOrder(
                idempotency_key=f"gap:{gap.id}",
                type=CONSULTATION,
                content=gap.question,
                fields={"question": gap.question[:_SHORT], "search_words": gap.search_words[:200]},
                subscriber_id=gap.subscriber_id,
                interaction_id=gap.interaction_id,
            ),
        )
        return order.id

    async def settle(_: AsyncSession, order: WorkOrderView, resolution: Resolution) -> None:
        if order.type == CONSULTATION:
            await knowledge.settle_gap(order.id, answered=resolution is Resolution.DONE)

    knowledge.subscribe_gaps(ask)
    work_orders.subscribe_closed(settle)


def flag_forbidden_words(knowledge: KnowledgeService, work_orders: WorkOrderService) -> None:
    """Have every answer read for forbidden words; once a process."""

    def warnings(answer: str) -> list[str]:
        return [
            f"答复里有禁用语“{found.word}”（{found.why}），建议写：{found.instead}"
            for found in knowledge.forbidden_in(answer)
        ]

    work_orders.subscribe_wording(warnings)
