"""Rows of a real catalogue as offerings: what is clear is read, what is not is kept as words."""

import os
from pathlib import Path
from typing import Any

import msgspec
import pytest

from crm.core.catalog.errors import ImportFileUnreadable
from crm.core.catalog.import_amounts import read_allowances, read_fee
from crm.core.catalog.imports import ReadRow, map_rows, read_rows
from crm.core.catalog.schemas import Allowance, Offering, OfferingKind, Timing

REAL = (
    Path(os.environ.get("CRM_BENCH_DATA") or Path(__file__).resolve().parents[4] / "shared" / "bench")
    / "catalog"
    / "offerings.jsonl"
)
needs_real_data = pytest.mark.skipif(
    not REAL.exists(), reason="the public catalogue is not beside the project"
)


def _row(name: str = "58元畅聊套餐", level: str = "子业务", table: str = "套餐", **more: Any) -> bytes:
    attrs = more.pop("attrs", {"功能费": "58", "计费方式": "58元/月，超出另计", "套餐内容_国内主叫": "150"})
    return msgspec.json.encode(
        {"table": table, "level": level, "name": name, "parent": None, "attrs": attrs, **more}
    )


def _one(row: bytes) -> Offering:
    (read,) = map_rows([row], "test")
    assert read.offering is not None, read.reason
    return read.offering


@pytest.mark.parametrize(
    ("name", "attrs", "monthly", "once"),
    [
        ("甲", {"功能费": "58", "计费方式": "58元/月，超出另计"}, 5800, 0),
        ("5元包", {"功能费": "5", "计费方式": "5元/次，当月有效"}, 0, 500),
        ("9元包", {"功能费": "8", "计费方式": "8.99元/次，当月有效"}, 0, 899),  # the column drops the jiao
        ("季包", {"功能费": "30", "计费方式": "30元/3个月，次月生效"}, 0, 3000),
        ("年包", {"功能费": "100元/年"}, 0, 10000),
        ("翻番", {"功能费": "10元/月"}, 1000, 0),
        ("三天", {"功能费": "88元"}, 0, 8800),
        ("免", {"功能费": "免费"}, 0, 0),
        ("无", {"计费方式": "无月功能费"}, 0, 0),
        ("卡", {"功能费": "8", "产品介绍": "月费只需8元，接听免费"}, 800, 0),
        ("卡", {"功能费": "8", "产品介绍": "每月18元/月起"}, None, 0),  # 8 is not said to be monthly
        ("卡", {"功能费": "8"}, None, 0),
        ("多", {"功能费": "28元/48元/68元"}, None, 0),
        ("副", {"功能费": "10元/副卡/月", "计费方式": "10元/副卡/月，向主卡收取"}, None, 0),
        ("天", {"功能费": "30元/天"}, None, 0),
        ("反", {"功能费": "58", "计费方式": "68元/月，超出另计"}, None, 0),  # column and text disagree
        ("360元档年包", {"功能费": "15", "计费方式": "15元/月"}, None, 0),  # name and fee disagree
        ("180元档年包", {"功能费": "15", "计费方式": "15元/月"}, 1500, 0),  # 15 times 12
        ("空", {}, None, 0),
    ],
)
def test_fees_are_read_only_where_the_row_agrees_with_itself(
    name: str, attrs: dict[str, str], monthly: int | None, once: int
) -> None:
    fee = read_fee(name, attrs, is_main_plan=False)
    assert (fee.monthly_fen, fee.one_off_fen) == (monthly, once)
    if monthly is None and attrs.get("功能费"):
        assert attrs["功能费"].rstrip("元") in fee.note


def test_a_plan_without_fee_column_takes_the_price_of_its_tier() -> None:
    assert read_fee("18元档飞享套餐", {}, is_main_plan=True).monthly_fen == 1800
    assert read_fee("18元档飞享包", {}, is_main_plan=False).monthly_fen is None


def test_allowances_are_read_from_plain_amounts_only() -> None:
    said = {
        "套餐内容_国内主叫": "150",
        "套餐内容_国内短信": "200条",
        "套餐内容_国内流量": "20GB",
        "套餐内容_WLAN时长": "40小时",
        "套餐内容_定向视频流量": "1500MB",
        "套餐内容_国内彩信": "按现行标准收取0.3元/条",
    }
    assert read_allowances(said) == (
        Allowance("voice_minutes", 150, "国内主叫"),
        Allowance("sms", 200, "国内"),
        Allowance("data_mb", 20480, "国内"),
        Allowance("data_mb", 1500, "定向视频"),
        Allowance("wlan_minutes", 2400, ""),
    )
    assert read_allowances({"套餐内容_国内流量": "不限量流量", "套餐内容_国内主叫": "0"}) == ()


def test_a_plan_is_orderable_and_keeps_the_brand_of_the_line() -> None:
    plan = _one(_row(attrs={"适用品牌": "全球通、动感地带", "套餐内容_国内主叫": "150", "功能费": "58元/月"}))
    assert plan.kind is OfferingKind.MAIN_PLAN
    assert "主套餐" in plan.tags
    assert (plan.state, plan.sets_brand, plan.brands) == ("on_sale", "", ("全球通", "动感地带"))
    only = _one(_row(attrs={"适用品牌": "神州行", "套餐内容_国内主叫": "150"}))
    assert only.sets_brand == "神州行"


