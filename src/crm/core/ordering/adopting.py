"""Taking a plan with one key: its lines into the basket, or its first step outside and a wish that waits."""

from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from crm.core.compatibility.plan_schemas import Goal, GoalAnswers, Plan, PlanStep
from crm.core.compatibility.schemas import Change, Facts
from crm.core.interaction.service import InteractionService
from crm.core.inventory.schemas import LockedLine
from crm.core.inventory.service import InventoryService
from crm.core.notice.service import NoticeService
from crm.core.ordering import repository
from crm.core.ordering.advice import penalty_sentences
from crm.core.ordering.basket import check_shape, name_of
from crm.core.ordering.errors import IdentityNotVerified, LossesNotConfirmed, NoPlan
from crm.core.ordering.judging import Judging, as_spoken_by, channel_of
from crm.core.ordering.messages import go_to_store
from crm.core.ordering.models import WaitingWish
from crm.core.ordering.remedies import Remedies, with_confirmed_losses
from crm.core.ordering.schemas import Adopted, AdoptPlan, StartRemedy
from crm.core.staff.schemas import Actor
from crm.platform import audit
from crm.platform.clock import Clock
from crm.platform.database import Database

OUTSIDE = ("work_order", "wait", "add_profile", "visit_store")
_WAITS_FOR = {"wait": "day", "add_profile": "profile"}


