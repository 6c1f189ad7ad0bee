"""Judging a basket on what the line holds now. Changes nothing, refuses nothing by itself."""

from collections.abc import Iterable
from datetime import date
from typing import Protocol
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from crm.core.catalog.service import CatalogService
from crm.core.compatibility.plan_schemas import Goal, GoalAnswers, Plan, PlanStep
from crm.core.compatibility.schemas import Change, Facts, Held, HeldState, Qualification
from crm.core.compatibility.service import Possibilities, VerdictBook
from crm.core.interaction.service import InteractionService
from crm.core.inventory.schemas import Holdings
from crm.core.inventory.service import InventoryService
from crm.core.ordering import advice, repository
from crm.core.ordering.authentication import checks_for_change
from crm.core.ordering.basket import check_shape, is_main_plan
from crm.core.ordering.contracts import contracts_on
from crm.core.ordering.errors import NotAssigned
from crm.core.ordering.facts import facts_of, pack_basis, without_ends
from crm.core.ordering.schemas import ContractView, Judgement
from crm.core.staff.schemas import Actor, Permission, Role
from crm.core.work_order.schemas import QueueFilter
from crm.core.work_order.service import WorkOrderService
from crm.platform.database import Database

_MOST_RECORDED = 50
_LONGEST_RECORD = 120


class Checker(Protocol):
    """What ordering needs of the compatibility room."""

    verdicts: VerdictBook

    def qualify(self, change: Change, facts: Facts) -> Qualification:
        """Judge a basket with the rules and the catalogue in force."""
        ...

    def judged(self, change: Change, verdict: Qualification) -> None:
        """Note that a customer's wish was judged so."""
        ...

    def ordered(self, verdict: Qualification) -> None:
        """Note that an order was accepted under this verdict."""
        ...

    def plan(self, change: Change, facts: Facts, keep: Iterable[str] = ()) -> Plan:
        """The fewest, then cheapest steps that make a basket possible."""
        ...

    def possibilities(
        self, facts: Facts, channel: str = "hotline", recorded: tuple[str, ...] = ()
    ) -> Possibilities:
        """The verdict on every offering, as if each were added alone."""
        ...

    def after_steps(self, change: Change, steps: Iterable[PlanStep]) -> Change:
        """The basket once these steps of a plan have been taken."""
        ...

    def find(self, goal: Goal, facts: Facts) -> GoalAnswers:
        """The best ways to a goal."""
        ...


