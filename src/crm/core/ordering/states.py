"""States of orders and of their lines (TMF622 v4), and which may follow which."""

from collections.abc import Iterable
from enum import StrEnum


class OrderState(StrEnum):
    """ProductOrderStateType, as far as an accepted order of the desk goes through it."""

    ACKNOWLEDGED = "acknowledged"
    PENDING = "pending"
    IN_PROGRESS = "inProgress"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    PARTIAL = "partial"
    FAILED = "failed"


class ItemState(StrEnum):
    """ProductOrderItemStateType, as far as a line goes through it."""

    PENDING = "pending"  # its day has not come
    IN_PROGRESS = "inProgress"  # the network is being told
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    FAILED = "failed"


ENDED_ORDERS = frozenset({OrderState.COMPLETED, OrderState.CANCELLED, OrderState.PARTIAL, OrderState.FAILED})

_NEXT: dict[ItemState, frozenset[ItemState]] = {
    ItemState.PENDING: frozenset({ItemState.IN_PROGRESS, ItemState.COMPLETED, ItemState.CANCELLED}),
    ItemState.IN_PROGRESS: frozenset({ItemState.COMPLETED, ItemState.FAILED}),
    ItemState.FAILED: frozenset({ItemState.COMPLETED}),  # the back office has done it by hand
    ItemState.COMPLETED: frozenset(),
    ItemState.CANCELLED: frozenset(),
}


def may_become(now: str, then: str) -> bool:
    """Whether a line may go from one state to the other."""
    return ItemState(then) in _NEXT[ItemState(now)]


def order_state(requested: Iterable[str], others: Iterable[str] = ()) -> OrderState:
    """The state of an order whose lines are in these states.

    `requested` are the lines the customer asked for, `others` what came of them. What still moves decides
    first, then what was asked for: all of it cancelled is a cancelled order, whatever was tidied up with it.
    """
    wanted = {ItemState(state) for state in requested}
    every = wanted | {ItemState(state) for state in others}
    if not every:
        return OrderState.ACKNOWLEDGED
    if ItemState.IN_PROGRESS in every:
        return OrderState.IN_PROGRESS
    if ItemState.PENDING in every:
        return OrderState.PENDING
    if wanted == {ItemState.CANCELLED}:
        return OrderState.CANCELLED
    if ItemState.FAILED in every:
        return OrderState.PARTIAL if ItemState.COMPLETED in every else OrderState.FAILED
    return OrderState.COMPLETED
