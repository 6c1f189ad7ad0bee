"""Use cases of messages: write one with the business it belongs to, send it after the commit."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from crm.core.notice import repository
from crm.core.notice.models import Message
from crm.core.notice.schemas import SmsGateway
from crm.platform.clock import Clock
from crm.platform.database import Database


class NoticeService:
    """The only door to messages."""

    def __init__(self, db: Database, clock: Clock, gateway: SmsGateway) -> None:
        self._db = db
        self._clock = clock
        self._gateway = gateway

    def queue(self, session: AsyncSession, subscriber_id: UUID, msisdn: str, kind: str, text: str) -> None:
        """Write a message into the running transaction; the worker sends it once that is committed."""
        session.add(
            Message(
                created_at=self._clock.now(), subscriber_id=subscriber_id, msisdn=msisdn, kind=kind, text=text
            )
        )

    async def send_secret(self, subscriber_id: UUID, msisdn: str, kind: str, text: str, shown: str) -> None:
        """Send a text that must not be stored, keeping `shown`. Raises OSError when it is not taken."""
        await self._gateway.send(msisdn, text)
        now = self._clock.now()
        async with self._db.transaction() as session:
            session.add(
                Message(
                    created_at=now,
                    subscriber_id=subscriber_id,
                    msisdn=msisdn,
                    kind=kind,
                    text=shown,
                    sent_at=now,
                )
            )

    async def send_due(self, limit: int = 100) -> int:
        """Hand waiting messages to the gateway; returns how many it took. Each is sent at least once."""
        async with self._db.transaction() as session:
            taken = 0
            for message in await repository.due(session, self._clock.now(), limit):
                try:
                    await self._gateway.send(message.msisdn, message.text)
                except OSError:
                    break  # the gateway is away: the rest waits for the next round
                message.sent_at = self._clock.now()
                taken += 1
            return taken
