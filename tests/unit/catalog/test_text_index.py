"""Sets of the texts that hold a word."""

from hypothesis import given, settings
from hypothesis import strategies as st

from crm.core.catalog.text_index import TextIndex
from crm.platform.bitsets import places_of

_TEXTS = st.lists(st.text("流量包ab12", max_size=9), max_size=12)
_WORD = st.text("流量包ab12", min_size=1, max_size=4)


@settings(max_examples=400, deadline=None)
@given(_TEXTS, _WORD)
def test_a_word_is_found_where_a_plain_look_finds_it(texts: list[str], word: str) -> None:
    index = TextIndex(texts)
    held = index.holding(word)
    assert list(places_of(held)) == [place for place, text in enumerate(texts) if word in text]
    begun = [place for place, text in enumerate(texts) if text.startswith(word)]
    assert list(places_of(index.starting(word, held))) == begun
