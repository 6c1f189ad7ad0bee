"""Carrying out a group change: first a row for every member, then one transaction each until all are done.

A process that dies in the middle leaves the rest waiting; the next round, of any process, continues.
"""

import logging
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from crm.core.interaction.errors import CallNotOpen
from crm.core.interaction.service import InteractionService
from crm.core.inventory.schemas import GroupMember, SharedGroup
from crm.core.inventory.service import InventoryService
from crm.core.ordering import group_repository as repository
from crm.core.ordering.errors import (
    GroupBusy,
    GroupNothingToDo,
    GroupOrderMissing,
    IdentityNotVerified,
    NotAllTold,
    NotGroupOwner,
)
from crm.core.ordering.group_engine import masked
from crm.core.ordering.group_judging import GroupJudging
from crm.core.ordering.group_members import GroupMembers
from crm.core.ordering.models import GroupOrder, GroupOrderMember
from crm.core.ordering.schemas import (
    GroupJudgement,
    GroupLook,
    GroupMemberView,
    GroupOrderView,
    MemberJudgement,
    Outcome,
    SubmitGroup,
)
from crm.core.ordering.submitting import cleaned_note, key_of_page
from crm.core.staff.schemas import Actor, Permission
from crm.platform import audit
from crm.platform.clock import Clock
from crm.platform.database import Database
from crm.platform.errors import CrmError
from crm.platform.ids import new_id
from crm.platform.numbering import next_number

# (default) Members done before the page answers; the round does the others.
AT_ONCE = 10
MOST_ATTEMPTS = 3
_PAGE = 50
_SLICE = 1_000
_log = logging.getLogger("crm.ordering.groups")


