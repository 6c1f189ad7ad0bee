"""A question without an answer becomes a 咨询 work order; the end of that answers the gap [S2 duties]."""

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