def test_a_condition_that_is_no_list_of_brands_stays_in_words() -> None:
    offering = _one(_row(attrs={"开通客户限制": "已成功开通国际漫游的客户"}))
    assert offering.brands == ()
    assert offering.attributes["开通客户限制"] == "已成功开通国际漫游的客户"


def test_a_row_that_groups_tiers_is_a_series_and_not_on_sale() -> None:
    rows = map_rows([_row("畅聊套餐", "主业务", attrs={}), _row(parent="畅聊套餐")], "test")
    series, tier = (row.offering for row in rows)
    assert series is not None
    assert tier is not None
    assert (series.state, series.kind) == ("series", OfferingKind.MAIN_PLAN)
    assert "套餐系列" in series.tags
    assert "主套餐" not in series.tags
    assert tier.state == "on_sale"
    assert "畅聊套餐" in tier.tags
    alone = _one(_row("标准资费", "主业务", "WLAN", attrs={"功能费": "0"}))
    assert alone.state == "on_sale"


def test_timings_follow_the_row() -> None:
    pack = _one(
        _row("加油包", table="流量", attrs={"开通生效规则": "当月开通，当月生效", "能否变更或取消": "否"})
    )
    assert pack.add_timings == (Timing.NOW,)
    assert pack.remove_timings == (Timing.END_OF_AGREEMENT,)
    plan = _one(
        _row(attrs={"套餐内容_国内主叫": "1", "开通生效规则": "新入网客户当月生效；其他客户当月办理下月生效"})
    )
    assert plan.add_timings == (Timing.NEXT_MONTH,)


def test_codes_are_readable_and_stay_when_other_things_change() -> None:
    one = _one(_row())
    assert one.code.startswith("58yuanchangliaotaocan-")
    assert _one(_row(attrs={"功能费": "60"})).code == one.code
    assert _one(_row(table="流量")).code != one.code
    assert _one(_row("😀")).code.startswith("offering-")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b"{", "JSON"),
        (b"\xff\xfe", "JSON"),
        (b"[]", "字段不对"),
        (b'{"table": "x"}', "字段不对"),
        (b'{"table":"t","level":"\xe5\xad\x90\xe4\xb8\x9a\xe5\x8a\xa1","name":5}', "字段不对"),
        (_row(attrs={"功能费": 5}), "字段不对"),
        (_row(name="  "), "名称"),
        (_row(name="长" * 121), "名称"),
        (_row(name="a\x00b"), "控制字符"),
        (_row(level="其他"), "级别"),
        (b" " + b"x" * 1_000_001, "1 MB"),
    ],
)
def test_a_bad_row_is_rejected_with_its_reason_and_the_others_go_on(line: bytes, said: str) -> None:
    bad, good = map_rows([line, b"", _row()], "test")
    assert bad.offering is None
    assert (bad.line, good.line) == (1, 3)
    assert said in bad.reason
    assert good.offering is not None


def test_the_same_product_twice_is_told_with_the_first_line() -> None:
    first, second = map_rows([_row(), _row(attrs={"功能费": "60"})], "test")
    assert first.offering is not None
    assert second.offering is None
    assert "第 1 行" in second.reason


def test_unknown_keys_byte_order_mark_and_windows_lines_are_tolerated(tmp_path: Path) -> None:
    file = tmp_path / "x.jsonl"
    file.write_bytes(b"\xef\xbb\xbf" + _row(extra=1) + b"\r\n\r\n" + _row("乙") + b"\r\n")
    assert [row.name for row in read_rows(file, "x")] == ["58元畅聊套餐", "乙"]
    with pytest.raises(ImportFileUnreadable, match="没有导入任何产品"):
        read_rows(tmp_path / "missing.jsonl", "x")
    with pytest.raises(ImportFileUnreadable):
        read_rows(tmp_path, "x")


@pytest.fixture(scope="module")
def real() -> list[ReadRow]:
    return read_rows(REAL, "offerings")


@needs_real_data
def test_every_real_row_becomes_an_offering_and_nothing_is_dropped(real: list[ReadRow]) -> None:
    lines = [msgspec.json.decode(line) for line in REAL.read_bytes().splitlines()]
    assert len(real) == len(lines) == 239
    for row, source in zip(real, lines, strict=True):
        assert row.offering is not None, row.reason
        assert row.offering.name == source["name"]
        assert source["attrs"].items() <= row.offering.attributes.items()
    codes = [row.offering.code for row in real if row.offering]
    assert len(set(codes)) == 239


@needs_real_data
def test_real_plans_have_price_minutes_and_tag(real: list[ReadRow]) -> None:
    offerings = [row.offering for row in real if row.offering]
    plans = [each for each in offerings if each.kind is OfferingKind.MAIN_PLAN and each.state == "on_sale"]
    assert len(plans) == 49
    assert all("主套餐" in plan.tags for plan in plans)
    assert sum(plan.monthly_fee_fen is not None for plan in plans) == 48
    by_name = {each.name: each for each in offerings}
    assert by_name["58元畅享套餐"].monthly_fee_fen == 5800
    assert by_name["9元流量月末包"].one_off_fee_fen == 899
    assert by_name["360元档幸福流量年包"].monthly_fee_fen is None
    assert by_name["畅享套餐"].state == "series"
    assert sum(each.state == "series" for each in offerings) == 37
