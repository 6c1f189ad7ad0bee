"""The six-digit service password of a line: checked, counted, locked. Never shown or stored in clear."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from crm.core.customer.models import Subscriber
from crm.platform.secrets import Vault

PURPOSE = "service-password"


def blind_password(vault: Vault, subscriber_id: UUID | str, password: str) -> bytes:
    """What is stored: a keyed hash bound to the line (docs/decisions/0003-service-password.md)."""
    return vault.blind(f"{subscriber_id}:{password}", PURPOSE)


async def check_password(
    session: AsyncSession,
    vault: Vault,
    now: datetime,
    subscriber_id: UUID,
    password: str,
    attempts: int,
    lock_minutes: int,
) -> str:
    """`passed`, `failed` or `locked`; the row is locked so that attempts are counted one by one."""
    line = await session.get(Subscriber, subscriber_id, with_for_update=True)
    if line is None or line.service_password_hash is None:
        return "failed"
    if line.password_locked_until_at is not None and line.password_locked_until_at > now:
        return "locked"
    if vault.matches(line.service_password_hash, f"{subscriber_id}:{password.strip()}", PURPOSE):
        line.password_failures, line.password_locked_until_at = 0, None
        return "passed"
    line.password_failures += 1
    if line.password_failures < attempts:
        return "failed"
    line.password_failures = 0
    line.password_locked_until_at = now + timedelta(minutes=lock_minutes)
    return "locked"
