"""The catalogue in the database: synced from files, imported, versioned, read again by every process."""

import asyncio
import shutil
from pathlib import Path

import msgspec
import pytest

from crm.core.catalog.content import load_offerings
from crm.core.catalog.engine import Catalogue
from crm.core.catalog.errors import CatalogContentInvalid, OfferingUnknown
from crm.core.catalog.schemas import OfferingKind, RowOutcome
from crm.core.catalog.service import CatalogService
from crm.core.staff.errors import NotAllowed
from crm.core.staff.schemas import Actor, Role
from crm.platform.clock import FixedClock
from crm.platform.database import Database
from crm.platform.ids import new_id
from tests.unit.catalog.test_imports import REAL, needs_real_data

CONTENT = Path(__file__).resolve().parents[3] / "catalog" / "offerings"


def _actor(role: Role = Role.AGENT) -> Actor:
    return Actor(staff_id=new_id(), staff_number="1001", name="测试", role=role)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    copy = tmp_path / "catalog" / "offerings"
    shutil.copytree(CONTENT, copy)
    return copy


@pytest.fixture
def service(db: Database, clock: FixedClock, folder: Path) -> CatalogService:
    return CatalogService(db, clock, folder)


async def _rows(db: Database) -> dict[str, tuple[str, str]]:
    async with db.reading() as connection:
        rows = await connection.fetch("SELECT code, origin, content_hash FROM product_offering")
    return {row["code"]: (row["origin"], row["content_hash"]) for row in rows}


async def test_loading_twice_changes_nothing_and_hash_equals_that_of_the_files(
    service: CatalogService, folder: Path
) -> None:
    first = await service.load_content()
    version = service.version
    again = await service.load_content()
    files = load_offerings(folder)[0]
    assert (first.added, first.problems) == (len(files), ())
    assert (again.added, again.changed, again.unchanged, again.discontinued) == (0, 0, len(files), 0)
    assert service.version == version
    # A verdict made without a database replays against one that has it.
    assert service.catalogue.hash == Catalogue(files).hash


async def test_a_changed_file_changes_one_offering_and_another_process_sees_it(
    service: CatalogService, db: Database, clock: FixedClock, folder: Path
) -> None:
    await service.load_content()
    other = CatalogService(db, clock, folder)
    assert await other.refresh() is True
    assert await other.refresh() is False
    file = folder / "sms.toml"
    text = file.read_text("utf-8")
    assert text.count("monthly_fee_fen = 2000\n") == 2
    file.write_text(text.replace("monthly_fee_fen = 2000\n", "monthly_fee_fen = 1900\n", 1), "utf-8")
    report = await service.load_content()
    assert (report.added, report.changed) == (0, 1)
    before = other.catalogue
    assert await other.refresh() is True
    changed = [code for code, each in other.catalogue.offerings.items() if each != before.get(code)]
    assert len(changed) == 1
    assert other.catalogue.offerings[changed[0]].monthly_fee_fen == 1900
    assert other.catalogue.hash != before.hash


async def test_what_leaves_the_files_is_discontinued_and_what_comes_back_is_sold_again(
    service: CatalogService, folder: Path
) -> None:
    await service.load_content()
    everything = len(service.catalogue)
    kept = (folder / "voice.toml").read_text("utf-8")
    (folder / "voice.toml").unlink()
    report = await service.load_content()
    assert report.discontinued == kept.count("[[offering]]")
    assert len(service.catalogue) == everything
    assert service.catalogue.offerings["voice-local-10"].state == "discontinued"
    assert (await service.load_content()).discontinued == 0
    (folder / "voice.toml").write_text(kept, "utf-8")
    await service.load_content()
    assert service.catalogue.offerings["voice-local-10"].state == "on_sale"


async def test_a_mistake_keeps_the_last_good_catalogue(
    service: CatalogService, db: Database, folder: Path
) -> None:
    await service.load_content()
    before, version = await _rows(db), service.version
    (folder / "broken.toml").write_text('[[offering]]\ncode = "x"\nnam = "y"\n', "utf-8")
    report = await service.load_content()
    assert any("broken.toml:3" in str(problem) for problem in report.problems)
    assert await _rows(db) == before
    assert service.version == version
    assert service.catalogue.get("ao88-58") is not None


async def test_a_mistake_on_the_first_start_refuses(
    service: CatalogService, db: Database, folder: Path
) -> None:
    (folder / "broken.toml").write_text("[[offering]\n", "utf-8")
    with pytest.raises(CatalogContentInvalid, match=r"broken\.toml:1"):
        await service.load_content()
    assert await _rows(db) == {}


async def test_two_processes_loading_at_once_agree(db: Database, clock: FixedClock, folder: Path) -> None:
    one, two = CatalogService(db, clock, folder), CatalogService(db, clock, folder)
    reports = await asyncio.gather(one.load_content(), two.load_content())
    assert sorted(report.added for report in reports) == [0, len(one.catalogue)]
    await one.refresh()
    assert one.version == two.version == 1


