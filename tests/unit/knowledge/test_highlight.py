"""Marked pieces are the text again; a snippet shows where most matches are."""

from hypothesis import given
from hypothesis import strategies as st

from crm.core.knowledge.highlight import SNIPPET_CHARS, mark, snippet


@given(st.text(max_size=80), st.lists(st.text(min_size=1, max_size=3), max_size=5))
def test_pieces_join_to_the_text(text: str, terms: list[str]) -> None:
    pieces = mark(text, terms)
    assert "".join(piece for piece, _ in pieces) == text
    assert all(piece for piece, _ in pieces)


def test_a_long_body_is_cut_around_the_matches() -> None:
    text = "前" * 300 + "流量用完以后怎么办" + "后" * 300
    pieces = snippet(text, ["流量", "用完"])
    shown = "".join(piece for piece, _ in pieces)
    assert shown.startswith("…")
    assert shown.endswith("…")
    assert ("流量用完", True) in pieces
    assert len(shown) <= SNIPPET_CHARS + 2


def test_without_a_match_the_beginning_is_shown() -> None:
    assert snippet("甲" * 200, ["乙"])[0][0] == "甲" * SNIPPET_CHARS


def test_markup_in_a_text_stays_text() -> None:
    assert mark("<b>流量</b>", ["流量"]) == [("<b>", False), ("流量", True), ("</b>", False)]


def test_the_beginning_is_preferred_because_the_answer_is_there() -> None:
    text = "流量用完可以加包。" + "细" * 300 + "流量用完后" + "节" * 100
    assert snippet(text, ["流量", "用完"])[0] == ("流量用完", True)
