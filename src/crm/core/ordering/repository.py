"""SQL of orders, the outbox and waiting wishes.

The line's row is the mutex of everything that changes its products; an order's row is the mutex of its
state. Whoever needs both takes the line first.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import exists, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col

from crm.core.ordering.models import (
    ProductOrder,
    ProductOrderEvent,
    ProductOrderItem,
    ProvisioningRequest,
    WaitingWish,
)
from crm.core.ordering.states import ENDED_ORDERS, ItemState

# The lock lies on the line, as everywhere: a change on the desk and the monthly job never cross.
_DUE_ORDERS = text("""
SELECT o.id FROM product_order o JOIN subscriber s ON s.id = o.subscriber_id
WHERE o.id IN (
    SELECT i.order_id FROM product_order_item i WHERE i.state = 'pending' AND i.effective_on <= :on
) AND o.id <> ALL (:failed)
ORDER BY o.ordered_at, o.id LIMIT :limit FOR UPDATE OF s SKIP LOCKED
""")


async def by_key(session: AsyncSession, key: str) -> ProductOrder | None:
    """The order that was placed with an idempotency key."""
    found = select(ProductOrder).where(col(ProductOrder.idempotency_key) == key)
    return (await session.execute(found)).scalar_one_or_none()


async def insert_once(session: AsyncSession, order: ProductOrder) -> bool:
    """Write the order unless its idempotency key is taken; returns whether it was written."""
    row = insert(ProductOrder).values(**order.model_dump())
    written = row.on_conflict_do_nothing(index_elements=["idempotency_key"]).returning(col(ProductOrder.id))
    return (await session.execute(written)).scalar_one_or_none() is not None


async def find(session: AsyncSession, reference: UUID | str) -> ProductOrder | None:
    """An order by id or number."""
    wanted = (
        col(ProductOrder.id) == reference
        if isinstance(reference, UUID)
        else col(ProductOrder.number) == reference
    )
    return (await session.execute(select(ProductOrder).where(wanted))).scalar_one_or_none()


async def lock_orders(session: AsyncSession, ids: Collection[UUID]) -> list[ProductOrder]:
    """Orders, held until the transaction ends so that their state is reckoned by one process at a time."""
    found = (
        select(ProductOrder)
        .where(col(ProductOrder.id).in_(ids))
        .order_by(col(ProductOrder.id))
        .with_for_update()
    )
    return list((await session.execute(found.execution_options(populate_existing=True))).scalars())


async def items_of(session: AsyncSession, order_ids: Collection[UUID]) -> list[ProductOrderItem]:
    """The lines of some orders, in the order's own sequence."""
    found = (
        select(ProductOrderItem)
        .where(col(ProductOrderItem.order_id).in_(order_ids))
        .order_by(col(ProductOrderItem.order_id), col(ProductOrderItem.position))
    )
    return list((await session.execute(found.execution_options(populate_existing=True))).scalars())


async def events_of(session: AsyncSession, order_id: UUID) -> list[ProductOrderEvent]:
    """The history of an order, oldest first."""
    found = (
        select(ProductOrderEvent)
        .where(col(ProductOrderEvent.order_id) == order_id)
        .order_by(col(ProductOrderEvent.at), col(ProductOrderEvent.id))
    )
    return list((await session.execute(found)).scalars())


async def of_line(
    session: AsyncSession, subscriber_id: UUID, limit: int, only_open: bool
) -> list[ProductOrder]:
    """The orders of a line, newest first."""
    found = select(ProductOrder).where(col(ProductOrder.subscriber_id) == subscriber_id)
    if only_open:
        found = found.where(col(ProductOrder.state).not_in(ENDED_ORDERS))
    newest = found.order_by(col(ProductOrder.ordered_at).desc(), col(ProductOrder.id).desc()).limit(limit)
    return list((await session.execute(newest)).scalars())


async def reserving_item(session: AsyncSession, product_id: UUID) -> ProductOrderItem | None:
    """The waiting line that reserved a product; None when no order did."""
    found = select(ProductOrderItem).where(
        col(ProductOrderItem.product_id) == product_id,
        col(ProductOrderItem.action) == "add",
        col(ProductOrderItem.state) == ItemState.PENDING,
    )
    return (await session.execute(found)).scalar_one_or_none()


async def other_ends(session: AsyncSession, item: ProductOrderItem) -> list[ProductOrderItem]:
    """Other waiting lines that end the same product."""
    found = select(ProductOrderItem).where(
        col(ProductOrderItem.product_id) == item.product_id,
        col(ProductOrderItem.action) == "delete",
        col(ProductOrderItem.state) == ItemState.PENDING,
        col(ProductOrderItem.id) != item.id,
    )
    return list((await session.execute(found)).scalars())


async def ends_set_by(session: AsyncSession, product_ids: Collection[UUID]) -> dict[UUID, date | None]:
    """Products that end because of these reservations, with the day on which they would end without."""
    reserving = aliased(ProductOrderItem)
    found = (
        select(col(ProductOrderItem.product_id), col(ProductOrderItem.previous_ends_on))
        .join(reserving, col(reserving.id) == col(ProductOrderItem.cause_id))
        .where(
            col(reserving.product_id).in_(product_ids),
            col(reserving.action) == "add",
            col(reserving.state) == ItemState.PENDING,
            col(ProductOrderItem.action) == "delete",
            col(ProductOrderItem.state) == ItemState.PENDING,
        )
    )
    rows = (await session.execute(found)).all()
    return {product_id: ends_on for product_id, ends_on in rows if product_id is not None}


