"""Use cases of ordering: the only door for others."""

from datetime import timedelta
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from crm.core.catalog.service import CatalogService
from crm.core.compatibility.plan_schemas import Goal, GoalAnswers, Plan
from crm.core.compatibility.schemas import Change
from crm.core.compatibility.service import Possibilities
from crm.core.interaction.errors import CallNotOpen
from crm.core.interaction.service import InteractionService
from crm.core.inventory.schemas import SharedGroup
from crm.core.inventory.service import InventoryService
from crm.core.notice.service import NoticeService
from crm.core.ordering import past_orders, repository
from crm.core.ordering.activating import Activating
from crm.core.ordering.adopting import Adopting
from crm.core.ordering.advice import MONTH_END_DAYS
from crm.core.ordering.cancelling import Cancelling
from crm.core.ordering.continuing import Continuing
from crm.core.ordering.delivering import Delivering
from crm.core.ordering.errors import OrderMissing
from crm.core.ordering.group_judging import GroupJudging
from crm.core.ordering.group_members import GroupMembers
from crm.core.ordering.group_orders import GroupOrders
from crm.core.ordering.judging import Checker, Judging
from crm.core.ordering.models import ProductOrder
from crm.core.ordering.past_orders import OrderUnderRule
from crm.core.ordering.placing import Placing
from crm.core.ordering.remedies import Remedies
from crm.core.ordering.reserving import Reservations
from crm.core.ordering.schemas import (
    Adopted,
    AdoptPlan,
    CancelReserved,
    ContractView,
    GroupChange,
    GroupJudgement,
    GroupLook,
    GroupOrderView,
    Judgement,
    MemberJudgement,
    OrderSummary,
    OrderView,
    ProvisioningGateway,
    StartRemedy,
    SubmitGroup,
    SubmitOrder,
    WishView,
)
from crm.core.ordering.stops import RuleStops
from crm.core.ordering.submitting import Submitting
from crm.core.ordering.verdicts import OrderVerdicts as OrderVerdicts
from crm.core.ordering.views import order_view, summary, wish_view
from crm.core.staff.schemas import Actor, Permission
from crm.core.work_order.schemas import WorkOrderView
from crm.core.work_order.service import WorkOrderService
from crm.platform import audit
from crm.platform.clock import Clock
from crm.platform.database import Database

_MOST_ORDERS = 100
FIRST_MEMBERS = GroupLook()
EVERY_LOSER = GroupLook(limit=1_000_000, only_losing=True, most=None)
MEMBERS_A_PAGE = FIRST_MEMBERS.limit


_decode_wishes = msgspec.json.Decoder(tuple[WishView, ...]).decode
_decode_groups = msgspec.json.Decoder(tuple[SharedGroup, ...]).decode
WISHES_DOCUMENT = repository.WISHES_DOCUMENT


