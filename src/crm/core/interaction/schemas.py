"""Calls, identity checks and drafts as other rooms see them."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec


class CheckMethod(StrEnum):
    """How the caller's identity is checked (domain.md §3)."""

    OWN_NUMBER = "own_number"
    SERVICE_PASSWORD = "service_password"  # noqa: S105  (the name of a method, not a secret)
    SMS_CODE = "sms_code"


class CheckResult(StrEnum):
    """What came of it."""

    PASSED = "passed"
    FAILED = "failed"
    LOCKED = "locked"
    EXPIRED = "expired"


METHOD_NAMES: dict[CheckMethod, str] = {
    CheckMethod.OWN_NUMBER: "本机",
    CheckMethod.SERVICE_PASSWORD: "服务密码",
    CheckMethod.SMS_CODE: "短信验证码",
}

CHECK_MESSAGES: dict[CheckResult, str] = {
    CheckResult.PASSED: "核验通过",
    CheckResult.FAILED: "核验未通过，请客户核对后重试",
    CheckResult.LOCKED: "连续输错，已暂时锁定，请稍后再试或引导客户到营业厅",
    CheckResult.EXPIRED: "验证码已失效，请重新发送",
}


class CheckView(msgspec.Struct, frozen=True):
    """Method, result and time of one check; never the secret."""

    method: CheckMethod
    result: CheckResult
    checked_at: datetime

    @property
    def message(self) -> str:
        """The result in words for the agent."""
        return CHECK_MESSAGES[self.result]


class InteractionView(msgspec.Struct, frozen=True):
    """One call with what has been checked and typed on it."""

    id: UUID
    channel: str
    msisdn: str
    subscriber_id: UUID | None
    started_at: datetime
    ended_at: datetime | None
    reason: str
    tags: tuple[str, ...]
    note: str
    checks: tuple[CheckView, ...] = ()
    drafts: dict[str, dict[str, Any]] = {}
    others: tuple[str, ...] = ()  # staff numbers with an open call on the same customer
    staff_id: UUID | None = None
    offer_declined_at: datetime | None = None  # the customer wants no recommendation on this call

    def passed(self, method: CheckMethod) -> bool:
        """Whether the caller has passed this check on this call."""
        return any(check.method is method and check.result is CheckResult.PASSED for check in self.checks)


class RunningCall(msgspec.Struct, frozen=True):
    """A call that has not been wrapped up, for the list of them."""

    id: UUID
    msisdn: str
    subscriber_id: UUID | None
    started_at: datetime
    note: str
    drafted: bool = False  # whether something is in its basket


class CallReason(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A leaf of the call-reason tree."""

    code: str
    group: str
    name: str