class Adopting:
    """Plans for baskets and goals, and what happens when the customer takes one."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        judging: Judging,
        remedies: Remedies,
        inventory: InventoryService,
        interactions: InteractionService,
        notices: NoticeService,
    ) -> None:
        self._db = db
        self._clock = clock
        self._judging = judging
        self._remedies = remedies
        self._inventory = inventory
        self._interactions = interactions
        self._notices = notices

    async def plan(self, actor: Actor, subscriber_id: UUID, basket: Change) -> Plan:
        """The plan for a basket as of now. Changes nothing."""
        await self._judging.admit(actor, subscriber_id)
        change = as_spoken_by(actor, basket)
        check_shape(change, self._judging.catalog.catalogue)
        return self._judging.plan(change, await self._judging.facts_of_line(subscriber_id))

    async def find(self, actor: Actor, subscriber_id: UUID, goal: Goal) -> GoalAnswers:
        """The best ways to a goal as of now. Changes nothing."""
        await self._judging.admit(actor, subscriber_id)
        here = msgspec.structs.replace(goal, channel=channel_of(actor))
        return self._judging.find(here, await self._judging.facts_of_line(subscriber_id))

    async def adopt(self, actor: Actor, command: AdoptPlan) -> Adopted:
        """Take the plan; the same key again does nothing twice."""
        await self._judging.admit(actor, command.subscriber_id)
        change = with_confirmed_losses(as_spoken_by(actor, command.change), command.ticked)
        check_shape(change, self._judging.catalog.catalogue)
        async with self._db.transaction() as session:
            line = await self._inventory.lock_subscriber(session, command.subscriber_id)
            if command.interaction_id is not None:
                await self._interactions.current(actor, command.interaction_id)
            facts = await self._judging.facts_in(session, command.subscriber_id, self._clock.today(), change)
            plan = self._judging.plan(change, facts)
            if not plan.possible:
                raise NoPlan(plan.reasons or plan.questions)
            place = next((at for at, each in enumerate(plan.steps) if each.do in OUTSIDE), None)
            if place is None:
                return Adopted(plan=plan, basket=_basket(plan, change))
            unsaid = [each.text for each in plan.steps[:place] if each.do == "record"]
            if unsaid:
                raise LossesNotConfirmed(unsaid)
            adopted = Adopted(plan=plan, step=plan.steps[place])
            return await self._take(session, actor, command, adopted, place, change, facts, line)

    async def _take(
        self,
        session: AsyncSession,
        actor: Actor,
        command: AdoptPlan,
        adopted: Adopted,
        place: int,
        change: Change,
        facts: Facts,
        line: LockedLine,
    ) -> Adopted:
        step, plan = adopted.plan.steps[place], adopted.plan
        if step.do == "work_order":
            return await self._start(session, actor, command, adopted, place, change, facts)
        if step.do == "visit_store":
            wanted = plan.steps[-1].text
            text = go_to_store(wanted, step.bring)
            self._notices.queue(session, line.subscriber_id, line.msisdn, "go_to_store", text)
            self._record(session, actor, command, step)
            return adopted
        await self._identified(command, change, facts)
        for wish in await repository.wishes_of(session, command.subscriber_id):
            if wish.waits_for == _WAITS_FOR[step.do] and msgspec.convert(wish.change, Change) == _final(
                plan, change
            ):
                return self._keep(wish, command, adopted, place, change, facts)
        wish = WaitingWish(
            subscriber_id=command.subscriber_id,
            interaction_id=command.interaction_id,
            staff_number=actor.staff_number,
            change=msgspec.to_builtins(_final(plan, change)),
            waits_for=_WAITS_FOR[step.do],
            ready_on=step.on if step.do == "wait" else None,
            held_name=step.name,
            state="waiting",
            created_at=self._clock.now(),
        )
        session.add(wish)
        self._record(session, actor, command, step)
        return self._keep(wish, command, adopted, place, change, facts)

    async def _start(
        self,
        session: AsyncSession,
        actor: Actor,
        command: AdoptPlan,
        adopted: Adopted,
        place: int,
        change: Change,
        facts: Facts,
    ) -> Adopted:
        step = adopted.plan.steps[place]
        before = self._judging.after_steps(change, adopted.plan.steps[:place])
        order = await self._remedies.start(
            actor,
            StartRemedy(
                idempotency_key=command.idempotency_key,
                interaction_id=command.interaction_id,
                subscriber_id=command.subscriber_id,
                change=before,
                rule_id=step.rule_id,
                held_id=step.held_id,
                ticked=command.ticked,
                note=command.note,
            ),
        )
        await session.flush()
        adopted = msgspec.structs.replace(adopted, work_order=order)
        for wish in await repository.wishes_for(session, order.id):
            adopted = self._keep(wish, command, adopted, place, change, facts)
        return adopted

    def _keep(
        self,
        wish: WaitingWish,
        command: AdoptPlan,
        adopted: Adopted,
        place: int,
        change: Change,
        facts: Facts,
    ) -> Adopted:
        """Note on the wish what is still to be done, and what the customer has agreed to beforehand."""
        plan = adopted.plan
        wish.change = msgspec.to_builtins(_final(plan, change))
        wish.steps = [msgspec.to_builtins(each) for each in plan.steps[place + 1 :]]
        agreed = False
        if plan.outcome is not None:
            told = [each for each in plan.outcome.sentences if each.key in command.agreed]
            wish.agreed = [msgspec.to_builtins(each) for each in told]
            priced = penalty_sentences(plan.outcome, facts, self._judging.catalog.catalogue)
            agreed = bool(told) and len(told) == len(plan.outcome.sentences) and not priced
            wish.agreed_token = plan.outcome.consent_token if agreed else ""
        return msgspec.structs.replace(adopted, agreed=agreed)

    async def _identified(self, command: AdoptPlan, change: Change, facts: Facts) -> None:
        passed = await self._judging.passed(command.interaction_id, command.subscriber_id)
        missing = self._judging.judge_on(command.subscriber_id, change, facts, passed).missing_checks
        if missing:
            raise IdentityNotVerified([check.name for check in missing])

    def _record(self, session: AsyncSession, actor: Actor, command: AdoptPlan, step: PlanStep) -> None:
        now = self._clock.now()
        names = [name_of(self._judging.catalog.catalogue, each.offering) for each in command.change.items]
        audit.record(
            session, actor, now, "order.adopt_plan", "subscriber", command.subscriber_id, step=step.do,
            wanted=names, agreed=list(command.agreed),
        )  # fmt: skip


def _basket(plan: Plan, change: Change) -> Change:
    """The basket with the plan's lines after the agent's own; only what was really said counts as said."""
    assert plan.change is not None
    more = [item for item in plan.change.items if item not in change.items]
    kept = [item for item in change.items if item in plan.change.items]
    return msgspec.structs.replace(change, items=(*kept, *more))


def _final(plan: Plan, change: Change) -> Change:
    """What is to be ordered when the steps outside are done; the wish itself when they are all of it."""
    if plan.change is None or not plan.change.items:
        return change
    return _basket(plan, change)
