"""The one search box against a database."""

import pytest

from crm.core.customer.service import CustomerService
from crm.core.staff.errors import NotAllowed
from crm.core.staff.schemas import Actor, Role
from crm.platform.database import Database
from tests.integration.customer.conftest import actor
from tests.integration.customer.work import assign

ZHANG_WEI = "520102197901081234"


def found(result: object) -> set[str]:
    return {line.msisdn for group in getattr(result, "groups", ()) for line in group.lines}


@pytest.mark.parametrize(
    "typed", ["13800010003", "138 0001 0003", "+8613800010003", "１３８０００１０００３"]
)
async def test_a_number(customers: CustomerService, agent: Actor, typed: str) -> None:
    result = await customers.search(agent, typed)
    assert found(result) == {"13800010003"}
    assert result.only_line is not None
    assert (result.only_line.name_masked, result.only_line.brand) == ("张**", "全球通")


async def test_a_prefix_in_the_order_of_numbers(customers: CustomerService, agent: Actor) -> None:
    result = await customers.search(agent, "1380001", limit=5)
    assert [line.msisdn for line in result.groups[0].lines] == [f"1380001000{n}" for n in range(1, 6)]
    assert result.groups[0].more


async def test_last_four(customers: CustomerService, agent: Actor) -> None:
    assert "13800010012" in found(await customers.search(agent, "0012", limit=20))


async def test_four_digits_may_be_the_beginning_or_the_end(customers: CustomerService, agent: Actor) -> None:
    result = await customers.search(agent, "1380")
    assert next(group.kind for group in result.groups) == "prefix"


@pytest.mark.parametrize("part", ["张伟", "伟", "张"])
async def test_any_part_of_a_name(customers: CustomerService, agent: Actor, part: str) -> None:
    assert {"13800010003", "13800010006"} <= found(await customers.search(agent, part, limit=200))


async def test_the_exact_name_comes_before_longer_ones(customers: CustomerService, agent: Actor) -> None:
    result = await customers.search(agent, "张伟", limit=2)
    assert found(result) == {"13800010003", "13800010006"}


@pytest.mark.parametrize("part", ["黔程", "商贸有限", "贵阳黔程商贸有限公司", "贵阳 黔程"])
async def test_part_of_an_organisation(customers: CustomerService, agent: Actor, part: str) -> None:
    assert "13800010009" in found(await customers.search(agent, part, limit=50))


async def test_characters_that_a_name_has_but_not_together(customers: CustomerService, agent: Actor) -> None:
    assert "13800010009" not in found(await customers.search(agent, "程黔", limit=50))


async def test_name_with_last_four_tells_namesakes_apart(customers: CustomerService, agent: Actor) -> None:
    assert found(await customers.search(agent, "张伟 0006")) == {"13800010006"}


@pytest.mark.parametrize("typed", ["张%", "张_", "'; DROP TABLE customer; --", "\\", "张' | '李"])
async def test_signs_of_sql_and_tsquery_are_only_text(
    customers: CustomerService, agent: Actor, typed: str
) -> None:
    result = await customers.search(agent, typed)
    assert result.notice or result.groups


async def test_identity_number_finds_every_line_and_leaves_a_trace(
    customers: CustomerService, agent: Actor, db: Database
) -> None:
    result = await customers.search(agent, ZHANG_WEI)
    assert found(result) == {"13800010003", "13800010006"}
    assert "790108" not in result.query
    async with db.reading() as connection:
        entry = await connection.fetchrow("SELECT * FROM audit_entry")
        assert entry is not None
        assert (entry["action"], entry["actor_label"], entry["ip"]) == (
            "customer.search_identity",
            "1001",
            "10.0.0.8",
        )
        assert ZHANG_WEI not in str(dict(entry))
        clear = await connection.fetchval("SELECT count(*) FROM customer c WHERE c::text LIKE '%0108123%'")
        assert clear == 0


async def test_an_identity_number_nobody_has_is_on_record_too(
    customers: CustomerService, agent: Actor, db: Database
) -> None:
    result = await customers.search(agent, "11010519491231002X")
    assert "没有以该证件登记" in result.notice
    async with db.reading() as connection:
        assert await connection.fetchval("SELECT detail->>'lines' FROM audit_entry") == "0"


async def test_a_search_that_shows_somebody_leaves_one_entry(
    customers: CustomerService, agent: Actor, db: Database
) -> None:
    for typed in ("13800010003", "张伟", "0003", "1380", "张伟 0003"):
        await customers.search(agent, typed)
    async with db.reading() as connection:
        entries = await connection.fetch("SELECT * FROM audit_entry ORDER BY at, id")
    assert [entry["action"] for entry in entries] == ["customer.search"] * 5
    assert entries[0]["subject_id"]
    assert entries[0]["actor_label"] == "1001"
    assert "张伟" not in str([dict(entry) for entry in entries])


async def test_a_search_that_shows_nobody_leaves_no_trace(
    customers: CustomerService, agent: Actor, db: Database
) -> None:
    for typed in ("13899999999", "没有这个人", "WO20261101", "12"):
        await customers.search(agent, typed)
    async with db.reading() as connection:
        assert await connection.fetchval("SELECT count(*) FROM audit_entry") == 0


async def test_a_number_of_another_region_is_sent_home(customers: CustomerService, agent: Actor) -> None:
    """Story 26."""
    result = await customers.search(agent, "13800010013")
    assert result.total == 0
    assert "归属地 10086" in result.home_region_notice
    assert "归属地 10086" in customers.home_region_notice("13800010013")


async def test_a_work_order_whole_and_half_typed(
    customers: CustomerService, agent: Actor, db: Database
) -> None:
    await assign(db, "13800010005", "back_office", number="WO20261122000007")
    for typed in ("WO20261122000007", "wo20261122"):
        result = await customers.search(agent, typed)
        assert [hit.number for hit in result.groups[0].work_orders] == ["WO20261122000007"]
    assert "没有这个工单号" in (await customers.search(agent, "WO20261121")).notice


async def test_a_store_finds_only_what_was_given_to_it(
    customers: CustomerService, clerk: Actor, db: Database
) -> None:
    await assign(db, "13800010005", "store:guiyang-zhonghua")
    await assign(db, "13800010003", "back_office", number="WO20261122000002")
    for typed in ("13800010005", "1380001", "0005", "杨秀", "杨秀兰 0005"):
        assert found(await customers.search(clerk, typed)) == {"13800010005"}, typed
    for typed in ("13800010003", "张伟", ZHANG_WEI):
        result = await customers.search(clerk, typed)
        assert result.total == 0
        assert "派给本厅" in result.notice
    assert (await customers.search(clerk, "WO20261122000002")).total == 0


@pytest.mark.parametrize(
    "role", [Role.ADMIN, Role.REVIEWER, Role.BUSINESS, Role.QUALITY, Role.VAULT_APPROVER]
)
async def test_roles_without_customers_are_refused(customers: CustomerService, role: Role) -> None:
    with pytest.raises(NotAllowed):
        await customers.search(actor("9999", role), "13800010003")
