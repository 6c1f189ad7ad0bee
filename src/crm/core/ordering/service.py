"""Use cases of ordering: the only door for others."""

from uuid import UUID

from crm.core.compatibility.schemas import Change
from crm.core.ordering.schemas import (
    CancelReserved,
    Judgement,
    OrderSummary,
    OrderView,
    StartRemedy,
    SubmitOrder,
    WishView,
)
from crm.core.staff.schemas import Actor
from crm.core.work_order.schemas import WorkOrderView


class OrderingService:
    """Baskets judged as a whole, orders placed once, effects in time."""

    async def judge(
        self, actor: Actor, interaction_id: UUID | None, subscriber_id: UUID, basket: Change
    ) -> Judgement:
        """What the basket would do now. Changes nothing.

        Raises `EmptyBasket`, `BasketUnclear`, `UnknownOffering`, `NotHeld`, `AlreadyHeld`.
        """
        raise NotImplementedError

    async def submit(self, actor: Actor, order: SubmitOrder) -> OrderView:
        """Place one order in one transaction; the same key again returns the first order (`repeated`).

        Raises what `judge` raises, and `IdentityNotVerified`, `NotAllTold`, `NotOrderable`,
        `ChangedMeanwhile`.
        """
        raise NotImplementedError

    async def order(self, actor: Actor, reference: UUID | str) -> OrderView:
        """An order by id or number; raises `OrderMissing`."""
        raise NotImplementedError

    async def orders_of(self, actor: Actor, subscriber_id: UUID, limit: int = 20) -> tuple[OrderSummary, ...]:
        """The orders of a line, newest first."""
        raise NotImplementedError

    async def open_orders(self, actor: Actor, subscriber_id: UUID) -> tuple[OrderSummary, ...]:
        """Orders of a line that are not finished, newest first."""
        raise NotImplementedError

    async def cancel_reserved(self, actor: Actor, command: CancelReserved) -> OrderView:
        """Cancel what has not taken effect and what came with it, never what the customer had (clause 9).

        Raises `OrderMissing`, `NothingReserved`, `IdentityNotVerified`.
        """
        raise NotImplementedError

    async def start_remedy(self, actor: Actor, command: StartRemedy) -> WorkOrderView:
        """Create the work order a finding asks for, and remember the change that waits for it.

        Raises `NoSuchStep`, `LossesNotConfirmed`, `IdentityNotVerified`.
        """
        raise NotImplementedError

    async def wishes_of(self, actor: Actor, subscriber_id: UUID) -> tuple[WishView, ...]:
        """Changes that wait for a work order or are ready to be offered again, newest first."""
        raise NotImplementedError

    async def drop_wish(self, actor: Actor, wish_id: UUID) -> None:
        """The customer no longer wants it; raises `WishMissing`."""
        raise NotImplementedError

    async def activate_due(self, limit: int = 500) -> int:
        """Let every line whose day has come take effect; returns how many orders. Safe on several workers."""
        raise NotImplementedError

    async def deliver_provisioning(self, limit: int = 100) -> int:
        """Tell the network what is waiting in the outbox; returns how many it took."""
        raise NotImplementedError
