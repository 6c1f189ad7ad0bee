"""Phrases resolved in a small catalogue; what is not certain stays open."""

import pytest

from crm.core.catalog.exclusion_phrases import key_of
from crm.core.catalog.exclusion_schemas import Decision, Way
from tests.unit.catalog.cells import read


@pytest.mark.parametrize(
    ("phrase", "way", "references"),
    [
        ("和家庭分享", Way.NAME, ["和家庭分享"]),
        ("流量安心包业务", Way.KEY, ["数据流量安心包"]),
        ("地铁包", Way.SERIES, ["tag:地铁包"]),
        ("流量年包", Way.TIERS, ["1200元流量年包"]),
        ("2G/3G/4G主套餐", Way.GROUP, ["tag:主套餐"]),
        ("所有主套餐", Way.GROUP, ["tag:主套餐"]),
        ("4G主套餐", Way.GROUP, ["tag:4G套餐"]),
        ("各档地铁包", Way.GROUP, ["tag:地铁包"]),
        ("188元档以下和家庭套餐", Way.PRICE, ["58档和家庭套餐", "88档和家庭套餐"]),
        ("188元及以下档位的和家庭套餐", Way.PRICE, ["58档和家庭套餐", "88档和家庭套餐", "188档和家庭套餐"]),
        ("88元以上的和家庭套餐", Way.PRICE, ["188档和家庭套餐"]),
        ("地铁包30元及以上", Way.PRICE, ["30元地铁包", "50元地铁包"]),
        ("地铁包50元档", Way.PRICE, ["50元地铁包"]),
        ("全球通的地铁包", Way.BRAND, ["20元地铁包", "50元地铁包"]),
        ("动感地带30元地铁包", Way.BRAND, ["30元地铁包"]),
        ("全球通的30元地铁包", Way.OPEN, []),
        ("除58档和家庭套餐外的和家庭套餐", Way.GROUP, ["88档和家庭套餐", "188档和家庭套餐"]),
        ("除不存在的包外的和家庭套餐", Way.OPEN, []),
        ("部分地铁包", Way.OPEN, []),
        ("新本地15元数据流量套餐", Way.OPEN, []),
        ("重名的包", Way.OPEN, []),
        ("30元以下档位的流量可选包", Way.OPEN, []),
        ("其他包月套餐", Way.OPEN, []),
    ],
)
def test_a_phrase_means(phrase: str, way: Way, references: list[str]) -> None:
    (partner,) = read(phrase).partners
    assert (partner.way, list(partner.references)) == (way, references)


def test_a_group_that_holds_the_owner_is_its_siblings() -> None:
    for phrase in ("地铁包", "同类型业务", "其他地铁包", "除本业务外的地铁包", "同系列"):
        (partner,) = read(phrase, "20元地铁包").partners
        assert partner.references == ("30元地铁包", "50元地铁包"), phrase


def test_the_others_are_what_is_not_named_before_with_its_series() -> None:
    first, others = read("188元档以下和家庭套餐、其他套餐").partners
    assert first.references == ("58档和家庭套餐", "88档和家庭套餐")
    assert others.references == ("老卡",)


def test_others_of_a_series_are_the_tiers_not_named() -> None:
    _, others = read("20元地铁包、其他地铁包").partners
    assert others.references == ("30元地铁包", "50元地铁包")


def test_a_series_stands_for_its_tiers_as_owner() -> None:
    assert set(read("万能副卡", "地铁包").owners) == {
        "series-地铁包",
        "20元地铁包",
        "30元地铁包",
        "50元地铁包",
    }


def test_a_cell_of_nobody_is_kept_and_told() -> None:
    reading = read("万能副卡", "没有的产品")
    assert (reading.owners, reading.owner.way) == ((), Way.OPEN)


def test_a_decision_holds_for_every_spelling_and_beats_what_is_guessed() -> None:
    retired = Decision(key="长漫亲情省", words="长漫亲情省业务")
    other = Decision(key="流量年包", words="流量年包", targets=("tag:地铁包",))
    first, second = read("长漫亲情省业务、流量年包", "万能副卡", retired, other).partners
    assert (first.way, first.references) == (Way.RETIRED, ())
    assert (second.way, second.references) == (Way.SETTLED, ("tag:地铁包",))


def test_a_decision_names_the_owner_of_a_cell() -> None:
    decision = Decision(key=key_of("没有的产品"), words="没有的产品", targets=("tag:地铁包",))
    reading = read("万能副卡", "没有的产品", decision)
    assert reading.owners == ("20元地铁包", "30元地铁包", "50元地铁包")
