"""All SQL of single work orders. Lists are in `listing.py`."""

from datetime import date
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import NoResultFound
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from crm.core.work_order.models import WorkOrder, WorkOrderEvent
from crm.core.work_order.schemas import ENDED, State
from crm.platform.numbering import next_number

_ENDED = [state.value for state in ENDED]
_COLLEAGUE = text(
    "SELECT m.id, m.staff_number, m.name FROM staff_member m"
    " JOIN staff_membership s ON s.staff_id = m.id JOIN staff_group g ON g.id = s.group_id"
    " WHERE m.staff_number = :number AND g.code = :group AND m.active"
)
_LINE = text(
    "SELECT l.id, l.region, c.star_level FROM subscriber l JOIN customer c ON c.id = l.customer_id"
    " WHERE l.msisdn = :msisdn"
)


_HOLDS = text("SELECT EXISTS (SELECT 1 FROM product WHERE id = :product AND subscriber_id = :line)")


class Colleague(NamedTuple):
    """Somebody an order can be given to."""

    id: UUID
    staff_number: str
    name: str


class Line(NamedTuple):
    """What an order notes of the line it is about."""

    id: UUID
    region: str
    star_level: int


async def by_key(session: AsyncSession, key: str) -> WorkOrder | None:
    """The order made with this idempotency key."""
    found = await session.execute(select(WorkOrder).where(col(WorkOrder.idempotency_key) == key))
    return found.scalar_one_or_none()


async def insert_once(session: AsyncSession, order: WorkOrder, on: date) -> WorkOrder | None:
    """Give the order a number and store it; None when its idempotency key was used meanwhile.

    In a savepoint, so that a lost race neither spends a number nor ends the caller's transaction.
    """
    try:
        async with session.begin_nested():
            values = order.model_dump() | {"number": await next_number(session, "WO", on)}
            new = (
                insert(WorkOrder).values(**values).on_conflict_do_nothing(index_elements=["idempotency_key"])
            )
            return (await session.execute(new.returning(WorkOrder))).scalar_one()
    except NoResultFound:
        return None


async def by_number(session: AsyncSession, number: str, *, lock: bool) -> WorkOrder | None:
    """The order with this number, locked until the transaction ends when asked."""
    query = select(WorkOrder).where(col(WorkOrder.number) == number)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return (await session.execute(query)).scalar_one_or_none()


async def by_id(session: AsyncSession, order_id: UUID) -> WorkOrder | None:
    """The order with this id."""
    return await session.get(WorkOrder, order_id)


async def take_next(session: AsyncSession, queue: str) -> WorkOrder | None:
    """The most pressing unassigned order of a queue, locked; orders others are taking are skipped."""
    query = (
        select(WorkOrder)
        .where(col(WorkOrder.queue) == queue, col(WorkOrder.state) == State.UNASSIGNED.value)
        .order_by(col(WorkOrder.urgency_rank), col(WorkOrder.due_at), col(WorkOrder.id))
        .limit(1)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    return (await session.execute(query)).scalar_one_or_none()


async def events(session: AsyncSession, order_id: UUID) -> list[WorkOrderEvent]:
    """The history, oldest first."""
    query = select(WorkOrderEvent).where(col(WorkOrderEvent.work_order_id) == order_id)
    rows = await session.execute(query.order_by(col(WorkOrderEvent.at), col(WorkOrderEvent.id)))
    return list(rows.scalars())


async def last_event(session: AsyncSession, order_id: UUID) -> WorkOrderEvent | None:
    """The latest step."""
    query = select(WorkOrderEvent).where(col(WorkOrderEvent.work_order_id) == order_id)
    query = query.order_by(col(WorkOrderEvent.at).desc(), col(WorkOrderEvent.id).desc()).limit(1)
    return (await session.execute(query)).scalar_one_or_none()


async def children(session: AsyncSession, order_id: UUID) -> list[WorkOrder]:
    """Assistance orders of an order, oldest first."""
    query = select(WorkOrder).where(col(WorkOrder.parent_id) == order_id).order_by(col(WorkOrder.id))
    return list((await session.execute(query)).scalars())


async def open_children(session: AsyncSession, order_id: UUID) -> list[str]:
    """Numbers of the assistance orders that have not ended."""
    query = select(col(WorkOrder.number)).where(
        col(WorkOrder.parent_id) == order_id, col(WorkOrder.state).not_in(_ENDED)
    )
    return list((await session.execute(query.order_by(col(WorkOrder.id)))).scalars())


async def colleague(session: AsyncSession, staff_number: str, group: str) -> Colleague | None:
    """The active member of a group with this staff number."""
    row = (await session.execute(_COLLEAGUE, {"number": staff_number, "group": group})).one_or_none()
    return None if row is None else Colleague(*row)


async def line(session: AsyncSession, msisdn: str) -> Line | None:
    """The line with this number, where it is one of ours."""
    row = (await session.execute(_LINE, {"msisdn": msisdn})).one_or_none()
    return None if row is None else Line(*row)


async def holds(session: AsyncSession, subscriber_id: UUID, product_id: UUID) -> bool:
    """Whether a product is, or was, one of a line's."""
    found = await session.execute(_HOLDS, {"product": product_id, "line": subscriber_id})
    return bool(found.scalar_one())


async def open_for_product(session: AsyncSession, product_id: UUID, kind: str) -> str | None:
    """Number of the order of a type that is under way for a held product."""
    query = select(col(WorkOrder.number)).where(
        col(WorkOrder.product_id) == product_id,
        col(WorkOrder.type) == kind,
        col(WorkOrder.state).not_in(_ENDED),
    )
    return (await session.execute(query.limit(1))).scalar_one_or_none()
