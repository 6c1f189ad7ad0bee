"""What `make proof` rests on is whole: the logic program knows every word, every survivor has its reason."""

from pathlib import Path

import proof
from proof.killing import argued, ground
from proof.mutants import mutants_of
from proof.translation import words_unknown_to

SEMANTICS = (Path(proof.__file__).parent / "semantics.lp").read_text("utf-8")


def test_the_logic_program_knows_every_word_of_the_vocabulary() -> None:
    assert words_unknown_to(SEMANTICS) == ()
    assert "month_full" in words_unknown_to(SEMANTICS.replace("month_full", ""))


def test_every_mutant_that_may_survive_exists_and_is_argued() -> None:
    names = {mutant.name for source in ground().sources for mutant in mutants_of(source.rule)}
    assert len(names) > 1_000
    for name, why in argued().items():
        assert name in names
        assert len(why) > 40, name
