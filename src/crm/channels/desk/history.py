"""Contacts, orders and work orders of a customer on one line of time; pure."""

from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec

from crm.channels.desk.console_words import order_state_name, work_order_state_name
from crm.core.customer.schemas import Customer360, OpenOrder, OpenWorkOrder
from crm.core.interaction.schemas import InteractionView
from crm.core.ordering.schemas import OrderSummary

CHANNEL_NAMES = {
    "hotline": "来电",
    "web": "网上营业厅",
    "app": "手机营业厅",
    "sms": "短信",
    "store": "营业厅",
    "tmf": "接口",
}


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the history."""

    at: datetime
    kind: str
    icon: str
    title: str
    text: str = ""
    state: str = ""
    tone: str = "mute"
    who: str = ""


def entries_of(
    customer: Customer360,
    placed: Sequence[OrderSummary],
    call: InteractionView | None,
    reason_words: Callable[[str], str],
) -> list[Entry]:
    """Newest first; the running call is at the top of the page already and is left out.

    `placed` are all orders of the line; without them the open ones of the customer page stand in.
    """
    return sorted(
        [
            *_contacts(customer, call, reason_words),
            *([_order(each) for each in placed] or [_open_order(each) for each in customer.open_orders]),
            *(_work_order(each) for each in customer.open_work_orders),
        ],
        key=lambda entry: entry.at,
        reverse=True,
    )


def _contacts(
    customer: Customer360, call: InteractionView | None, reason_words: Callable[[str], str]
) -> list[Entry]:
    return [
        Entry(
            at=each.started_at,
            kind="接触",
            icon="phone",
            title=f"{CHANNEL_NAMES.get(each.channel, each.channel)} {reason_words(each.reason)}".strip(),
            text=each.note,
            state="、".join(each.tags),
            who=each.staff_number,
        )
        for each in customer.contacts
        if call is None or each.id != call.id
    ]


def _order(order: OrderSummary) -> Entry:
    return Entry(
        at=order.ordered_at,
        kind="受理",
        icon="receipt-text",
        title=f"受理 {order.number}",
        text="、".join(f"{line.action_name}{line.offering_name}" for line in order.lines),
        state=order.state_name,
        tone="good" if order.state == "completed" else "info",
        who=order.staff_number,
    )


def _open_order(order: OpenOrder) -> Entry:
    return Entry(
        at=order.ordered_at,
        kind="受理",
        icon="receipt-text",
        title=f"受理 {order.number}",
        text="、".join(order.offering_names),
        state=order_state_name(order.state),
        tone="info",
    )


def _work_order(order: OpenWorkOrder) -> Entry:
    return Entry(
        at=order.created_at,
        kind="工单",
        icon="clipboard-list",
        title=f"工单 {order.number}",
        text=order.title,
        state=work_order_state_name(order.state),
        tone="bad" if order.overdue else "mute",
    )
