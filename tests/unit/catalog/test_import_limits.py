"""Stacking rules, hours of handling and series, read from the words of a real catalogue's manner."""

import msgspec
import pytest

from crm.core.catalog.import_limits import Stacking, read_last_day, read_stacking
from crm.core.catalog.imports import map_rows
from crm.core.catalog.schemas import Offering


def stacking(text: str, name: str = "30元季包", series: str = "季包") -> Stacking:
    return read_stacking(text, "code", name, series)


@pytest.mark.parametrize(
    ("text", "one_of", "at_once", "by_month", "stackable"),
    [
        ("", "", {}, {}, False),
        ("每月只能订购5档中的一档使其处于生效状态", "季包", {}, {}, False),
        ("半年包和年包无法同时办理。在有效期内不能重复再订购", "季包", {}, {}, False),
        ("最多可同时订购3个季包，到期后可再次订购", "", {"季包": 3}, {}, True),
        ("最多可同时使用3个已充值的数据季卡产品", "", {}, {}, False),
        ("该套餐可重复订购，各档套餐每月最多可订购10次", "", {}, {"code": 10}, True),
        ("一个手机号每月最多可订购10次季包", "", {}, {"季包": 10}, True),
        ("每个客户每个月，最多可订购3次季包产品", "", {}, {"季包": 3}, True),
        ("订购一次性有效，每位客户每月限制订购5次", "", {}, {"季包": 5}, True),
        ("不同档幸福包可叠加办理，每档幸福包只可办理1次", "", {}, {}, False),
        ("可以同时办理所有专属包，但每种每月只能申请一个", "", {}, {"code": 1}, False),
        ("同类产品可以叠加订购", "", {}, {}, True),
        ("与现有产品不存在互斥关系，可以叠加办理", "", {}, {}, False),
        ("套餐流量可叠加使用", "", {}, {}, False),
    ],
)
def test_a_stacking_rule_says(
    text: str, one_of: str, at_once: dict[str, int], by_month: dict[str, int], stackable: bool
) -> None:
    found = stacking(text)
    assert (found.one_of, dict(found.at_once), dict(found.by_month), found.stackable) == (
        one_of,
        at_once,
        by_month,
        stackable,
    )


def test_without_a_series_a_limit_counts_the_offering_itself() -> None:
    assert stacking("每月最多可叠加办理10次", "安心包", "").by_month == {"code": 10}


@pytest.mark.parametrize(
    ("text", "closes"),
    [
        ("", {}),
        ("请以实际情况为准。", {}),
        ("每月最后一天19点后无法办理", {"*": 19}),
        ("每月最后一天无法办理。", {"*": 0}),
        (
            "每月最后一天无法通过网站、10086自动台办理，最后一天19点后无法通过营业厅、短信渠道办理。",
            {"web": 0, "store": 19, "sms": 19},
        ),
        (
            "营业厅、短信渠道：每月最后一天19点后无法办理；网站：每月最后一天无法办理年套餐。",
            {"store": 19, "sms": 19, "web": 0},
        ),
        (
            "每月最后一天19点后无法通过营业厅、短信等渠道办理，每月最后一天无法通过网站办理。",
            {"store": 19, "sms": 19, "*": 19, "web": 0},
        ),
        ("“主卡查询副卡”为每月最后一天19点后无法办理，其他操作均为每月最后一天无法办理。", {"*": 0}),
    ],
)
def test_the_hours_of_a_months_last_day(text: str, closes: dict[str, int]) -> None:
    assert read_last_day(text) == closes


def _row(name: str, level: str = "子业务", **attrs: str) -> bytes:
    common = {"受理时间": "一", "封顶规则": "二", "取消方式": "三", "能否分享": "四", "适用品牌": "全球通"}
    row = {"table": "流量", "level": level, "name": name, "parent": None, "attrs": common | attrs}
    return msgspec.json.encode(row)


def _tags(rows: list[bytes]) -> dict[str, tuple[str, ...]]:
    offerings: list[Offering] = [read.offering for read in map_rows(rows, "test") if read.offering]
    return {each.name: each.tags for each in offerings}


def test_tiers_without_a_parent_belong_to_the_series_they_repeat() -> None:
    other = {"受理时间": "别的", "封顶规则": "别的"}
    tags = _tags([_row("假日包", "主业务"), _row("元旦包"), _row("夜间包", **other), _row("春节包")])
    assert "假日包" in tags["元旦包"]
    assert "假日包" in tags["春节包"]
    assert "假日包" not in tags["夜间包"]