async def test_search_and_page_need_the_permission(service: CatalogService) -> None:
    await service.load_content()
    auditor = _actor(Role.AUDITOR)
    with pytest.raises(NotAllowed):
        service.search(auditor, "来电")
    with pytest.raises(NotAllowed):
        service.offering(auditor, "ao88-58")
    page = service.search(_actor(), "ldxs", limit=-5, offset=-3)
    assert [hit.offering.code for hit in page.hits] == ["laidian-xianshi"]


async def test_the_page_of_an_offering_speaks_in_words(service: CatalogService) -> None:
    await service.load_content()
    view = service.offering(_actor(), "ao88-58")
    assert (view.kind_name, view.fee_text, view.brands_text) == ("主套餐", "58元/月", "办理后为全球通")
    assert [each.name for each in view.waives] == ["彩铃（5元）", "来电显示"]
    assert "本地主叫通话150分钟" in view.allowances_text
    assert view.add_timings_text == ("次月生效",)
    with pytest.raises(OfferingUnknown, match="没有做任何改动"):
        service.offering(_actor(), "nope" * 50)


@needs_real_data
async def test_the_real_catalogue_is_imported_found_and_shown(service: CatalogService, db: Database) -> None:
    await service.load_content()
    own = len(service.catalogue)
    dry = await service.import_offerings(REAL, dry_run=True)
    assert dry.count(RowOutcome.IMPORTED) == 239
    assert len(await _rows(db)) == own
    async with db.reading() as connection:
        assert (
            await connection.fetchval("SELECT count(*) FROM audit_entry WHERE action = 'catalog.import'") == 0
        )
    report = await service.import_offerings(REAL)
    assert report.count(RowOutcome.IMPORTED) == 239
    version = service.version
    again = await service.import_offerings(REAL)
    assert again.count(RowOutcome.UNCHANGED) == 239
    async with db.reading() as connection:
        entries = await connection.fetch("SELECT action FROM audit_entry ORDER BY at, id")
    assert [entry["action"] for entry in entries] == ["catalog.load", "catalog.import"]
    assert service.version == version
    assert len(service.catalogue) == own + 239
    found = (
        service.search(_actor(), "58元畅享套餐", kind=OfferingKind.MAIN_PLAN, state="on_sale")
        .hits[0]
        .offering
    )
    assert found.name == "58元畅享套餐"
    view = service.offering(_actor(), found.code)
    assert view.origin == "import:offerings"
    assert view.offering.attributes["互斥业务"]
    series = service.search(_actor(), "畅享套餐", state="series").hits[0].offering
    tiers = service.offering(_actor(), series.code).tiers
    assert len(tiers) == 9
    assert found.code in {tier.code for tier in tiers}
    # Imports stay when content is loaded again.
    await service.load_content()
    assert len(service.catalogue) == own + 239


async def test_bad_rows_do_not_stop_good_ones_and_changes_are_told(
    service: CatalogService, db: Database, tmp_path: Path
) -> None:
    await service.load_content()
    row = {"table": "流量", "level": "子业务", "name": "试验包", "attrs": {"功能费": "5元/月"}}
    file = tmp_path / "trial.jsonl"
    file.write_bytes(b"{broken\n" + msgspec.json.encode(row) + b"\n")
    report = await service.import_offerings(file)
    assert [(each.line, each.outcome) for each in report.rows] == [
        (1, RowOutcome.REJECTED),
        (2, RowOutcome.IMPORTED),
    ]
    file.write_bytes(msgspec.json.encode({**row, "attrs": {"功能费": "6元/月"}}))
    assert (await service.import_offerings(file, dry_run=True)).rows[0].outcome is RowOutcome.CHANGED
    assert service.catalogue.offerings[report.rows[1].code].monthly_fee_fen == 500
    assert (await service.import_offerings(file)).rows[0].outcome is RowOutcome.CHANGED
    assert service.catalogue.offerings[report.rows[1].code].monthly_fee_fen == 600


async def test_an_offering_of_a_newer_release_is_left_out_not_fatal(
    service: CatalogService, db: Database
) -> None:
    await service.load_content()
    async with db.reading() as connection:
        await connection.execute(
            "UPDATE product_offering SET document = document || '{\"new_key\": 1}' WHERE code = 'ao88-58'"
        )
        await connection.execute("UPDATE catalog_version SET version = version + 1")
    assert await service.refresh() is True
    assert service.catalogue.get("ao88-58") is None
    assert service.catalogue.get("ao88-88") is not None


async def test_a_dry_run_writes_not_even_a_version(
    service: CatalogService, db: Database, tmp_path: Path
) -> None:
    file = tmp_path / "trial.jsonl"
    file.write_text('{"table":"流量","level":"子业务","name":"试验包"}\n', "utf-8")
    report = await service.import_offerings(file, dry_run=True)
    assert report.count(RowOutcome.IMPORTED) == 1
    async with db.reading() as connection:
        assert await connection.fetchval("SELECT count(*) FROM catalog_version") == 0
        assert await connection.fetchval("SELECT count(*) FROM audit_entry") == 0
