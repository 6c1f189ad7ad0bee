"""The verdicts that orders were accepted under: kept with their certificates, judged again, handed out."""

import asyncio
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from crm.core.compatibility.service import Evidence, Replay, VerdictBook
from crm.core.ordering import repository
from crm.core.ordering.errors import OrderMissing
from crm.core.ordering.models import ProductOrder
from crm.core.staff.schemas import Actor, Permission
from crm.platform import audit
from crm.platform.clock import Clock
from crm.platform.database import Database


class OrderVerdicts:
    """Reading stored verdicts. Writing them is part of placing an order."""

    def __init__(self, db: Database, clock: Clock, book: VerdictBook) -> None:
        self._db = db
        self._clock = clock
        self._book = book

    async def replay(self, number: str) -> tuple[Evidence, Replay]:
        """Judge an order's verdict again from what is stored, for whoever sits at the machine itself.

        Raises `OrderMissing`, `VerdictNotKept`, `RulesNotKept`.
        """
        async with self._db.transaction() as session:
            evidence = await self._evidence(session, await self._order(session, number))
        return evidence, await asyncio.to_thread(self._book.replay, evidence)

    async def evidence(self, actor: Actor, number: str) -> Evidence:
        """An order's verdict with everything it rests on; the look is recorded.

        Raises `NotAllowed`, and what `replay` raises.
        """
        actor.require(Permission.EXPORT_VERDICT)
        async with self._db.transaction() as session:
            order = await self._order(session, number)
            evidence = await self._evidence(session, order)
            audit.record(
                session,
                actor,
                self._clock.now(),
                "order.export_verdict",
                "product_order",
                order.id,
                number=order.number,
                subscriber_id=str(order.subscriber_id),
            )
        return evidence

    async def certificate_hash(self, order_id: UUID) -> str:
        """The hash of the certificate of an order that has been looked at; empty for one from before."""
        async with self._db.transaction() as session:
            return await self._book.certificate_hash(session, order_id)

    async def _order(self, session: AsyncSession, number: str) -> ProductOrder:
        found = await repository.find(session, number)
        if found is None:
            raise OrderMissing
        return found

    async def _evidence(self, session: AsyncSession, order: ProductOrder) -> Evidence:
        return await self._book.evidence(session, order.id, order.change, order.facts, order.number)
