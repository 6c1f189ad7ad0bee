"""TMF622 states of orders and lines."""

import pytest

from crm.core.ordering.states import ItemState, OrderState, may_become, order_state

P, I, C, X, F = (  # noqa: E741  (a table of one letter each)
    ItemState.PENDING,
    ItemState.IN_PROGRESS,
    ItemState.COMPLETED,
    ItemState.CANCELLED,
    ItemState.FAILED,
)


@pytest.mark.parametrize(
    ("requested", "others", "expected"),
    [
        ([], [], OrderState.ACKNOWLEDGED),
        ([P], [P], OrderState.PENDING),
        ([P], [I], OrderState.IN_PROGRESS),
        ([C], [P], OrderState.PENDING),
        ([C], [C], OrderState.COMPLETED),
        ([X], [X], OrderState.CANCELLED),
        ([X], [C], OrderState.CANCELLED),  # what came with it was opened and closed again
        ([X, C], [], OrderState.COMPLETED),
        ([F], [], OrderState.FAILED),
        ([F], [C], OrderState.PARTIAL),
        ([C], [F], OrderState.PARTIAL),
        ([F], [P], OrderState.PENDING),
    ],
)
def test_the_state_of_an_order_follows_from_its_lines(
    requested: list[str], others: list[str], expected: OrderState
) -> None:
    assert order_state(requested, others) is expected


def test_what_is_done_or_cancelled_stays_so() -> None:
    for end in (C, X):
        assert not any(may_become(end, state) for state in ItemState)


def test_a_failed_line_is_completed_by_hand_only() -> None:
    assert may_become(F, C)
    assert not any(may_become(F, state) for state in (P, I, X))
