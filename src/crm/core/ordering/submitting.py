"""Placing an order: one transaction from the lock on the line to the message to the customer."""

import unicodedata
from collections.abc import Sequence

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from crm.core.compatibility.schemas import VERDICT_NAMES, Change, Facts, Verdict
from crm.core.interaction.service import InteractionService
from crm.core.inventory.schemas import LockedLine
from crm.core.inventory.service import InventoryService
from crm.core.notice.service import NoticeService
from crm.core.ordering import group_repository, repository
from crm.core.ordering.basket import check_holdings, check_shape
from crm.core.ordering.engine import PlannedItem, plan_items
from crm.core.ordering.errors import (
    BadIdempotencyKey,
    ChangedMeanwhile,
    IdentityNotVerified,
    KeyUsedOtherwise,
    NotAllTold,
    NoteTooLong,
    NotOrderable,
)
from crm.core.ordering.facts import differences, unpack_basis
from crm.core.ordering.judging import Judging, as_spoken_by
from crm.core.ordering.lines import follow_lines, network_request
from crm.core.ordering.messages import order_accepted
from crm.core.ordering.models import ProductOrder, ProductOrderItem, WaitingWish
from crm.core.ordering.placing import Placing
from crm.core.ordering.schemas import ConsentView, Judgement, OrderView, SubmitOrder
from crm.core.ordering.states import ItemState
from crm.core.ordering.views import order_view
from crm.core.staff.schemas import Actor
from crm.platform import audit
from crm.platform.clock import Clock
from crm.platform.database import Database
from crm.platform.ids import new_id
from crm.platform.numbering import next_number

LONGEST_NOTE = 2_000
_LONGEST_KEY = 100


