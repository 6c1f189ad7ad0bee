"""Use cases of a call: open, check the caller, note, keep drafts, wrap up."""

from datetime import timedelta
from typing import Any, cast
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from crm.core.interaction import repository
from crm.core.interaction.errors import CallNotOpen, NoteTooLong, UnknownReason
from crm.core.interaction.identity import IdentityChecks, checks_passed
from crm.core.interaction.models import Interaction
from crm.core.interaction.schemas import CallReason, CheckMethod, CheckResult, CheckView, InteractionView
from crm.core.staff.schemas import Actor, Permission
from crm.platform import audit
from crm.platform.clock import Clock
from crm.platform.database import Database

LONGEST_NOTE = 10_000
# A call nobody wrapped up does not count as open for ever.
_FORGOTTEN_AFTER = timedelta(hours=12)


class InteractionService:
    """The only door to calls and what is typed on them."""

    def __init__(
        self, db: Database, clock: Clock, identity: IdentityChecks, reasons: tuple[CallReason, ...] = ()
    ) -> None:
        self._db = db
        self._clock = clock
        self._identity = identity
        self.reasons = reasons

    async def open_call(self, actor: Actor, msisdn: str, subscriber_id: UUID | None) -> InteractionView:
        """The agent's running call with this number; the first look opens it, later ones return to it."""
        actor.require(Permission.SEE_CUSTOMER)
        now = self._clock.now()
        async with self._db.transaction() as session:
            call = await repository.open_call(session, actor.staff_id, msisdn)
            if call is None:
                call = Interaction(
                    started_at=now, msisdn=msisdn, subscriber_id=subscriber_id, staff_id=actor.staff_id
                )
                session.add(call)
                audit.record(session, actor, now, "call.open", "interaction", call.id, msisdn=msisdn)
                await session.flush()
                return await self._view(session, call, actor, fresh=True)
            return await self._view(session, call, actor)

    async def current(self, actor: Actor, interaction_id: UUID) -> InteractionView:
        """The agent's own running call. Raises `CallNotOpen`."""
        async with self._db.transaction() as session:
            return await self._view(session, await self._mine(session, actor, interaction_id), actor)

    async def save_draft(self, actor: Actor, interaction_id: UUID, kind: str, body: dict[str, Any]) -> None:
        """Keep what is being typed; the newest wins. Raises `NoteTooLong` and keeps the last one."""
        if len(str(body)) > 4 * LONGEST_NOTE:
            raise NoteTooLong(4 * LONGEST_NOTE)
        async with self._db.transaction() as session:
            await self._mine(session, actor, interaction_id)
            await repository.save_draft(session, interaction_id, kind, _printable_in(body), self._clock.now())

    async def draft(self, actor: Actor, interaction_id: UUID, kind: str) -> dict[str, Any] | None:
        """What was typed last, or None."""
        async with self._db.transaction() as session:
            await self._mine(session, actor, interaction_id)
            return (await repository.drafts(session, interaction_id)).get(kind)

    async def drop_draft(self, actor: Actor, interaction_id: UUID, kind: str) -> None:
        """Forget a draft once it has become the real thing."""
        async with self._db.transaction() as session:
            await self._mine(session, actor, interaction_id)
            await repository.drop_drafts(session, interaction_id, kind)

    async def save_note(self, actor: Actor, interaction_id: UUID, note: str) -> None:
        """Replace the call's note. Raises `NoteTooLong` and keeps the last one."""
        if len(note) > LONGEST_NOTE:
            raise NoteTooLong(LONGEST_NOTE)
        async with self._db.transaction() as session:
            call = await self._mine(session, actor, interaction_id)
            call.note = _printable(note)

    async def decline_offers(self, actor: Actor, interaction_id: UUID) -> None:
        """Record that the customer wants no recommendation: none is shown for the rest of this call."""
        now = self._clock.now()
        async with self._db.transaction() as session:
            call = await self._mine(session, actor, interaction_id)
            if call.offer_declined_at is None:
                call.offer_declined_at = now
                line = None if call.subscriber_id is None else str(call.subscriber_id)
                audit.record(
                    session, actor, now, "offer.declined", "interaction", interaction_id, subscriber_id=line
                )

    async def offers_declined(self, interaction_id: UUID) -> bool:
        """Whether the customer has declined a recommendation on this call; joins a running transaction."""
        async with self._db.transaction() as session:
            call = await repository.call(session, interaction_id)
            return call is not None and call.offer_declined_at is not None

    async def wrap_up(
        self, actor: Actor, interaction_id: UUID, reason: str, tags: tuple[str, ...], note: str
    ) -> None:
        """End the call with its reason; drafts are forgotten. Raises `UnknownReason` and keeps everything."""
        if self.reasons and reason not in {each.code for each in self.reasons}:
            raise UnknownReason
        if len(note) > LONGEST_NOTE:
            raise NoteTooLong(LONGEST_NOTE)
        now = self._clock.now()
        async with self._db.transaction() as session:
            call = await self._mine(session, actor, interaction_id)
            call.reason, call.tags, call.note, call.ended_at = reason, list(tags), _printable(note), now
            await repository.drop_drafts(session, interaction_id)
            audit.record(session, actor, now, "call.wrap_up", "interaction", interaction_id, reason=reason)

    async def check_own_number(
        self, actor: Actor, interaction_id: UUID, subscriber_id: UUID, msisdn: str
    ) -> CheckView:
        """Record that the caller's number is the line itself."""
        return await self._identity.own_number(
            actor, await self._for_check(actor, interaction_id), msisdn, subscriber_id
        )

    async def check_service_password(
        self, actor: Actor, interaction_id: UUID, subscriber_id: UUID, password: str
    ) -> CheckView:
        """Check the six-digit password; the result is recorded, never the password."""
        call = await self._for_check(actor, interaction_id)
        return await self._identity.service_password(actor, call, subscriber_id, password)

    async def send_code(self, actor: Actor, interaction_id: UUID, subscriber_id: UUID, msisdn: str) -> None:
        """Send a one-time code to the line itself."""
        await self._identity.send_code(
            actor, await self._for_check(actor, interaction_id), subscriber_id, msisdn
        )

    async def check_code(
        self, actor: Actor, interaction_id: UUID, subscriber_id: UUID, code: str
    ) -> CheckView:
        """Check the one-time code."""
        return await self._identity.code(
            actor, await self._for_check(actor, interaction_id), subscriber_id, code
        )

    async def checks_passed(self, interaction_id: UUID, subscriber_id: UUID) -> frozenset[CheckMethod]:
        """The methods passed on a call for a line; joins a running transaction."""
        async with self._db.transaction() as session:
            return await checks_passed(session, interaction_id, subscriber_id)

    async def _for_check(self, actor: Actor, interaction_id: UUID) -> Interaction:
        actor.require(Permission.CHECK_IDENTITY)
        async with self._db.transaction() as session:
            return await self._mine(session, actor, interaction_id)

    async def _mine(self, session: AsyncSession, actor: Actor, interaction_id: UUID) -> Interaction:
        call = await repository.call(session, interaction_id)
        if call is None or call.ended_at is not None or call.staff_id != actor.staff_id:
            raise CallNotOpen
        return call

    async def _view(
        self, session: AsyncSession, call: Interaction, actor: Actor, fresh: bool = False
    ) -> InteractionView:
        checks = [] if fresh else await repository.checks(session, call.id)
        since = self._clock.now() - _FORGOTTEN_AFTER
        line = call.subscriber_id
        return InteractionView(
            id=call.id,
            channel=call.channel,
            msisdn=call.msisdn,
            subscriber_id=line,
            started_at=call.started_at,
            ended_at=call.ended_at,
            reason=call.reason,
            tags=tuple(call.tags),
            note=call.note,
            checks=tuple(
                CheckView(CheckMethod(c.method), CheckResult(c.result), c.checked_at) for c in checks
            ),
            drafts={} if fresh else await repository.drafts(session, call.id),
            others=await repository.others_on(session, line, actor.staff_id, since) if line else (),
            offer_declined_at=call.offer_declined_at,
        )


def _printable(text: str) -> str:
    """Without control characters other than line breaks and tabs; PostgreSQL refuses NUL."""
    return "".join(sign for sign in text if sign >= " " or sign in "\n\t")


def _printable_in(value: Any) -> Any:
    """The same for every text inside a draft, however deep."""
    if isinstance(value, str):
        return _printable(value)
    if isinstance(value, dict):
        return {key: _printable_in(inner) for key, inner in cast("dict[str, Any]", value).items()}
    if isinstance(value, list | tuple):
        return [_printable_in(inner) for inner in cast("list[Any]", value)]
    return value
