"""The verdicts that orders were accepted under: kept with their certificates, judged again, handed out."""

import asyncio
import json
from typing import Any, NamedTuple

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from crm.core.compatibility.errors import VerdictUnreadable
from crm.core.compatibility.schemas import Qualification
from crm.core.compatibility.service import Evidence, Kept, Replay, VerdictBook
from crm.core.ordering import repository
from crm.core.ordering.copies import Copy, contradiction
from crm.core.ordering.errors import OrderMissing
from crm.core.ordering.models import ProductOrder
from crm.core.ordering.schemas import OrderView
from crm.core.staff.schemas import Actor, Permission
from crm.platform import audit
from crm.platform.clock import Clock
from crm.platform.database import Database


class Seal(NamedTuple):
    """What an order's page says of its proof: the certificate's hash, and why not to trust the order."""

    certificate: str  # empty: the order is from before certificates were kept
    doubt: str


class OrderVerdicts:
    """Reading stored verdicts. Writing them is part of placing an order."""

    def __init__(self, db: Database, clock: Clock, book: VerdictBook) -> None:
        self._db = db
        self._clock = clock
        self._book = book

    async def replay(self, number: str) -> tuple[Evidence, Replay]:
        """Judge an order's verdict again from what is stored, for whoever sits at the machine itself.

        What the order itself says of its verdict is compared with what is stored.
        Raises `OrderMissing`, `VerdictNotKept`, `VerdictUnreadable`, `RulesNotKept`.
        """
        async with self._db.transaction() as session:
            order = await self._order(session, number)
            evidence = await self._evidence(session, order)
            kept = await self._book.kept(session, order.id)
        assert kept is not None  # `_evidence` has read it
        found = await asyncio.to_thread(self._book.replay, evidence)
        said = kept.flaw or contradiction(_copy(order), _loaded(kept), kept.given_at)
        return evidence, msgspec.structs.replace(found, contradiction=said)

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

    async def seal(self, order: OrderView) -> Seal:
        """What can be said cheaply of an order that is being looked at; nothing is judged again."""
        async with self._db.transaction() as session:
            kept = await self._book.kept(session, order.id)
        if kept is None:
            return Seal("", "")
        try:  # as this release reads it, like the view: a field it has added is no contradiction
            stored = msgspec.to_builtins(msgspec.convert(_loaded(kept), Qualification))
        except msgspec.ValidationError:
            stored = None
        said = kept.flaw or contradiction(_shown(order), stored, kept.given_at)
        return Seal(kept.certificate_hash, said)

    async def _order(self, session: AsyncSession, number: str) -> ProductOrder:
        found = await repository.find(session, number)
        if found is None:
            raise OrderMissing
        return found

    async def _evidence(self, session: AsyncSession, order: ProductOrder) -> Evidence:
        # A column of JSON can hold anything once somebody has written into it by hand.
        change: Any = order.change
        facts: Any = order.facts
        if not isinstance(change, dict) or not isinstance(facts, dict):
            raise VerdictUnreadable(order.number, "受理单上的受理篮（change）或事实（facts）不完整")
        return await self._book.evidence(session, order.id, order.change, order.facts, order.number)


def _loaded(kept: Kept) -> Any:
    try:
        return json.loads(kept.qualification)
    except (ValueError, RecursionError):
        return None


def _copy(order: ProductOrder) -> Copy:
    return Copy(
        verdict=order.verdict,
        rules_hash=order.rules_hash,
        catalogue_hash=order.catalogue_hash,
        consent_token=order.consent_token,
        channel=order.channel,
        qualification=order.qualification,
        consents=order.consents,
        ordered_at=order.ordered_at,
        staff_number=order.staff_number,
    )


def _shown(order: OrderView) -> Copy:
    verdict = order.qualification
    return Copy(
        verdict=order.verdict.value,
        rules_hash=verdict.rules_hash,
        catalogue_hash=verdict.catalogue_hash,
        consent_token=verdict.consent_token,
        channel=order.channel,
        qualification=msgspec.to_builtins(verdict),
        consents=msgspec.to_builtins(order.consents),
        ordered_at=order.ordered_at,
        staff_number=order.staff_number,
    )
