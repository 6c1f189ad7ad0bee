"""Names in characters and pairs."""

from crm.core.customer.grams import folded, name_grams, name_query


def test_every_character_and_pair_is_there_once() -> None:
    assert name_grams("张张三") == "'三' '张' '张三' '张张'"


def test_any_part_of_a_name_asks_only_for_grams_it_has() -> None:
    name = "贵州黔程商贸有限公司"
    grams = set(name_grams(name).split(" "))
    for start in range(len(name)):
        for end in range(start + 1, len(name) + 1):
            assert set(name_query(name[start:end]).split(" & ")) <= grams


def test_quotes_and_backslashes_cannot_break_out() -> None:
    assert name_query("'\\") == "'''\\\\'"


def test_full_width_dots_and_case_are_folded() -> None:
    assert folded("Ａbdul·Rahman") == "abdulrahman"
