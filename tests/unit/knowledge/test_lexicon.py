"""What a question asks for."""

from crm.core.knowledge.lexicon import FULL, MAX_CHARS, SINGLE, SYNONYM, Lexicon
from crm.core.knowledge.schemas import SynonymGroup

LEXICON = Lexicon(
    [
        SynonymGroup("口头语", ["请问", "的", "吗"], []),
        SynonymGroup("超出", ["用完"], ["超出处理"]),
        SynonymGroup("剩余", ["没用完"], ["结转"]),
        SynonymGroup("价格", ["多少钱"], ["资费"]),
    ]
)


def test_filler_is_left_out() -> None:
    assert set(LEXICON.analyse("请问彩铃的").weights) == {"彩", "铃", "彩铃"}


def test_a_question_of_filler_only_is_searched_as_it_is() -> None:
    assert LEXICON.analyse("请问").weights == {"请": SINGLE, "问": SINGLE, "请问": FULL}


def test_synonyms_are_added_below_what_was_said() -> None:
    weights = LEXICON.analyse("彩铃多少钱").weights
    assert weights["彩铃"] == FULL
    assert weights["资费"] == SYNONYM < FULL


def test_the_longest_phrase_wins() -> None:
    weights = LEXICON.analyse("流量没用完").weights
    assert "结转" in weights
    assert "超出" not in weights


def test_traditional_and_full_width_questions_find_the_same_synonyms() -> None:
    assert LEXICON.analyse("彩鈴多少錢").weights == LEXICON.analyse("彩铃多少钱").weights


def test_letters_are_kept_for_pinyin() -> None:
    assert LEXICON.analyse("LDXS 88").letters == ["ldxs"]


def test_only_the_beginning_of_a_long_text_is_searched() -> None:
    assert "尾" not in LEXICON.analyse("头" * MAX_CHARS + "尾").weights
