"""Tables of the rules' life (versions, what is in force, firings, rehearsals) and of stored verdicts."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field

from crm.platform.ids import new_id
from crm.platform.tables import Json, Moment, Table


class RuleVersion(Table, table=True):
    """A whole rule set, named by its hash and never changed: any past verdict replays with it.

    `document` is the canonical JSON whose SHA-256 is `hash`; `files` are the TOML files it was read from.
    """

    __table_args__ = (
        CheckConstraint(
            "reviewed_by_id IS NULL OR author_id IS NULL OR reviewed_by_id <> author_id", "other_reviewer"
        ),
        CheckConstraint(
            "state IN ('draft', 'submitted', 'approved', 'returned', 'published')", "known_state"
        ),
    )

    hash: str = Field(primary_key=True)
    number: int = Field(unique=True)
    document: str
    files: dict[str, str] = Field(sa_type=Json)
    state: str  # draft | submitted | approved | returned | published
    author_id: UUID | None = None  # None: the delivered files
    author: str
    created_at: datetime = Field(sa_type=Moment)
    based_on: str | None = None  # hash of the version it was compared with
    changes: list[dict[str, Any]] = Field(default_factory=list, sa_type=Json)
    note: str = ""
    reviewed_by_id: UUID | None = None
    reviewed_by: str = ""
    reviewed_at: datetime | None = Field(default=None, sa_type=Moment)
    review_note: str = ""


class RuleInForce(Table, table=True):
    """From when a version is in force. The newest row that has begun counts; nothing is ever overwritten."""

    __table_args__ = (Index("ix_rule_in_force_from", "from_at"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    hash: str = Field(foreign_key="rule_version.hash")
    from_at: datetime = Field(sa_type=Moment)
    decided_at: datetime = Field(sa_type=Moment)
    decided_by_id: UUID | None = None
    decided_by: str
    reason: str  # delivered | published | rolled_back
    note: str = ""
    withdrawn_at: datetime | None = Field(default=None, sa_type=Moment)
    withdrawn_by: str = ""


class RuleFiring(Table, table=True):
    """How often a rule fired on a day, by what was wanted and what was in the way; counted in batches.

    `fired` counts different wishes of different holdings, `stopped` those of them that could not be ordered
    because of the rule, `ordered` accepted orders.
    """

    rule_id: str = Field(primary_key=True)
    fired_on: date = Field(primary_key=True)
    verdict: str = Field(primary_key=True)
    target: str = Field(primary_key=True)  # offering code, or empty
    held: str = Field(primary_key=True)  # offering code, or empty
    fired: int = 0
    stopped: int = 0
    ordered: int = 0


class RuleRehearsal(Table, table=True):
    """A draft played over everybody's products and past orders, before anyone publishes it."""

    __table_args__ = (
        Index(
            "ix_rule_rehearsal_waiting", "asked_at", postgresql_where=text("state IN ('wanted', 'running')")
        ),
        Index("ix_rule_rehearsal_draft", "rules_hash", "asked_at"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    rules_hash: str = Field(foreign_key="rule_version.hash")
    against_hash: str = Field(foreign_key="rule_version.hash")
    state: str = "wanted"  # wanted | running | done | failed
    phase: str = ""  # lines | orders
    done: int = 0
    total: int = 0
    asked_by: str
    asked_at: datetime = Field(sa_type=Moment)
    started_at: datetime | None = Field(default=None, sa_type=Moment)
    seen_at: datetime | None = Field(default=None, sa_type=Moment)  # the runner's last sign of life
    finished_at: datetime | None = Field(default=None, sa_type=Moment)
    result: dict[str, Any] | None = Field(default=None, sa_type=Json)
    failure: str = ""


class KeptDocument(Table, table=True):
    """A text under its SHA-256, never changed: what verdicts rest on, but for rules that are a version."""

    hash: str = Field(primary_key=True)
    document: str


class StoredVerdict(Table, table=True):
    """A verdict to the byte with its certificate, under the id of what was done under it (an order).

    Basket and facts are with the order; rules and catalogue entries are kept by hash.
    """

    id: UUID = Field(primary_key=True)
    qualification: str
    certificate: str
    certificate_hash: str
    rules_hash: str
    given_at: datetime = Field(sa_type=Moment)
