"""Numbers that hold something together: a group V-net, a family bundle."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from crm.core.inventory.errors import GroupMissing
from crm.core.inventory.repository import GroupRepository
from crm.core.inventory.schemas import GroupMember, SharedGroup
from crm.platform.clock import Clock
from crm.platform.database import Database


class Groups:
    """The part of `InventoryService` that knows who shares what."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._groups = GroupRepository(db)
        self._today = clock.today

    async def group(self, group_id: UUID, subscriber_id: UUID | None = None) -> SharedGroup:
        """A group as the line sees it: is it a member, does its customer own it. Raises `GroupMissing`."""
        found = await self._groups.group(group_id, subscriber_id, self._today())
        if found is None:
            raise GroupMissing
        return _shared(found)

    async def groups_of(self, subscriber_id: UUID) -> tuple[SharedGroup, ...]:
        """What the line shares with other numbers, and what its customer owns, by name."""
        found = await self._groups.groups_of(subscriber_id, self._today())
        return tuple(_shared(each) for each in found)

    async def members_of(self, group_id: UUID, limit: int = 200, offset: int = 0) -> tuple[GroupMember, ...]:
        """Who holds the group's product today, by number; at most `limit` from `offset` on."""
        found = await self._groups.members(group_id, self._today(), limit, offset)
        return tuple(GroupMember(**each) for each in found)

    async def lock_group(self, session: AsyncSession, group_id: UUID) -> None:
        """Take the group for this transaction, so that two orders for all of it do not cross."""
        await self._groups.lock(session, group_id)

    async def join_group(self, session: AsyncSession, product_id: UUID, group_id: UUID) -> None:
        """Let a product stand for membership in a group, as when a group moves to another offering."""
        await self._groups.join(session, product_id, group_id)

    async def move_group(self, session: AsyncSession, group_id: UUID, offering_code: str) -> None:
        """Record what the group holds from now on."""
        await self._groups.move(session, group_id, offering_code)


def _shared(row: Mapping[str, Any]) -> SharedGroup:
    return SharedGroup(**row)
