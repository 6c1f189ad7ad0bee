"""Changes of what a whole group shares, as other rooms and the channels see them; doors: `schemas`."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec

from crm.core.compatibility.schemas import Verdict
from crm.core.inventory.schemas import SharedGroup


class AuthCheck(msgspec.Struct, frozen=True):
    """One identity check that the operation asks for, and whether the caller has passed it on this call."""

    method: str  # own_number | service_password | sms_code | identity_document
    name: str
    passed: bool


class Outcome(StrEnum):
    """What a group change comes to for one member."""

    ORDER = "order"  # an order of its own
    WORK_ORDER = "work_order"  # a work order must end the product first
    ASK = "ask"  # the member's own yes is needed: a work order asks for it
    LEFT = "left"  # the rules do not allow it, or only elsewhere
    LEAVING = "leaving"  # it leaves already


OUTCOME_NAMES: dict[Outcome, str] = {
    Outcome.ORDER: "直接受理",
    Outcome.WORK_ORDER: "派工单办理",
    Outcome.ASK: "先征求本人同意",
    Outcome.LEFT: "不能办理",
    Outcome.LEAVING: "已在退出",
}
MEMBER_STATE_NAMES: dict[str, str] = {
    "waiting": "等待处理",
    "ordered": "已受理",
    "work_order": "已派工单",
    "left": "未办理",
    "failed": "处理失败",
}


class GroupChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to happen to everything a group shares. `switch` gives each member `offering` instead."""

    group_id: UUID
    action: str  # cancel | switch
    offering: str = ""


# (default) Members judged for one look at a group, and how many rows a page shows.
MOST_JUDGED = 2_000
PAGE = 50


class GroupLook(msgspec.Struct, frozen=True, kw_only=True):
    """Which members a look shows, and of how many it is: the first `most`, or all when that is None."""

    offset: int = 0
    limit: int = PAGE
    only_losing: bool = False
    most: int | None = MOST_JUDGED


class MemberJudgement(msgspec.Struct, frozen=True, kw_only=True):
    """The change seen from one member. `lost` goes besides the shared product itself."""

    subscriber_id: UUID
    product_id: UUID
    msisdn_masked: str
    own: bool  # a line of the owner, who may agree for it
    outcome: Outcome
    verdict: Verdict | None
    why: str
    lost: tuple[str, ...]
    losses: tuple[str, ...]
    fee_now_fen: int | None
    fee_after_fen: int | None

    @property
    def outcome_name(self) -> str:
        """直接受理, 派工单办理 …"""
        return OUTCOME_NAMES[self.outcome]

    @property
    def loses(self) -> bool:
        """Whether the member loses something besides the shared product."""
        return bool(self.lost) and self.outcome is not Outcome.LEFT

    @property
    def fee_difference_fen(self) -> int | None:
        """How much more (or less) the member pays a month."""
        if self.fee_now_fen is None or self.fee_after_fen is None:
            return None
        return self.fee_after_fen - self.fee_now_fen


class GroupSentence(msgspec.Struct, frozen=True):
    """Something to read to the owner once, however many members it concerns."""

    key: str
    text: str
    members: int


class GroupJudgement(msgspec.Struct, frozen=True, kw_only=True):
    """What a group change would do. Members are one page; everything else counts all that were judged."""

    group: SharedGroup
    change: GroupChange
    offering_name: str
    members: tuple[MemberJudgement, ...]
    offset: int
    limit: int
    total: int
    listed: int  # rows on all pages: all that were judged, or only those who lose something
    only_losing: bool
    judged: int  # less than total in a very large group, unless all were asked for
    counts: dict[Outcome, int]
    losing: int
    fee_difference_fen: int | None
    sentences: tuple[GroupSentence, ...]
    auth: tuple[AuthCheck, ...]

    @property
    def missing_checks(self) -> tuple[AuthCheck, ...]:
        """Identity checks of the owner that are still to be made."""
        return tuple(check for check in self.auth if not check.passed)

    @property
    def does_something(self) -> bool:
        """Whether at least one member gets an order or a work order."""
        return any(self.counts.get(each) for each in (Outcome.ORDER, Outcome.WORK_ORDER, Outcome.ASK))


class SubmitGroup(msgspec.Struct, frozen=True, kw_only=True):
    """A group change to be carried out; the same key always returns the same group order."""

    idempotency_key: str
    interaction_id: UUID
    change: GroupChange
    ticked: tuple[str, ...] = ()
    note: str = ""


class GroupMemberView(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one member."""

    msisdn_masked: str
    state: str
    order_number: str
    work_order_number: str
    note: str

    @property
    def state_name(self) -> str:
        """已受理, 已派工单 …"""
        return MEMBER_STATE_NAMES.get(self.state, self.state)


class GroupOrderView(msgspec.Struct, frozen=True, kw_only=True):
    """A group order with its progress and one page of its members."""

    id: UUID
    number: str
    group_id: UUID
    group_name: str
    action: str
    offering_name: str
    state: str  # running | done
    total: int
    done: int
    counts: dict[str, int]
    members: tuple[GroupMemberView, ...]
    offset: int
    limit: int
    staff_number: str
    created_at: datetime
    finished_at: datetime | None
    repeated: bool = False

    @property
    def percent(self) -> int:
        """How much is done."""
        return 100 if self.total == 0 else self.done * 100 // self.total

    @property
    def action_name(self) -> str:
        """整体取消 or 整体更换."""
        return "整体取消" if self.action == "cancel" else f"整体更换为{self.offering_name}"