class Judging:
    """What submitting, cancelling and remedies share: admission, facts and the verdict."""

    def __init__(
        self,
        db: Database,
        catalog: CatalogService,
        compatibility: Checker,
        inventory: InventoryService,
        interactions: InteractionService,
        work_orders: WorkOrderService,
        month_end_days: int = advice.MONTH_END_DAYS,
    ) -> None:
        self._db = db
        self.catalog = catalog
        self._month_end_days = month_end_days
        self._compatibility = compatibility
        self.verdicts = compatibility.verdicts
        self._inventory = inventory
        self._interactions = interactions
        self._work_orders = work_orders

    async def admit(self, actor: Actor, subscriber_id: UUID) -> None:
        """Raise unless the actor may order for this line: a store only for who is assigned to it."""
        if actor.may(Permission.ORDER):
            return
        actor.require(Permission.ORDER_ASSIGNED)
        mine = QueueFilter(subscriber_id=subscriber_id, page_size=1)
        if (await self._work_orders.queue(actor, mine)).total == 0:
            raise NotAssigned

    async def judge(
        self, actor: Actor, interaction_id: UUID | None, subscriber_id: UUID, basket: Change
    ) -> Judgement:
        """The verdict on a basket as of today."""
        await self.admit(actor, subscriber_id)
        change = as_spoken_by(actor, basket)
        check_shape(change, self.catalog.catalogue)
        passed = await self.passed(interaction_id, subscriber_id)
        holdings = await self._inventory.holdings(subscriber_id)
        facts = facts_of(holdings)
        if _reservations(change, facts):
            async with self._db.transaction() as session:
                facts = await self._without_reservations(session, change, facts)
        judged = await self.on_this_call(
            interaction_id, self.judge_on(subscriber_id, change, facts, passed), facts
        )
        return await self._with_shared(judged, holdings)

    async def on_this_call(self, interaction_id: UUID | None, judged: Judgement, facts: Facts) -> Judgement:
        """The judgement of a customer who may have declined recommendations: retention counts as done."""
        asked = advice.retention_asked(judged.qualification)
        if not asked or interaction_id is None:
            return judged
        if not await self._interactions.offers_declined(interaction_id):
            return judged
        change = msgspec.structs.replace(judged.change, recorded=(*judged.change.recorded, *asked))
        passed = [check.method for check in judged.auth if check.passed]
        return self.judge_on(judged.subscriber_id, change, facts, passed)

    async def _with_shared(self, judged: Judgement, holdings: Holdings) -> Judgement:
        """The judgement with a word on every product that other numbers hold too."""
        ids = advice.touched(judged.change, judged.qualification)
        if not any(product.group_id and str(product.id) in ids for product in holdings.products):
            return judged
        groups = await self._inventory.groups_of(judged.subscriber_id)
        notices = (*judged.notices, *advice.shared_notices(groups, ids))
        return msgspec.structs.replace(judged, notices=notices)

    async def contracts_of(self, actor: Actor, subscriber_id: UUID) -> tuple[ContractView, ...]:
        """The agreements that bind a line today."""
        await self.admit(actor, subscriber_id)
        facts = facts_of(await self._inventory.holdings(subscriber_id))
        return contracts_on(facts, self.catalog.catalogue, channel_of(actor), self.qualify)

    async def possibilities(
        self, actor: Actor, subscriber_id: UUID, recorded: tuple[str, ...]
    ) -> Possibilities:
        """What the line could have of the whole catalogue today, with these steps taken on the call."""
        await self.admit(actor, subscriber_id)
        asked = as_spoken_by(actor, Change(items=(), recorded=recorded))
        facts = facts_of(await self._inventory.holdings(subscriber_id))
        return self._compatibility.possibilities(facts, asked.channel, asked.recorded)

    def qualify(self, change: Change, facts: Facts) -> Qualification:
        """The checker's bare verdict."""
        return self._compatibility.qualify(change, facts)

    def plan(self, change: Change, facts: Facts) -> Plan:
        """The checker's plan."""
        return self._compatibility.plan(change, facts)

    def after_steps(self, change: Change, steps: Iterable[PlanStep]) -> Change:
        """The basket once these steps of a plan have been taken."""
        return self._compatibility.after_steps(change, steps)

    def find(self, goal: Goal, facts: Facts) -> GoalAnswers:
        """The checker's ways to a goal."""
        return self._compatibility.find(goal, facts)

    async def facts_of_line(self, subscriber_id: UUID) -> Facts:
        """The facts as of today."""
        return facts_of(await self._inventory.holdings(subscriber_id))

    async def facts_in(self, session: AsyncSession, subscriber_id: UUID, on: date, change: Change) -> Facts:
        """The facts for a basket inside a transaction that has locked the line."""
        facts = facts_of(await self._inventory.holdings(subscriber_id, on, session))
        return await self._without_reservations(session, change, facts)

    async def _without_reservations(self, session: AsyncSession, change: Change, facts: Facts) -> Facts:
        """The facts without the ends that the reservations had set which the basket itself cancels."""
        reserved = _reservations(change, facts)
        if not reserved:
            return facts
        ends = await repository.ends_set_by(session, [UUID(each.id) for each in reserved])
        lifted = {str(product_id): ends_on for product_id, ends_on in ends.items()}
        catalogue = self.catalog.catalogue
        for each in facts.held:
            # A reservation that no order of ours made: the plan that ends that day goes on.
            replaced = {plan.starts_on for plan in reserved if is_main_plan(catalogue.get(plan.offering))}
            if each.ends_on in replaced and is_main_plan(catalogue.get(each.offering)):
                lifted.setdefault(each.id, None)
        return without_ends(facts, lifted)

    async def passed(
        self, interaction_id: UUID | None, subscriber_id: UUID, *, whenever: bool = False
    ) -> frozenset[str]:
        """The identity checks the caller has passed on this call for this line, lately or `whenever`."""
        if interaction_id is None:
            return frozenset()
        found = await self._interactions.checks_passed(interaction_id, subscriber_id, whenever=whenever)
        return frozenset(found)

    def judge_on(self, subscriber_id: UUID, change: Change, facts: Facts, passed: Iterable[str]) -> Judgement:
        """The verdict on given facts."""
        qualification = self._compatibility.qualify(change, facts)
        catalogue = self.catalog.catalogue
        month_end = advice.month_end_notice(qualification, facts.on, self._month_end_days)
        penalties = advice.penalty_notices(change, qualification, facts, catalogue)
        return Judgement(
            subscriber_id=subscriber_id,
            change=change,
            qualification=qualification,
            auth=checks_for_change(change.channel, passed, change.recorded),
            basis=pack_basis(facts, qualification),
            notices=advice.all_notices((month_end, *penalties)),
            penalties=advice.penalty_sentences(qualification, facts, catalogue),
        )


def _reservations(change: Change, facts: Facts) -> list[Held]:
    """The reserved products that the basket cancels."""
    gone = {item.held_id for item in change.items if item.action == "delete"}
    return [each for each in facts.held if each.id in gone and each.state is HeldState.RESERVED]


def as_spoken_by(actor: Actor, basket: Change) -> Change:
    """The basket with the channel its actor really sits at, and only sensible records."""
    recorded = tuple(dict.fromkeys(key[:_LONGEST_RECORD] for key in basket.recorded))[:_MOST_RECORDED]
    return msgspec.structs.replace(basket, channel=channel_of(actor), recorded=recorded)


def channel_of(actor: Actor) -> str:
    """Where this person sits."""
    return "store" if actor.role is Role.STORE_CLERK else "hotline"
