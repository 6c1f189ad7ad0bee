"""`crm seed` and the demo desk of the first start."""

import asyncio
from datetime import date
from typing import Any

import pytest
from click.testing import CliRunner

from crm.commands.seed import seed as command
from crm.core.catalog.engine import Catalogue
from crm.core.customer.service_password import PURPOSE
from crm.core.staff.service import StaffService
from crm.demo.errors import AlreadyFilled, NothingToHold, TooManyLines
from crm.demo.people import DEMO_SERVICE_PASSWORD, LINES
from crm.demo.population import CHUNK
from crm.demo.service import Seeder, fill_empty
from crm.demo.staff import DEMO_PASSWORD, GROUPS, LOGINS
from crm.platform.clock import FixedClock
from crm.platform.database import Database
from crm.platform.secrets import Vault
from crm.platform.settings import Settings

ON = date(2026, 11, 22)
DEMO = len(LINES)
_CLEAR = """SELECT s.id, s.msisdn, s.brand, s.opened_on, c.name, c.identity_index, c.identity_tail,
    (SELECT array_agg(p.id || p.offering_code || p.starts_on ORDER BY p.id) FROM product p
     WHERE p.subscriber_id = s.id) AS products
    FROM subscriber s JOIN customer c ON c.id = s.customer_id ORDER BY s.msisdn"""

_LOADED = "SELECT n_tup_ins FROM pg_stat_user_tables WHERE relname = 'subscriber'"
_SCANS = "SELECT sum(seq_scan)::int FROM pg_stat_user_tables WHERE relname IN ('customer', 'subscriber')"


async def count(db: Database, table: str = "subscriber") -> int:
    async with db.reading() as connection:
        return await connection.fetchval(f"SELECT count(*) FROM {table}")


async def everything(db: Database) -> list[dict[str, Any]]:
    async with db.reading() as connection:
        return [dict(row) for row in await connection.fetch(_CLEAR)]


async def test_the_same_seed_gives_the_same_data(seeder: Seeder, db: Database) -> None:
    assert await seeder.seed(150, 7, ON) == 150 + DEMO
    first = await everything(db)
    assert len(first) == 150 + DEMO
    await seeder.seed(150, 7, ON, reset=True)
    assert await everything(db) == first
    await seeder.seed(150, 8, ON, reset=True)
    assert await everything(db) != first


async def test_a_filled_database_is_left_alone(seeder: Seeder, db: Database) -> None:
    await seeder.seed(20, 7, ON)
    before = await everything(db)
    with pytest.raises(AlreadyFilled, match="--append"):
        await seeder.seed(20, 7, ON)
    assert await everything(db) == before


async def test_append_keeps_what_is_there_whatever_the_seed(seeder: Seeder, db: Database) -> None:
    await seeder.seed(20, 7, ON)
    before = {row["msisdn"]: row for row in await everything(db)}
    assert await seeder.seed(30, 8, ON, append=True) == 50 + DEMO
    after = {row["msisdn"]: row for row in await everything(db)}
    assert {number: after[number] for number in before} == before
    assert len(after) == 50 + DEMO


async def test_reset_clears_customers_and_spares_audit_and_staff(
    seeder: Seeder, db: Database, clock: FixedClock
) -> None:
    await seeder.seed(20, 7, ON)
    async with db.reading() as connection:
        await connection.execute(
            "INSERT INTO audit_entry (id, at, actor_label, ip, action, subject_kind, subject_id, detail)"
            " VALUES (gen_random_uuid(), $1, '1001', '', 'customer.view', '', '', '{}')",
            clock.now(),
        )
    staff = await count(db, "staff_member")
    await seeder.seed(5, 7, ON, reset=True)
    assert await count(db) == 5 + DEMO
    assert await count(db, "audit_entry") == 1
    assert await count(db, "staff_member") == staff == len(LOGINS)