class OrderingService:
    """Baskets judged as a whole, orders placed once, effects in time."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        catalog: CatalogService,
        compatibility: Checker,
        inventory: InventoryService,
        interactions: InteractionService,
        work_orders: WorkOrderService,
        notices: NoticeService,
        provisioning: ProvisioningGateway,
        month_end_days: int = MONTH_END_DAYS,
    ) -> None:
        """Subscribes to closed work orders: one service a process."""
        self._db = db
        self._clock = clock
        reservations = Reservations(clock, catalog, inventory)
        self._interactions = interactions
        self._inventory = inventory
        self._compatibility = compatibility
        self.stops = RuleStops(db, clock)
        self._judging = Judging(
            db, catalog, compatibility, inventory, interactions, work_orders, month_end_days
        )
        placing = Placing(clock, inventory, reservations)
        self._submitting = Submitting(db, clock, self._judging, placing, inventory, interactions, notices)
        self._cancelling = Cancelling(
            db, clock, self._judging, reservations, inventory, interactions, notices
        )
        self._remedies = Remedies(db, clock, self._judging, inventory, interactions, work_orders, notices)
        members = GroupMembers(clock, self._judging, self._submitting, self._remedies, inventory, work_orders)
        self._group_judging = GroupJudging(self._judging, inventory)
        self._group_orders = GroupOrders(db, clock, self._group_judging, members, inventory, interactions)
        self._adopting = Adopting(db, clock, self._judging, self._remedies, inventory, interactions, notices)
        self._continuing = Continuing(
            db, clock, self._judging, self._submitting, self._remedies, inventory, notices
        )
        self._activating = Activating(db, clock, catalog, inventory, notices)
        self._delivering = Delivering(db, clock, provisioning, work_orders)

    async def judge(
        self, actor: Actor, interaction_id: UUID | None, subscriber_id: UUID, basket: Change
    ) -> Judgement:
        """What the basket would do now. Raises `EmptyBasket`, `BasketTooLarge`, `BasketUnclear`,
        `UnknownOffering`, `NotAssigned`.
        """
        judged = await self._judging.judge(actor, interaction_id, subscriber_id, basket)
        self._compatibility.judged(judged.change, judged.qualification)
        self.stops.note(actor, interaction_id, judged)
        return judged

    async def submit(self, actor: Actor, order: SubmitOrder) -> OrderView:
        """Place one order in one transaction; the same key again returns the first order (`repeated`).

        Raises what `judge` raises, and `IdentityNotVerified`, `NotAllTold`, `NotOrderable`,
        `ChangedMeanwhile`, `NoteTooLong`, `BadIdempotencyKey`, `KeyUsedOtherwise`, `CallNotOpen`.
        """
        placed = await self._submitting.submit(actor, order)
        if not placed.repeated:
            self._compatibility.ordered(placed.qualification)
        return placed

    async def order(self, actor: Actor, reference: UUID | str) -> OrderView:
        """An order by id or number; the look is recorded. Raises `OrderMissing`."""
        async with self._db.transaction() as session:
            found = await repository.find(session, reference)
            if found is None:
                raise OrderMissing
            await self._judging.admit(actor, found.subscriber_id)
            audit.record(
                session, actor, self._clock.now(), "order.view", "product_order", found.id,
                number=found.number,
            )  # fmt: skip
            items = await repository.items_of(session, [found.id])
            return order_view(found, items, await repository.events_of(session, found.id))

    async def orders_of(self, actor: Actor, subscriber_id: UUID, limit: int = 20) -> tuple[OrderSummary, ...]:
        """The orders of a line, newest first."""
        return await self._list(actor, subscriber_id, limit, only_open=False)

    async def open_orders(self, actor: Actor, subscriber_id: UUID) -> tuple[OrderSummary, ...]:
        """Orders of a line that are not finished, newest first."""
        return await self._list(actor, subscriber_id, _MOST_ORDERS, only_open=True)

    async def orders_under_rule(self, actor: Actor, rule_id: str) -> tuple[OrderUnderRule, ...]:
        """The newest orders of the last 30 days in whose verdict the rule fired. Raises `NotAllowed`."""
        actor.require(Permission.READ_RULES)
        since = self._clock.now() - timedelta(days=30)
        async with self._db.reading() as connection:
            return await past_orders.orders_with_rule(connection, rule_id, since, 10)

    async def cancel_reserved(self, actor: Actor, command: CancelReserved) -> OrderView:
        """Cancel what has not taken effect and what came with it, never what the customer had (clause 9).

        Raises `OrderMissing`, `NothingReserved`, `ReservationStranded`, `IdentityNotVerified`, `CallNotOpen`.
        """
        return await self._cancelling.cancel(actor, command)

    async def start_remedy(self, actor: Actor, command: StartRemedy) -> WorkOrderView:
        """Create the work order a finding asks for, and remember the change that waits for it.

        Raises `NoSuchStep`, `LossesNotConfirmed`, `IdentityNotVerified`, `CallNotOpen`.
        """
        return await self._remedies.start(actor, command)

    async def plan(self, actor: Actor, subscriber_id: UUID, basket: Change) -> Plan:
        """The fewest, then cheapest steps that make a basket possible. Raises what `judge` raises."""
        return await self._adopting.plan(actor, subscriber_id, basket)

    async def possibilities(
        self, actor: Actor, subscriber_id: UUID, recorded: tuple[str, ...] = ()
    ) -> Possibilities:
        """What the line could have of the whole catalogue: each offering judged as if it were added alone.

        `recorded`: steps taken on this call. Changes nothing. Raises `NotAssigned`, `LineMissing`.
        """
        return await self._judging.possibilities(actor, subscriber_id, recorded)

    async def find(self, actor: Actor, subscriber_id: UUID, goal: Goal) -> GoalAnswers:
        """The best ways to what the customer wants. Raises `NotAssigned`."""
        return await self._adopting.find(actor, subscriber_id, goal)

    async def adopt(self, actor: Actor, command: AdoptPlan) -> Adopted:
        """Take the plan for a basket. Raises what `judge` and `start_remedy` raise, and `NoPlan`."""
        return await self._adopting.adopt(actor, command)

    async def continue_wishes(self, limit: int = 50) -> int:
        """Take waiting wishes on whose time has come; returns how many moved. Safe on several workers."""
        return await self._continuing.continue_due(limit)

    async def wishes_of(self, actor: Actor, subscriber_id: UUID) -> tuple[WishView, ...]:
        """Changes that wait for a work order or are ready to be offered again, newest first."""
        await self._judging.admit(actor, subscriber_id)
        async with self._db.transaction() as session:
            return tuple(wish_view(wish) for wish in await repository.wishes_of(session, subscriber_id))

    @staticmethod
    def wishes_along(document: bytes) -> tuple[WishView, ...]:
        """The same from a document that the customer page has read along."""
        return _decode_wishes(document)

    async def drop_wish(self, actor: Actor, wish_id: UUID, subscriber_id: UUID) -> None:
        """The customer of this line no longer wants it; raises `WishMissing`."""
        await self._remedies.drop(actor, wish_id, subscriber_id)

    async def contracts_of(self, actor: Actor, subscriber_id: UUID) -> tuple[ContractView, ...]:
        """What binds a line, until when, and what leaving next month would cost; the first to end first."""
        return await self._judging.contracts_of(actor, subscriber_id)

    async def groups_of(self, actor: Actor, subscriber_id: UUID) -> tuple[SharedGroup, ...]:
        """What the line shares with other numbers, and what its customer owns."""
        await self._judging.admit(actor, subscriber_id)
        return await self._inventory.groups_of(subscriber_id)

    @staticmethod
    def groups_along(document: bytes) -> tuple[SharedGroup, ...]:
        """The same from a document that the customer page has read along."""
        return _decode_groups(document)

    async def judge_group(
        self, actor: Actor, interaction_id: UUID, change: GroupChange, look: GroupLook = FIRST_MEMBERS
    ) -> GroupJudgement:
        """What the change would do to the members, as the line on the call asks for it. Changes nothing.

        Raises `CallNotOpen`, `GroupMissing`, `GroupChangeUnclear`, `UnknownOffering`.
        """
        call = await self._interactions.current(actor, interaction_id)
        if call.subscriber_id is None:
            raise CallNotOpen
        return await self._group_judging.judge(actor, interaction_id, call.subscriber_id, change, look)

    async def group_losers(
        self, actor: Actor, interaction_id: UUID, change: GroupChange
    ) -> tuple[MemberJudgement, ...]:
        """Every member who would lose something else, for a file; recorded. Raises as `judge_group`."""
        judged = await self.judge_group(actor, interaction_id, change, EVERY_LOSER)
        async with self._db.transaction() as session:
            audit.record(
                session, actor, self._clock.now(), "order.group_losers", "product_group", change.group_id,
                members=len(judged.members), of=judged.judged,
            )  # fmt: skip
        return judged.members

    async def submit_group(self, actor: Actor, command: SubmitGroup) -> GroupOrderView:
        """One order or work order for each member that can have one; the same key returns the first.

        A few members are done before it returns, the others by `continue_groups`. Raises what `judge_group`
        raises, and `NotGroupOwner`, `IdentityNotVerified`, `GroupNothingToDo`, `NotAllTold`, `GroupBusy`.
        """
        return await self._group_orders.submit(actor, command)

    async def group_order(
        self, actor: Actor, number: str, offset: int = 0, limit: int = MEMBERS_A_PAGE
    ) -> GroupOrderView:
        """A group order with its progress. Raises `GroupOrderMissing`."""
        return await self._group_orders.view(actor, number, offset, limit)

    async def continue_groups(self, limit: int = 50) -> int:
        """Go on with group orders that are not finished; returns how many members were done."""
        return await self._group_orders.work_off(limit)

    async def activate_due(self, limit: int = 500) -> int:
        """Let every line whose day has come take effect; returns how many orders. Safe on several workers."""
        return await self._activating.activate_due(limit)

    async def deliver_provisioning(self, limit: int = 100) -> int:
        """Tell the network what is waiting in the outbox; returns how many it took."""
        return await self._delivering.deliver(limit)

    async def _list(
        self, actor: Actor, subscriber_id: UUID, limit: int, *, only_open: bool
    ) -> tuple[OrderSummary, ...]:
        await self._judging.admit(actor, subscriber_id)
        most = min(max(limit, 1), _MOST_ORDERS)
        async with self._db.transaction() as session:
            orders = await repository.of_line(session, subscriber_id, most, only_open)
            return await _with_lines(session, orders)


async def _with_lines(session: AsyncSession, orders: list[ProductOrder]) -> tuple[OrderSummary, ...]:
    items = await repository.items_of(session, [order.id for order in orders]) if orders else []
    return tuple(summary(order, [item for item in items if item.order_id == order.id]) for order in orders)
