"""Cells taken apart into phrases."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.core.catalog.exclusion_phrases import former_name, key_of, split


@pytest.mark.parametrize(
    ("text", "phrases"),
    [
        ("甲包、乙包，丙包；丁包。", ["甲包", "乙包", "丙包", "丁包"]),
        ("甲包、", ["甲包"]),
        ("2G/3G/4G主套餐， 甲包", ["2G/3G/4G主套餐", "甲包"]),
        ("甲包、以及乙包", ["甲包", "乙包"]),
        ("甲包以及乙包", ["甲包", "乙包"]),
        ("甲包等业务互斥，与乙包、丙包互斥", ["甲包", "乙包", "丙包"]),
        ("甲包互斥、乙包互斥", ["甲包", "乙包"]),
        ("和家庭分享、同类型业务", ["和家庭分享", "同类型业务"]),
        ("2016/2017年版“十倍、二十倍”方案", ["2016/2017年版“十倍、二十倍”方案"]),
        ("全球通/动感地带的MO套餐", ["全球通的MO套餐", "动感地带的MO套餐"]),
        ("MO套餐20元档等包月套餐", ["MO套餐20元档", "其他包月套餐"]),
        ("甲套餐20元档、其他包月套餐", ["甲套餐20元档", "其他包月套餐"]),
        ("甲包、甲包业务、甲的包", ["甲包"]),
        ("", []),
        ("、，。 ", []),
    ],
)
def test_a_cell_falls_into_its_phrases(text: str, phrases: list[str]) -> None:
    found = split(text)
    assert [each.replace("的", "") for each in found] == [each.replace("的", "") for each in phrases]


def test_a_sentence_names_the_side_that_is_not_the_offering_itself() -> None:
    text = "不限时套餐（原流量套餐）和WLAN流量套餐无法同时办理"
    assert split(text, own={"WLAN流量套餐", "10元WLAN流量套餐"}) == ("不限时套餐（原流量套餐）",)


def test_a_sentence_is_cut_where_a_known_name_is_left() -> None:
    assert split("甲包和和家庭分享不能同时使用", names={"和家庭分享", "甲包"}) == ("甲包", "和家庭分享")


def test_a_name_that_looks_like_a_list_stays_whole() -> None:
    assert split("头等舱包", names={"头等舱包"}) == ("头等舱包",)


def test_spellings_of_one_phrase_share_a_key() -> None:
    assert key_of("长漫亲情省业务") == key_of("长漫亲情省")
    assert key_of("神州行标准客户的15元CMWAP套餐") == key_of("神州行标准客户15元ＣＭＷＡＰ套餐")
    assert key_of("数据流量加油包") == key_of("流量加油包")
    assert key_of("短信包10元套餐") != key_of("短信包20元套餐")
    assert former_name("不限时套餐（原流量套餐）") == "流量套餐"


@given(
    st.text(
        alphabet="甲乙包和与等、，（）()“”互斥无法同时办理其他全球通/动感地带的0129元档 \n\x00😀", max_size=80
    )
)
def test_any_text_is_split_and_nothing_but_words_of_it_comes_out(text: str) -> None:
    for phrase in split(text):
        assert key_of(phrase)
        letters = set(phrase) - set("其他 ")
        assert letters <= set(text)
