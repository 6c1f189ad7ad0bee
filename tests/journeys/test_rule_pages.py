"""The pages of those who keep rules and catalogue, with a draft, its rehearsal and phrases to settle."""

import re
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from playwright.sync_api import Page, expect

from crm.app import opened
from crm.platform.settings import Settings
from tests.conftest import wait_for
from tests.journeys.conftest import Keys, Site
from tests.journeys.test_every_page import SIZES, complaints_of, too_wide

pytestmark = pytest.mark.journey

CHAPTER = "/rules/draft?file=rules/04-group.toml"
CELLS = (
    {"service": "来电显示", "kind": "互斥业务", "text": "彩铃5元、长漫亲情省业务、老包"},
    *(
        {"service": f"短信套餐{place}元", "kind": "互斥业务", "text": "长漫亲情省；老包"}
        for place in range(25)
    ),
)


async def _import(settings: Settings, file: Path) -> None:
    async with opened(settings) as services:
        await services.catalog.exclusions.import_cells(file)


@pytest.fixture(scope="module")
def furnished(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """The desk with cells of another catalogue to settle."""
    file = tmp_path_factory.mktemp("cells") / "cells.jsonl"
    file.write_bytes(b"\n".join(msgspec.json.encode(cell) for cell in CELLS))
    wait_for(_import(site.settings, file))
    return site


def drafted(page: Page, base: str) -> str:
    """The address of a draft that stops what a rule allowed, rehearsed to its end."""
    page.goto(base + CHAPTER)
    text = page.locator("#text").input_value()
    page.locator("#text").fill(re.sub(r'script = "', 'script = "请留意，', text, count=1))
    page.get_by_label("为什么改").fill("按通知改说法")
    page.get_by_role("button", name="存成草稿").click()
    page.wait_for_url("**/rules/versions/*")
    address = page.url.removeprefix(base)
    page.get_by_role("button", name="开始演练").click()
    expect(page.locator(".rehearsal").get_by_text("试了哪些办理")).to_be_visible(timeout=60_000)
    return address


def stopped(agent: Keys, base: str) -> None:
    """An agent's call that BR-11e stops, and a question without an answer."""
    agent.page.goto(f"{base}/desk?msisdn=13800010003")
    agent.page.locator("#offer-search").fill("奥运88")
    expect(agent.page.locator("#offer-search")).to_have_attribute("data-answered", "奥运88")
    agent.page.locator("#offers .offer").first.click()
    expect(agent.page.locator("#verdict")).to_be_visible()
    agent.page.goto(f"{base}/knowledge?q=V网卫星电话")
    agent.page.locator("summary", has_text="没有答案").click()
    agent.page.get_by_role("button", name="上报缺口").click()
    expect(agent.page.get_by_text("已上报知识缺口")).to_be_visible()


def test_pages_of_rules_and_phrases_have_no_violation(desk: Callable[[str], Keys], furnished: Site) -> None:
    stopped(desk("1001"), furnished.url)
    page, base = desk("4001").page, furnished.url
    address = drafted(page, base)
    rehearsal = page.locator(".rehearsal a").first.get_attribute("href") or ""
    seen_at = time.monotonic()
    while page.goto(f"{base}/rules/BR-11e/stopped") and not page.locator("td.title").count():
        assert time.monotonic() < seen_at + 30, "a round writes what was stopped"
        time.sleep(0.5)
    page.goto(f"{base}/catalog/exclusions?q=亲情省")
    phrase = page.locator(".title a").first.get_attribute("href") or ""
    urls = (
        address,
        rehearsal,
        "/rules/BR-11e",
        "/rules/BR-11e/stopped",
        "/rules/versions",
        "/knowledge/gaps",
        "/catalog/exclusions",
        phrase,
        f"{phrase}&q=亲情省&chosen=1",
    )
    wrong: list[str] = []
    for url in urls:
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
            page.goto(base + url)
            page.evaluate(
                "() => document.querySelectorAll('details').forEach((each) => { each.open = true })"
            )
            wrong += complaints_of(page)
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        for url in urls:
            page.goto(base + url)
            if too_wide(page) > 0:
                wrong.append(f"{url} is {too_wide(page)} px too wide at {width}")
    assert not wrong, "\n".join(wrong)


def test_what_was_typed_into_a_draft_outlives_a_look_at_another_file(
    site: Site, desk: Callable[[str], Keys]
) -> None:
    page = desk("4001").page
    page.goto(site.url + CHAPTER)
    delivered = page.locator("#text").input_value()
    page.locator("#text").fill(re.sub(r'script = "', 'script = "还没有存，', delivered, count=1))
    page.get_by_role("navigation", name="规则文件").get_by_role("link", name="01-plans").first.click()
    expect(page.locator("#text")).not_to_have_value(re.compile("还没有存"))
    page.goto(site.url + CHAPTER)
    expect(page.locator("#text")).to_have_value(re.compile("还没有存"))
    page.get_by_role("button", name="存成草稿").click()
    page.wait_for_url("**/rules/versions/*")
    page.goto(site.url + CHAPTER)
    expect(page.locator("#text")).to_have_value(delivered)
