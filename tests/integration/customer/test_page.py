"""The customer page: one round trip, masked, on record."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from crm.core.customer.errors import CustomerMissing, CustomerNotAssigned
from crm.core.customer.service import CustomerService
from crm.core.interaction.models import Interaction
from crm.core.ordering.models import ProductOrder
from crm.core.staff.errors import NotAllowed
from crm.core.staff.schemas import Actor, Role
from crm.demo.fixed import line_id
from crm.demo.staff import demo_id
from crm.platform.clock import FixedClock
from crm.platform.database import Database
from tests.integration.customer.conftest import actor
from tests.integration.customer.work import assign


async def looks(db: Database) -> list[dict[str, Any]]:
    async with db.reading() as connection:
        return [dict(row) for row in await connection.fetch("SELECT * FROM audit_entry ORDER BY at, id")]


async def open_call(db: Database, staff_id: UUID, msisdn: str, clock: FixedClock) -> UUID:
    call = Interaction(
        started_at=clock.now(), msisdn=msisdn, subscriber_id=line_id(msisdn), staff_id=staff_id
    )
    async with db.transaction() as session:
        session.add(call)
    return call.id


async def test_everything_of_the_customer_masked(customers: CustomerService, agent: Actor) -> None:
    page = await customers.page(agent, "13800010003")
    assert (page.name_masked, page.identity_masked, page.star_level) == ("张**", "5201**********1234", 5)
    assert "张伟" not in repr(page)
    assert page.plan is not None
    assert page.plan.offering_code == "gotone-standard"
    assert {each.offering_code: each.origin for each in page.products}["vnet-group"] == "group"
    assert [line.msisdn for line in page.other_lines] == ["13800010006"]
    assert [each.staff_number for each in page.contacts] == ["1002", "1001", "1002"]
    assert "repeat_call" in {each.kind for each in page.warnings}


async def test_names_and_prices_come_from_the_catalogue(customers: CustomerService, agent: Actor) -> None:
    page = await customers.page(agent, "13800010003")
    vnet = next(each for each in page.products if each.offering_code == "vnet-group")
    assert (vnet.name, vnet.kind_name, vnet.monthly_fee_fen) == ("集团V网", "V网", 500)


async def test_a_running_agreement_shows_its_last_day(customers: CustomerService, agent: Actor) -> None:
    page = await customers.page(agent, "13800010006")
    bundle = next(each for each in page.products if each.offering_code == "bundle-guanjia-cailing-1y")
    assert bundle.locked
    assert bundle.origin_name == "协议"
    assert bundle.locked_until is not None
    assert bundle.days_locked == (bundle.locked_until - page.as_of).days + 1


async def test_every_look_is_recorded_with_who_when_where_and_which_call(
    customers: CustomerService, clock: FixedClock, db: Database
) -> None:
    call = await open_call(db, actor("1001", Role.AGENT).staff_id, "13800010005", clock)
    who = actor("1001", Role.AGENT, interaction_id=call)
    await customers.page(who, "13800010005")
    await customers.page(who, subscriber_id=line_id("13800010005"))
    await customers.page(actor("1001", Role.AGENT), call_id=call)
    entries = await looks(db)
    assert [entry["action"] for entry in entries] == ["customer.view"] * 3
    for entry in entries:
        assert entry["actor_id"] == who.staff_id
        assert entry["at"] == clock.now()
        assert (entry["ip"], entry["interaction_id"]) == ("10.0.0.8", call)
        assert (entry["subject_kind"], entry["subject_id"]) == ("subscriber", str(line_id("13800010005")))


async def test_a_look_is_never_recorded_on_the_call_of_somebody_else(
    customers: CustomerService, clock: FixedClock, db: Database
) -> None:
    call = await open_call(db, actor("1002", Role.AGENT).staff_id, "13800010005", clock)
    await customers.page(actor("1001", Role.AGENT, interaction_id=call), "13800010005")
    with pytest.raises(CustomerMissing):
        await customers.page(actor("1001", Role.AGENT), call_id=call)
    assert [entry["interaction_id"] for entry in await looks(db)] == [None]


@pytest.mark.parametrize(
    "typed", ["138 0001 0003", "１３８０００１０００３", "+8613800010003", "8613800010003"]
)
async def test_a_number_as_the_switch_or_a_person_writes_it(
    customers: CustomerService, agent: Actor, typed: str
) -> None:
    assert (await customers.page(agent, typed)).msisdn == "13800010003"


async def test_a_missing_profile_is_an_alert(customers: CustomerService, agent: Actor) -> None:
    page = await customers.page(agent, "13800010005")
    assert not page.profile_recorded
    assert page.warnings[0].kind == "profile_missing"


async def test_a_number_that_is_not_here(customers: CustomerService, agent: Actor, db: Database) -> None:
    with pytest.raises(CustomerMissing, match="归属地 10086"):
        await customers.page(agent, "13800010013")
    assert await looks(db) == []


async def test_a_store_sees_only_customers_with_an_open_order_in_its_queue(
    customers: CustomerService, clerk: Actor, db: Database
) -> None:
    await assign(db, "13800010005", "store:guiyang-zhonghua")
    await assign(db, "13800010003", "store:guiyang-zhonghua", number="WO20261101000001", state="archived")
    assert (await customers.page(clerk, "13800010005")).msisdn == "13800010005"
    for other in ("13800010003", "13800010001"):
        with pytest.raises(CustomerNotAssigned):
            await customers.page(clerk, other)
    actions = [entry["action"] for entry in await looks(db)]
    assert sorted(actions) == ["customer.view", "customer.view_refused", "customer.view_refused"]


@pytest.mark.parametrize("role", [Role.ADMIN, Role.AUDITOR, Role.REVIEWER])
async def test_roles_without_customers_are_refused(customers: CustomerService, role: Role) -> None:
    with pytest.raises(NotAllowed):
        await customers.page(actor("9999", role), "13800010003")


async def test_two_agents_on_one_customer_see_each_other(
    customers: CustomerService, clock: FixedClock, db: Database
) -> None:
    mine, theirs = uuid4(), uuid4()
    async with db.transaction() as session:
        for call, number in ((mine, "1001"), (theirs, "1002")):
            session.add(
                Interaction(
                    id=call,
                    started_at=clock.now() - timedelta(minutes=2),
                    msisdn="13800010012",
                    subscriber_id=line_id("13800010012"),
                    staff_id=demo_id("staff", number),
                )
            )
    first = await customers.page(actor("1001", Role.AGENT, interaction_id=mine), "13800010012")
    second = await customers.page(actor("1002", Role.AGENT, interaction_id=theirs), "13800010012")
    assert [each.staff_number for each in first.other_staff] == ["1002"]
    assert [each.staff_number for each in second.other_staff] == ["1001"]
    assert first.warnings[0].kind == "other_staff"


async def test_open_orders_and_work_orders_are_there_and_finished_ones_not(
    customers: CustomerService, agent: Actor, clock: FixedClock, db: Database
) -> None:
    await assign(db, "13800010012", "back_office")
    await assign(db, "13800010012", "back_office", number="WO20261122000009", state="archived")
    async with db.transaction() as session:
        for number, state in (("PO20261122000001", "pending"), ("PO20261122000002", "completed")):
            session.add(
                ProductOrder(
                    number=number,
                    idempotency_key=number,
                    subscriber_id=line_id("13800010012"),
                    channel="hotline",
                    state=state,
                    ordered_at=clock.now(),
                    verdict="allow",
                    change={},
                    facts={},
                    qualification={},
                    rules_hash="",
                    catalogue_hash="",
                )
            )
    page = await customers.page(agent, "13800010012")
    assert [each.number for each in page.open_orders] == ["PO20261122000001"]
    assert [each.number for each in page.open_work_orders] == ["WO20261122000001"]


async def test_one_statement_a_page_and_a_search(
    customers: CustomerService, agent: Actor, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await customers.page(agent, "13800010003")  # statements are prepared once for each connection
    await customers.search(agent, "张伟")
    sent: list[str] = []
    async with db.reading() as connection:
        connection.add_query_logger(lambda record: sent.append(record.query))
        await asyncio.sleep(0)
    await customers.page(agent, "13800010003")
    await customers.search(agent, "张伟")
    await asyncio.sleep(0)  # the driver reports at the next turn of the loop
    assert len(sent) == 2
