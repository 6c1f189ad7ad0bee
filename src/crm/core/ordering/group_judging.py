"""Judging what a group shares: every member on what it holds. Changes nothing."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from uuid import UUID

from crm.core.catalog.engine import Catalogue
from crm.core.compatibility.schemas import Held
from crm.core.inventory.schemas import GroupMember, Holdings, SharedGroup
from crm.core.inventory.service import InventoryService
from crm.core.ordering.authentication import checks_for_change
from crm.core.ordering.basket import name_of
from crm.core.ordering.errors import GroupChangeUnclear, UnknownOffering
from crm.core.ordering.facts import facts_of
from crm.core.ordering.group_engine import Judge, Seen, is_leaving, key_of, leaving_view, member_view, see
from crm.core.ordering.judging import Judging, channel_of
from crm.core.ordering.schemas import (
    GroupChange,
    GroupJudgement,
    GroupLook,
    GroupSentence,
    MemberJudgement,
    Outcome,
)
from crm.core.staff.schemas import Actor, Permission

_AT_ONCE = 200
ACTIONS = frozenset({"cancel", "switch"})


class _Count:
    """What is added up over all members while they go by."""

    def __init__(self, look: GroupLook) -> None:
        self.page: list[MemberJudgement] = []
        self.outcomes: Counter[Outcome] = Counter()
        self.told: Counter[str] = Counter()
        self.losing = self.judged = self.listed = 0
        self.difference: int | None = 0
        self._places = range(look.offset, look.offset + look.limit)
        self._only_losing = look.only_losing

    def add(self, row: MemberJudgement, seen: Seen | None) -> None:
        self.judged += 1
        self.outcomes[row.outcome] += 1
        self.losing += row.loses
        if seen is not None:
            self.told.update({each.text for each in seen.told})
        if row.outcome not in (Outcome.LEFT, Outcome.LEAVING):
            known = self.difference is not None and row.fee_difference_fen is not None
            self.difference = (self.difference or 0) + (row.fee_difference_fen or 0) if known else None
        if self._only_losing and not row.loses:
            return
        if self.listed in self._places:
            self.page.append(row)
        self.listed += 1


class GroupJudging:
    """What looking at a group change and submitting it share."""

    def __init__(self, judging: Judging, inventory: InventoryService) -> None:
        self.judging = judging
        self._inventory = inventory

    async def judge(
        self,
        actor: Actor,
        interaction_id: UUID | None,
        subscriber_id: UUID,
        change: GroupChange,
        look: GroupLook,
    ) -> GroupJudgement:
        """The members' verdicts, as the line `subscriber_id` asks for them."""
        actor.require(Permission.ORDER)
        self.check(change)
        group = await self._inventory.group(change.group_id, subscriber_id)
        count = _Count(look)
        async for row, seen in self.rows(actor, group, change, look.most):
            count.add(row, seen)
        passed = await self.judging.passed(interaction_id, subscriber_id)
        return GroupJudgement(
            group=group,
            change=change,
            offering_name=name_of(self.catalogue, change.offering) if change.offering else "",
            members=tuple(count.page),
            offset=look.offset,
            limit=look.limit,
            total=group.members,
            listed=count.listed,
            only_losing=look.only_losing,
            judged=count.judged,
            counts=dict(count.outcomes),
            losing=count.losing,
            fee_difference_fen=count.difference,
            sentences=tuple(GroupSentence(key_of(text), text, n) for text, n in count.told.items()),
            auth=checks_for_change(channel_of(actor), passed),
        )

    @property
    def catalogue(self) -> Catalogue:
        """The catalogue in force."""
        return self.judging.catalog.catalogue

    def check(self, change: GroupChange) -> None:
        """Raise `GroupChangeUnclear` or `UnknownOffering` unless the change says what it means."""
        if change.action not in ACTIONS or (change.action == "switch") != bool(change.offering):
            raise GroupChangeUnclear("整体变更的内容不完整")
        if change.offering and self.catalogue.get(change.offering) is None:
            raise UnknownOffering(change.offering)

    async def rows(
        self, actor: Actor, group: SharedGroup, change: GroupChange, most: int | None = None
    ) -> AsyncIterator[tuple[MemberJudgement, Seen | None]]:
        """Members in order of their numbers; other requests get their turn between two slices."""
        offset = 0
        while most is None or offset < most:
            room = _AT_ONCE if most is None else min(_AT_ONCE, most - offset)
            members = await self._inventory.members_of(group.id, room, offset)
            holdings = await self._inventory.holdings_of([each.subscriber_id for each in members])
            for member in members:
                if member.subscriber_id in holdings:
                    yield self.of(actor, group, change, member, holdings[member.subscriber_id])
            if len(members) < room:
                return
            offset += len(members)
            await asyncio.sleep(0)  # judging is CPU: others get their turn between two pages of members

    def of(
        self, actor: Actor, group: SharedGroup, change: GroupChange, member: GroupMember, holdings: Holdings
    ) -> tuple[MemberJudgement, Seen | None]:
        """One member's row, and what is behind it."""
        facts = facts_of(holdings)
        own = member.customer_id == group.owner_customer_id
        held = next((each for each in facts.held if each.id == str(member.product_id)), None)
        where = (member.subscriber_id, member.msisdn, own, self.catalogue)
        if held is None or is_leaving(held):
            gone = Held(id=str(member.product_id), offering=member.offering_code, ends_on=member.ends_on)
            return leaving_view(held or gone, *where), None
        seen = see(change, held, facts, channel_of(actor), own, self.judge_with())
        return member_view(seen, held, *where), seen

    def judge_with(self) -> Judge:
        """The checker with the catalogue in force."""
        return Judge(self.judging.qualify, self.catalogue)
