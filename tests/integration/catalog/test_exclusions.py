"""Cells imported, settled, imported again and judged: decisions last, nothing is dropped."""

from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from crm.core.catalog.engine import Catalogue
from crm.core.catalog.errors import (
    ImportFileUnreadable,
    NothingChosen,
    PhraseUnknown,
    SettledMeanwhile,
    TargetUnknown,
)
from crm.core.catalog.exclusion_schemas import Way
from crm.core.catalog.service import CatalogService
from crm.core.compatibility.content import load_rules
from crm.core.compatibility.engine import qualify
from crm.core.compatibility.schemas import (
    Change,
    ChangeItem,
    Facts,
    Held,
    Qualification,
    SubscriberFacts,
    Verdict,
)
from crm.core.staff.errors import NotAllowed
from crm.core.staff.schemas import Actor, Role
from crm.platform.clock import FixedClock
from crm.platform.database import Database
from crm.platform.ids import new_id
from tests.unit.catalog.test_imports import REAL, needs_real_data

CATALOG = Path(__file__).resolve().parents[3] / "catalog"
PACKS = ("轻享包", "畅快包", "老友计划", "20元城铁包", "30元城铁包")
RULES = load_rules(CATALOG / "rules")[0]


def _actor(role: Role = Role.BUSINESS, number: str = "4001") -> Actor:
    return Actor(staff_id=new_id(), staff_number=number, name="测试", role=role)


ANALYST = _actor()


def _write(path: Path, *cells: dict[str, str] | bytes) -> Path:
    path.write_bytes(
        b"\n".join(each if isinstance(each, bytes) else msgspec.json.encode(each) for each in cells)
    )
    return path


def _cell(service: str, text: str, kind: str = "互斥业务") -> dict[str, str]:
    return {"service": service, "level": "子业务", "table": "流量", "kind": kind, "text": text}


@pytest.fixture
async def service(db: Database, clock: FixedClock, tmp_path: Path) -> CatalogService:
    """The delivered catalogue and a few imported packs."""
    service = CatalogService(db, clock, CATALOG / "offerings")
    await service.load_content()
    rows = [
        {
            "table": "流量",
            "level": "子业务",
            "name": name,
            "parent": None,
            "attrs": {"功能费": "10", "计费方式": "10元/月"},
        }
        for name in PACKS
    ]
    await service.import_offerings(_write(tmp_path / "packs.jsonl", *rows))
    return service


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return _write(
        tmp_path / "cells.jsonl",
        _cell("轻享包", "畅快包、长漫亲情省业务、部分叠加包"),
        _cell("畅快包", "长漫亲情省、城铁包"),
        _cell("没有的包", "轻享包"),
    )


def _code(service: CatalogService, name: str) -> str:
    return next(each.code for each in service.catalogue.offerings.values() if each.name == name)


def _judge(catalogue: Catalogue, clock: FixedClock, add: str, *held: str) -> Qualification:
    facts = Facts(
        on=clock.today(),
        subscriber=SubscriberFacts(brand="全球通", line_kind="普通", region="贵州", profile_recorded=True),
        held=tuple(Held(id=code, offering=code) for code in ("gotone-standard", *held)),
    )
    return qualify(Change(items=(ChangeItem(action="add", offering=add),)), facts, RULES, catalogue)


async def test_an_import_tells_every_phrase_and_excludes_what_it_knows(
    service: CatalogService, file: Path, clock: FixedClock
) -> None:
    light, quick = _code(service, "轻享包"), _code(service, "畅快包")
    assert _judge(service.catalogue, clock, light, quick).verdict is Verdict.CONSENT
    version = service.version
    report = await service.exclusions.import_cells(file)
    assert (report.added, report.unchanged, report.gone, len(report.rejected)) == (3, 0, 0, 0)
    assert service.version == version + 1
    ways = {partner.phrase: partner.way for each in report.readings for partner in each.partners}
    assert ways == {
        "畅快包": Way.NAME,
        "长漫亲情省业务": Way.OPEN,
        "长漫亲情省": Way.OPEN,
        "部分叠加包": Way.OPEN,
        "城铁包": Way.TIERS,
        "轻享包": Way.NAME,
    }
    for add, held in ((light, quick), (quick, light)):
        judged = _judge(service.catalogue, clock, add, held)
        assert judged.verdict is Verdict.FIRST
        (finding,) = [each for each in judged.findings if each.rule_id == "CAT-12"]
        assert "依据：产品目录“轻享包”的互斥业务一栏：畅快包、长漫亲情省业务、部分叠加包" in finding.explain