async def claim_due_orders(
    session: AsyncSession, on: date, limit: int, failed: Collection[UUID]
) -> list[UUID]:
    """Orders with something whose day has come, the oldest first, the customers' lines locked.

    Busy lines are left out, and so is what has `failed` in this round.
    """
    found = await session.execute(_DUE_ORDERS, {"on": on, "limit": limit, "failed": list(failed)})
    return list(found.scalars())


async def claim_requests(
    session: AsyncSession, now: datetime, lease: timedelta, limit: int
) -> Sequence[ProvisioningRequest]:
    """Requests to send now; others see them again only when the lease has run out.

    A request waits while an older one for the same number and product is unsent.
    """
    older = aliased(ProvisioningRequest)
    first = ~exists().where(
        col(older.msisdn) == col(ProvisioningRequest.msisdn),
        col(older.offering_code) == col(ProvisioningRequest.offering_code),
        col(older.sent_at).is_(None),
        col(older.given_up_at).is_(None),
        col(older.id) < col(ProvisioningRequest.id),
    )
    due = (
        select(col(ProvisioningRequest.id))
        .where(
            col(ProvisioningRequest.sent_at).is_(None),
            col(ProvisioningRequest.given_up_at).is_(None),
            col(ProvisioningRequest.due_at) <= now,
            first,
        )
        .order_by(col(ProvisioningRequest.due_at), col(ProvisioningRequest.id))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    claimed = (
        update(ProvisioningRequest)
        .where(col(ProvisioningRequest.id).in_(due))
        .values(due_at=now + lease, attempts=col(ProvisioningRequest.attempts) + 1)
        .returning(ProvisioningRequest)
    )
    rows = (await session.execute(claimed)).scalars().all()
    return sorted(rows, key=lambda request: request.id)


async def requests(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, ProvisioningRequest]:
    """Requests by id."""
    found = select(ProvisioningRequest).where(col(ProvisioningRequest.id).in_(ids))
    return {request.id: request for request in (await session.execute(found)).scalars()}


async def order_ids_of(session: AsyncSession, item_ids: Collection[UUID]) -> list[UUID]:
    """The orders some lines belong to."""
    found = select(col(ProductOrderItem.order_id)).where(col(ProductOrderItem.id).in_(item_ids)).distinct()
    return list((await session.execute(found)).scalars())


async def item(session: AsyncSession, item_id: UUID) -> ProductOrderItem | None:
    """A line by id."""
    return await session.get(ProductOrderItem, item_id, populate_existing=True)


# The same as one document, for a statement that reads it along; {line} is that statement's line.
WISHES_DOCUMENT = """
SELECT coalesce(json_agg(json_build_object('id', w.id, 'subscriber_id', w.subscriber_id, 'change', w.change,
    'state', w.state, 'work_order_id', w.work_order_id, 'work_order_number', w.work_order_number,
    'held_name', w.held_name, 'staff_number', w.staff_number, 'created_at', w.created_at,
    'ready_at', w.ready_at, 'waits_for', w.waits_for, 'ready_on', w.ready_on, 'asked_at', w.asked_at,
    'agreed', w.agreed_token <> '', 'order_number', w.order_number)
    ORDER BY w.created_at DESC, w.id DESC), '[]')
FROM waiting_wish w WHERE w.subscriber_id = {line} AND w.state IN ('waiting', 'ready')"""


async def wishes_of(session: AsyncSession, subscriber_id: UUID) -> list[WaitingWish]:
    """Wishes of a line that are neither done nor dropped, newest first."""
    found = (
        select(WaitingWish)
        .where(
            col(WaitingWish.subscriber_id) == subscriber_id, col(WaitingWish.state).in_(("waiting", "ready"))
        )
        .order_by(col(WaitingWish.created_at).desc(), col(WaitingWish.id).desc())
    )
    return list((await session.execute(found)).scalars())


async def wishes_for(session: AsyncSession, work_order_id: UUID) -> list[WaitingWish]:
    """Wishes that wait for a work order."""
    found = select(WaitingWish).where(
        col(WaitingWish.work_order_id) == work_order_id, col(WaitingWish.state) == "waiting"
    )
    return list((await session.execute(found)).scalars())


async def lock_wish(session: AsyncSession, wish_id: UUID) -> WaitingWish | None:
    """A wish, held until the transaction ends."""
    return await session.get(WaitingWish, wish_id, with_for_update=True)


async def wishes_to_continue(
    session: AsyncSession, today: date, looked_before: datetime, limit: int
) -> list[tuple[UUID, UUID]]:
    """Wishes that may go on, with their lines: ready and nobody asked yet, or their day or profile is due."""
    wish = WaitingWish
    ready = (col(wish.state) == "ready") & col(wish.asked_at).is_(None) & (col(wish.attempts) == 0)
    again = (col(wish.state) == "ready") & col(wish.asked_at).is_(None) & (col(wish.attempts) > 0)
    due = (col(wish.state) == "waiting") & (col(wish.waits_for) == "day") & (col(wish.ready_on) <= today)
    profile = (col(wish.state) == "waiting") & (col(wish.waits_for) == "profile")
    rested = col(wish.looked_at).is_(None) | (col(wish.looked_at) < looked_before)
    found = (
        select(col(wish.id), col(wish.subscriber_id))
        .where(ready | ((due | profile | again) & rested))
        .order_by(col(wish.looked_at).nulls_first(), col(wish.created_at))
        .limit(limit)
    )
    return [(row[0], row[1]) for row in (await session.execute(found)).all()]
