"""Numbers as people type them, and whose they are."""

import pytest

from crm.core.customer.msisdn import (
    digits_of,
    home_region_notice,
    incomplete_notice,
    is_mobile,
    operator_of,
    spaced,
)


@pytest.mark.parametrize(
    "typed",
    [
        "13800010003",
        "138 0001 0003",
        "138-0001-0003",
        "+86 138 0001 0003",
        "0086-13800010003",
        "8613800010003",
        "1795113800010003",
        "（138）0001.0003",
    ],
)
def test_ways_to_write_a_number(typed: str) -> None:
    assert digits_of(typed) == "13800010003"


def test_what_is_no_number() -> None:
    assert digits_of("张伟") is None
    assert digits_of("138a") is None
    assert digits_of("") is None


def test_a_foreign_code_stays() -> None:
    assert digits_of("+852 1234 5678") == "+85212345678"


def test_mobile_numbers() -> None:
    assert is_mobile("19800000000")
    assert not is_mobile("12800000000")
    assert not is_mobile("1380001000")


@pytest.mark.parametrize(
    ("msisdn", "words"),
    [
        ("13999999999", "归属地 10086"),
        ("13012345678", "10010"),
        ("18912345678", "10000"),
        ("19212345678", "10099"),
        ("14012345678", "核对号码"),
    ],
)
def test_a_number_of_others_is_sent_to_its_own_hotline(msisdn: str, words: str) -> None:
    notice = home_region_notice(msisdn, "贵州")
    assert words in notice
    assert spaced(msisdn) in notice


def test_segments_do_not_overlap() -> None:
    assert operator_of("13800010003") is not None
    assert operator_of("14012345678") is None


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("1380001", "号码不完整：1380001 只有 7 位"),
        ("0", "只有 1 位"),
        ("1380001000999", "输入了 13 位"),
        ("张三", "“张三”不是号码"),
        ("+44 20 7946 0000", "境外号码"),
        ("１３８０００１０００１", ""),
        ("12345678901", ""),
    ],
)
def test_what_cannot_be_a_number_is_told_why(typed: str, words: str) -> None:
    notice = incomplete_notice(typed)
    assert words in notice
    assert bool(notice) == bool(words)
