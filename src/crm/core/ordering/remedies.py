"""Steps that need a work order first, and the changes that wait for them (注意事项 clause 11 note 3)."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from crm.core.catalog.engine import Catalogue
from crm.core.compatibility.schemas import Change, Facts, Finding, Remedy
from crm.core.interaction.service import InteractionService
from crm.core.inventory.errors import ProductChanged, ProductMissing
from crm.core.inventory.schemas import LockedLine
from crm.core.inventory.service import InventoryService
from crm.core.notice.service import NoticeService
from crm.core.ordering import advice, repository
from crm.core.ordering.basket import check_shape, name_of
from crm.core.ordering.errors import IdentityNotVerified, LossesNotConfirmed, NoSuchStep, WishMissing
from crm.core.ordering.judging import Judging, as_spoken_by
from crm.core.ordering.messages import group_service_cancelled
from crm.core.ordering.models import WaitingWish
from crm.core.ordering.schemas import StartRemedy
from crm.core.ordering.system import SYSTEM
from crm.core.staff.schemas import Actor
from crm.core.work_order.schemas import CreateWorkOrder, Resolution, WorkOrderView
from crm.core.work_order.service import WorkOrderService
from crm.platform import audit
from crm.platform.clock import Clock
from crm.platform.database import Database

CANCEL_GROUP_SERVICE = "cancel_group_service"


class Remedies:
    """Creates the work order a finding asks for, remembers the wish, and wakes it when that is closed."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        judging: Judging,
        inventory: InventoryService,
        interactions: InteractionService,
        work_orders: WorkOrderService,
        notices: NoticeService,
    ) -> None:
        self._db = db
        self._clock = clock
        self._judging = judging
        self._inventory = inventory
        self._interactions = interactions
        self._work_orders = work_orders
        self._notices = notices
        work_orders.subscribe_closed(self.work_order_closed)

    async def start(
        self, actor: Actor, command: StartRemedy, vouched: frozenset[str] | None = None
    ) -> WorkOrderView:
        """Create the work order once; the same key again returns it. `vouched` as in `Submitting.submit`."""
        if vouched is None:
            await self._judging.admit(actor, command.subscriber_id)
        change = with_confirmed_losses(as_spoken_by(actor, command.change), command.ticked)
        check_shape(change, self._judging.catalog.catalogue)
        async with self._db.transaction() as session:
            line = await self._inventory.lock_subscriber(session, command.subscriber_id)
            passed = await self._proofs(actor, command) if vouched is None else vouched
            facts = await self._judging.facts_in(session, command.subscriber_id, self._clock.today(), change)
            judgement = self._judging.judge_on(command.subscriber_id, change, facts, passed)
            finding, remedy = self._step(judgement.qualification.findings, facts, command)
            if judgement.missing_checks:
                raise IdentityNotVerified([check.name for check in judgement.missing_checks])
            proved = vouched is not None
            order = await self._create(actor, command, change, facts, line, finding, remedy, proved=proved)
            await self._remember(session, actor, command, change, order, finding)
            return order

    async def start_next(
        self,
        actor: Actor,
        wish: WaitingWish,
        line: LockedLine,
        facts: Facts,
        rule_id: str,
        held_id: str | None,
    ) -> WorkOrderView:
        """Create the next work order of an adopted plan; the wish waits for it. Within a transaction."""
        command = StartRemedy(
            idempotency_key=f"wish:{wish.id}:{held_id}",
            interaction_id=None,
            subscriber_id=wish.subscriber_id,
            change=msgspec.convert(wish.change, Change),
            rule_id=rule_id,
            held_id=held_id,
        )
        found = self._judging.qualify(command.change, facts)
        finding, remedy = self._step(found.findings, facts, command)
        order = await self._create(actor, command, command.change, facts, line, finding, remedy)
        wish.work_order_id, wish.work_order_number = order.id, order.number
        wish.held_id, wish.held_name = order.product_id, _held_name(finding)
        wish.state, wish.waits_for, wish.ready_on = "waiting", "work_order", None
        return order

    async def _proofs(self, actor: Actor, command: StartRemedy) -> frozenset[str]:
        """The checks passed on this call, which must be the actor's own."""
        if command.interaction_id is not None:
            await self._interactions.current(actor, command.interaction_id)
        return await self._judging.passed(command.interaction_id, command.subscriber_id)

    def _step(
        self, findings: Sequence[Finding], facts: Facts, command: StartRemedy
    ) -> tuple[Finding, Remedy]:
        """The step with a work order that the findings offer now for what the command points at."""
        about = [
            (finding, remedy)
            for finding in sorted(findings, key=lambda each: each.rule_id != command.rule_id)
            for remedy in finding.remedies
            if command.held_id in (None, finding.held_id, remedy.held_id)
        ]
        for finding, remedy in about:
            if remedy.work_order_type:
                return finding, remedy
        for finding, remedy in about:
            if remedy.do == "confirm_losses":
                held_id = remedy.held_id or finding.held_id
                losses = _losses(self._judging.catalog.catalogue, facts, held_id)
                raise LossesNotConfirmed(losses or [finding.script])
        raise NoSuchStep

    async def _create(
        self,
        actor: Actor,
        command: StartRemedy,
        change: Change,
        facts: Facts,
        line: LockedLine,
        finding: Finding,
        remedy: Remedy,
        *,
        proved: bool = False,
    ) -> WorkOrderView:
        catalogue = self._judging.catalog.catalogue
        kind = self._work_orders.type_of(remedy.work_order_type or "")
        held_id = remedy.held_id or finding.held_id
        values: dict[str, Any] = {
            "vnet": _held_name(finding),
            "product": _held_name(finding),
            "losses": "\n".join(_losses(catalogue, facts, held_id)) or "目录未列出随之失去的优惠",
            "confirmed": "客户已确认",
            "wanted": "、".join(_wanted(catalogue, change, held_id))[:200],
        }
        return await self._work_orders.create(
            actor,
            CreateWorkOrder(
                idempotency_key=f"remedy:{command.idempotency_key}",
                type=kind.code,
                fields={field.key: values[field.key] for field in kind.form if values.get(field.key)},
                content=command.note or f"{finding.clause}：{remedy.text}",
                subscriber_id=command.subscriber_id,
                msisdn=line.msisdn,
                interaction_id=command.interaction_id,
                proved=proved,
                product_id=UUID(held_id) if held_id else None,
                channel=change.channel,
                due_before=advice.deadline_of_month(facts.on)
                if advice.waits_for_next_month(change, held_id, catalogue)
                else None,
            ),
        )

    async def _remember(
        self,
        session: AsyncSession,
        actor: Actor,
        command: StartRemedy,
        change: Change,
        order: WorkOrderView,
        finding: Finding,
    ) -> None:
        if await repository.wishes_for(session, order.id):
            return
        now = self._clock.now()
        session.add(
            WaitingWish(
                subscriber_id=command.subscriber_id,
                interaction_id=command.interaction_id,
                staff_number=actor.staff_number,
                change=msgspec.to_builtins(change),
                work_order_id=order.id,
                work_order_number=order.number,
                held_id=order.product_id,
                held_name=_held_name(finding),
                state="waiting",
                created_at=now,
            )
        )
        audit.record(
            session,
            actor,
            now,
            "order.remedy",
            "subscriber",
            command.subscriber_id,
            work_order=order.number,
            rule=finding.rule_id,
            losses_confirmed=[key for key in change.recorded if key.startswith("losses:")],
        )

    async def work_order_closed(
        self, session: AsyncSession, order: WorkOrderView, resolution: Resolution
    ) -> None:
        """End what the work order was to cancel and wake the wishes, in the transaction that closes it."""
        wishes = await repository.wishes_for(session, order.id)
        now = self._clock.now()
        if resolution is not Resolution.DONE:
            for wish in wishes:
                wish.state, wish.closed_at = "cancelled", now
            return
        if order.type == CANCEL_GROUP_SERVICE and order.product_id and order.subscriber_id:
            continues = any(wish.agreed_token and _left(wish).items for wish in wishes)
            await self._end_group_service(
                session, order, order.subscriber_id, order.product_id, continues=continues
            )
        for wish in wishes:
            left = _left(wish)
            wish.state, wish.ready_at = ("ready" if left.items else "done"), now
            wish.change = msgspec.to_builtins(left) if left.items else wish.change

    async def _end_group_service(
        self,
        session: AsyncSession,
        order: WorkOrderView,
        subscriber_id: UUID,
        product_id: UUID,
        *,
        continues: bool,
    ) -> None:
        line = await self._inventory.lock_subscriber(session, subscriber_id)
        today, now = self._clock.today(), self._clock.now()
        try:
            ended = await self._inventory.end(session, subscriber_id, product_id, today)
        except (ProductChanged, ProductMissing):
            return  # it has gone another way; the customer's wish is possible all the same
        name = name_of(self._judging.catalog.catalogue, ended.offering_code)
        audit.record(
            session, SYSTEM, now, "product.end", "product", product_id,
            work_order=order.number, closed_by=order.closed_by, offering=ended.offering_code,
        )  # fmt: skip
        text = group_service_cancelled(name, continues=continues)
        self._notices.queue(session, subscriber_id, line.msisdn, "group_service_cancelled", text)

    async def drop(self, actor: Actor, wish_id: UUID, subscriber_id: UUID) -> None:
        """Close a wish that this line's customer has given up."""
        async with self._db.transaction() as session:
            wish = await repository.lock_wish(session, wish_id)
            if wish is None or wish.subscriber_id != subscriber_id or wish.state not in {"waiting", "ready"}:
                raise WishMissing
            await self._judging.admit(actor, wish.subscriber_id)
            now = self._clock.now()
            wish.state, wish.closed_at = "cancelled", now
            audit.record(session, actor, now, "order.drop_wish", "subscriber", wish.subscriber_id)


