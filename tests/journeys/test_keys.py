"""Keys that must do what the page says they do, wherever the focus happens to be."""

from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Request, expect

from tests.journeys.conftest import Keys, Site

pytestmark = pytest.mark.journey


def test_a_slash_in_the_number_field_goes_to_the_search(desk: Callable[[str], Keys]) -> None:
    agent = desk("1001")
    expect(agent.page.locator("#msisdn")).to_be_focused()
    agent.press("/")
    expect(agent.page.locator("#search")).to_be_focused()
    expect(agent.page.locator("#msisdn")).to_have_value("")


def test_ctrl_enter_on_a_line_of_the_basket_submits_the_order(
    site: Site, desk: Callable[[str], Keys]
) -> None:
    agent = desk("1001")
    page = agent.page
    page.goto(f"{site.url}/desk?msisdn=13800010012")
    agent.press("a")
    agent.type("彩铃")
    expect(page.locator("#offer-search")).to_have_attribute("data-answered", "彩铃")
    agent.press("Enter")
    line = page.locator(".basket .line")
    expect(line).to_have_count(1)
    line.locator("button[title=移出受理篮]").focus()
    agent.press("Control+Enter")
    # Nobody has been identified: the order is refused, and its line is still there.
    expect(page.locator("#work [role=alert]")).to_contain_text("没有提交")
    expect(line).to_have_count(1)


def test_the_last_words_are_kept_without_waiting_for_them(site: Site, desk: Callable[[str], Keys]) -> None:
    agent = desk("1001")
    page = agent.page
    page.goto(f"{site.url}/desk?msisdn=13800010011")
    page.locator("#reason").select_option(index=1)
    agent.press("Escape", "n")
    agent.type("最后一句话")
    agent.press("Control+Enter")
    expect(page.get_by_text("上一通电话已小结")).to_be_visible()
    page.goto(f"{site.url}/desk?msisdn=13800010011")
    agent.press("g", "h")
    expect(page.locator(".history")).to_contain_text("最后一句话")


def test_the_offering_search_is_filtered_sorted_and_opened_again_by_keys(
    site: Site, desk: Callable[[str], Keys]
) -> None:
    agent = desk("1001")
    page = agent.page
    page.goto(f"{site.url}/desk?msisdn=13800010012")
    agent.press("a")
    agent.type("套餐")
    expect(page.locator("#offer-search")).to_have_attribute("data-answered", "套餐")
    agent.press("Tab")
    expect(page.locator("#only-all")).to_be_focused()
    agent.press("ArrowRight")
    # Whatever is ordered here has a price to agree to: nothing is left, and a key brings all back.
    expect(page.locator("#offers .empty")).to_contain_text("藏起了")
    expect(page.locator("#only-now")).to_be_focused()
    agent.press("a", "ArrowDown")
    expect(page.locator("#all-offers[data-htmx-powered]")).to_be_focused()
    agent.press("Enter")
    expect(page.locator("#offers .offer").first).to_be_focused()
    agent.press("a", "Tab", "Tab", "ArrowDown")
    expect(page.locator("#offers .offer").first).to_contain_text("比现在")
    expect(page.locator("#offer-sort")).to_be_focused()


def test_filter_order_and_words_of_the_offering_search_stay_together(
    site: Site, desk: Callable[[str], Keys]
) -> None:
    agent = desk("1001")
    page = agent.page
    requests: list[dict[str, list[str]]] = []

    def heard(request: Request) -> None:
        url = urlsplit(request.url)
        if url.path.endswith("/offerings"):
            requests.append(parse_qs(url.query, keep_blank_values=True))

    page.on("request", heard)
    page.goto(f"{site.url}/desk?msisdn=13800010012")
    agent.press("a")
    agent.type("套")
    expect(page.locator("#offer-search")).to_have_attribute("data-answered", "套")
    agent.press("Tab", "ArrowRight")
    expect(page.locator("#offers .empty")).to_contain_text("藏起了")
    expect(page.locator("#only-now")).to_be_focused()
    agent.press("ArrowRight")
    expect(page.locator("#offers .offer").first).to_contain_text("须同意")
    agent.press("Tab")
    expect(page.locator("#offer-sort")).to_be_focused()
    agent.press("ArrowDown")
    expect(page.locator("#offer-sort option[selected]")).to_have_attribute("value", "fee")
    expect(page.locator("#only-consent")).to_be_checked()
    agent.press("Shift+Tab", "Shift+Tab", "End")
    expect(page.locator("#offer-search")).to_be_focused()
    agent.type("餐")
    expect(page.locator("#offer-search")).to_have_attribute("data-answered", "套餐")
    expect(page.locator("#only-consent")).to_be_checked()
    expect(page.locator("#offer-sort")).to_have_value("fee")
    badges = page.locator("#offers .offer .badge").all_inner_texts()
    assert badges
    assert {each.strip() for each in badges} == {"须同意"}
    for parameters in requests[-2:]:
        assert {name: parameters[name] for name in ("only", "sort")} == {"only": ["consent"], "sort": ["fee"]}
    assert [parameters["q"] for parameters in requests[-2:]] == [["套"], ["套餐"]]