class Submitting:
    """The way of an order from the basket into the database."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        judging: Judging,
        placing: Placing,
        inventory: InventoryService,
        interactions: InteractionService,
        notices: NoticeService,
    ) -> None:
        self._db = db
        self._clock = clock
        self._judging = judging
        self._placing = placing
        self._inventory = inventory
        self._interactions = interactions
        self._notices = notices

    async def submit(
        self, actor: Actor, command: SubmitOrder, vouched: frozenset[str] | None = None
    ) -> OrderView:
        """Place the order, or return the one that this key has placed before.

        `vouched`: the proofs of a caller who may decide for this line although it is not the one that calls
        (the owner of a group); None takes those of the call.
        """
        if vouched is None:
            await self._judging.admit(actor, command.subscriber_id)
        key = key_of_page(command.idempotency_key)
        async with self._db.transaction() as session:
            line = await self._inventory.lock_subscriber(session, command.subscriber_id)
            first = await repository.by_key(session, key)
            if first is not None:
                return await self._repeat(session, first, command)
            command = _cleaned(actor, key, command)
            check_shape(command.change, self._judging.catalog.catalogue)
            passed = await self._proofs(actor, command) if vouched is None else vouched
            facts = await self._judging.facts_in(
                session, command.subscriber_id, self._clock.today(), command.change
            )
            judgement = await self._judging.on_this_call(
                command.interaction_id,
                self._judging.judge_on(command.subscriber_id, command.change, facts, passed),
                facts,
            )
            command = msgspec.structs.replace(command, change=judgement.change)
            self._permit(command, judgement, facts)
            return await self._write(session, actor, command, judgement, facts, line)

    async def _repeat(self, session: AsyncSession, first: ProductOrder, command: SubmitOrder) -> OrderView:
        """The first order; a page whose basket it has used up since sends none, and must not send another."""
        if first.subscriber_id != command.subscriber_id:
            raise BadIdempotencyKey
        if command.change.items and command.change.items != msgspec.convert(first.change, Change).items:
            raise KeyUsedOtherwise(first.number)
        items = await repository.items_of(session, [first.id])
        return order_view(first, items, await repository.events_of(session, first.id), repeated=True)

    async def _proofs(self, actor: Actor, command: SubmitOrder) -> frozenset[str]:
        """The checks passed on this call, which must be the actor's own; the order uses its basket up."""
        if command.interaction_id is None:
            return frozenset()
        await self._interactions.drop_draft(actor, command.interaction_id, "basket")
        return await self._judging.passed(command.interaction_id, command.subscriber_id)

    def _permit(self, command: SubmitOrder, judgement: Judgement, facts: Facts) -> None:
        """Raise unless the order may be written exactly as it was read out."""
        now, catalogue = judgement.qualification, self._judging.catalog.catalogue
        basis = unpack_basis(command.basis)
        moved = basis is not None and basis.facts != facts
        if now.can_be_ordered:
            check_holdings(command.change, facts, catalogue)
        elif not moved:
            reasons = [each.explain for each in now.findings if each.verdict is now.verdict]
            raise NotOrderable(VERDICT_NAMES[now.verdict], reasons, judgement)
        if not now.can_be_ordered or now.consent_token != command.consent_token:
            raise ChangedMeanwhile(differences(basis, facts, now, command.ticked, catalogue), judgement)
        if judgement.missing_checks:
            raise IdentityNotVerified([check.name for check in judgement.missing_checks])
        untold = judgement.untold(command.ticked)
        if untold:
            raise NotAllTold(untold)

    async def _write(
        self,
        session: AsyncSession,
        actor: Actor,
        command: SubmitOrder,
        judgement: Judgement,
        facts: Facts,
        line: LockedLine,
    ) -> OrderView:
        catalogue = self._judging.catalog.catalogue
        certified = self._judging.verdicts.certify(command.change, facts, judgement.qualification)
        planned = plan_items(command.change, facts, judgement.qualification, catalogue)
        order = self._order(actor, command, judgement, facts, line)
        items = await self._placing.place(session, actor, line, order.id, planned, catalogue)
        event = follow_lines(order, items, order.ordered_at, "accepted", actor.staff_number)
        order.number = await next_number(session, "PO", facts.on)
        if not await repository.insert_once(session, order):
            raise BadIdempotencyKey  # another line's order took the key while this one was being written
        await self._judging.verdicts.keep(session, order.id, certified, order.ordered_at)
        session.add_all([*items, event])
        due = [item for item in items if item.state == ItemState.IN_PROGRESS]
        session.add_all(network_request(order, item, order.ordered_at) for item in due)
        await self._follow_wishes(session, command, items)
        self._record(session, actor, order, planned, command.change)
        fees = {item.offering: _fee(catalogue.get(item.offering)) for item in planned}
        text = order_accepted(order.number, planned, facts.on, fees)
        self._notices.queue(session, line.subscriber_id, line.msisdn, "order_accepted", text)
        await session.flush()
        return order_view(order, items, [event])

    def _order(
        self, actor: Actor, command: SubmitOrder, judgement: Judgement, facts: Facts, line: LockedLine
    ) -> ProductOrder:
        verdict, now = judgement.qualification, self._clock.now()
        told = [
            ConsentView(
                key=each.key,
                text=each.text,
                consent=each.consent,
                rule_id=each.rule_id,
                at=now,
                staff_number=actor.staff_number,
            )
            for each in judgement.sentences
        ]
        return ProductOrder(
            id=new_id(),
            number="",
            idempotency_key=command.idempotency_key,
            subscriber_id=line.subscriber_id,
            msisdn=line.msisdn,
            interaction_id=command.interaction_id,
            staff_id=actor.staff_id,
            staff_number=actor.staff_number,
            channel=command.change.channel,
            state="acknowledged",
            ordered_at=now,
            verdict=Verdict(verdict.verdict).value,
            change=msgspec.to_builtins(command.change),
            facts=msgspec.to_builtins(facts),
            qualification=msgspec.to_builtins(verdict),
            consents=msgspec.to_builtins(told),
            rules_hash=verdict.rules_hash,
            catalogue_hash=verdict.catalogue_hash,
            consent_token=verdict.consent_token,
            note=command.note,
        )

    def _record(
        self,
        session: AsyncSession,
        actor: Actor,
        order: ProductOrder,
        planned: tuple[PlannedItem, ...],
        change: Change,
    ) -> None:
        lines = [f"{item.action} {item.offering} {item.effective_on}" for item in planned]
        audit.record(
            session,
            actor,
            order.ordered_at,
            "order.submit",
            "product_order",
            order.id,
            number=order.number,
            subscriber_id=str(order.subscriber_id),
            verdict=order.verdict,
            lines=lines,
        )
        for step in change.recorded:
            if step.startswith("retention:"):
                audit.record(
                    session,
                    actor,
                    order.ordered_at,
                    "retention.recorded",
                    "subscriber",
                    order.subscriber_id,
                    step=step,
                    number=order.number,
                )

    async def _follow_wishes(
        self, session: AsyncSession, command: SubmitOrder, items: Sequence[ProductOrderItem]
    ) -> None:
        """A wish that waited for its work order is fulfilled when its additions are ordered."""
        added = _added(command.change)
        for wish in await repository.wishes_of(session, command.subscriber_id):
            wanted = _added(msgspec.convert(wish.change, Change))
            may_come = wish.state == "ready" or wish.waits_for != "work_order"
            if may_come and wanted and wanted <= added:
                wish.state, wish.closed_at = "done", self._clock.now()
                await self._follow_group(session, wish, items)

    async def _follow_group(
        self, session: AsyncSession, wish: WaitingWish, items: Sequence[ProductOrderItem]
    ) -> None:
        """What a member gets at last instead of the shared product belongs to the group as well."""
        moved = None if wish.held_id is None else await group_repository.group_switched(session, wish.held_id)
        for item in items:
            if moved is not None and item.action == "add" and item.offering_code == moved[1]:
                assert item.product_id is not None
                await self._inventory.join_group(session, item.product_id, moved[0])


def key_of_page(text: str) -> str:
    """The key as it is stored. Raises `BadIdempotencyKey`."""
    key = text.strip()
    if not key or len(key) > _LONGEST_KEY or not key.isprintable():
        raise BadIdempotencyKey
    return key


def cleaned_note(text: str) -> str:
    """The note without control characters. Raises `NoteTooLong`."""
    note = "".join(sign for sign in text if sign in "\n\t" or unicodedata.category(sign) != "Cc")
    if len(note) > LONGEST_NOTE:
        raise NoteTooLong(LONGEST_NOTE, len(note))
    return note


def _cleaned(actor: Actor, key: str, command: SubmitOrder) -> SubmitOrder:
    note = cleaned_note(command.note)
    return msgspec.structs.replace(
        command, idempotency_key=key, note=note, change=as_spoken_by(actor, command.change)
    )


def _added(change: Change) -> set[str]:
    return {item.offering for item in change.items if item.action == "add"}


def _fee(offering: object) -> int | None:
    return getattr(offering, "monthly_fee_fen", None)