def with_confirmed_losses(change: Change, ticked: Sequence[str]) -> Change:
    """The change with the losses recorded whose sentences were ticked."""
    confirmed = [key for key in ticked if key.startswith("losses:")]
    recorded = tuple(dict.fromkeys([*change.recorded, *confirmed]))
    return msgspec.structs.replace(change, recorded=recorded)


def _held_name(finding: Finding) -> str:
    """What goes: the held item a change collides with, or the item that is itself to be cancelled."""
    return finding.held_name or finding.target_name


def _losses(catalogue: Catalogue, facts: Facts, held_id: str | None) -> list[str]:
    held = next((each for each in facts.held if each.id == held_id), None)
    offering = None if held is None else catalogue.get(held.offering)
    return [] if offering is None else list(offering.losses)


def _wanted(catalogue: Catalogue, change: Change, held_id: str | None) -> list[str]:
    verbs = {"add": "开通", "delete": "取消"}
    return [
        f"{verbs[item.action]}{name_of(catalogue, item.offering)}" for item in _without_id(change, held_id)
    ]


def _without_id(change: Change, held_id: str | None) -> list[Any]:
    return [item for item in change.items if item.held_id is None or item.held_id != held_id]


def _left(wish: WaitingWish) -> Change:
    """The change without the cancellation that the work order has already made."""
    change, held_id = msgspec.convert(wish.change, Change), wish.held_id
    return msgspec.structs.replace(
        change, items=tuple(_without_id(change, None if held_id is None else str(held_id)))
    )