async def test_settling_holds_in_every_cell_at_once_and_lasts(
    service: CatalogService, file: Path, db: Database, clock: FixedClock
) -> None:
    await service.exclusions.import_cells(file)
    old, light = _code(service, "老友计划"), _code(service, "轻享包")
    before = service.exclusions.page(ANALYST)
    assert before.counts == {"open": 3, "settled": 0, "known": 3}
    row = before.rows[0]
    assert (row.spellings, len(row.cells)) == (("长漫亲情省业务", "长漫亲情省"), 2)
    preview = service.exclusions.preview(ANALYST, row.key, [old])
    assert (preview.relations, preview.cells) == (2, 2)

    settled = await service.exclusions.settle(ANALYST, row.key, [old], seen="")
    assert (settled.state, settled.relations) == ("settled", 2)
    assert settled.decision is not None
    assert (settled.decision.decided_by, settled.decision.targets) == ("4001", (old,))
    for other in (light, _code(service, "畅快包")):
        assert _judge(service.catalogue, clock, other, old).verdict is Verdict.FIRST

    again = CatalogService(db, clock, CATALOG / "offerings")
    assert await again.refresh()
    assert again.catalogue.hash == service.catalogue.hash

    report = await service.exclusions.import_cells(file)
    assert (report.added, report.changed, report.unchanged) == (0, 0, 3)
    assert service.exclusions.phrase(ANALYST, row.key).decision == settled.decision


async def test_a_decision_can_be_taken_back(service: CatalogService, file: Path) -> None:
    await service.exclusions.import_cells(file)
    untouched = service.catalogue.hash
    key = service.exclusions.page(ANALYST, words="亲情省").rows[0].key
    await service.exclusions.settle(ANALYST, key, ["tag:主套餐"])
    assert service.catalogue.hash != untouched
    version = service.version
    await service.exclusions.reopen(ANALYST, key)
    await service.exclusions.reopen(ANALYST, key)
    assert service.catalogue.hash == untouched
    assert service.version == version + 1


async def test_retired_is_settled_and_excludes_nothing(service: CatalogService, file: Path) -> None:
    await service.exclusions.import_cells(file)
    untouched = service.catalogue.hash
    key = service.exclusions.page(ANALYST, words="部分叠加包").rows[0].key
    row = await service.exclusions.settle(ANALYST, key, [], retired=True)
    assert (row.state, row.way, row.relations) == ("settled", Way.RETIRED, 0)
    assert service.catalogue.hash == untouched


async def test_a_cell_of_an_unknown_offering_waits_for_its_owner(service: CatalogService, file: Path) -> None:
    await service.exclusions.import_cells(file)
    (row,) = [each for each in service.exclusions.page(ANALYST).rows if each.owns]
    assert row.words == "没有的包"
    settled = await service.exclusions.settle(ANALYST, row.key, [_code(service, "20元城铁包")])
    assert settled.relations == 1


async def test_two_analysts_do_not_overwrite_each_other(
    service: CatalogService, file: Path, clock: FixedClock
) -> None:
    await service.exclusions.import_cells(file)
    key = service.exclusions.page(ANALYST).rows[0].key
    first = await service.exclusions.settle(ANALYST, key, [_code(service, "轻享包")], seen="")
    clock.advance(timedelta(seconds=1))
    with pytest.raises(SettledMeanwhile, match="4001"):
        await service.exclusions.settle(_actor(number="4002"), key, [_code(service, "畅快包")], seen="")
    assert service.exclusions.phrase(ANALYST, key).decision == first.decision
    await service.exclusions.settle(_actor(number="4002"), key, [_code(service, "畅快包")], seen=first.seen)
    with pytest.raises(SettledMeanwhile):
        await service.exclusions.reopen(ANALYST, key, seen=first.seen)


