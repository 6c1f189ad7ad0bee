"""Wishes that go on by themselves: when their time has come they are judged again, and ordered if the
customer has agreed to exactly this verdict; otherwise the customer is asked to agree anew."""

from datetime import timedelta
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from crm.core.compatibility.plan_schemas import PlanStep
from crm.core.compatibility.schemas import Change, Facts
from crm.core.inventory.schemas import LockedLine
from crm.core.inventory.service import InventoryService
from crm.core.notice.service import NoticeService
from crm.core.ordering import repository
from crm.core.ordering.adopting import OUTSIDE
from crm.core.ordering.basket import name_of
from crm.core.ordering.judging import Judging
from crm.core.ordering.messages import wish_changed, wish_ready
from crm.core.ordering.models import WaitingWish
from crm.core.ordering.remedies import Remedies
from crm.core.ordering.schemas import Judgement, SubmitOrder
from crm.core.ordering.submitting import Submitting
from crm.core.ordering.system import SYSTEM
from crm.platform import audit
from crm.platform.clock import Clock
from crm.platform.database import Database
from crm.platform.errors import CrmError

_REST = timedelta(minutes=10)  # between two looks at a wish that cannot go on yet


class Continuing:
    """The round that looks after waiting wishes."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        judging: Judging,
        submitting: Submitting,
        remedies: Remedies,
        inventory: InventoryService,
        notices: NoticeService,
    ) -> None:
        self._db = db
        self._clock = clock
        self._judging = judging
        self._submitting = submitting
        self._remedies = remedies
        self._inventory = inventory
        self._notices = notices

    async def continue_due(self, limit: int = 50) -> int:
        """Take every wish whose time may have come one step on; returns how many moved."""
        before = self._clock.now() - _REST
        async with self._db.transaction() as session:
            due = await repository.wishes_to_continue(session, self._clock.today(), before, limit)
        moved = 0
        for wish_id, subscriber_id in due:
            moved += await self._one(wish_id, subscriber_id)
        return moved

    async def _one(self, wish_id: UUID, subscriber_id: UUID) -> bool:
        """Each wish in a transaction of its own; what a rule refuses in it is for a person."""
        try:
            async with self._db.transaction() as session:
                line = await self._inventory.lock_subscriber(session, subscriber_id)
                wish = await repository.lock_wish(session, wish_id)
                if wish is None or wish.state not in {"waiting", "ready"} or wish.asked_at is not None:
                    return False
                wish.looked_at = self._clock.now()
                return await self._advance(session, wish, line)
        except CrmError:
            async with self._db.transaction() as session:
                line = await self._inventory.lock_subscriber(session, subscriber_id)
                wish = await repository.lock_wish(session, wish_id)
                if wish is not None and wish.asked_at is None:
                    self._ask(session, wish, line, possible=False)
            return True

    async def _advance(self, session: AsyncSession, wish: WaitingWish, line: LockedLine) -> bool:
        change = msgspec.convert(wish.change, Change)
        facts = await self._judging.facts_in(session, wish.subscriber_id, self._clock.today(), change)
        passed = await self._judging.passed(wish.interaction_id, wish.subscriber_id, whenever=True)
        judged = self._judging.judge_on(wish.subscriber_id, change, facts, passed)
        if not judged.can_be_ordered:
            return await self._next_step(session, wish, line, change, facts)
        wish.state, wish.ready_at = "ready", wish.ready_at or self._clock.now()
        if not _is_agreed(wish, judged):
            self._ask(session, wish, line, possible=True)
            return True
        order = await self._submitting.submit(
            SYSTEM,
            SubmitOrder(
                idempotency_key=f"wish:{wish.id}",
                interaction_id=None,
                subscriber_id=wish.subscriber_id,
                change=judged.change,
                consent_token=judged.qualification.consent_token,
                ticked=tuple(each.key for each in judged.qualification.sentences),
                note=f"条件满足后自动续办；客户已向坐席{wish.staff_number}同意全部内容。",
                basis=judged.basis,
            ),
            vouched=passed,
        )
        wish.state, wish.closed_at, wish.order_number = "done", self._clock.now(), order.number
        return True

    async def _next_step(
        self, session: AsyncSession, wish: WaitingWish, line: LockedLine, change: Change, facts: Facts
    ) -> bool:
        """Not possible yet: the next step of the plan, if the customer has taken that plan; else a person."""
        plan = self._judging.plan(change, facts)
        step = next((each for each in plan.steps if each.do in OUTSIDE), None)
        if wish.state == "waiting" and step is not None and step.do == "add_profile":
            return False
        known = step is not None and any(_same(step, msgspec.convert(each, PlanStep)) for each in wish.steps)
        if step is not None and known and step.do == "work_order":
            await self._remedies.start_next(SYSTEM, wish, line, facts, step.rule_id, step.held_id)
        elif step is not None and known and step.do == "wait":
            wish.state, wish.waits_for, wish.ready_on = "waiting", "day", step.on
        elif step is not None and known and step.do == "add_profile":
            wish.state, wish.waits_for = "waiting", "profile"
        else:
            self._ask(session, wish, line, possible=False)
        return True

    def _ask(self, session: AsyncSession, wish: WaitingWish, line: LockedLine, *, possible: bool) -> None:
        """Ask the customer to call; the desk then shows the fresh verdict, and consent is given to that."""
        now = self._clock.now()
        change = msgspec.convert(wish.change, Change)
        catalogue = self._judging.catalog.catalogue
        added = [item for item in change.items if item.action == "add"] or list(change.items)
        wanted = "、".join(name_of(catalogue, item.offering) for item in added)[:60]
        text = wish_ready(wanted) if possible else wish_changed(wanted)
        wish.state, wish.ready_at, wish.asked_at = "ready", wish.ready_at or now, now
        self._notices.queue(session, line.subscriber_id, line.msisdn, "wish_ready", text)
        audit.record(
            session, SYSTEM, now, "order.renew_consent", "subscriber", wish.subscriber_id, possible=possible
        )


def _is_agreed(wish: WaitingWish, judged: Judgement) -> bool:
    """The consent given beforehand is for exactly this: rules, prices, effects, sentences, days.

    The price of an agreement that ends early is never part of it: it is told with its amount of that day.
    """
    verdict = judged.qualification
    if judged.missing_checks or judged.penalties:
        return False
    return verdict.consent_token == wish.agreed_token and (bool(wish.agreed_token) or not verdict.sentences)


def _same(one: PlanStep, other: PlanStep) -> bool:
    return (one.do, one.held_id, one.rule_id) == (other.do, other.held_id, other.rule_id)
