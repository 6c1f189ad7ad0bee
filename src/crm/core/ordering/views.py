"""From rows to what others see."""

from collections.abc import Iterable, Sequence

import msgspec

from crm.core.compatibility.schemas import Change, Qualification, Verdict
from crm.core.ordering.models import ProductOrder, ProductOrderEvent, ProductOrderItem, WaitingWish
from crm.core.ordering.schemas import (
    ConsentView,
    OrderEventView,
    OrderLineView,
    OrderSummary,
    OrderView,
    WishView,
)


def summary(order: ProductOrder, items: Iterable[ProductOrderItem]) -> OrderSummary:
    """An order in a list."""
    return OrderSummary(
        id=order.id,
        number=order.number,
        subscriber_id=order.subscriber_id,
        msisdn=order.msisdn,
        state=order.state,
        verdict=Verdict(order.verdict),
        channel=order.channel,
        staff_number=order.staff_number,
        ordered_at=order.ordered_at,
        lines=tuple(line(item) for item in items),
    )


def order_view(
    order: ProductOrder,
    items: Sequence[ProductOrderItem],
    events: Sequence[ProductOrderEvent],
    *,
    repeated: bool = False,
) -> OrderView:
    """An order with its frozen verdict and its history."""
    return OrderView(
        id=order.id,
        number=order.number,
        subscriber_id=order.subscriber_id,
        msisdn=order.msisdn,
        state=order.state,
        verdict=Verdict(order.verdict),
        channel=order.channel,
        staff_number=order.staff_number,
        ordered_at=order.ordered_at,
        lines=tuple(line(item) for item in items),
        interaction_id=order.interaction_id,
        completed_at=order.completed_at,
        change=msgspec.convert(order.change, Change),
        qualification=msgspec.convert(order.qualification, Qualification),
        consents=msgspec.convert(order.consents, tuple[ConsentView, ...]),
        history=tuple(_event(event) for event in events),
        note=order.note,
        repeated=repeated,
    )


def line(item: ProductOrderItem) -> OrderLineView:
    """One line of an order."""
    return OrderLineView(
        id=item.id,
        action=item.action,
        offering_code=item.offering_code,
        offering_name=item.offering_name,
        product_id=item.product_id,
        reason=item.reason,
        effective_on=item.effective_on,
        state=item.state,
        failure=item.failure,
        cause_id=item.cause_id,
    )


def _event(event: ProductOrderEvent) -> OrderEventView:
    return OrderEventView(
        at=event.at,
        staff_number=event.staff_number,
        kind=event.kind,
        from_state=event.from_state,
        to_state=event.to_state,
        note=event.note,
        item_id=event.item_id,
    )


def wish_view(wish: WaitingWish) -> WishView:
    """A change that waits for a work order."""
    return WishView(
        id=wish.id,
        subscriber_id=wish.subscriber_id,
        change=msgspec.convert(wish.change, Change),
        state=wish.state,
        work_order_id=wish.work_order_id,
        work_order_number=wish.work_order_number,
        held_name=wish.held_name,
        staff_number=wish.staff_number,
        created_at=wish.created_at,
        ready_at=wish.ready_at,
        waits_for=wish.waits_for,
        ready_on=wish.ready_on,
        agreed=bool(wish.agreed_token),
        asked_at=wish.asked_at,
        order_number=wish.order_number,
    )
