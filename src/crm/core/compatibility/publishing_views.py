"""What is seen of rule versions, firings and rehearsals, and what a rehearsal needs of other rooms."""

from datetime import date, datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

import msgspec

from crm.core.compatibility.schemas import Change, Facts


class VersionState(StrEnum):
    """Where a version stands; the last three follow from when it was put in force."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    RETURNED = "returned"
    SCHEDULED = "scheduled"
    IN_FORCE = "in_force"
    RETIRED = "retired"


VERSION_STATE_NAMES: dict[VersionState, str] = {
    VersionState.DRAFT: "草稿",
    VersionState.SUBMITTED: "待审核",
    VersionState.APPROVED: "已审核，待发布",
    VersionState.RETURNED: "已退回",
    VersionState.SCHEDULED: "已定时",
    VersionState.IN_FORCE: "在用",
    VersionState.RETIRED: "已停用",
}


class RuleChange(msgspec.Struct, frozen=True):
    """What happened to one rule between two versions, in words."""

    rule_id: str
    title: str
    kind: str  # added | removed | changed
    weight: str  # harder | milder | other: by the verdict alone
    lines: tuple[str, ...]


class VersionView(msgspec.Struct, frozen=True, kw_only=True):
    """One version in the list. `author` and `reviewed_by` are staff number and name."""

    number: int
    hash: str
    state: VersionState
    author: str
    author_id: UUID | None
    created_at: datetime
    based_on: int | None
    changes: tuple[RuleChange, ...]
    note: str
    reviewed_by: str
    reviewed_at: datetime | None
    review_note: str
    starts_at: datetime | None  # when it came, or is to come, into force last

    @property
    def state_name(self) -> str:
        """The state in Chinese."""
        return VERSION_STATE_NAMES[self.state]


class InForceView(msgspec.Struct, frozen=True):
    """One entry of the history: which version from when, by whom and why."""

    number: int
    from_at: datetime
    decided_by: str
    decided_at: datetime
    reason: str
    note: str
    withdrawn_at: datetime | None
    withdrawn_by: str


REASON_NAMES = {"delivered": "随系统交付", "published": "发布", "rolled_back": "回退"}


class Collision(msgspec.Struct, frozen=True):
    """What was wanted and what stood in its way, with how often (codes; empty: no particular product)."""

    target: str
    held: str
    verdict: str
    fired: int
    stopped: int
    ordered: int


class WeekCount(msgspec.Struct, frozen=True):
    """Firings of a rule in the week that begins on this Monday."""

    monday_on: date
    fired: int
    stopped: int
    ordered: int


class RehearsedLine(msgspec.Struct, frozen=True):
    """A line as a rehearsal needs it; `label` is the masked number."""

    id: UUID
    label: str
    facts: Facts


class RehearsedOrder(msgspec.Struct, frozen=True):
    """A past order as a rehearsal needs it: the basket and the facts of that day."""

    id: UUID
    label: str
    facts: Facts
    change: Change


class Population(Protocol):
    """Whoever knows all lines and past orders; pages follow the id, so that nothing is held open."""

    async def line_count(self) -> int:
        """How many lines there are."""
        ...

    async def lines(self, after: UUID | None, limit: int, on: date) -> tuple[RehearsedLine, ...]:
        """The next lines by id, with what they hold as of `on`."""
        ...

    async def order_count(self, since: datetime) -> int:
        """How many orders were placed since then."""
        ...

    async def orders(self, since: datetime, after: UUID | None, limit: int) -> tuple[RehearsedOrder, ...]:
        """The next orders by id that were placed since then."""
        ...


class Example(msgspec.Struct, frozen=True):
    """One judgement that comes out differently; the number is masked."""

    label: str
    wish: str
    before: str  # verdict
    after: str
    why: str


class Transition(msgspec.Struct, frozen=True):
    """How many judgements went from one verdict to another."""

    before: str
    after: str
    count: int


class RuleEffect(msgspec.Struct, frozen=True):
    """Whose verdict would be another because of one rule. People are counted once, orders by themselves."""

    rule_id: str
    title: str
    people: int
    orders: int
    harder: int  # judgements with a severer verdict
    milder: int
    same: int  # same verdict, other findings or words
    transitions: tuple[Transition, ...]
    examples: tuple[Example, ...]
    people_reworded: int = 0  # no verdict is another, but what is said or follows
    orders_reworded: int = 0


class RehearsalResult(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome of a rehearsal. `sample` says in words which wishes were tried."""

    on: date
    sample: tuple[str, ...]
    lines: int
    orders: int
    judged: int
    people_changed: int  # with a verdict that is harder or milder
    orders_changed: int
    skipped: int  # lines or orders this release could not judge
    seconds: float
    by_rule: tuple[RuleEffect, ...]
    people_reworded: int = 0  # no verdict is harder or milder, but what is said or follows is another
    orders_reworded: int = 0


class RehearsalView(msgspec.Struct, frozen=True, kw_only=True):
    """A rehearsal with its progress, and its result once there is one."""

    id: UUID
    number: int
    against: int
    state: str
    phase: str
    done: int
    total: int
    asked_by: str
    asked_at: datetime
    finished_at: datetime | None
    failure: str
    result: RehearsalResult | None

    @property
    def percent(self) -> int:
        """0 to 100."""
        return 100 if self.state == "done" else self.done * 100 // self.total if self.total else 0