class GroupOrders:
    """Accepts group changes and works them off."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        judging: GroupJudging,
        members: GroupMembers,
        inventory: InventoryService,
        interactions: InteractionService,
    ) -> None:
        self._db = db
        self._clock = clock
        self._judging = judging
        self._members = members
        self._inventory = inventory
        self._interactions = interactions

    async def submit(self, actor: Actor, command: SubmitGroup, at_once: int = AT_ONCE) -> GroupOrderView:
        """Accept the change for every member and begin; the same key again returns the first."""
        actor.require(Permission.ORDER)
        key = key_of_page(command.idempotency_key)
        call = await self._interactions.current(actor, command.interaction_id)
        if call.subscriber_id is None:
            raise CallNotOpen
        async with self._db.transaction() as session:
            first = await repository.group_order(session, key)
            if first is not None:
                return await self._view(session, first, 0, _PAGE, repeated=True)
        judged, rows = await self._judged(actor, command, call.subscriber_id)
        async with self._db.transaction() as session:
            order = await self._accept(session, actor, key, command, judged, rows, call.subscriber_id)
        if order is not None:
            await self.work_off(at_once, order.id)
        async with self._db.transaction() as session:
            found = await repository.group_order(session, key)
            assert found is not None
            return await self._view(session, found, 0, _PAGE, repeated=order is None)

    async def _judged(
        self, actor: Actor, command: SubmitGroup, subscriber_id: UUID
    ) -> tuple[GroupJudgement, list[MemberJudgement]]:
        """The whole group, judged; raises unless the caller may decide and everything was told."""
        group = await self._inventory.group(command.change.group_id, subscriber_id)
        if not group.owned:
            raise NotGroupOwner(group.name)
        everybody = GroupLook(limit=group.members + 1, most=None)
        judged = await self._judging.judge(
            actor, command.interaction_id, subscriber_id, command.change, everybody
        )
        if judged.missing_checks:
            raise IdentityNotVerified([check.name for check in judged.missing_checks])
        if not judged.does_something:
            raise GroupNothingToDo(judged.members[0].why if judged.members else "没有成员")
        ticked = frozenset(command.ticked)
        untold = [each.text for each in judged.sentences if each.key not in ticked]
        if untold:
            raise NotAllTold(untold)
        return judged, [row for row in judged.members if row.outcome is not Outcome.LEAVING]

    async def _accept(
        self,
        session: AsyncSession,
        actor: Actor,
        key: str,
        command: SubmitGroup,
        judged: GroupJudgement,
        rows: Sequence[MemberJudgement],
        subscriber_id: UUID,
    ) -> GroupOrder | None:
        """Write the order with a waiting row for each member; None when the key was taken meanwhile."""
        group, now = judged.group, self._clock.now()
        await self._inventory.lock_group(session, group.id)
        running = await repository.running_group_order(session, group.id)
        if running is not None and await repository.group_order(session, key) is None:
            raise GroupBusy(running)
        concerned = {row.product_id for row in rows}
        members = [each for each in await self._all(group) if each.product_id in concerned]
        order = _order(actor, key, command, judged, subscriber_id, now)
        order.total = len(members)
        order.number = await next_number(session, "GO", self._clock.today())
        if not await repository.insert_group_once(session, order):
            return None
        session.add_all(_waiting(order.id, place, each) for place, each in enumerate(members))
        audit.record(
            session,
            actor,
            now,
            "order.group_submit",
            "group_order",
            order.id,
            number=order.number,
            group=str(group.id),
            change=order.action,
            members=order.total,
        )
        return order

    async def _all(self, group: SharedGroup) -> list[GroupMember]:
        found: list[GroupMember] = []
        while page := await self._inventory.members_of(group.id, _SLICE, len(found)):
            found += page
        return found

    async def work_off(self, limit: int, only: UUID | None = None) -> int:
        """Do up to `limit` members that wait, each in a transaction of its own; returns how many were done.

        Safe on several workers: a member that somebody else does is passed over.
        """
        done = 0
        for _ in range(limit):
            member_id: UUID | None = None
            try:
                async with self._db.transaction() as session:
                    claimed = await repository.claim_member(session, only)
                    if claimed is None:
                        break
                    order, member = claimed
                    member_id = member.id
                    await self._members.settle(session, order, member)
                    await self._count(session, order)
                    done += 1
            except CrmError as refused:
                await self._failed(member_id, refused.message, last=True)
            except Exception:  # one number must not stop the others; three times and people look at it
                _log.exception("member %s of a group order failed", member_id)
                await self._failed(member_id, "系统错误，请人工核对这个号码", last=False)
        return done

    async def _count(self, session: AsyncSession, order: GroupOrder) -> None:
        last = await repository.count_member(session, order.id, self._clock.now())
        if last and order.action == "switch":
            await self._inventory.move_group(session, order.group_id, order.offering_code)

    async def _failed(self, member_id: UUID | None, why: str, *, last: bool) -> None:
        if member_id is None:
            return
        async with self._db.transaction() as session:
            found = await repository.waiting_member(session, member_id)
            if found is None:
                return
            order, member = found
            member.attempts += 1
            if last or member.attempts >= MOST_ATTEMPTS:
                member.state, member.note = "failed", why[:500]
                member.settled_at = self._clock.now()
                await session.flush()
                await self._count(session, order)

    async def view(self, actor: Actor, number: str, offset: int, limit: int) -> GroupOrderView:
        """A group order with one page of its members. Raises `GroupOrderMissing`."""
        actor.require(Permission.ORDER)
        async with self._db.transaction() as session:
            order = await repository.group_order(session, number)
            if order is None:
                raise GroupOrderMissing
            return await self._view(session, order, max(offset, 0), min(max(limit, 1), 200))

    async def _view(
        self, session: AsyncSession, order: GroupOrder, offset: int, limit: int, *, repeated: bool = False
    ) -> GroupOrderView:
        await session.refresh(order)
        members, counts = await repository.group_members(session, order.id, limit, offset)
        return GroupOrderView(
            id=order.id,
            number=order.number,
            group_id=order.group_id,
            group_name=order.group_name,
            action=order.action,
            offering_name=order.offering_name,
            state=order.state,
            total=order.total,
            done=order.done,
            counts=counts,
            members=tuple(_member_view(each) for each in members),
            offset=offset,
            limit=limit,
            staff_number=order.staff_number,
            created_at=order.created_at,
            finished_at=order.finished_at,
            repeated=repeated,
        )


def _order(
    actor: Actor,
    key: str,
    command: SubmitGroup,
    judged: GroupJudgement,
    subscriber_id: UUID,
    now: datetime,
) -> GroupOrder:
    return GroupOrder(
        id=new_id(),
        number="",
        idempotency_key=key,
        group_id=judged.group.id,
        group_name=judged.group.name,
        subscriber_id=subscriber_id,
        customer_id=judged.group.owner_customer_id or subscriber_id,
        interaction_id=command.interaction_id,
        staff_id=actor.staff_id,
        staff_number=actor.staff_number,
        staff_name=actor.name,
        staff_role=actor.role.value,
        action=judged.change.action,
        offering_code=judged.change.offering,
        offering_name=judged.offering_name,
        told=[each.text for each in judged.sentences],
        note=cleaned_note(command.note),
        state="running",
        total=0,
        created_at=now,
    )


def _waiting(order_id: UUID, position: int, member: GroupMember) -> GroupOrderMember:
    return GroupOrderMember(
        group_order_id=order_id,
        position=position,
        subscriber_id=member.subscriber_id,
        customer_id=member.customer_id,
        msisdn=member.msisdn,
        product_id=member.product_id,
        state="waiting",
    )


def _member_view(member: GroupOrderMember) -> GroupMemberView:
    return GroupMemberView(
        msisdn_masked=masked(member.msisdn),
        state=member.state,
        order_number=member.order_number,
        work_order_number=member.work_order_number,
        note=member.note,
    )
