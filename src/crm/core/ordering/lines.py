"""What follows from the lines of an order: its state, its end, and what the network must be told."""

from collections.abc import Sequence
from datetime import datetime

from crm.core.ordering.models import ProductOrder, ProductOrderEvent, ProductOrderItem, ProvisioningRequest
from crm.core.ordering.states import ENDED_ORDERS, order_state


def network_request(order: ProductOrder, item: ProductOrderItem, now: datetime) -> ProvisioningRequest:
    """What the network must be told of a line that takes effect now."""
    return ProvisioningRequest(
        order_item_id=item.id,
        msisdn=order.msisdn,
        action=item.action,
        offering_code=item.offering_code,
        due_at=now,
    )


def follow_lines(
    order: ProductOrder,
    items: Sequence[ProductOrderItem],
    now: datetime,
    kind: str,
    staff_number: str,
    note: str = "",
) -> ProductOrderEvent:
    """Give the order the state of its lines, and return the event that says so."""
    before = order.state
    order.state = order_state(
        [item.state for item in items if item.reason == "requested"],
        [item.state for item in items if item.reason != "requested"],
    ).value
    if order.state not in ENDED_ORDERS:
        order.completed_at = None
    elif order.completed_at is None:
        order.completed_at = now
    return ProductOrderEvent(
        order_id=order.id,
        at=now,
        staff_number=staff_number,
        kind=kind,
        from_state=before,
        to_state=order.state,
        note=note[:500],
    )
