"""Ranking, marking and odd input, on a handful of entries."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.core.knowledge.engine import SearchEngine
from crm.core.knowledge.lexicon import Lexicon
from crm.core.knowledge.schemas import ArticleHit, Entry, Segments, SynonymGroup

TODAY = date(2026, 11, 22)


def entry(
    number: int,
    title: str,
    text: str = "",
    keywords: tuple[str, ...] = (),
    valid_from: date = date(2026, 1, 1),
    valid_to: date | None = None,
) -> Entry:
    return Entry(f"KB-{number:04}", "t", "分类", title, keywords, text, valid_from, valid_to)


ENTRIES = [
    entry(1, "来电显示怎么开通", "拨1008639开通来电显示，每月从话费里扣。"),
    entry(2, "彩铃怎么开通", "拨1008634开通彩铃。"),
    entry(3, "88元套餐 功能费", "88元"),
    entry(4, "188元套餐 功能费", "188元"),
    entry(5, "88元套餐 超出处理", "套餐内流量用尽后按0.29元/MB收取"),
    entry(6, "绿色通道谁有权开", "值班长授权", ("插队", "不排队")),
    entry(7, "旧活动", "来电显示打折", valid_to=date(2026, 11, 21)),
    entry(8, "新活动", "来电显示优惠", valid_from=date(2026, 11, 23)),
    entry(9, "今天到期的活动", "来电显示优惠", valid_to=TODAY),
]
LEXICON = Lexicon(
    [
        SynonymGroup("口头语", ["请问", "吗", "的", "了"], []),
        SynonymGroup("价格", ["多少钱"], ["功能费"]),
        SynonymGroup("超出", ["用完"], ["超出处理"]),
    ]
)
ENGINE = SearchEngine(ENTRIES, LEXICON)


def first(words: str) -> str:
    hits = ENGINE.search(words, TODAY)
    return hits[0].id if hits else ""


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("来电显示", "KB-0001"),
        ("來電顯示怎麼開", "KB-0001"),
        ("彩铃咋开通", "KB-0002"),
        ("１００８６３４", "KB-0002"),
        ("88元套餐多少钱", "KB-0003"),
        ("188元套餐多少钱", "KB-0004"),
        ("88元套餐流量用完了", "KB-0005"),
        ("不排队", "KB-0006"),
        ("来点显示怎么开", "KB-0001"),
        ("ldxs", "KB-0001"),
        ("LDXS", "KB-0001"),
        ("laidianxianshi", "KB-0001"),
        ("lstd", "KB-0006"),
    ],
)
def test_the_right_entry_comes_first(words: str, expected: str) -> None:
    assert first(words) == expected


@pytest.mark.parametrize("words", ["", "   ", "😀🎉", "\x00\x01\x1b", "？！", "\ud800"])
def test_nothing_to_search_finds_nothing(words: str) -> None:
    assert ENGINE.search(words, TODAY) == []


def test_a_very_long_question_still_finds_what_it_begins_with() -> None:
    assert first("彩铃怎么开通" + "。" * 10_000) == "KB-0002"
    assert ENGINE.search("彩铃" * 5_000, TODAY)


def test_entries_outside_their_validity_are_left_out() -> None:
    found = {hit.id for hit in ENGINE.search("来电显示 活动 优惠", TODAY)}
    assert "KB-0009" in found
    assert not found & {"KB-0007", "KB-0008"}


def test_the_limit_holds() -> None:
    assert len(ENGINE.search("套餐", TODAY, limit=2)) == 2
    assert ENGINE.search("套餐", TODAY, limit=0)


def test_the_same_question_gives_the_same_list() -> None:
    again = SearchEngine(ENTRIES, LEXICON)
    assert again.search("套餐多少钱", TODAY) == ENGINE.search("套餐多少钱", TODAY)


def test_matched_pieces_are_marked_and_nothing_is_lost() -> None:
    hit = ENGINE.search("來電顯示", TODAY)[0]
    assert hit.title_segments == [("来电显示", True), ("怎么开通", False)]
    assert joined(hit.snippet) == "拨1008639开通来电显示，每月从话费里扣。"
    assert ("来电显示", True) in hit.snippet


def test_a_number_is_marked_only_as_a_whole() -> None:
    hits: dict[str, ArticleHit] = {hit.id: hit for hit in ENGINE.search("88", TODAY)}
    assert hits["KB-0003"].title_segments[0] == ("88", True)
    assert "KB-0004" not in hits


def test_an_empty_engine_answers() -> None:
    assert SearchEngine((), Lexicon()).search("彩铃", TODAY) == []


def joined(segments: Segments) -> str:
    return "".join(text for text, _ in segments)


@given(st.text(max_size=200))
def test_any_text_is_a_question(words: str) -> None:
    for hit in ENGINE.search(words, TODAY):
        entry = next(each for each in ENTRIES if each.id == hit.id)
        assert joined(hit.title_segments) == entry.title
        assert joined(hit.snippet) == entry.text
