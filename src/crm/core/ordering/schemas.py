"""Baskets and orders as other rooms and the channels see them."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

import msgspec

from crm.core.compatibility.plan_schemas import Plan, PlanStep
from crm.core.compatibility.schemas import Change, Qualification, Sentence, Verdict
from crm.core.ordering.contract_schemas import ContractView as ContractView
from crm.core.ordering.contract_schemas import Notice as Notice
from crm.core.ordering.contract_schemas import PenaltyQuote as PenaltyQuote
from crm.core.ordering.group_schemas import OUTCOME_NAMES as OUTCOME_NAMES
from crm.core.ordering.group_schemas import AuthCheck as AuthCheck
from crm.core.ordering.group_schemas import GroupChange as GroupChange
from crm.core.ordering.group_schemas import GroupJudgement as GroupJudgement
from crm.core.ordering.group_schemas import GroupLook as GroupLook
from crm.core.ordering.group_schemas import GroupMemberView as GroupMemberView
from crm.core.ordering.group_schemas import GroupOrderView as GroupOrderView
from crm.core.ordering.group_schemas import GroupSentence as GroupSentence
from crm.core.ordering.group_schemas import MemberJudgement as MemberJudgement
from crm.core.ordering.group_schemas import Outcome as Outcome
from crm.core.ordering.group_schemas import SubmitGroup as SubmitGroup
from crm.core.work_order.schemas import WorkOrderView

ORDER_STATE_NAMES: dict[str, str] = {
    "acknowledged": "已受理",
    "inProgress": "办理中",
    "pending": "待生效",
    "held": "挂起",
    "completed": "已完成",
    "cancelled": "已取消",
    "failed": "办理失败",
    "partial": "部分失败",
    "rejected": "已拒绝",
}

ACTION_NAMES: dict[str, str] = {"add": "开通", "delete": "取消"}

WISH_STATE_NAMES: dict[str, str] = {
    "waiting": "等待工单办结",
    "ready": "可以继续办理",
    "done": "已办理",
    "cancelled": "已放弃",
}


def reason_name(reason: str) -> str:
    """Why a line is in an order, in words for the desk."""
    if reason.startswith("effect:"):
        return "受本次变更影响"
    return {"requested": "客户要求", "replaced": "被新套餐替换", "came_with": "随套餐"}.get(reason, reason)


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """What a basket would do, what must be said, and which identity checks are still to be made.

    `basis` is opaque: hand it back with the order, so that a refusal can say what changed meanwhile.
    """

    subscriber_id: UUID
    change: Change
    qualification: Qualification
    auth: tuple[AuthCheck, ...]
    basis: str = ""
    notices: tuple[Notice, ...] = ()
    penalties: tuple[Sentence, ...] = ()  # prices of agreements that this change ends early

    @property
    def sentences(self) -> tuple[Sentence, ...]:
        """Everything with a tick box: what the rules want told, and the price of leaving agreements."""
        return (*self.qualification.sentences, *self.penalties)

    @property
    def missing_checks(self) -> tuple[AuthCheck, ...]:
        """Identity checks that are still to be made before submitting."""
        return tuple(check for check in self.auth if not check.passed)

    @property
    def can_be_ordered(self) -> bool:
        """Whether it may be submitted as soon as everything is ticked and the caller is identified."""
        return self.qualification.can_be_ordered

    def untold(self, ticked: Iterable[str]) -> tuple[str, ...]:
        """The sentences whose box is not ticked."""
        done = frozenset(ticked)
        return tuple(each.text for each in self.sentences if each.key not in done)


class SubmitOrder(msgspec.Struct, frozen=True, kw_only=True):
    """A basket to be ordered. `ticked` are the keys of the sentences that were read out and agreed to.

    The same `idempotency_key` (made with the basket's page) always returns the same order.
    """

    idempotency_key: str
    interaction_id: UUID | None
    subscriber_id: UUID
    change: Change
    consent_token: str = ""
    ticked: tuple[str, ...] = ()
    note: str = ""
    basis: str = ""


class CancelReserved(msgspec.Struct, frozen=True, kw_only=True):
    """Cancel what an order has reserved: the whole of it, or one product and what came with it (clause 9)."""

    order_id: UUID
    interaction_id: UUID | None
    product_id: UUID | None = None
    recorded: tuple[str, ...] = ()
    note: str = ""


class StartRemedy(msgspec.Struct, frozen=True, kw_only=True):
    """Take a step that needs a work order, named by its finding in the judgement of `change`.

    `ticked` are the keys of the finding's sentences that were read out and agreed to.
    """

    idempotency_key: str
    interaction_id: UUID | None
    subscriber_id: UUID
    change: Change
    rule_id: str
    held_id: str | None
    ticked: tuple[str, ...] = ()
    note: str = ""


class AdoptPlan(msgspec.Struct, frozen=True, kw_only=True):
    """Take the plan for a basket: its lines into the basket, or its first work order, and the wish waits.

    `ticked`: losses that were read out and confirmed. `agreed`: keys of the sentences of the verdict at the
    plan's end that the customer agrees to now; with all of them the change goes on by itself later.
    """

    idempotency_key: str
    interaction_id: UUID | None
    subscriber_id: UUID
    change: Change
    ticked: tuple[str, ...] = ()
    agreed: tuple[str, ...] = ()
    note: str = ""


class Adopted(msgspec.Struct, frozen=True, kw_only=True):
    """What taking a plan has done: a new basket, a work order, or a wish that waits for `step`."""

    plan: Plan
    basket: Change | None = None
    step: PlanStep | None = None
    work_order: WorkOrderView | None = None
    agreed: bool = False


class OrderLineView(msgspec.Struct, frozen=True, kw_only=True):
    """One line of an order."""

    id: UUID
    action: str  # add | delete
    offering_code: str
    offering_name: str
    product_id: UUID | None
    reason: str
    effective_on: date
    state: str
    failure: str = ""
    cause_id: UUID | None = None

    @property
    def action_name(self) -> str:
        """开通 or 取消."""
        return ACTION_NAMES.get(self.action, self.action)

    @property
    def state_name(self) -> str:
        """The state in words."""
        return ORDER_STATE_NAMES.get(self.state, self.state)

    @property
    def reason_name(self) -> str:
        """Why the line is in the order."""
        return reason_name(self.reason)


class OrderEventView(msgspec.Struct, frozen=True, kw_only=True):
    """One step in the life of an order."""

    at: datetime
    staff_number: str
    kind: str
    from_state: str
    to_state: str
    note: str
    item_id: UUID | None = None


class ConsentView(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A sentence that was read to the customer before the order was accepted."""

    key: str
    text: str
    consent: bool
    rule_id: str
    at: datetime
    staff_number: str


class OrderSummary(msgspec.Struct, frozen=True, kw_only=True):
    """An order in a list."""

    id: UUID
    number: str
    subscriber_id: UUID
    msisdn: str
    state: str
    verdict: Verdict
    channel: str
    staff_number: str
    ordered_at: datetime
    lines: tuple[OrderLineView, ...] = ()

    @property
    def state_name(self) -> str:
        """The state in words."""
        return ORDER_STATE_NAMES.get(self.state, self.state)

    @property
    def effective_on(self) -> date | None:
        """The next day on which something of it takes effect; None when nothing is pending."""
        return min((line.effective_on for line in self.lines if line.state == "pending"), default=None)


class OrderView(OrderSummary, frozen=True, kw_only=True):
    """An order with the verdict it was accepted under, what was told, and its history."""

    interaction_id: UUID | None
    completed_at: datetime | None
    change: Change
    qualification: Qualification
    consents: tuple[ConsentView, ...]
    history: tuple[OrderEventView, ...]
    note: str = ""
    repeated: bool = False  # True: this key had been submitted before and nothing new was done


class WishView(msgspec.Struct, frozen=True, kw_only=True):
    """A change that waits for a work order; offered again once it is ready."""

    id: UUID
    subscriber_id: UUID
    change: Change
    state: str  # waiting | ready | done | cancelled
    work_order_id: UUID | None
    work_order_number: str
    held_name: str
    staff_number: str
    created_at: datetime
    ready_at: datetime | None = None
    waits_for: str = "work_order"  # work_order | day | profile
    ready_on: date | None = None
    agreed: bool = False  # the customer has agreed beforehand: it goes on by itself if nothing has changed
    asked_at: datetime | None = None  # asked by message to agree anew
    order_number: str = ""

    @property
    def state_name(self) -> str:
        """The state in words."""
        return WISH_STATE_NAMES.get(self.state, self.state)


class NetworkOrder(msgspec.Struct, frozen=True, kw_only=True):
    """What the network is told. The same `id` may come twice and must then be done once."""

    id: UUID
    msisdn: str
    action: str  # add | delete
    offering_code: str


class ProvisioningGateway(Protocol):
    """The network's edge: carries out one order, or raises OSError when it cannot now."""

    async def carry_out(self, order: NetworkOrder) -> None:
        """Open or close a product on the network; raises `NetworkRefused` when trying again is useless."""
        ...
