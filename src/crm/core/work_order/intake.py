"""How orders come in: created, asked of another group, put right after a send-back."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from crm.core.staff.schemas import ROLE_NAMES, Actor
from crm.core.work_order import repository
from crm.core.work_order.content_types import CHECKS
from crm.core.work_order.errors import (
    AlreadyOpen,
    CheckNeeded,
    FieldsInvalid,
    KeyReused,
    ProductNeeded,
    ProductOfAnother,
    QueueMissing,
    TypeNotForRole,
    WorkOrderMissing,
)
from crm.core.work_order.forms import CONTENT_LIMIT, check_form, clean, limited, msisdn_of, title_of
from crm.core.work_order.ground import Ground, take
from crm.core.work_order.models import WorkOrder
from crm.core.work_order.schemas import (
    Action,
    CreateWorkOrder,
    QueueView,
    State,
    TypeView,
    Urgency,
    WorkOrderView,
)
from crm.core.work_order.sla import assistance_deadline, deadline
from crm.platform import audit
from crm.platform.errors import CrmError

ASSISTANCE = "assistance"


class Intake(Ground):
    """The part of `WorkOrderService` that takes orders in."""

    async def create(self, actor: Actor, new: CreateWorkOrder) -> WorkOrderView:
        """Make one order; the same idempotency key again returns the first one. Joins a transaction.

        Raises `TypeMissing`, `QueueMissing`, `TypeNotForRole`, `NotAllowed`, `FieldsInvalid`, `TooLong`,
        `CheckNeeded`, `ProductNeeded`, `ProductOfAnother`, `AlreadyOpen`, `WorkOrderMissing` (repeat_of),
        `KeyReused`; and `CallNotOpen` when the call named is not the actor's to lean on.
        """
        kind = self.content.type_of(new.type)
        actor.require(kind.create_permission)
        if actor.role not in kind.created_by:
            raise TypeNotForRole(kind.name, "、".join(ROLE_NAMES[role] for role in kind.created_by))
        async with self._db.transaction() as session:
            first = await repository.by_key(session, new.idempotency_key)
            if first is None:
                order = await self._fill(session, actor, kind, new)
                first = await repository.insert_once(session, order, self._clock.today())
                if first is not None:
                    self._announce(session, actor, first)
                    return await self._view(session, actor, first)
                first = await repository.by_key(session, new.idempotency_key)
            return await self._repeat(session, actor, kind, first)

    async def _repeat(
        self, session: AsyncSession, actor: Actor, kind: TypeView, first: WorkOrder | None
    ) -> WorkOrderView:
        if first is None:
            raise WorkOrderMissing("")
        if first.type != kind.code or first.created_by_id != actor.staff_id:
            raise KeyReused(first.number)
        return await self._view(session, actor, first)

    async def _fill(
        self, session: AsyncSession, actor: Actor, kind: TypeView, new: CreateWorkOrder
    ) -> WorkOrder:
        fields = self._fields(kind, new)
        queue = self._queue_for(kind, new.queue)
        number = msisdn_of(new.msisdn) or clean(new.msisdn)
        order = self._blank(actor, kind, queue, new.idempotency_key)
        order.title = limited(new.title, "标题", 200) or title_of(kind, fields)
        order.content = limited(new.content, "内容", CONTENT_LIMIT)
        order.fields = fields
        order.urgency, order.urgency_rank = new.urgency.value, new.urgency.rank
        order.msisdn, order.subscriber_id = number, new.subscriber_id
        order.region, order.star_level = new.region, new.star_level
        order.contact = limited(new.contact, "联系电话", 60)
        order.channel, order.may_escalate = new.channel, new.may_escalate
        order.product_id = new.product_id
        self._bound(order, new.due_before)
        await self._find_line(session, order)
        await self._check_product(session, kind, order)
        await self._lean(actor, kind, order, new.interaction_id, new.proved)
        if new.repeat_of.strip():
            earlier = await repository.by_number(session, new.repeat_of.strip().upper(), lock=False)
            if earlier is None or not self._may_read(actor, earlier):
                raise WorkOrderMissing(new.repeat_of.strip())
            order.repeat_of_id = earlier.id
        return order

    def _fields(self, kind: TypeView, new: CreateWorkOrder) -> dict[str, Any]:
        """The checked fields; a missing or odd customer number is named together with them."""
        wrong: dict[str, str] = {}
        fields: dict[str, Any] = {}
        try:
            fields = check_form(kind, new.fields)
        except FieldsInvalid as found:
            wrong = dict(found.fields)
        if new.msisdn.strip() and msisdn_of(new.msisdn) is None:
            wrong["msisdn"] = "客户号码应为 11 位手机号"
        if kind.customer_needed and not new.msisdn.strip():
            wrong["msisdn"] = "请填写客户号码"
        if wrong:
            raise FieldsInvalid(wrong)
        return fields

    def _queue_for(self, kind: TypeView, wanted: str) -> QueueView:
        choices = {queue.code: queue for queue in self.content.choices(kind)}
        if wanted and wanted not in choices:
            raise QueueMissing(wanted)
        return choices[wanted or kind.queue]

    def _blank(self, actor: Actor, kind: TypeView, queue: QueueView, key: str) -> WorkOrder:
        now, calendar = self._clock.now(), self.content.calendar
        contact = kind.contact_within
        return WorkOrder(
            number="",
            idempotency_key=key,
            type=kind.code,
            state=State.UNASSIGNED.value,
            queue=queue.code,
            title="",
            created_by_id=actor.staff_id,
            created_by_number=actor.staff_number,
            created_by_name=actor.name,
            created_group=actor.group_codes[0] if actor.group_codes else "",
            call_back=kind.call_back,
            created_at=now,
            contact_due_at=None if contact is None else deadline(now, contact, calendar),
            due_at=deadline(now, kind.result_within, calendar),
        )

    def _bound(self, order: WorkOrder, latest: datetime | None) -> None:
        """Let no clock of the order run past `latest`; what comes too late for it is due at once."""
        if latest is None:
            return
        latest = max(latest, self._clock.now())
        order.due_latest_at = latest
        order.due_at = min(order.due_at, latest)
        if order.contact_due_at is not None:
            order.contact_due_at = min(order.contact_due_at, latest)

    async def _find_line(self, session: AsyncSession, order: WorkOrder) -> None:
        if order.subscriber_id is not None or not order.msisdn:
            return
        line = await repository.line(session, order.msisdn)
        if line is not None:
            order.subscriber_id, order.region, order.star_level = line.id, line.region, line.star_level

    async def _lean(
        self, actor: Actor, kind: TypeView, order: WorkOrder, named: UUID | None, proved: bool
    ) -> None:
        """Tie the order to its call, and raise `CheckNeeded` unless the caller has proved who they are.

        A call that was not named but merely came along is left out when it is not the actor's to lean on.
        What the system makes goes on from what people have checked.
        """
        if actor.automatic or proved:
            order.interaction_id = named
            return
        passed: frozenset[str] = frozenset()
        call = named or actor.interaction_id
        if call is not None and self._calls is not None:
            try:
                passed = await self._calls.leaned_on(actor, call, order.subscriber_id)
                order.interaction_id = call
            except CrmError:
                if named is not None:
                    raise
        missing = [CHECKS[check] for check in kind.needs_checks if check not in passed]
        if missing:
            raise CheckNeeded(kind.name, missing)

    async def _check_product(self, session: AsyncSession, kind: TypeView, order: WorkOrder) -> None:
        product, line = order.product_id, order.subscriber_id
        if product is None:
            if kind.product_needed:
                raise ProductNeeded(kind.name)
            return
        if line is None or not await repository.holds(session, line, product):
            raise ProductOfAnother
        other = await repository.open_for_product(session, product, kind.code)
        if kind.one_per_product and other is not None:
            raise AlreadyOpen(kind.name, other)

    def _announce(self, session: AsyncSession, actor: Actor, order: WorkOrder, **detail: Any) -> None:
        self._tell(session, actor, order, "created", "", "", queue=order.queue, **detail)
        audit.record(
            session, actor, self._clock.now(), "work_order.created", "work_order", order.id,
            number=order.number, type=order.type, queue=order.queue, **detail,
        )  # fmt: skip

    async def submit(
        self,
        actor: Actor,
        number: str,
        *,
        fields: Mapping[str, Any],
        content: str,
        note: str = "",
        version: int | None = None,
    ) -> WorkOrderView:
        """Put right what was sent back and return it to its queue. The clock has kept running."""
        async with self._db.transaction() as session:
            order = await self._locked(session, actor, number, Action.SUBMIT, version)
            kind = self.content.kind_of(order.type)
            order.fields = check_form(kind, fields)
            order.content = limited(content, "内容", CONTENT_LIMIT)
            order.title = title_of(kind, order.fields) or order.title
            take(order, None)
            self._step(session, actor, order, Action.SUBMIT, State.UNASSIGNED, limited(note, "说明"))
            return await self._view(session, actor, order)

    async def assist(
        self,
        actor: Actor,
        number: str,
        *,
        queue: str,
        question: str,
        idempotency_key: str,
        version: int | None = None,
    ) -> WorkOrderView:
        """Ask another group for help with an order in hand; returns the child order.

        It must end before the parent is answered, and has half of the parent's remaining time.
        """
        kind = self.content.type_of(ASSISTANCE)
        fields = check_form(kind, {"question": question})
        place = self._queue_for(kind, queue)
        async with self._db.transaction() as session:
            first = await repository.by_key(session, idempotency_key)
            if first is not None:
                return await self._repeat(session, actor, kind, first)
            parent = await self._locked(session, actor, number, Action.ASSIST, version)
            child = self._blank(actor, kind, place, idempotency_key)
            child.fields, child.title = fields, title_of(kind, fields)
            child.parent_id, child.subscriber_id, child.msisdn = (
                parent.id,
                parent.subscriber_id,
                parent.msisdn,
            )
            child.region, child.star_level = parent.region, parent.star_level
            child.urgency, child.urgency_rank = parent.urgency, Urgency(parent.urgency).rank
            child.due_at = assistance_deadline(self._clock.now(), parent.due_at)
            made = await repository.insert_once(session, child, self._clock.today())
            if made is None:
                raise KeyReused(number)
            self._announce(session, actor, made, parent=parent.number)
            self._step(
                session, actor, parent, Action.ASSIST, None, question, child=made.number, queue=place.code
            )
            return await self._view(session, actor, made)
