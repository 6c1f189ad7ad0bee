"""A small world for tests: staff, customers, lines with products, and calls whose checks are passed.

Everything is written with the tables of the rooms, so that a test says in one line what it starts from.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import text

from crm.app import Services, wire
from crm.core.catalog.models import ProductOffering
from crm.core.catalog.schemas import Offering, Timing
from crm.core.compatibility.schemas import Change, ChangeItem
from crm.core.customer.models import Customer, Subscriber
from crm.core.interaction.models import IdentityCheck, Interaction
from crm.core.inventory.models import Product
from crm.core.ordering.errors import NetworkRefused
from crm.core.ordering.schemas import Judgement, NetworkOrder, OrderView, SubmitOrder
from crm.core.staff.models import StaffGroup, StaffMember, StaffMembership
from crm.core.staff.schemas import Actor, Role
from crm.platform.clock import FixedClock, day_of
from crm.platform.database import Database
from crm.platform.ids import new_id
from crm.platform.settings import Settings

HOTLINE_CHECKS = ("service_password", "sms_code")


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """A product a line holds from the start; days count from the clock's today."""

    code: str
    origin: str = "self"
    status: str = "active"
    since_days: int = 300
    starts_on: date | None = None
    ends_on: date | None = None
    locked_until: date | None = None
    came_with: str = ""  # code of another product of the line
    campaign: str = ""


@dataclass
class Line:
    """A phone line with its products by offering code."""

    id: UUID
    msisdn: str
    products: dict[str, UUID] = field(default_factory=dict[str, UUID])

    def held(self, code: str) -> str:
        """The id by which a basket names the product."""
        return str(self.products[code])


class Network:
    """The network's edge: notes what it is told; fails or refuses when a test says so."""

    def __init__(self) -> None:
        self.told: list[NetworkOrder] = []
        self.down = False
        self.refusing: frozenset[str] = frozenset()

    async def carry_out(self, order: NetworkOrder) -> None:
        if self.down:
            raise ConnectionError("网元无响应")
        if order.offering_code in self.refusing:
            raise NetworkRefused("网元拒绝：号码无此权限")
        self.told.append(order)