async def test_tables_known_to_be_empty_do_not_make_it_slow(seeder: Seeder, db: Database) -> None:
    """A check of a foreign key that reads the whole table would make the time grow with the square."""
    async with db.reading() as connection:
        await connection.execute("ANALYZE customer, subscriber, product")
        before = await connection.fetchval(_SCANS)
    await seeder.seed(200, 1, ON)
    async with db.reading() as connection:
        for _ in range(60):  # the server hands in its statistics when it is idle
            if await connection.fetchval(_LOADED) >= 200:
                break
            await asyncio.sleep(0.25)
        assert await connection.fetchval(_LOADED) >= 200
        assert await connection.fetchval(_SCANS) - before < 20


async def test_an_interrupted_run_leaves_nothing(seeder: Seeder, db: Database) -> None:
    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await seeder.seed(CHUNK + 10, 7, ON, progress=interrupt)
    assert await count(db) == 0
    assert await count(db, "staff_member") == 0


async def test_progress_is_told_batch_by_batch(seeder: Seeder) -> None:
    heard: list[int] = []
    await seeder.seed(CHUNK + 10, 7, ON, progress=heard.append)
    assert heard == [CHUNK, CHUNK + 10]


async def test_more_lines_than_numbers_is_refused_before_anything(seeder: Seeder, db: Database) -> None:
    with pytest.raises(TooManyLines):
        await seeder.seed(8_000_001, 7, ON)
    assert await count(db) == 0


async def test_an_empty_catalogue_is_refused(db: Database, vault: Vault, clock: FixedClock) -> None:
    with pytest.raises(NothingToHold):
        await Seeder(db, vault, clock, Catalogue(())).seed(10, 7, ON)


async def test_names_are_findable_and_identities_sealed(seeder: Seeder, db: Database, vault: Vault) -> None:
    await seeder.seed(50, 7, ON)
    async with db.reading() as connection:
        rows = await connection.fetch("SELECT *, name_grams::text AS grams FROM customer")
    for row in rows:
        number = vault.open(row["identity_sealed"], "customer.identity")
        assert vault.blind(number, "customer.identity") == row["identity_index"]
        assert row["identity_tail"] == number[:4] + number[-4:]
        assert f"'{row['name'][:2]}'" in row["grams"]


async def test_the_demo_desk_is_made_once(
    db: Database, vault: Vault, clock: FixedClock, catalogue: Catalogue
) -> None:
    assert await fill_empty(db, vault, clock, catalogue, lines=30)
    assert not await fill_empty(db, vault, clock, catalogue, lines=30)
    assert await count(db) == 30 + DEMO
    assert await count(db, "staff_group") == len(GROUPS)


async def test_two_processes_that_start_at_once_make_one_desk(
    db: Database, vault: Vault, clock: FixedClock, catalogue: Catalogue
) -> None:
    made = await asyncio.gather(
        *(asyncio.create_task(fill_empty(db, vault, clock, catalogue, lines=10)) for _ in range(2))
    )
    assert sorted(made) == [False, True]
    assert await count(db) == 10 + DEMO


async def test_demo_logins_and_service_passwords_work(
    db: Database, vault: Vault, clock: FixedClock, catalogue: Catalogue, settings: Settings
) -> None:
    await fill_empty(db, vault, clock, catalogue, lines=1)
    staff = StaffService(db, clock, settings)
    login = await staff.log_in("5001", DEMO_PASSWORD, "127.0.0.1")
    assert login.actor.group_codes == ("store:guiyang-zhonghua",)
    async with db.reading() as connection:
        for line in LINES:
            row = await connection.fetchrow("SELECT * FROM subscriber WHERE msisdn = $1", line.msisdn)
            assert row is not None
            assert vault.matches(
                row["service_password_hash"], f"{row['id']}:{DEMO_SERVICE_PASSWORD}", PURPOSE
            )


def test_the_command(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings.database_url is not None
    monkeypatch.setenv("DATABASE_URL", settings.database_url)
    monkeypatch.setenv("CRM_DATA_DIR", str(settings.data_dir))
    run = CliRunner()
    done = run.invoke(command, ["--subscribers", "12", "--seed", "3"])
    assert done.exit_code == 0, done.output
    assert f"{12 + DEMO} 个号码" in done.output
    again = run.invoke(command, ["--subscribers", "12"])
    assert isinstance(again.exception, AlreadyFilled)
    declined = run.invoke(command, ["--reset"], input="n\n")
    assert declined.exit_code == 1