async def test_what_cannot_be_settled_is_refused(service: CatalogService, file: Path) -> None:
    await service.exclusions.import_cells(file)
    version, key = service.version, service.exclusions.page(ANALYST).rows[0].key
    for targets, error in (([], NothingChosen), (["no-such"], TargetUnknown), (["tag:没有"], TargetUnknown)):
        with pytest.raises(error):
            await service.exclusions.settle(ANALYST, key, targets)
    with pytest.raises(PhraseUnknown):
        await service.exclusions.settle(ANALYST, "没有这个说法", ["gotone-standard"])
    for role in set(Role) - {Role.BUSINESS}:
        with pytest.raises(NotAllowed):
            await service.exclusions.settle(_actor(role), key, ["gotone-standard"])
        with pytest.raises(NotAllowed):
            service.exclusions.page(_actor(role))
    assert service.version == version


async def test_a_newer_file_replaces_and_forgets_cells_but_not_when_lines_are_broken(
    service: CatalogService, file: Path, db: Database
) -> None:
    await service.exclusions.import_cells(file)
    key = service.exclusions.page(ANALYST, words="亲情省").rows[0].key
    await service.exclusions.settle(ANALYST, key, [], retired=True)
    broken = await service.exclusions.import_cells(_write(file, _cell("轻享包", "老友计划"), b"{oops"))
    assert (broken.changed, broken.gone, len(broken.rejected)) == (1, 0, 1)
    newer = await service.exclusions.import_cells(_write(file, _cell("轻享包", "老友计划")))
    assert (newer.changed, newer.unchanged, newer.gone) == (0, 1, 2)
    assert service.exclusions.page(ANALYST, state="").total == 1
    back = await service.exclusions.import_cells(_write(file, _cell("畅快包", "长漫亲情省")))
    assert [partner.way for each in back.readings for partner in each.partners] == [Way.RETIRED]
    async with db.reading() as connection:
        actions = await connection.fetch(
            "SELECT action FROM audit_entry WHERE action LIKE 'catalog.exclusion%'"
        )
    assert [row["action"] for row in actions].count("catalog.exclusion.import") == 4


async def test_a_dry_run_writes_nothing(service: CatalogService, file: Path) -> None:
    version = service.version
    report = await service.exclusions.import_cells(file, dry_run=True)
    assert (report.added, report.relations) == (3, 3)
    assert service.version == version
    assert service.exclusions.page(ANALYST, state="").cells == 0
    with pytest.raises(ImportFileUnreadable):
        await service.exclusions.import_cells(file.with_name("nowhere.jsonl"))


async def test_a_later_offering_settles_its_phrase_by_itself(
    service: CatalogService, file: Path, tmp_path: Path
) -> None:
    await service.exclusions.import_cells(file)
    assert service.exclusions.phrase(ANALYST, "长漫亲情省").state == "open"
    row = {"table": "套餐", "level": "子业务", "name": "长漫亲情省", "parent": None, "attrs": {"功能费": "5"}}
    await service.import_offerings(_write(tmp_path / "late.jsonl", row))
    assert service.exclusions.phrase(ANALYST, "长漫亲情省").state == "known"


@needs_real_data
async def test_the_real_cells_are_imported_and_judged(
    db: Database, clock: FixedClock, service: CatalogService
) -> None:
    await service.import_offerings(REAL)
    report = await service.exclusions.import_cells(REAL.parent / "exclusions.jsonl")
    assert (report.added, len(report.rejected)) == (150, 0)
    assert service.exclusions.page(ANALYST).counts["open"] == 36
    held = _code(service, "1200元流量年包")
    judged = _judge(service.catalogue, clock, _code(service, "60元流量半年包"), held)
    assert judged.verdict is Verdict.FIRST
    assert any("流量年包" in each.explain for each in judged.findings if each.rule_id == "CAT-12")
