"""Looking at work orders: types, queues, one order."""

from datetime import date

import asyncpg

from crm.core.staff.schemas import Actor, Permission
from crm.core.work_order import listing, repository
from crm.core.work_order.errors import WorkOrderMissing
from crm.core.work_order.ground import Ground
from crm.core.work_order.intake import ASSISTANCE
from crm.core.work_order.listing import Counts, Reach
from crm.core.work_order.schemas import (
    ENDED,
    STATE_NAMES,
    QueueCount,
    QueueFilter,
    QueuePage,
    QueueRow,
    QueueView,
    State,
    TypeView,
    Urgency,
    WorkOrderView,
)
from crm.core.work_order.sla import clocks
from crm.core.work_order.standing import masked, reads_all, sees_numbers, works_in
from crm.core.work_order.views import person
from crm.platform import audit

EXPORT_LIMIT = 5000
PAGE_SIZES = (20, 200)


class Reading(Ground):
    """The part of `WorkOrderService` that changes nothing but the audit log."""

    def types(self, actor: Actor) -> tuple[TypeView, ...]:
        """The types this person may create, in the order of their files."""
        return tuple(
            kind
            for kind in self.content.types.values()
            if kind.on_menu and actor.role in kind.created_by and actor.may(kind.create_permission)
        )

    def type_of(self, code_or_name: str) -> TypeView:
        """A type by code or Chinese name; raises `TypeMissing`."""
        return self.content.type_of(code_or_name)

    def type_for(self, code: str) -> TypeView:
        """The type of an existing order, also when its file is gone."""
        return self.content.kind_of(code)

    def all_types(self) -> tuple[TypeView, ...]:
        """Every type, for filters."""
        return tuple(self.content.types.values())

    def choices(self, code: str) -> tuple[QueueView, ...]:
        """The queues a creator may send an order of a type to, the usual one first."""
        return self.content.choices(self.content.type_of(code))

    def assistance_queues(self) -> tuple[QueueView, ...]:
        """Whom one may ask for assistance."""
        return self.choices(ASSISTANCE) if ASSISTANCE in self.content.types else ()

    def today(self) -> date:
        """The day in Shanghai."""
        return self._clock.today()

    def queues(self) -> tuple[QueueView, ...]:
        """Every queue, in the order of the content file."""
        return tuple(self.content.queues.values())

    def my_queues(self, actor: Actor) -> tuple[QueueView, ...]:
        """The queues this person works in."""
        return tuple(queue for queue in self.content.queues.values() if works_in(actor, queue))

    async def work_order(self, actor: Actor, number: str) -> WorkOrderView:
        """One order with its history; the look is audited. Raises `WorkOrderMissing`."""
        async with self._db.transaction() as session:
            order = await repository.by_number(session, number.strip().upper(), lock=False)
            if order is None or not self._may_read(actor, order):
                raise WorkOrderMissing(number)
            audit.record(
                session, actor, self._clock.now(), "work_order.view", "work_order", order.id,
                number=order.number, subscriber_id=order.subscriber_id,
            )  # fmt: skip
            return await self._view(session, actor, order)

    async def queue(self, actor: Actor, wanted: QueueFilter) -> QueuePage:
        """One page of orders with the counts of the queues this person may see. Two round trips."""
        reach = self._reach(actor)
        size = min(max(wanted.page_size, PAGE_SIZES[0]), PAGE_SIZES[1])
        page, now = max(wanted.page, 1), self._clock.now()
        seen = [code for code in self.content.queues if reach.all or code in reach.mine]
        async with self._db.reading() as connection:
            rows, total = await listing.page(connection, wanted, reach, now, size, (page - 1) * size)
            if not rows and page > 1:
                page = 1
                rows, total = await listing.page(connection, wanted, reach, now, size, 0)
            counted = await listing.counts(connection, seen, reach, now)
        return QueuePage(
            rows=tuple(self._row(actor, row) for row in rows),
            total=total,
            page=page,
            pages=max(1, -(-total // size)),
            page_size=size,
            queues=tuple(self._count(code, reach, counted) for code in seen),
            assigned_to_me=counted.assigned,
            created_by_me_open=counted.created,
        )

    async def export(self, actor: Actor, wanted: QueueFilter) -> tuple[QueueRow, ...]:
        """The first 5,000 orders of a filter, for a file; audited."""
        reach, now = self._reach(actor), self._clock.now()
        async with self._db.reading() as connection:
            rows, _ = await listing.page(connection, wanted, reach, now, EXPORT_LIMIT, 0)
        async with self._db.transaction() as session:
            audit.record(
                session, actor, now, "work_order.export", "work_order", wanted.queue or "all", rows=len(rows)
            )
        return tuple(self._row(actor, row) for row in rows)

    def _reach(self, actor: Actor) -> Reach:
        if not actor.may(Permission.CREATE_WORK_ORDER):
            actor.require(Permission.READ_WORK_ORDER)
        mine = tuple(queue.code for queue in self.my_queues(actor))
        return Reach(actor.staff_id, reads_all(actor), mine)

    def _count(self, code: str, reach: Reach, counted: Counts) -> QueueCount:
        states = counted.by_queue.get(code, {})
        by_state = {state: orders for state, (orders, _) in states.items()}
        waiting = by_state.get(State.UNASSIGNED.value, 0)
        return QueueCount(
            code=code,
            name=self.content.place_of(code).name,
            mine=code in reach.mine,
            waiting=waiting,
            in_hand=sum(by_state.values()) - waiting,
            overdue=sum(late for _, late in states.values()),
            by_state=by_state,
        )

    def _row(self, actor: Actor, row: asyncpg.Record) -> QueueRow:
        kind = self.content.kind_of(row["type"])
        state = State(row["state"])
        return QueueRow(
            id=row["id"],
            number=row["number"],
            version=row["version"],
            type=row["type"],
            type_name=kind.name,
            urgency=Urgency(row["urgency"]),
            title=row["title"],
            msisdn=row["msisdn"] if sees_numbers(actor) else masked(row["msisdn"]),
            state=state,
            state_name=STATE_NAMES[state],
            queue=row["queue"],
            queue_name=self.content.place_of(row["queue"]).name,
            assignee=person(row["assignee_number"], row["assignee_name"]),
            created_by=person(row["created_by_number"], row["created_by_name"]),
            created_at=row["created_at"],
            clocks=clocks(
                now=self._clock.now(),
                created_at=row["created_at"],
                due_at=row["due_at"],
                contact_due_at=row["contact_due_at"],
                contacted_at=row["contacted_at"],
                stopped_at=row["held_at"] if kind.pauses_on_hold else None,
                ended_at=row["closed_at"] if state in ENDED else None,
            ),
            sent_back_count=row["sent_back_count"],
            urged_count=row["urged_count"],
            reopened_count=row["reopened_count"],
        )
