"""What goes into the checker and what comes out. The JSON Schema in docs/ is made from these."""

from datetime import date
from enum import StrEnum

import msgspec

from crm.core.catalog.schemas import Offering, Timing


class Verdict(StrEnum):
    """The lattice, mildest first."""

    ALLOW = "allow"
    DISCLOSE = "disclose"
    CONSENT = "consent"
    FIRST = "first"
    STORE = "store"
    REFUSE = "refuse"

    @property
    def severity(self) -> int:
        """0 for allow … 5 for refuse."""
        return SEVERITY[self]


SEVERITY: dict[Verdict, int] = {verdict: place for place, verdict in enumerate(Verdict)}

VERDICT_NAMES: dict[Verdict, str] = {
    Verdict.ALLOW: "可以办理",
    Verdict.DISCLOSE: "告知后办理",
    Verdict.CONSENT: "须客户同意",
    Verdict.FIRST: "须先完成前置步骤",
    Verdict.STORE: "须到营业厅办理",
    Verdict.REFUSE: "不能办理",
}


class Origin(StrEnum):
    """Why a subscriber holds a product."""

    SELF = "self"
    PLAN = "plan"  # came with the plan
    CAMPAIGN = "campaign"
    AGREEMENT = "agreement"
    TRIAL = "trial"  # opened by itself with the plan, free this month
    GROUP = "group"


class HeldState(StrEnum):
    """State of a held product on the as-of day."""

    ACTIVE = "active"
    RESERVED = "reserved"  # 预约: takes effect later
    ENDED = "ended"  # ended this calendar month (clause 11 note 2 asks)


# For what every check asks many times: Python 3.11 finds `HeldState.ENDED` by a detour of 150 ns each time.
ACTIVE, RESERVED, ENDED = HeldState.ACTIVE, HeldState.RESERVED, HeldState.ENDED
BY_SELF, BY_PLAN, ON_TRIAL = Origin.SELF, Origin.PLAN, Origin.TRIAL


