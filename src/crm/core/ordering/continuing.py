"""Wishes that go on by themselves: when their time has come they are judged again, and ordered if the
customer has agreed to exactly this verdict; otherwise the customer is asked to agree anew."""

import logging
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

MOST_ATTEMPTS = 3
_REST = timedelta(minutes=10)  # between two looks at a wish that cannot go on yet, or two attempts that fail

_log = logging.getLogger("crm.ordering.wishes")


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
        """Each wish in a transaction of its own; what is refused or broken in it is for a person."""
        try:
            async with self._db.transaction() as session:
                line = await self._inventory.lock_subscriber(session, subscriber_id)
                wish = await repository.lock_wish(session, wish_id)
                if wish is None or wish.state not in {"waiting", "ready"} or wish.asked_at is not None:
                    return False
                wish.looked_at = self._clock.now()
                return await self._advance(session, wish, line)
        except CrmError:
            return await self._failed(wish_id, subscriber_id, last=True)
        except Exception as error:  # one wish must not stop the others; three times and people look at it
            _log.exception("waiting wish %s cannot go on", wish_id)
            unreadable = isinstance(error, msgspec.ValidationError)
            return await self._failed(wish_id, subscriber_id, last=unreadable)

    async def _failed(self, wish_id: UUID, subscriber_id: UUID, *, last: bool) -> bool:
        """Keep count of what failed; after the last attempt hand the wish to a person."""
        try:
            async with self._db.transaction() as session:
                tried = await repository.lock_wish(session, wish_id)
                if tried is None:
                    return False
                tried.looked_at, tried.attempts = self._clock.now(), tried.attempts + 1
                last = last or tried.attempts >= MOST_ATTEMPTS
            if last:
                async with self._db.transaction() as session:
                    line = await self._inventory.lock_subscriber(session, subscriber_id)
                    wish = await repository.lock_wish(session, wish_id)
                    if wish is not None and wish.state in {"waiting", "ready"} and wish.asked_at is None:
                        self._hand_over(session, wish, line)
        except Exception:  # the next round meets it again, after the others
            _log.exception("waiting wish %s could not be handed over", wish_id)
            return False
        return last

    def _hand_over(self, session: AsyncSession, wish: WaitingWish, line: LockedLine) -> None:
        """Have the customer call about it; one that cannot even be read is closed, named in the log."""
        try:
            self._ask(session, wish, line, possible=False)
        except msgspec.ValidationError:
            now = self._clock.now()
            wish.state, wish.closed_at, wish.asked_at = "cancelled", now, now
            text = wish_changed(wish.held_name or "业务变更")
            self._notices.queue(session, line.subscriber_id, line.msisdn, "wish_ready", text)
            audit.record(
                session,
                SYSTEM,
                now,
                "order.wish_unreadable",
                "subscriber",
                wish.subscriber_id,
                wish=str(wish.id),
            )

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
                note=_basis_of(wish),
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


def _basis_of(wish: WaitingWish) -> str:
    """By what right an order is placed that nobody asked for on a call."""
    if wish.agreed_token:
        return f"条件满足后自动续办；客户已向坐席{wish.staff_number}同意全部内容。"
    return f"条件满足后自动续办；客户经坐席{wish.staff_number}登记，没有需要客户同意的内容。"


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
