"""What the search box understands."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.core.customer.query import Meaning, understand


@pytest.mark.parametrize(
    ("typed", "meaning", "text"),
    [
        ("13800010003", Meaning.NUMBER, "13800010003"),
        (" 138 0001 0003 ", Meaning.NUMBER, "13800010003"),
        ("１３８０００１０００３", Meaning.NUMBER, "13800010003"),
        ("+86 13800010003", Meaning.NUMBER, "13800010003"),
        ("138", Meaning.PREFIX, "138"),
        ("13800010", Meaning.PREFIX, "13800010"),
        ("1380", Meaning.PREFIX_OR_LAST_FOUR, "1380"),
        ("张", Meaning.NAME, "张"),
        ("张伟📱", Meaning.NAME, "张伟"),
        ("ABC", Meaning.NAME, "abc"),
        ("11010519491231002x", Meaning.IDENTITY, "11010519491231002X"),
        ("110105 19491231 002X", Meaning.IDENTITY, "11010519491231002X"),
        ("110105491231002", Meaning.IDENTITY, "11010519491231002X"),
        ("91350100M000100Y43", Meaning.IDENTITY, "91350100M000100Y43"),
        ("wo20261122000123", Meaning.WORK_ORDER, "WO20261122000123"),
        ("WO202611", Meaning.WORK_ORDER, "WO20261100000000"),
    ],
)
def test_meanings(typed: str, meaning: Meaning, text: str) -> None:
    understood = understand(typed)
    assert (understood.meaning, understood.text) == (meaning, text)


@pytest.mark.parametrize("typed", ["0003", "4321", "００03"])
def test_four_digits_are_the_last_four(typed: str) -> None:
    assert understand(typed).meaning is Meaning.LAST_FOUR


@pytest.mark.parametrize("typed", ["张伟 0003", "张伟0003", "0003 张伟"])
def test_name_and_last_four(typed: str) -> None:
    understood = understand(typed)
    assert (understood.meaning, understood.text, understood.digits) == (
        Meaning.NAME_AND_LAST_FOUR,
        "张伟",
        "0003",
    )


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "没有可查找的内容"),
        ("   ", "没有可查找的内容"),
        ("😀👍🏽", "表情和控制字符已忽略"),
        ("\x00\x1b\x07", "表情和控制字符已忽略"),
        ("13", "再多输几位"),
        ("23456", "以 1 开头"),
        ("12345678901", "不是有效的手机号码"),
        ("085186812345", "输入了 12 位"),
        ("08518681234", "固定电话"),
        ("+85212345678", "境外"),
        ("0085212345678", "境外"),
        ("1380001000312", "13 位"),
        ("11010519491231003X", "校验位不符"),
        ("91350100M000100Y34", "校验位不符"),
        ("89860012345678901234", "SIM 卡号"),
        ("1" * 30, "30 位"),
        ("WO12", "工单号还没有输全"),
        ("……", "没有可查找的内容"),
        ("字" * 100, "100 个字"),
        ("x" * 10_000, "10000 个字"),
    ],
)
def test_what_cannot_be_looked_for_says_why(typed: str, words: str) -> None:
    understood = understand(typed)
    assert understood.meaning is Meaning.NOTHING
    assert words in understood.notice


def test_an_identity_number_is_never_echoed() -> None:
    for typed in ("11010519491231002X", "11010519491231003X"):
        understood = understand(typed)
        assert "19491231" not in understood.shown + understood.notice


def test_prefix_ranges_end_behind_the_last_number() -> None:
    understood = understand("139")
    assert understood.text <= "13999999999" < understood.upper
    assert understood.upper <= "14000000000"


@given(st.text(max_size=400))
def test_nothing_typed_is_an_error(typed: str) -> None:
    understood = understand(typed)
    assert understood.meaning is not Meaning.NOTHING or understood.notice
    assert "\x00" not in understood.text
