"""An imported exclusion at the desk: refused with the cell's words, settled, and closed at a month's end."""

from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from crm.core.compatibility.schemas import Verdict
from crm.core.ordering.errors import NotOrderable
from crm.core.staff.schemas import Role
from tests.factories import Held, World, add


@pytest.fixture
async def packs(world: World, tmp_path: Path) -> dict[str, str]:
    """Name → code of three imported packs, one of which excludes the other and a name nobody knows."""
    attrs = {"功能费": "10", "计费方式": "10元/月", "受理时间": "每月最后一天19点后无法办理"}
    rows = [
        {"table": "流量", "level": "子业务", "name": name, "parent": None, "attrs": attrs}
        for name in ("轻享包", "畅快包", "老友计划")
    ]
    cell = {"service": "轻享包", "kind": "互斥业务", "text": "畅快包、老朋友优惠"}
    files = {"packs.jsonl": rows, "cells.jsonl": [cell]}
    for name, lines in files.items():
        (tmp_path / name).write_bytes(b"\n".join(msgspec.json.encode(line) for line in lines))
    catalog = world.services.catalog
    await catalog.import_offerings(tmp_path / "packs.jsonl")
    await catalog.exclusions.import_cells(tmp_path / "cells.jsonl")
    return {each.name: each.code for each in catalog.catalogue.offerings.values()}


async def test_who_holds_one_is_refused_the_other_until_it_is_cancelled(
    world: World, packs: dict[str, str]
) -> None:
    desk = await world.desk(await world.line("gotone-standard", Held(code=packs["畅快包"])))
    judgement = await world.judge(desk, add(packs["轻享包"]))
    assert judgement.qualification.verdict is Verdict.FIRST
    (finding,) = [each for each in judgement.qualification.findings if each.rule_id == "CAT-12"]
    assert "产品目录“轻享包”的互斥业务一栏：畅快包、老朋友优惠" in finding.explain
    with pytest.raises(NotOrderable):
        await world.submit(desk, judgement)


async def test_a_settled_phrase_counts_in_the_next_judgement(world: World, packs: dict[str, str]) -> None:
    desk = await world.desk(await world.line("gotone-standard", Held(code=packs["老友计划"])))
    assert (await world.judge(desk, add(packs["轻享包"]))).qualification.can_be_ordered
    analyst = await world.staff(Role.BUSINESS, ["business"])
    exclusions = world.services.catalog.exclusions
    (row,) = exclusions.page(analyst).rows
    await exclusions.settle(analyst, row.key, [packs["老友计划"]])
    assert not (await world.judge(desk, add(packs["轻享包"]))).qualification.can_be_ordered
    await exclusions.reopen(analyst, row.key)
    assert (await world.judge(desk, add(packs["轻享包"]))).qualification.can_be_ordered


@pytest.mark.parametrize(("hour", "open_"), [(18, True), (19, False), (23, False)])
async def test_on_a_months_last_evening_nothing_is_taken(
    world: World, packs: dict[str, str], hour: int, open_: bool
) -> None:
    world.clock.move_to(datetime(2026, 11, 30, hour - 8, 59, tzinfo=UTC))
    desk = await world.desk(await world.line("gotone-standard"))
    judgement = await world.judge(desk, add(packs["轻享包"]))
    assert judgement.qualification.can_be_ordered is open_
    told = [each.explain for each in judgement.qualification.findings if each.rule_id == "CAT-32"]
    assert told == ([] if open_ else ["轻享包每月最后一天19点后不受理，要到下月1日才能办理。"])