class Held(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A product of the subscriber (TMF637). The dates beat `state`: a job that moves it may be late."""

    id: str
    offering: str
    origin: Origin = Origin.SELF
    state: HeldState = HeldState.ACTIVE
    starts_on: date | None = None
    ends_on: date | None = None  # the first day without it
    locked_until: date | None = None  # inclusive: the last bound day
    came_with: str | None = None  # id of the held product that brought it
    campaign: str = ""  # the campaign or agreement by name, for the explanation


class SubscriberFacts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is known of the line. None means not known, and is never guessed."""

    brand: str | None = None
    line_kind: str | None = None  # 普通 | 商务IP | 话吧 | 公话
    region: str | None = None
    status: str | None = "active"
    profile_recorded: bool | None = None
    star_level: int | None = None
    card: str | None = None  # main | secondary card of a family, or single


class ChangeItem(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One line of the basket. `delete` names the held product by id; `add` names an offering.

    Adding a main plan is a change of plan: the held main plan ends without being named.
    """

    action: str  # add | delete
    offering: str
    held_id: str | None = None
    timing: Timing | None = None  # None: the offering's default


class Change(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole basket, judged at once."""

    items: tuple[ChangeItem, ...]
    channel: str = "hotline"  # hotline | web | app | sms | store | tmf
    # Steps already taken on this call: retention:<code>, losses:<held id>, price:<code>.
    recorded: tuple[str, ...] = ()


class Facts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything a verdict may depend on besides rules and catalogue."""

    on: date
    subscriber: SubscriberFacts
    held: tuple[Held, ...] = ()
    hour: int | None = None  # of the day in Shanghai; only a month's last day asks for it


class Scenario(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Input of `crm qualify`: needs no database. `offerings` are added to (or replace) the delivered ones."""

    facts: Facts
    change: Change
    offerings: tuple[Offering, ...] = ()
    only_own_offerings: bool = False


# What comes out holds no circles, so that the garbage collector need not look at it (gc=False).


class ConditionSeen(msgspec.Struct, frozen=True, gc=False):
    """One condition of a rule with the value it saw, in words."""

    field: str
    wanted: str
    saw: str


class Effect(msgspec.Struct, frozen=True, gc=False):
    """Something that happens to another product because of the change, and needs telling or consent."""

    kind: str  # cancel | lose_discount | open_with_plan | keep
    held_id: str | None
    offering: str
    name: str
    timing: Timing
    text: str


class Remedy(msgspec.Struct, frozen=True, gc=False):
    """What makes the wish possible: do what, where, with which work order, what to bring."""

    do: str  # cancel | add | add_profile | visit_store | record_retention | confirm_losses | verify | wait
    text: str
    where: str = "desk"  # desk | store | back_office
    held_id: str | None = None
    offering: str | None = None
    work_order_type: str | None = None
    bring: tuple[str, ...] = ()
    record: str = ""  # key to put in Change.recorded once done, when the desk itself can do it
    until: date | None = None


class Finding(msgspec.Struct, frozen=True, gc=False):
    """One rule that fired, for one pair of target and held item."""

    rule_id: str
    rule_title: str
    source: str  # clause, e.g. "S3-11"
    clause: str  # in words, e.g. "注意事项第11条"
    verdict: Verdict
    target: str | None  # offering code of the basket line it speaks of
    target_name: str
    held_id: str | None  # the held item that collides
    held_offering: str | None
    held_name: str
    conditions: tuple[ConditionSeen, ...]
    explain: str
    script: str  # the sentence to say aloud
    effects: tuple[Effect, ...] = ()
    remedies: tuple[Remedy, ...] = ()
    unknown: tuple[str, ...] = ()  # facts that are missing; the finding then is "verify first"


class DiffLine(msgspec.Struct, frozen=True, gc=False):
    """One product before or after the change."""

    held_id: str | None
    offering: str
    name: str
    kind: str
    monthly_fee_fen: int | None
    timing: Timing | None
    effective_on: date | None
    note: str = ""
    gone_for_good: bool = False


class Diff(msgspec.Struct, frozen=True, gc=False):
    """Lost, kept and gained, with monthly totals in fen; a total is None when a price in it is not known.

    Now: today, before the change. This month: what is in force at its end, with one-off fees. Next month:
    what is in force on its first day. Free trials and waived fees count. After trials: what it will be once
    the last free trial has ended, from `trials_end_on`; both None when nothing is on trial then.
    """

    lost: tuple[DiffLine, ...]
    kept: tuple[DiffLine, ...]
    gained: tuple[DiffLine, ...]
    fee_now_fen: int | None
    fee_this_month_fen: int | None
    fee_next_month_fen: int | None
    fee_after_trials_fen: int | None = None
    trials_end_on: date | None = None


class Sentence(msgspec.Struct, frozen=True, gc=False):
    """Something the agent must read aloud; `key` identifies the tick box."""

    key: str
    text: str
    consent: bool  # True: the customer must say yes; False: it must be told
    rule_id: str


class Qualification(msgspec.Struct, frozen=True):
    """The verdict (TMF679) with everything that led to it; replays to the byte from the same inputs."""

    verdict: Verdict
    findings: tuple[Finding, ...]
    diff: Diff
    sentences: tuple[Sentence, ...]
    as_of: date
    channel: str
    rules_hash: str
    catalogue_hash: str
    facts_hash: str
    # Bound to the exact effects and sentences; empty when it cannot be ordered or nothing needs telling.
    consent_token: str
    facts_read: tuple[str, ...]

    @property
    def can_be_ordered(self) -> bool:
        """Whether an order may be placed once everything is told and agreed."""
        return self.verdict.severity <= Verdict.CONSENT.severity


class RuleView(msgspec.Struct, frozen=True, kw_only=True):
    """A rule as people read it: everything in words, placeholders named."""

    id: str
    title: str
    clause: str
    source: str
    owner: str
    verdict: Verdict
    conditions: tuple[tuple[str, str], ...]
    explain: str
    script: str
    effects: tuple[str, ...]
    remedies: tuple[tuple[str, tuple[str, ...]], ...]  # what to do, what to bring
    overrides: tuple[str, ...]
    valid_from: date | None
    valid_to: date | None

    def matches(self, words: str) -> bool:
        """Whether every word occurs somewhere in the rule."""
        told = (self.id, self.title, self.source, self.clause, self.explain, self.script)
        text = " ".join((*told, *(f"{name}{value}" for name, value in self.conditions))).lower()
        return all(word in text for word in words.lower().split())
