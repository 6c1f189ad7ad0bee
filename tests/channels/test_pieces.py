"""The pure pieces of the pages: how things are written, the basket between two clicks, the time axis."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.channels.desk import formats
from crm.channels.desk.basket_draft import BasketDraft
from crm.channels.desk.forms import NotUnderstood, clean, parse_identity
from crm.channels.desk.session import safe_next
from crm.channels.desk.timeline import Axis, bar
from crm.channels.desk.views import bold, query_url, segments
from crm.core.catalog.engine import Catalogue
from crm.core.catalog.schemas import Offering, OfferingKind, Timing
from crm.core.compatibility.schemas import Change, ChangeItem, Verdict
from crm.core.inventory.schemas import HeldProduct
from crm.platform.ids import new_id

NOW = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
CATALOGUE = Catalogue(
    [
        Offering(code="plan-a", name="甲套餐", kind=OfferingKind.MAIN_PLAN),
        Offering(code="plan-b", name="乙套餐", kind=OfferingKind.MAIN_PLAN),
        Offering(code="ring", name="彩铃", kind=OfferingKind.VAS),
    ]
)


@pytest.mark.parametrize(
    ("fen", "words"),
    [(0, "¥0.00"), (5, "¥0.05"), (123400, "¥1,234.00"), (-50, "-¥0.50"), (None, "资费待查")],
)
def test_money(fen: int | None, words: str) -> None:
    assert formats.money(fen) == words


def test_numbers_are_grouped_and_anything_else_is_left_alone() -> None:
    assert formats.msisdn("13800138000") == "138 0013 8000"
    assert formats.msisdn("138****8000") == "138****8000"
    assert formats.msisdn("") == ""


@pytest.mark.parametrize(
    ("before", "words"),
    [
        (timedelta(seconds=20), "刚刚"),
        (timedelta(minutes=3), "3 分钟前"),
        (timedelta(hours=5), "5 小时前"),
        (timedelta(days=2), "2 天前"),
        (timedelta(minutes=-30), "30 分钟后"),
    ],
)
def test_distance_in_time(before: timedelta, words: str) -> None:
    assert formats.ago_text(NOW - before, NOW) == words
    assert "2026-11-2" in formats.moment(NOW - before, NOW)


def test_a_moment_is_written_in_shanghai() -> None:
    assert formats.moment_text(NOW) == "2026-11-22 14:00"


def test_every_verdict_has_a_name_a_tone_and_an_icon_of_its_own() -> None:
    looks = [formats.verdict_look(verdict) for verdict in Verdict]
    assert len({look.tone for look in looks}) == len({look.icon for look in looks}) == len(looks)


@given(st.text(), st.text(max_size=5))
def test_marked_text_is_escaped_and_complete(text: str, words: str) -> None:
    marked = bold(text, words)
    assert marked.replace("<mark>", "").replace("</mark>", "") == bold(text, "")
    assert "<script" not in bold("<script>" + text, words)
    assert "<b>" not in segments([(f"<b>{text}", True), (text, False)])


@given(st.text())
def test_typed_text_loses_only_what_nobody_types(text: str) -> None:
    kept = clean(text)
    assert clean(kept) == kept
    assert all(sign >= " " or sign in "\n\t" for sign in kept)


@pytest.mark.parametrize(
    "url", ["//evil", "https://evil", "/\\evil", "javascript:x", "/a\nb", "/login", "", "/logout"]
)
def test_other_addresses_are_not_gone_to(url: str) -> None:
    assert safe_next(url) == ""


def test_own_addresses_are() -> None:
    assert safe_next("/desk?msisdn=1&tab=x") == "/desk?msisdn=1&tab=x"


def test_a_damaged_id_is_named() -> None:
    with pytest.raises(NotUnderstood):
        parse_identity("1; drop table")


def test_addresses_are_encoded() -> None:
    assert query_url("/a", q="张 &", call="") == "/a?q=%E5%BC%A0%20%26"


def test_a_basket_keeps_one_plan_and_nothing_twice() -> None:
    basket = BasketDraft(key="k").add("plan-a", None, CATALOGUE).add("ring", None, CATALOGUE)
    basket = basket.add("plan-b", Timing.NEXT_MONTH, CATALOGUE).add("ring", None, CATALOGUE)
    assert [item.offering for item in basket.items] == ["plan-b", "ring"]
    held = str(new_id())
    basket = basket.remove("ring", held).remove("ring", held)
    assert len([item for item in basket.items if item.action == "delete"]) == 1
    assert basket.key == "k"


def test_every_change_of_a_basket_clears_the_ticks_and_keeps_the_note() -> None:
    ticked = BasketDraft(key="k").add("ring", None, CATALOGUE).tick(("a", "b"), "备注")
    for changed in (
        ticked.add("plan-a", None, CATALOGUE),
        ticked.remove("ring", "x"),
        ticked.at(0, Timing.NOW),
        ticked.record("losses:x"),
    ):
        assert changed.ticked == ()
        assert changed.note == "备注"


def test_an_emptied_basket_and_a_waiting_change_get_a_key_of_their_own() -> None:
    basket = BasketDraft(key="k").add("ring", None, CATALOGUE)
    assert basket.drop(0).key not in ("", "k")
    assert basket.drop(7) == basket
    change = Change(items=(ChangeItem(action="add", offering="plan-a"),))
    assert basket.take(change).change.items == change.items
    assert basket.take(change).key != "k"


def test_a_basket_survives_storing_and_a_damaged_one_is_empty() -> None:
    basket = BasketDraft(key="k").add("ring", Timing.NOW, CATALOGUE).record("x").tick(("t",), "n")
    assert BasketDraft.restore(basket.body()) == basket
    assert BasketDraft.restore({"items": "no"}).items == ()
    assert BasketDraft.restore(None).key


@given(st.dates(date(2000, 1, 1), date(2090, 1, 1)), st.dates(date(2000, 1, 1), date(2090, 1, 1)))
def test_nothing_is_drawn_outside_the_axis(today: date, on: date) -> None:
    axis = Axis(today)
    assert 0 <= axis.place(on) <= 100
    assert 0 < axis.place(today) < 100


def test_a_bar_shows_the_agreement_and_needs_no_style() -> None:
    product = HeldProduct(
        id=new_id(), offering_code="x", origin="agreement", state="active", starts_on=date(2026, 8, 14),
        locked_until=date(2027, 7, 31),
    )  # fmt: skip
    drawn = bar(product, Axis(date(2026, 11, 22)))
    assert 'class="lock"' in drawn
    assert "style" not in drawn
