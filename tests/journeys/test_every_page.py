"""Every page in a real browser: no accessibility violation, light and dark, three sizes; and the weights."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, Response, expect

from tests.journeys.conftest import Keys

pytestmark = pytest.mark.journey

SIZES = ((1440, 900), (1280, 720), (390, 844))
PAGES = {
    "1001": (
        "/desk",
        "/desk?msisdn=13800010001",
        "/desk?msisdn=13900000013",
        "/desk?msisdn=123",
        "/desk/search?q=V网",
        "/desk/offerings/vnet-hke",
        "/knowledge",
        "/knowledge?q=V网怎么取消",
        "/knowledge/KB-0016",
        "/rules?q=BR-11",
        "/password",
        "/queues",
        "/queues/new",
        "/nowhere",
    ),
    "3001": ("/queues", "/queues?view=group_service"),
}
FIRST_LOAD = 300_000
INTERACTION = 30_000


def complaints_of(page: Page) -> list[str]:
    """What axe finds wrong, one line each."""
    found = Axe().run(page).response["violations"]
    return [
        f"{page.url} {each['id']}: {each['help']} → {node['target']}"
        for each in found
        for node in each["nodes"]
    ]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("number", sorted(PAGES))
def test_pages_have_no_accessibility_violation(desk: Callable[[str], Keys], number: str, theme: str) -> None:
    page = desk(number).page
    page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    wrong: list[str] = []
    for url in PAGES[number]:
        page.goto(page.url.split("/", 3)[0] + "//" + page.url.split("/", 3)[2] + url)
        wrong += complaints_of(page)
    assert not wrong, "\n".join(wrong)


def test_a_full_console_has_no_accessibility_violation(desk: Callable[[str], Keys]) -> None:
    agent = desk("1001")
    page = agent.page
    base = page.url.rsplit("/", 1)[0]
    page.goto(f"{base}/desk?msisdn=13800010002")
    wrong = complaints_of(page)
    agent.press("a")
    agent.type("标准全球通")
    expect(page.locator("#offer-search")).to_have_attribute("data-answered", "标准全球通")
    wrong += complaints_of(page)
    agent.press("Enter")
    expect(page.locator("#verdict")).to_be_focused()
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
        wrong += complaints_of(page)
    agent.press("i")
    wrong += complaints_of(page)
    for key in ("k", "w", "h"):
        agent.press("Escape", "g", key)
        expect(page.locator(f'[data-tab="{key}"]')).to_have_attribute("aria-current", "page")
        wrong += complaints_of(page)
    agent.press("Escape", "?")
    expect(page.locator("#help")).to_be_visible()
    wrong += complaints_of(page)
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("size", SIZES, ids=[f"{width}x{height}" for width, height in SIZES])
def test_no_page_is_wider_than_its_window(desk: Callable[[str], Keys], size: tuple[int, int]) -> None:
    page = desk("1001").page
    base = page.url.rsplit("/", 1)[0]
    page.set_viewport_size({"width": size[0], "height": size[1]})
    for url in PAGES["1001"]:
        page.goto(base + url)
        wide = page.evaluate("() => document.documentElement.scrollWidth - window.innerWidth")
        assert wide <= 0, f"{url} is {wide} px too wide"


def test_the_console_is_light(desk: Callable[[str], Keys]) -> None:
    agent = desk("1001")
    page = agent.page
    base = page.url.rsplit("/", 1)[0]
    weights: list[tuple[str, int]] = []

    def weigh(response: Response) -> None:
        sizes = response.request.sizes()
        weights.append((response.url, sizes["responseBodySize"] + sizes["responseHeadersSize"]))

    page.on("requestfinished", lambda request: weigh(request.response()))  # pyright: ignore[reportArgumentType]
    page.context.clear_cookies(name="nothing")
    page.goto(f"{base}/desk?msisdn=13800010003", wait_until="networkidle")
    assert sum(size for _, size in weights) <= FIRST_LOAD, weights
    weights.clear()
    agent.press("a")
    agent.type("奥运88")
    expect(page.locator("#offer-search")).to_have_attribute("data-answered", "奥运88")
    agent.press("Enter")
    expect(page.locator("#verdict")).to_be_focused()
    agent.press("/")
    agent.type("138")
    expect(page.locator("#search")).to_have_attribute("data-answered", "138")
    assert weights
    assert max(size for _, size in weights) <= INTERACTION, weights


def test_single_keys_are_silent_while_typing(desk: Callable[[str], Keys]) -> None:
    agent = desk("1001")
    page = agent.page
    page.goto(page.url.rsplit("/", 1)[0] + "/desk?msisdn=13800010012")
    agent.press("n")
    agent.type("a/?12ignv")
    expect(page.locator("#note")).to_have_value("a/?12ignv")
    expect(page.locator("#note")).to_be_focused()
    expect(page.locator("#help")).not_to_be_visible()
    agent.press("Escape", "3")
    expect(page.locator('[data-phrase="3"] blockquote')).to_be_visible()
