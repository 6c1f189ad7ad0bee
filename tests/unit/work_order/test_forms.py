"""What people type into forms: money, dates, odd signs, and mistakes named one by one."""

from pathlib import Path
from typing import Any

import pytest

from crm.core.work_order.content import load_work_orders
from crm.core.work_order.errors import FieldsInvalid, TooLong, TypeMissing
from crm.core.work_order.forms import check_form, clean, form_values, limited, msisdn_of, title_of

CONTENT = load_work_orders(Path(__file__).resolve().parents[3] / "workorders")[0]
COMPLAINT = CONTENT.type_of("complaint")
GOOD: dict[str, Any] = {"category": "资费争议", "demand": "退费"}


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("138 0001 0002", "13800010002"), ("+8613800010002", "13800010002"), ("138-0001-0002", "13800010002"),
     ("1380001000", None), ("028100860000", None), ("１３８", None), ("😀", None), ("", None)],
)  # fmt: skip
def test_numbers_as_people_type_them(typed: str, kept: str | None) -> None:
    assert msisdn_of(typed) == kept


@pytest.mark.parametrize(
    ("typed", "fen"), [("12.5", 1250), ("¥1,234.00", 123400), ("0", 0), (500, 500), ("￥5", 500)]
)
def test_money_becomes_fen(typed: object, fen: int) -> None:
    assert check_form(COMPLAINT, GOOD | {"amount": typed})["amount"] == fen


@pytest.mark.parametrize("typed", ["十块", "-1", "1.234", "NaN", "Infinity", "1e99", "99999999999"])
def test_odd_money_is_refused(typed: str) -> None:
    with pytest.raises(FieldsInvalid) as refused:
        check_form(COMPLAINT, GOOD | {"amount": typed})
    assert set(refused.value.fields) == {"amount"}


def test_every_mistake_is_named_at_once() -> None:
    with pytest.raises(FieldsInvalid) as refused:
        check_form(COMPLAINT, {"category": "没有这类", "happened_on": "昨天", "demand": " ", "colour": "red"})
    assert set(refused.value.fields) == {"category", "happened_on", "demand", "colour"}


def test_empty_fields_are_left_out_and_dates_are_plain() -> None:
    kept = check_form(COMPLAINT, GOOD | {"happened_on": "2026/11/22", "evidence": "", "amount": ""})
    assert kept == GOOD | {"happened_on": "2026-11-22"}


def test_control_signs_go_and_emoji_stay() -> None:
    assert clean("a\x00b\x07\r\nc😀\t") == "ab\nc😀"
    with pytest.raises(TooLong, match="3000"):
        limited("长" * 3000, "备注")


def test_title_fills_the_pattern_and_stays_short() -> None:
    assert title_of(COMPLAINT, GOOD) == "投诉（资费争议）：退费"
    assert title_of(COMPLAINT, {}) == "投诉"
    assert len(title_of(COMPLAINT, {"demand": "退" * 500})) == 80


def test_values_are_read_in_the_order_of_the_form_and_lost_fields_survive() -> None:
    shown = form_values(COMPLAINT, {"amount": 1250, "category": "其他", "gone": "旧字段"})
    assert [(each.label, each.text) for each in shown] == [
        ("投诉类别", "其他"), ("涉及金额（元）", "¥12.50"), ("gone", "旧字段"),
    ]  # fmt: skip


def test_type_by_code_by_name_and_by_near_miss() -> None:
    assert CONTENT.type_of("取消集团业务").code == "cancel_group_service"
    with pytest.raises(TypeMissing, match="complaint"):
        CONTENT.type_of("complaints")


def test_order_of_a_type_or_queue_that_left_the_folder_is_still_workable() -> None:
    assert "已停用" in CONTENT.kind_of("old_type").name
    assert "已停用" in CONTENT.place_of("old_queue").name
