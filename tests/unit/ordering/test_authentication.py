"""Which checks a product change asks for (domain.md §3)."""

import pytest

from crm.core.ordering.authentication import DOCUMENT_SEEN, checks_for_change


@pytest.mark.parametrize(
    ("channel", "passed", "missing"),
    [
        ("hotline", (), ["服务密码", "短信验证码"]),
        ("hotline", ("own_number", "service_password"), ["短信验证码"]),
        ("hotline", ("service_password", "sms_code"), []),
        ("web", ("login",), ["短信验证码"]),
        ("store", ("service_password", "sms_code"), ["机主有效证件"]),
        ("smoke-signals", (), ["服务密码", "短信验证码"]),
    ],
)
def test_the_hotline_asks_for_two_proofs(channel: str, passed: tuple[str, ...], missing: list[str]) -> None:
    assert [check.name for check in checks_for_change(channel, passed) if not check.passed] == missing


def test_a_store_records_that_it_saw_the_document() -> None:
    assert all(check.passed for check in checks_for_change("store", (), (DOCUMENT_SEEN,)))


def test_the_record_of_a_store_is_no_proof_on_the_hotline() -> None:
    assert not any(check.passed for check in checks_for_change("hotline", (), (DOCUMENT_SEEN,)))
