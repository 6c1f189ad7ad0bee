"""Folding keeps positions; tokens are characters, pairs and runs."""

from hypothesis import given
from hypothesis import strategies as st

from crm.core.knowledge.folding import fold, tokens


def test_traditional_full_width_and_case_become_one_form() -> None:
    assert fold("查詢資費：１０８元ＧＰＲＳ套餐") == "查询资费:108元gprs套餐"


def test_control_characters_and_spaces_become_spaces() -> None:
    assert fold("a\x00b\u3000c\u200bd\n") == "a b c d "


@given(st.text(max_size=60))
def test_folding_keeps_the_length_so_that_matches_can_be_marked(text: str) -> None:
    assert len(fold(text)) == len(text)


@given(st.text(max_size=60))
def test_folding_twice_changes_nothing_more(text: str) -> None:
    assert fold(fold(text)) == fold(text)


def test_tokens_are_characters_pairs_and_runs() -> None:
    assert tokens(fold("88元套餐")) == ["88", "元", "88元", "套", "元套", "餐", "套餐"]


def test_a_gap_separates_pairs_and_letters_do_not_join() -> None:
    assert tokens(fold("4G 套餐")) == ["4g", "套", "餐", "套餐"]
    assert tokens("a.b") == ["a", "b"]


def test_emoji_and_punctuation_have_no_tokens() -> None:
    assert tokens(fold("😀？！——…")) == []
