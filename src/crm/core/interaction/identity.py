"""Checking who is calling: own number, service password, one-time code by SMS."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from crm.core.customer.service import CustomerService
from crm.core.interaction import repository
from crm.core.interaction.errors import CodeLocked, CodeTooSoon, SmsUnavailable, WrongNumber
from crm.core.interaction.models import IdentityCheck, Interaction, OneTimeCode
from crm.core.interaction.schemas import CheckMethod, CheckResult, CheckView
from crm.core.notice.service import NoticeService
from crm.core.staff.schemas import Actor
from crm.platform import audit
from crm.platform.clock import Clock
from crm.platform.database import Database
from crm.platform.secrets import Vault, new_code
from crm.platform.settings import Settings

_PURPOSE = "sms-code"
_RESEND_AFTER = timedelta(minutes=1)
# (default) What was proved earlier proves nothing now; no colleague may lean on a call that ended earlier.
CHECKS_COUNT_FOR = timedelta(hours=2)


class IdentityChecks:
    """Performs the checks of domain.md §3 and records method, result and time."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        vault: Vault,
        settings: Settings,
        customers: CustomerService,
        notices: NoticeService,
    ) -> None:
        self._db = db
        self._clock = clock
        self._vault = vault
        self._settings = settings
        self._customers = customers
        self._notices = notices

    async def own_number(
        self, actor: Actor, call: Interaction, msisdn: str, subscriber_id: UUID
    ) -> CheckView:
        """The caller's number is the line itself. Raises `WrongNumber` otherwise."""
        if call.msisdn != msisdn or call.subscriber_id != subscriber_id:
            raise WrongNumber
        return await self._record(actor, call, subscriber_id, CheckMethod.OWN_NUMBER, CheckResult.PASSED)

    async def service_password(
        self, actor: Actor, call: Interaction, subscriber_id: UUID, password: str
    ) -> CheckView:
        """Compare with the line's password; locks after repeated failures."""
        async with self._db.transaction():
            result = await self._customers.check_service_password(
                subscriber_id,
                password,
                self._settings.service_password_attempts,
                self._settings.service_password_lock_minutes,
            )
            return await self._record(
                actor, call, subscriber_id, CheckMethod.SERVICE_PASSWORD, CheckResult(result)
            )

    async def send_code(self, actor: Actor, call: Interaction, subscriber_id: UUID, msisdn: str) -> None:
        """Send a fresh code to the line. Raises `CodeTooSoon`, `CodeLocked` or `SmsUnavailable`."""
        now, minutes = self._clock.now(), self._settings.sms_code_minutes
        code = new_code()
        async with self._db.transaction() as session:
            last = await repository.newest_code(session, subscriber_id)
            locked_until = self._locked_until(last)
            if locked_until is not None:
                raise CodeLocked(-(-(locked_until - now) // timedelta(minutes=1)))
            if last is not None and self._sent_at(last) + _RESEND_AFTER > now:
                raise CodeTooSoon
            await repository.close_codes(session, subscriber_id, now)
            session.add(
                OneTimeCode(
                    interaction_id=call.id,
                    subscriber_id=subscriber_id,
                    code_hash=self._vault.blind(f"{call.id}:{code}", _PURPOSE),
                    attempts=self._attempts_so_far(last),
                    expires_at=now + timedelta(minutes=minutes),
                )
            )
            audit.record(session, actor, now, "identity.send_code", "subscriber", subscriber_id)
            words = (
                "您正在通过10086办理业务，验证码{}，" + f"{minutes}分钟内有效。除10086坐席外请勿告诉他人。"
            )
            try:
                await self._notices.send_secret(
                    subscriber_id, msisdn, "sms_code", words.format(code), words.format("******")
                )
            except OSError as away:
                raise SmsUnavailable from away

    async def code(self, actor: Actor, call: Interaction, subscriber_id: UUID, typed: str) -> CheckView:
        """Compare with the line's newest code; too many attempts, over however many codes, lock the line."""
        now = self._clock.now()
        async with self._db.transaction() as session:
            sent = await repository.newest_code(session, subscriber_id)
            if self._locked_until(sent) is not None:
                result = CheckResult.LOCKED
            elif (
                sent is None
                or sent.interaction_id != call.id
                or sent.used_at is not None
                or sent.expires_at <= now
            ):
                result = CheckResult.EXPIRED
            elif self._vault.matches(sent.code_hash, f"{call.id}:{typed.strip()}", _PURPOSE):
                sent.used_at, sent.attempts, result = now, 0, CheckResult.PASSED
            else:
                sent.attempts += 1
                spent = sent.attempts >= self._settings.sms_code_attempts
                sent.used_at, result = (now, CheckResult.LOCKED) if spent else (None, CheckResult.FAILED)
            return await self._record(actor, call, subscriber_id, CheckMethod.SMS_CODE, result)

    def _sent_at(self, code: OneTimeCode) -> datetime:
        return code.expires_at - timedelta(minutes=self._settings.sms_code_minutes)

    def _locked_until(self, newest: OneTimeCode | None) -> datetime | None:
        """Until when the line takes neither codes nor answers; None when it does.

        The code whose last attempt was wrong carries the lock, since none follows it meanwhile.
        """
        if newest is None or newest.used_at is None or newest.attempts < self._settings.sms_code_attempts:
            return None
        until = newest.used_at + timedelta(minutes=self._settings.service_password_lock_minutes)
        return until if until > self._clock.now() else None

    def _attempts_so_far(self, last: OneTimeCode | None) -> int:
        """Wrong attempts on codes before, so that a new code is not a new set of guesses.

        A right answer, a lock that has run out, and as long a time without a code, begin anew.
        """
        if last is None or last.attempts >= self._settings.sms_code_attempts:
            return 0
        span = timedelta(minutes=self._settings.service_password_lock_minutes)
        return last.attempts if self._sent_at(last) + span > self._clock.now() else 0

    async def _record(
        self, actor: Actor, call: Interaction, subscriber_id: UUID, method: CheckMethod, result: CheckResult
    ) -> CheckView:
        now = self._clock.now()
        async with self._db.transaction() as session:
            session.add(
                IdentityCheck(
                    interaction_id=call.id,
                    subscriber_id=subscriber_id,
                    staff_id=actor.staff_id,
                    method=method.value,
                    result=result.value,
                    checked_at=now,
                )
            )
            audit.record(
                session,
                actor,
                now,
                "identity.check",
                "subscriber",
                subscriber_id,
                method=method.value,
                result=result.value,
            )
            return CheckView(method, result, now)


async def checks_passed(
    session: AsyncSession, interaction_id: UUID, subscriber_id: UUID, now: datetime
) -> frozenset[CheckMethod]:
    """The methods by which the caller has proved on this call to be this line's user."""
    return frozenset(
        CheckMethod(check.method)
        for check in await repository.checks(session, interaction_id, now - CHECKS_COUNT_FOR)
        if check.subscriber_id == subscriber_id and check.result == CheckResult.PASSED.value
    )