class Sms:
    """The SMS gateway's edge: notes what was sent."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []

    async def send(self, msisdn: str, text: str) -> None:
        self.sent.append((msisdn, text))


class World:
    """Every service on one database, and builders for what tests start from."""

    def __init__(self, settings: Settings, db: Database, clock: FixedClock) -> None:
        self.db = db
        self.clock = clock
        self.network = Network()
        self.sms = Sms()
        self.services: Services = wire(settings, db, clock, sms=self.sms, provisioning=self.network)
        self.ordering = self.services.ordering
        self._numbers = 13_900_000_000

    @property
    def today(self) -> date:
        return day_of(self.clock.at)

    async def staff(
        self, role: Role = Role.AGENT, groups: Iterable[str] = (), number: str | None = None
    ) -> Actor:
        """A person with a role, member of groups whose codes equal their queues."""
        self._numbers += 1
        person = StaffMember(
            staff_number=number or str(self._numbers)[-5:], name=f"员工{self._numbers}", role=role.value,
            password_hash="-",
        )  # fmt: skip
        async with self.db.transaction() as session:
            session.add(person)
            await session.flush()
            ids: list[UUID] = []
            for code in groups:
                kind = "store" if code.startswith("store:") else "back_office"
                found = (
                    await session.execute(
                        text("SELECT id FROM staff_group WHERE code = :code"), {"code": code}
                    )
                ).scalar_one_or_none()
                if found is None:
                    group = StaffGroup(code=code, name=code, kind=kind)
                    session.add(group)
                    await session.flush()
                    found = group.id
                session.add(StaffMembership(staff_id=person.id, group_id=found))
                ids.append(found)
        return Actor(
            staff_id=person.id, staff_number=person.staff_number, name=person.name, role=role,
            group_ids=tuple(ids), group_codes=tuple(groups), ip="10.0.0.8",
        )  # fmt: skip

    async def line(
        self,
        *held: Held | str,
        brand: str = "全球通",
        line_kind: str = "普通",
        profile_recorded: bool = True,
        **more: Any,
    ) -> Line:
        """A line of a new customer with these products, in the order given."""
        self._numbers += 1
        now = self.clock.at
        customer = Customer(name="测试客户", profile_recorded=profile_recorded, created_at=now)
        subscriber = Subscriber(
            customer_id=customer.id, msisdn=str(self._numbers), brand=brand, line_kind=line_kind,
            region="贵阳", opened_on=self.today - timedelta(days=400), **more,
        )  # fmt: skip
        line = Line(subscriber.id, subscriber.msisdn)
        async with self.db.transaction() as session:
            session.add(customer)
            await session.flush()
            session.add(subscriber)
            await session.flush()
            for each in held:
                product = self._product(line, each if isinstance(each, Held) else Held(code=each), now)
                line.products[product.offering_code] = product.id
                session.add(product)
        return line

    def _product(self, line: Line, held: Held, now: datetime) -> Product:
        return Product(
            subscriber_id=line.id,
            offering_code=held.code,
            origin=held.origin,
            status=held.status,
            starts_on=held.starts_on or self.today - timedelta(days=held.since_days),
            ends_on=held.ends_on,
            locked_until=held.locked_until,
            came_with_id=line.products.get(held.came_with),
            campaign=held.campaign,
            created_at=now,
        )

    async def call(self, actor: Actor, line: Line, checks: Iterable[str] = HOTLINE_CHECKS) -> UUID:
        """A running call of the line with the agent, these checks passed."""
        now = self.clock.at
        call = Interaction(started_at=now, msisdn=line.msisdn, subscriber_id=line.id, staff_id=actor.staff_id)
        async with self.db.transaction() as session:
            session.add(call)
            session.add_all(
                IdentityCheck(
                    interaction_id=call.id, subscriber_id=line.id, staff_id=actor.staff_id, method=method,
                    result="passed", checked_at=now,
                )
                for method in checks
            )  # fmt: skip
        return call.id

    async def judge(self, desk: "Desk", *items: ChangeItem, recorded: tuple[str, ...] = ()) -> Judgement:
        """The verdict on a basket."""
        change = Change(items=items, recorded=recorded)
        return await self.ordering.judge(desk.actor, desk.call, desk.line.id, change)

    async def desk(self, line: Line, checks: Iterable[str] = HOTLINE_CHECKS) -> "Desk":
        """An agent on a call with the line."""
        actor = await self.staff()
        return Desk(actor, line, await self.call(actor, line, checks))

    async def submit(self, desk: "Desk", judgement: Judgement, **changes: Any) -> OrderView:
        """Order what was judged, everything ticked."""
        return await self.ordering.submit(desk.actor, order_of(desk, judgement, **changes))

    async def sell(self, offering: Offering) -> None:
        """Add an offering to the catalogue, as an import does."""
        async with self.db.transaction() as session:
            session.add(
                ProductOffering(
                    code=offering.code, name=offering.name, kind=offering.kind.value, origin="import:test",
                    document=msgspec.to_builtins(offering), content_hash="-", updated_at=self.clock.at,
                )
            )  # fmt: skip
            await session.execute(text("UPDATE catalog_version SET version = version + 1"))
        await self.services.catalog.refresh()

    async def rows(self, statement: str, **arguments: Any) -> list[dict[str, Any]]:
        """Look into the database."""
        async with self.db.transaction() as session:
            found = await session.execute(text(statement), arguments)
            return [dict(row) for row in found.mappings()]

    async def product(self, line: Line, code: str) -> dict[str, Any]:
        """The newest product of an offering on a line."""
        rows = await self.rows(
            "SELECT * FROM product WHERE subscriber_id = :line AND offering_code = :code "
            "ORDER BY created_at DESC, id DESC",
            line=line.id,
            code=code,
        )
        assert rows, f"the line has never held {code}"
        return rows[0]

    async def messages(self, line: Line) -> list[str]:
        """The texts queued for a line, oldest first."""
        rows = await self.rows(
            "SELECT text FROM message WHERE subscriber_id = :line ORDER BY created_at, id", line=line.id
        )
        return [row["text"] for row in rows]


@dataclass(frozen=True)
class Desk:
    """An agent, the line on the phone and the call."""

    actor: Actor
    line: Line
    call: UUID


def order_of(desk: Desk, judgement: Judgement, **changes: Any) -> SubmitOrder:
    """The command that orders what was judged, everything ticked, with a key of its own."""
    values: dict[str, Any] = {
        "idempotency_key": str(new_id()),
        "interaction_id": desk.call,
        "subscriber_id": desk.line.id,
        "change": judgement.change,
        "consent_token": judgement.qualification.consent_token,
        "ticked": tuple(each.key for each in judgement.qualification.sentences),
        "basis": judgement.basis,
    }
    return SubmitOrder(**(values | changes))


def add(code: str, timing: Timing | None = None) -> ChangeItem:
    """A basket line that adds an offering."""
    return ChangeItem(action="add", offering=code, timing=timing)


def remove(line: Line, code: str, timing: Timing | None = None) -> ChangeItem:
    """A basket line that cancels a product of the line."""
    return ChangeItem(action="delete", offering=code, held_id=line.held(code), timing=timing)


def settings_for(url: str, folder: Path) -> Settings:
    """Settings for a database outside the fixtures, as a bench needs them."""
    key = "dGVzdC1rZXktdGVzdC1rZXktdGVzdC1rZXktdGVzdCE="
    keys = dict.fromkeys(("CRM_ENCRYPTION_KEY", "CRM_INDEX_KEY"), key)
    return Settings.from_environment({"DATABASE_URL": url, "CRM_DATA_DIR": str(folder), **keys})
