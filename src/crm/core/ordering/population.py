"""All lines and past orders as the compatibility room rehearses them; numbers leave this room masked."""

from datetime import date, datetime
from uuid import UUID

import msgspec

from crm.core.compatibility.schemas import Change, Facts
from crm.core.compatibility.service import RehearsedLine, RehearsedOrder
from crm.core.inventory.service import InventoryService
from crm.core.ordering import past_orders
from crm.core.ordering.facts import facts_of
from crm.platform.database import Database

_as_facts = msgspec.json.Decoder(Facts).decode
_as_change = msgspec.json.Decoder(Change).decode


class PastAndPresent:
    """Reads page by page, so that a rehearsal of a million lines holds no snapshot open."""

    def __init__(self, db: Database, inventory: InventoryService) -> None:
        self._db = db
        self._inventory = inventory

    async def line_count(self) -> int:
        """How many lines there are."""
        return await self._inventory.line_count()

    async def lines(self, after: UUID | None, limit: int, on: date) -> tuple[RehearsedLine, ...]:
        """The next lines by id, with what they hold as of `on`."""
        page = await self._inventory.holdings_after(after, limit, on)
        return tuple(RehearsedLine(each.subscriber_id, masked(each.msisdn), facts_of(each)) for each in page)

    async def order_count(self, since: datetime) -> int:
        """How many orders were placed since then."""
        async with self._db.reading() as connection:
            return await past_orders.count_since(connection, since)

    async def orders(self, since: datetime, after: UUID | None, limit: int) -> tuple[RehearsedOrder, ...]:
        """The next orders by id that were placed since then, with the facts they were judged on."""
        async with self._db.reading() as connection:
            rows = await past_orders.past_orders(connection, since, after or UUID(int=0), limit)
        return tuple(
            RehearsedOrder(order_id, f"{number}（{masked(msisdn)}）", _as_facts(facts), _as_change(change))
            for order_id, number, msisdn, facts, change in rows
        )


def masked(msisdn: str) -> str:
    """138****0001."""
    return f"{msisdn[:3]}****{msisdn[-4:]}"
