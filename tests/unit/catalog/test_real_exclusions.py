"""The 150 cells of a real catalogue: every phrase has its place, what is understood was read by eye."""

from collections import Counter

import pytest

from crm.core.catalog.engine import Catalogue
from crm.core.catalog.exclusion_partners import PartnerBook
from crm.core.catalog.exclusion_rows import rows_of
from crm.core.catalog.exclusion_schemas import CellReading, Way
from crm.core.catalog.exclusions import merge, read_cells, understand
from crm.core.catalog.imports import read_rows
from crm.core.catalog.schemas import Offering, Relation
from tests.unit.catalog.test_imports import REAL, needs_real_data

pytestmark = needs_real_data

# Phrase → how it is understood and how many offerings it means; read by eye, all of them.
UNDERSTOOD = {
    "2G/3G/4G主套餐": (Way.GROUP, 1),
    "其他套餐": (Way.GROUP, 34),
    "188元档以下和4G套餐": (Way.PRICE, 6),
    "流量年包": (Way.TIERS, 1),
    "全球通专属数据包": (Way.SERIES, 1),
    "和家庭分享": (Way.SERIES, 1),
    "流量半年包": (Way.SERIES, 1),
    "家庭计划": (Way.SERIES, 1),
    "流量小时包": (Way.SERIES, 1),
    "流量季包": (Way.SERIES, 1),
    "流量加油包": (Way.SERIES, 1),
    "港澳台三地畅游包": (Way.SERIES, 1),
    **dict.fromkeys(
        (
            "万能副卡", "任我用流量包", "家庭计划年套餐", "流量安心包", "3元彩信包", "5元彩信包",
            "短信120", "短信500", "9元档任我看视频流量包", "24元档任我看视频流量包",
            "20元地铁流量包", "30元地铁流量包", "50元地铁流量包",
            "短信包10元套餐", "短信包20元套餐", "短信包30元套餐", "短信包40元套餐", "短信包50元套餐",
        ),
        (Way.NAME, 1),
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def offerings() -> list[Offering]:
    return [read.offering for read in read_rows(REAL, "offerings") if read.offering]


@pytest.fixture(scope="module")
def readings(offerings: list[Offering]) -> tuple[CellReading, ...]:
    lines = (REAL.parent / "exclusions.jsonl").read_bytes().split(b"\n")
    cells = [read.cell for read in read_cells(lines, "exclusions") if read.cell]
    assert len(cells) == 150
    return understand(cells, {}, PartnerBook(offerings))


def test_every_cell_has_its_offering_and_every_phrase_its_place(readings: tuple[CellReading, ...]) -> None:
    assert [reading.cell.service for reading in readings if not reading.owners] == []
    ways = Counter(partner.way for reading in readings for partner in reading.partners)
    assert ways == {
        Way.OPEN: 839,
        Way.SERIES: 53,
        Way.NAME: 46,
        Way.GROUP: 46,
        Way.TIERS: 6,
        Way.PRICE: 1,
    }


def test_what_is_understood_is_what_was_read_by_eye(
    readings: tuple[CellReading, ...], offerings: list[Offering]
) -> None:
    rows = rows_of(readings, {}, PartnerBook(offerings))
    found = {row.words: (row.way, len(row.targets)) for row in rows.values() if row.way is not Way.OPEN}
    assert {words: way for words, (way, _) in found.items()} == {
        words: way for words, (way, _) in UNDERSTOOD.items()
    }
    assert {words: count for words, (_, count) in found.items() if words != "其他套餐"} == {
        words: count for words, (_, count) in UNDERSTOOD.items() if words != "其他套餐"
    }
    assert len(rows) - len(found) == 36


def test_the_others_of_the_doubling_are_plans_of_other_series(
    readings: tuple[CellReading, ...], offerings: list[Offering]
) -> None:
    (reading,) = [each for each in readings if each.cell.service == "加10元流量翻番"]
    lower, others, *_ = reading.partners
    named = {each.code: each for each in offerings}
    assert {named[code].name for code in lower.references} == {
        f"{price}档和4G套餐" for price in (38, 58, 88, 108, 128, 158)
    }
    assert not any("和4G套餐" in named[code].tags for code in others.references)


def test_tiers_lists_and_packs_exclude_each_other(
    readings: tuple[CellReading, ...], offerings: list[Offering]
) -> None:
    catalogue = Catalogue(merge(offerings, readings))
    by_name = {each.name: each for each in catalogue.offerings.values() if each.state != "series"}

    def relation(one: str, other: str) -> Relation:
        return catalogue.relation(by_name[one], by_name[other])

    for one, other in (
        ("20元地铁流量包", "50元地铁流量包"),
        ("60元流量半年包", "1200元流量年包"),
        ("98元畅享不限量套餐", "任我用流量包"),
        ("4G任我用卡", "5元加油包"),
        ("万能副卡", "家庭计划年套餐"),
        ("88元畅享套餐", "全球通音乐包"),
    ):
        assert relation(one, other) is Relation.INCOMPATIBLE
        assert relation(other, one) is Relation.INCOMPATIBLE
    assert relation("60元流量半年包", "30元流量季包") is Relation.UNKNOWN
    share = by_name["和家庭分享"]
    assert share.card_exclusions["main"] == share.card_exclusions["secondary"] == ("tag:家庭计划",)
    assert "主卡互斥业务一栏：30元以下档位的流量可选包" in share.relation_sources["tag:家庭计划"]


def test_the_imported_documents_stay_as_they_are(
    readings: tuple[CellReading, ...], offerings: list[Offering]
) -> None:
    assert all(not each.incompatible_with and not each.relation_sources for each in offerings)
    assert any(each.incompatible_with for each in merge(offerings, readings))
