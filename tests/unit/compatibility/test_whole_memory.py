"""What is remembered of whole catalogues outlives neither rules nor catalogue nor the customer it is of."""

from datetime import date

from crm.core.catalog.engine import Catalogue
from crm.core.compatibility.ruleset import RuleSet
from crm.core.compatibility.schemas import Verdict
from crm.core.compatibility.whole_catalogue import WholeCatalogue
from tests.unit.compatibility.world import TODAY, catalogue, customer, rules

TARGET = "ao88-88"


def test_the_same_question_is_answered_once() -> None:
    whole = WholeCatalogue()
    first = whole.judge(customer("gprs-old-5"), "hotline", (), rules(), catalogue())
    assert whole.judge(customer("gprs-old-5"), "hotline", (), rules(), catalogue()) is first
    assert whole.knows(rules(), catalogue())


def test_another_customer_channel_day_or_step_is_another_question() -> None:
    whole = WholeCatalogue()
    facts = customer("music-membership")
    asked = [
        whole.judge(facts, "hotline", (), rules(), catalogue()),
        whole.judge(customer(), "hotline", (), rules(), catalogue()),
        whole.judge(facts, "store", (), rules(), catalogue()),
        whole.judge(customer("music-membership", on=date(2026, 11, 30)), "hotline", (), rules(), catalogue()),
        whole.judge(facts, "hotline", (f"price:{TARGET}",), rules(), catalogue()),
    ]
    assert len({id(each) for each in asked}) == len(asked)
    assert [each.verdict(TARGET) for each in asked[:3]] == [Verdict.STORE, Verdict.CONSENT, Verdict.CONSENT]


def test_new_rules_and_a_new_catalogue_start_anew() -> None:
    whole = WholeCatalogue()
    assert whole.judge(customer(), "hotline", (), rules(), catalogue()).verdict(TARGET) is Verdict.CONSENT
    none = RuleSet(())
    assert whole.judge(customer(), "hotline", (), none, catalogue()).verdict(TARGET) is Verdict.ALLOW
    assert not whole.knows(rules(), catalogue())
    fewer = Catalogue(each for each in catalogue().offerings.values() if each.code != TARGET)
    assert whole.judge(customer(), "hotline", (), none, fewer).verdict(TARGET) is None


def test_only_the_last_customers_are_remembered() -> None:
    whole = WholeCatalogue()
    first = whole.judge(customer("gprs-old-5"), "hotline", (), rules(), catalogue())
    for number in range(70):
        whole.judge(customer("gprs-old-5", on=TODAY), "hotline", (f"price:{number}",), rules(), catalogue())
    again = whole.judge(customer("gprs-old-5"), "hotline", (), rules(), catalogue())
    assert again is not first
    assert again.verdict(TARGET) is first.verdict(TARGET)
