"""What a group change does to one member: an order, a work order or nothing; in the caller's transaction."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from crm.core.compatibility.schemas import VERDICT_NAMES, Held
from crm.core.inventory.service import InventoryService
from crm.core.ordering.advice import deadline_of_month, waits_for_next_month
from crm.core.ordering.authentication import PRODUCT_CHANGE
from crm.core.ordering.basket import name_of
from crm.core.ordering.group_engine import Judge, Seen, is_leaving, see
from crm.core.ordering.judging import Judging, channel_of
from crm.core.ordering.models import GroupOrder, GroupOrderMember
from crm.core.ordering.remedies import Remedies
from crm.core.ordering.schemas import GroupChange, OrderView, Outcome, StartRemedy, SubmitOrder
from crm.core.ordering.submitting import Submitting
from crm.core.staff.schemas import Actor, Role
from crm.core.work_order.schemas import CreateWorkOrder
from crm.core.work_order.service import WorkOrderService
from crm.platform.clock import Clock

_ACTIONS = {"cancel": "整体取消", "switch": "整体更换"}


class GroupMembers:
    """Settles members of a group order. The owner has proved who they are when the order was accepted."""

    def __init__(
        self,
        clock: Clock,
        judging: Judging,
        submitting: Submitting,
        remedies: Remedies,
        inventory: InventoryService,
        work_orders: WorkOrderService,
    ) -> None:
        self._clock = clock
        self._judging = judging
        self._submitting = submitting
        self._remedies = remedies
        self._inventory = inventory
        self._work_orders = work_orders

    async def settle(self, session: AsyncSession, order: GroupOrder, member: GroupOrderMember) -> None:
        """Do what the rules allow now; what the owner was not told is not done."""
        actor = _actor_of(order)
        await self._inventory.lock_subscriber(session, member.subscriber_id)
        facts = await self._judging.facts_in(session, member.subscriber_id, self._clock.today())
        held = next((each for each in facts.held if each.id == str(member.product_id)), None)
        member.settled_at = self._clock.now()
        if held is None or is_leaving(held):
            member.state, member.note = "left", "这个号码已经退出或正在退出"
            return
        change = GroupChange(group_id=order.group_id, action=order.action, offering=order.offering_code)
        own = member.customer_id == order.customer_id
        judge = Judge(self._judging.qualify, self._judging.catalog.catalogue)
        seen = see(change, held, facts, channel_of(actor), own, judge)
        member.verdict = seen.qualification.verdict.value
        untold = [each.text for each in seen.told if each.text not in order.told]
        if untold:
            member.state = "left"
            member.note = f"提交后情况有变，须重新告知：{untold[0]}"[:500]
        elif seen.outcome is Outcome.ORDER:
            await self._order(session, actor, order, member, seen)
        elif seen.outcome is Outcome.WORK_ORDER:
            await self._work_order(actor, order, member, seen)
        elif seen.outcome is Outcome.ASK:
            await self._ask(actor, order, member, seen, held)
        else:
            findings = seen.qualification.findings
            why = findings[0].explain if findings else VERDICT_NAMES[seen.qualification.verdict]
            member.state, member.note = "left", why[:500]

    async def _order(
        self,
        session: AsyncSession,
        actor: Actor,
        order: GroupOrder,
        member: GroupOrderMember,
        seen: Seen,
    ) -> None:
        placed = await self._submitting.submit(
            actor,
            SubmitOrder(
                idempotency_key=f"group:{order.id}:{member.product_id}",
                interaction_id=order.interaction_id,
                subscriber_id=member.subscriber_id,
                change=seen.change,
                consent_token=seen.qualification.consent_token,
                ticked=tuple(each.key for each in seen.told),
                note=f"{order.group_name}整单 {order.number}。{order.note}"[:2000],
            ),
            vouched=_proofs(seen),
        )
        await self._join(session, order, placed)
        member.state, member.order_number = "ordered", placed.number

    async def _join(self, session: AsyncSession, order: GroupOrder, placed: OrderView) -> None:
        """What the member gets instead belongs to the group as well."""
        for line in placed.lines:
            if line.action == "add" and line.offering_code == order.offering_code and line.product_id:
                await self._inventory.join_group(session, line.product_id, order.group_id)

    async def _work_order(
        self, actor: Actor, order: GroupOrder, member: GroupOrderMember, seen: Seen
    ) -> None:
        assert seen.step is not None
        made = await self._remedies.start(
            actor,
            StartRemedy(
                idempotency_key=f"group:{order.id}:{member.product_id}",
                interaction_id=order.interaction_id,
                subscriber_id=member.subscriber_id,
                change=seen.change,
                rule_id=seen.step.rule_id,
                held_id=str(member.product_id),
                note=f"{_said(order)}{order.note}",
            ),
            vouched=_proofs(seen),
        )
        member.state, member.work_order_number = "work_order", made.number

    async def _ask(
        self, actor: Actor, order: GroupOrder, member: GroupOrderMember, seen: Seen, held: Held
    ) -> None:
        """The member's own products change: only the member can agree, so people ask."""
        catalogue = self._judging.catalog.catalogue
        name = name_of(catalogue, held.offering)
        affected = [line.name for line in seen.qualification.diff.lost if line.held_id != held.id]
        waits = waits_for_next_month(seen.change, None, catalogue)
        made = await self._work_orders.create(
            actor,
            CreateWorkOrder(
                idempotency_key=f"group:{order.id}:{member.product_id}",
                type="member_consent",
                fields={
                    "product": name[:100],
                    "change": f"{_ACTIONS[order.action]}{order.offering_name}"[:100],
                    "affected": "、".join(affected)[:500],
                },
                content=(
                    f"{_said(order)}这个号码还会受影响：{'、'.join(affected) or name}。"
                    "请联系成员说明，同意后在其号码上办理。"
                ),
                subscriber_id=member.subscriber_id,
                msisdn=member.msisdn,
                interaction_id=order.interaction_id,
                product_id=UUID(held.id),
                channel=seen.change.channel,
                due_before=deadline_of_month(self._clock.today()) if waits else None,
            ),
        )
        member.state, member.work_order_number = "work_order", made.number
        member.note = "须成员本人同意"


def _actor_of(order: GroupOrder) -> Actor:
    """The agent who accepted the order, whichever process works it off."""
    return Actor(
        staff_id=order.staff_id,
        staff_number=order.staff_number,
        name=order.staff_name,
        role=Role(order.staff_role),
        interaction_id=order.interaction_id,
    )


def _said(order: GroupOrder) -> str:
    return f"{order.group_name}整单 {order.number}，归属客户要求{_ACTIONS[order.action]}。"


def _proofs(seen: Seen) -> frozenset[str]:
    return frozenset(PRODUCT_CHANGE[seen.change.channel])
