"""What a line holds, and how it changes inside somebody's transaction."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from crm.core.customer.models import Customer, Subscriber
from crm.core.inventory.errors import LineMissing, ProductChanged, ProductMissing
from crm.core.inventory.models import Product
from crm.core.inventory.schemas import HeldProduct, StartProduct
from crm.core.inventory.service import InventoryService
from crm.platform.clock import FixedClock
from crm.platform.database import Database
from crm.platform.ids import new_id

TODAY = date(2026, 11, 22)
NEXT_MONTH = date(2026, 12, 1)


@pytest.fixture
async def line(db: Database, clock: FixedClock) -> UUID:
    """A line of a customer, holding nothing."""
    customer = Customer(name="张伟", created_at=clock.now(), star_level=4, profile_recorded=False)
    subscriber = Subscriber(
        customer_id=customer.id,
        msisdn="13800010001",
        brand="动感地带",
        region="贵阳",
        opened_on=date(2020, 1, 1),
    )
    async with db.transaction() as session:
        session.add(customer)
        await session.flush()
        session.add(subscriber)
    return subscriber.id


@pytest.fixture
def inventory(db: Database, clock: FixedClock) -> InventoryService:
    return InventoryService(db, clock)


async def put(db: Database, line: UUID, code: str, **more: object) -> UUID:
    """Store a product as it is given."""
    values = {
        "status": "active",
        "starts_on": date(2026, 1, 1),
        "created_at": datetime(2026, 1, 1, tzinfo=UTC),
        **more,
    }
    product = Product(id=new_id(), subscriber_id=line, offering_code=code, **values)
    async with db.transaction() as session:
        session.add(product)
    return product.id


async def states(inventory: InventoryService, line: UUID, on: date = TODAY) -> dict[str, str]:
    return {each.offering_code: each.state for each in (await inventory.holdings(line, on)).products}


async def test_facts_of_the_line(inventory: InventoryService, line: UUID) -> None:
    held = await inventory.holdings(line)
    assert (held.on, held.brand, held.line_kind, held.region) == (TODAY, "动感地带", "普通", "贵阳")
    assert (held.status, held.profile_recorded, held.star_level) == ("active", False, 4)
    assert held.products == ()


async def test_a_line_that_does_not_exist(inventory: InventoryService, db: Database) -> None:
    with pytest.raises(LineMissing):
        await inventory.holdings(uuid4())
    with pytest.raises(LineMissing):
        async with db.transaction() as session:
            await inventory.lock_subscriber(session, uuid4())


async def test_states_as_of_a_day(inventory: InventoryService, db: Database, line: UUID) -> None:
    await put(db, line, "running")
    await put(db, line, "reserved", status="reserved", starts_on=NEXT_MONTH)
    await put(db, line, "ended-this-month", status="terminated", ends_on=date(2026, 11, 5))
    await put(db, line, "ended-on-the-first", status="terminated", ends_on=date(2026, 11, 1))
    await put(db, line, "ended-last-month", status="terminated", ends_on=date(2026, 10, 31))
    await put(db, line, "ending", ends_on=NEXT_MONTH)
    await put(db, line, "never-came", status="cancelled", starts_on=NEXT_MONTH)
    assert await states(inventory, line) == {
        "running": "active",
        "reserved": "reserved",
        "ended-this-month": "ended",
        "ended-on-the-first": "ended",
        "ending": "active",
    }
    assert await states(inventory, line, NEXT_MONTH) == {
        "running": "active",
        "reserved": "active",
        "ending": "ended",
    }


async def test_inside_a_transaction_it_reads_behind_its_own_changes(
    inventory: InventoryService, db: Database, line: UUID
) -> None:
    async with db.transaction() as session:
        started = await inventory.start(
            session, StartProduct(subscriber_id=line, offering_code="cailing-5", starts_on=TODAY)
        )
        inside = await inventory.holdings(line, session=session)
        assert [each.id for each in inside.products] == [started.id]
        assert (await inventory.holdings(line)).products == ()
    assert len((await inventory.holdings(line)).products) == 1


async def test_what_starts_later_is_reserved(inventory: InventoryService, db: Database, line: UUID) -> None:
    async with db.transaction() as session:
        now = await inventory.start(session, start(line, "now", TODAY))
        later = await inventory.start(session, start(line, "later", TODAY + timedelta(days=1)))
    assert (now.state, later.state) == ("active", "reserved")


async def test_an_end_ahead_leaves_it_active_and_an_end_today_does_not(
    inventory: InventoryService, db: Database, line: UUID
) -> None:
    one, other = await put(db, line, "one"), await put(db, line, "other")
    async with db.transaction() as session:
        assert (await inventory.end(session, line, one, NEXT_MONTH)).state == "active"
        assert (await inventory.end(session, line, other, TODAY)).state == "ended"
    with pytest.raises(ProductChanged, match="已结束"):
        async with db.transaction() as session:
            await inventory.end(session, line, other, TODAY)


async def test_an_end_ahead_can_be_taken_back(inventory: InventoryService, db: Database, line: UUID) -> None:
    product = await put(db, line, "one")
    async with db.transaction() as session:
        await inventory.end(session, line, product, NEXT_MONTH)
        assert (await inventory.keep(session, line, product)).ends_on is None


async def test_nobody_ends_a_product_of_another_line(
    inventory: InventoryService, db: Database, line: UUID
) -> None:
    product = await put(db, line, "one")
    for whose, which in ((uuid4(), product), (line, uuid4())):
        with pytest.raises(ProductMissing):
            async with db.transaction() as session:
                await inventory.end(session, whose, which, TODAY)
    assert await states(inventory, line) == {"one": "active"}


async def test_cancelling_a_reserved_plan_takes_what_came_with_it_and_nothing_else(
    inventory: InventoryService, db: Database, line: UUID
) -> None:
    """Story 9, clause 9."""
    plan = await put(db, line, "ao88-58", status="reserved", starts_on=NEXT_MONTH)
    for code, more in {
        "mail-139": {"status": "reserved", "origin": "plan", "came_with_id": plan, "starts_on": NEXT_MONTH},
        "own-with-link": {
            "status": "reserved",
            "origin": "self",
            "came_with_id": plan,
            "starts_on": NEXT_MONTH,
        },
        "own-reserved": {"status": "reserved", "origin": "self", "starts_on": NEXT_MONTH},
        "own-before": {"origin": "self"},
    }.items():
        await put(db, line, code, **more)
    async with db.transaction() as session:
        gone = await inventory.cancel_reserved(session, line, plan)
    assert [each.offering_code for each in gone] == ["ao88-58", "mail-139"]
    assert set(await states(inventory, line)) == {"own-with-link", "own-reserved", "own-before"}
    with pytest.raises(ProductChanged, match="已取消"):
        async with db.transaction() as session:
            await inventory.cancel_reserved(session, line, plan)


async def test_the_daily_job_turns_what_is_due_once(
    inventory: InventoryService, db: Database, line: UUID
) -> None:
    old = await put(db, line, "old-plan", ends_on=NEXT_MONTH)
    new = await put(db, line, "new-plan", status="reserved", starts_on=NEXT_MONTH)
    await put(db, line, "next-year", status="reserved", starts_on=date(2027, 1, 1))
    async with db.transaction() as session:
        assert await inventory.activate_due(session, TODAY) == ()
        turns = await inventory.activate_due(session, NEXT_MONTH)
    assert {(each.product_id, each.turned, each.msisdn) for each in turns} == {
        (old, "ended", "13800010001"),
        (new, "started", "13800010001"),
    }
    async with db.transaction() as session:
        assert await inventory.activate_due(session, NEXT_MONTH) == ()


async def test_a_product_that_began_and_ended_while_the_job_was_down_only_ends(
    inventory: InventoryService, db: Database, line: UUID
) -> None:
    await put(db, line, "one-month", status="reserved", starts_on=TODAY, ends_on=NEXT_MONTH)
    async with db.transaction() as session:
        turns = await inventory.activate_due(session, date(2027, 1, 1))
    assert [(each.turned, each.on) for each in turns] == [("ended", NEXT_MONTH)]


async def test_two_agents_on_one_line_wait_for_each_other(
    inventory: InventoryService, db: Database, line: UUID
) -> None:
    """Each ends the held plan and starts another; the second finds the first one's change, not both plans."""
    plan = await put(db, line, "old-plan")
    inside, seen = asyncio.Event(), list[str]()

    async def first() -> None:
        async with db.transaction() as session:
            await inventory.lock_subscriber(session, line)
            inside.set()
            await asyncio.sleep(0.2)
            await inventory.end(session, line, plan, TODAY)
            await inventory.start(session, start(line, "plan-of-first", TODAY))

    async def second() -> None:
        await inside.wait()
        async with db.transaction() as session:
            await inventory.lock_subscriber(session, line)
            held = await inventory.holdings(line, session=session)
            seen.extend(active(held.products))

    await asyncio.gather(asyncio.create_task(first()), asyncio.create_task(second()))
    assert seen == ["plan-of-first"]


async def test_the_brand_follows_the_plan(inventory: InventoryService, db: Database, line: UUID) -> None:
    async with db.transaction() as session:
        await inventory.set_brand(session, line, "全球通")
        assert (await inventory.lock_subscriber(session, line)).brand == "全球通"


def start(line: UUID, code: str, on: date) -> StartProduct:
    return StartProduct(subscriber_id=line, offering_code=code, starts_on=on)


def active(products: tuple[HeldProduct, ...]) -> list[str]:
    return [each.offering_code for each in products if each.state == "active"]
