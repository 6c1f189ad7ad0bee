"""SQL of group orders. Whoever needs a member's line and the order's row takes the line first."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm.core.ordering.models import GroupOrder, GroupOrderMember


async def group_order(session: AsyncSession, reference: str) -> GroupOrder | None:
    """A group order by number or idempotency key."""
    wanted = (col(GroupOrder.number) == reference) | (col(GroupOrder.idempotency_key) == reference)
    return (await session.execute(select(GroupOrder).where(wanted))).scalar_one_or_none()


async def running_group_order(session: AsyncSession, group_id: UUID) -> str | None:
    """The number of the order that is being carried out for a group."""
    found = select(col(GroupOrder.number)).where(
        col(GroupOrder.group_id) == group_id, col(GroupOrder.state) == "running"
    )
    return (await session.execute(found.limit(1))).scalar_one_or_none()


async def insert_group_once(session: AsyncSession, order: GroupOrder) -> bool:
    """Write the group order unless its idempotency key is taken; returns whether it was written."""
    row = insert(GroupOrder).values(**order.model_dump())
    written = row.on_conflict_do_nothing(index_elements=["idempotency_key"]).returning(col(GroupOrder.id))
    return (await session.execute(written)).scalar_one_or_none() is not None


async def claim_member(
    session: AsyncSession, group_order_id: UUID | None
) -> tuple[GroupOrder, GroupOrderMember] | None:
    """The next member that waits (of one order, or of any), held until the transaction ends."""
    waiting = (
        select(GroupOrder, GroupOrderMember)
        .join(GroupOrderMember, col(GroupOrderMember.group_order_id) == col(GroupOrder.id))
        .where(col(GroupOrder.state) == "running", col(GroupOrderMember.state) == "waiting")
        .order_by(col(GroupOrderMember.attempts), col(GroupOrder.created_at), col(GroupOrderMember.position))
        .limit(1)
        .with_for_update(of=GroupOrderMember, skip_locked=True)
    )
    if group_order_id is not None:
        waiting = waiting.where(col(GroupOrder.id) == group_order_id)
    row = (await session.execute(waiting.execution_options(populate_existing=True))).one_or_none()
    return None if row is None else (row[0], row[1])


async def waiting_member(
    session: AsyncSession, member_id: UUID
) -> tuple[GroupOrder, GroupOrderMember] | None:
    """A member that still waits, held until the transaction ends; None once somebody has done it."""
    found = (
        select(GroupOrder, GroupOrderMember)
        .join(GroupOrderMember, col(GroupOrderMember.group_order_id) == col(GroupOrder.id))
        .where(col(GroupOrderMember.id) == member_id, col(GroupOrderMember.state) == "waiting")
        .with_for_update(of=GroupOrderMember)
    )
    row = (await session.execute(found.execution_options(populate_existing=True))).one_or_none()
    return None if row is None else (row[0], row[1])


async def count_member(session: AsyncSession, group_order_id: UUID, now: datetime) -> bool:
    """One member more is done; returns whether it was the last, which ends the group order."""
    done = col(GroupOrder.done)
    counted = (
        update(GroupOrder)
        .where(col(GroupOrder.id) == group_order_id)
        .values(done=done + 1)
        .returning(done, col(GroupOrder.total))
        .execution_options(synchronize_session=False)
    )
    number, total = (await session.execute(counted)).one()
    if number < total:
        return False
    ended = update(GroupOrder).where(col(GroupOrder.id) == group_order_id)
    await session.execute(
        ended.values(state="done", finished_at=now).execution_options(synchronize_session=False)
    )
    return True


async def group_switched(session: AsyncSession, product_id: UUID) -> tuple[UUID, str] | None:
    """The group that gave up a product for another offering, and that offering."""
    found = (
        select(col(GroupOrder.group_id), col(GroupOrder.offering_code))
        .join(GroupOrderMember, col(GroupOrderMember.group_order_id) == col(GroupOrder.id))
        .where(col(GroupOrderMember.product_id) == product_id, col(GroupOrder.action) == "switch")
        .order_by(col(GroupOrder.created_at).desc())
    )
    row = (await session.execute(found.limit(1))).one_or_none()
    return None if row is None else (row[0], row[1])


async def group_members(
    session: AsyncSession, group_order_id: UUID, limit: int, offset: int
) -> tuple[list[GroupOrderMember], dict[str, int]]:
    """One page of the members of a group order, and how many there are in each state."""
    mine = col(GroupOrderMember.group_order_id) == group_order_id
    page = select(GroupOrderMember).where(mine).order_by(col(GroupOrderMember.position))
    rows = (await session.execute(page.limit(limit).offset(offset))).scalars()
    state = col(GroupOrderMember.state)
    counted = await session.execute(select(state, func.count()).where(mine).group_by(state))
    return list(rows), {row[0]: row[1] for row in counted}
