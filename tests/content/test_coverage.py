"""docs/coverage.md says what the delivered cases cover, and no case is missing that a rule calls for."""

from proof.coverage import DOCUMENT, Cell, coverage, document, speaks_of
from proof.killing import ground


def test_the_document_is_what_the_cases_say() -> None:
    assert DOCUMENT.read_text("utf-8") == document(), "python -m proof --only coverage --write"


def test_no_case_is_missing() -> None:
    assert coverage().missing == {}


def test_a_rule_speaks_where_it_names_operation_and_kind() -> None:
    rules = {each.rule.id: each.rule for each in ground().sources}
    assert speaks_of(rules["BR-02b"], Cell("add", "sms_pack", "web", "动感地带"))
    assert not speaks_of(rules["BR-02b"], Cell("add", "sms_pack", "store", "动感地带")), "its channels"
    assert not speaks_of(rules["BR-02b"], Cell("add", "sms_pack", "web", "全球通")), "no such member there"
    assert not speaks_of(rules["BR-02b"], Cell("add", "device", "web", "动感地带")), "its kinds"
    assert not speaks_of(rules["BR-13a"], Cell("add", "device", "web", "动感地带")), "it names no kind"
