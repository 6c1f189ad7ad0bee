"""Numbers in addresses and hidden fields that are none: no page breaks on them."""

from collections.abc import Callable

import pytest

from crm.channels.desk.forms import whole_number
from tests.desk_site import Browser


@pytest.mark.parametrize("text", ["", "-1", "+1", "1_0", " 1", "²", "½", "٣", "1000000", "9" * 5000])
def test_what_is_no_number(text: str) -> None:
    assert whole_number(text) is None


def test_what_is_one() -> None:
    assert (whole_number("0"), whole_number("007"), whole_number("999999")) == (0, 7, 999_999)
    assert whole_number("10", most=9) is None


@pytest.mark.parametrize(
    "url",
    [
        "/rules/draft?base=²",
        "/rules/draft?base=99999999",
        "/rules/versions/99999999999",
        "/rules/BR-11b/stopped?week=0001-01-01",
        "/rules/BR-11b/stopped?week=9999-12-31&offset=²",
        "/queues?page=²",
        "/queues?text=²³",
        "/knowledge/gaps?done=²",
    ],
)
def test_a_page_does_not_break(as_role: Callable[[str], Browser], url: str) -> None:
    for role in ("business", "shift_leader"):
        assert as_role(role).get(url).status_code < 500


def test_a_basket_does_not_break(agent: Browser) -> None:
    call = agent.open_call("13800010012")
    assert agent.post(f"/desk/calls/{call}/basket", do="drop", place="²").status_code == 422
