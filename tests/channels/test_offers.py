"""The offering search on the desk: what this customer can have, filtered, sorted, without JavaScript too."""

import re
from collections.abc import Callable
from typing import NamedTuple

import pytest

from tests.channels.test_console import add
from tests.desk_site import Browser

_HIT = re.compile(r'name="offering" value="([^"]+)".*?</li>', re.DOTALL)
_MARK = re.compile(r'title="单独办理这项：([^"]+)".*?</svg>([^<]+)</span>', re.DOTALL)
_PRICE = re.compile(r'<span class="num price"><span>(?:¥([\d,.]+)|资费待查)')
_CHOICE = re.compile(r'value="(\w+)" form="finder"( checked)?[^>]*>(\S+) <span class="num">(\d+)</span>')


class Hit(NamedTuple):
    """One line of the list."""

    code: str
    verdict: str
    mark: str
    price: float | None
    text: str


def hits(page: str) -> list[Hit]:
    """The lines of the list, from top to bottom."""
    found: list[Hit] = []
    for each in _HIT.finditer(page):
        mark, price = _MARK.search(each[0]), _PRICE.search(each[0])
        assert price is not None, each[0]
        fee = None if price[1] is None else float(price[1].replace(",", ""))
        found.append(Hit(each[1], mark[1] if mark else "", mark[2] if mark else "", fee, each[0]))
    return found


def counts(page: str) -> dict[str, int]:
    """How many hits each filter shows."""
    return {value: int(count) for value, _, _, count in _CHOICE.findall(page)}


def asked(agent: Browser, call: str, **parameters: object) -> str:
    """The list as htmx gets it."""
    query = "&".join(f"{name}={value}" for name, value in parameters.items())
    answer = agent.get(f"/desk/calls/{call}/offerings?{query}", htmx=True)
    assert answer.status_code == 200, answer.text
    return answer.text


@pytest.mark.parametrize("number", ["13800010012", "13800010003", "13800010009"])
def test_marks_are_the_checkers_verdict(agent: Browser, number: str) -> None:
    call = agent.open_call(number)
    shown = [hit for hit in hits(asked(agent, call, q="")) if hit.mark][:4]
    shown += [hit for hit in hits(asked(agent, call, q="GPRS")) if hit.mark][:3]
    assert shown
    for hit in shown:
        page = add(agent, call, hit.code)
        verdict = re.search(r'<h2 id="verdict-h">([^<]+)<', page)
        assert verdict is not None
        assert hit.verdict == verdict[1], hit.code
        agent.post(f"/desk/calls/{call}/basket", do="drop", place="0")


def test_filters_count_and_keep_their_hits(agent: Browser) -> None:
    call = agent.open_call("13800010012")
    everything = counts(asked(agent, call, q="套餐"))
    assert everything["store"]
    assert everything["consent"]
    assert everything["all"] >= everything["store"] + everything["consent"]
    stores = asked(agent, call, q="套餐", only="store")
    assert [hit.mark for hit in hits(stores)] == ["须到营业厅"] * everything["store"]
    assert counts(stores) == everything
    assert [value for value, checked, _, _ in _CHOICE.findall(stores) if checked] == ["store"]


def test_nothing_typed_lists_what_the_customer_can_have(agent: Browser) -> None:
    call = agent.open_call("13800010012")
    page = asked(agent, call, q="", only="consent")
    assert {hit.mark for hit in hits(page)} == {"须同意"}
    assert f"共 {counts(page)['consent']} 项" in page


def test_an_empty_filter_says_what_it_hides_and_opens_it(agent: Browser) -> None:
    call = agent.open_call("13800010012")
    page = asked(agent, call, q="套餐", only="now")
    hidden = counts(page)["all"]
    assert counts(page)["now"] == 0
    assert f"藏起了 {hidden} 项" in page
    link = re.search(r'id="all-offers"[^>]*href="([^"]+)"', page)
    assert link is not None
    opened = agent.get(link[1].replace("&amp;", "&")).text
    assert counts(opened)["all"] == hidden
    assert hits(opened)


def test_sorted_by_price_difference_plans_come_first_the_cheapest_first(agent: Browser) -> None:
    call = agent.open_call("13800010012")
    found = hits(asked(agent, call, q="套餐", sort="fee", show="200"))
    found = [hit for hit in found if "aria-disabled" not in hit.text]
    plans = [hit for hit in found if "主套餐" in hit.text]
    assert found[: len(plans)] == plans
    known = [hit.price for hit in plans if hit.price is not None]
    assert known == sorted(known)
    assert any("比现在多" in hit.text for hit in plans)
    assert all("比现在" not in hit.text for hit in found[len(plans) :])


def test_sorted_by_allowance_the_most_comes_first(agent: Browser) -> None:
    call = agent.open_call("13800010012")
    amounts = [
        int(found[1])
        for hit in hits(asked(agent, call, q="", sort="minutes"))
        if (found := re.search(r">(\d+) 分钟<", hit.text))
    ]
    assert len(amounts) > 2
    assert amounts == sorted(amounts, reverse=True)


def test_more_of_a_long_list(agent: Browser) -> None:
    call = agent.open_call("13800010012")
    page = asked(agent, call, q="", only="all")
    assert len(hits(page)) == 12
    more = re.search(r'id="more-offers"[^>]*hx-get="([^"]+)"', page)
    assert more is not None
    longer = agent.get(more[1].replace("&amp;", "&"), htmx=True).text
    assert [hit.code for hit in hits(longer)][:12] == [hit.code for hit in hits(page)]
    assert len(hits(longer)) == 36
    assert longer.index(" data-next") > longer.index(hits(longer)[11].code)


def test_the_same_without_javascript(agent: Browser) -> None:
    call = agent.open_call("13800010012")
    piece = asked(agent, call, q="套餐", only="store", sort="fee")
    page = agent.get(f"/desk?call={call}&tab=orders&q=套餐&only=store&sort=fee").text
    assert hits(page) == hits(piece)
    assert '<option value="fee" selected>' in page
    assert 'name="only" value="store" form="finder" checked' in page
    assert '<form id="finder" action="/desk" method="get"' in page
    listed = agent.get(f"/desk?call={call}&tab=orders&q=&only=consent&sort=relevance").text
    assert {hit.mark for hit in hits(listed)} == {"须同意"}


def test_with_a_basket_the_list_says_that_it_is_left_out(agent: Browser) -> None:
    call = agent.open_call("13800010011")
    assert "没有算在内" not in asked(agent, call, q="彩铃")
    add(agent, call, "cailing-5")
    assert "受理篮里的 1 项没有算在内" in asked(agent, call, q="彩铃")
    agent.post(f"/desk/calls/{call}/basket", do="drop", place="0")


def test_nonsense_is_taken_for_nothing_said(agent: Browser) -> None:
    call = agent.open_call("13800010012")
    plain = asked(agent, call, q="套餐")
    for show in ("-3", "9999999", "²", "x", "0"):
        assert hits(asked(agent, call, q="套餐", only="worst", sort="luck", show=show)) == hits(plain)


def test_a_number_that_is_not_ours_has_no_marks(agent: Browser) -> None:
    call = agent.open_call("13900000001")
    page = asked(agent, call, q="套餐")
    assert hits(page)
    assert all(not hit.mark for hit in hits(page))
    assert counts(page) == {}


def test_a_call_of_somebody_else_is_refused(agent: Browser, as_role: Callable[[str], Browser]) -> None:
    call = agent.open_call("13800010012")
    other = as_role("shift_leader")
    answer = other.get(f"/desk/calls/{call}/offerings?q=套餐", htmx=True)
    assert answer.status_code == 409
