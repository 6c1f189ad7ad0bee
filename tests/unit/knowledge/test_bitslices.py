"""Sums over all documents at once agree with adding one by one."""

from hypothesis import given
from hypothesis import strategies as st

from crm.core.knowledge.bitslices import Sums, planes_of

SIZE = 70
POSTINGS = st.dictionaries(st.integers(0, SIZE - 1), st.integers(1, 255), max_size=SIZE)


@given(st.lists(st.tuples(POSTINGS, st.integers(1, 4)), max_size=64), st.integers(1, 80))
def test_the_largest_sums_are_those_of_plain_addition(
    lists: list[tuple[dict[int, int], int]], count: int
) -> None:
    sums = Sums(SIZE)
    plain = [0] * SIZE
    for postings, quarters in lists:
        sums.add_quarters(planes_of(postings.keys(), postings.values(), SIZE), quarters)
        for document, weight in postings.items():
            parts = weight if quarters & 4 else 0
            parts += weight >> 1 if quarters & 2 else 0
            parts += weight >> 2 if quarters & 1 else 0
            plain[document] += parts
    found = dict(sums.largest(count))
    assert all(plain[document] == score for document, score in found.items())
    positive = sorted((score for score in plain if score), reverse=True)
    assert sorted(found.values(), reverse=True) == positive[:count]
