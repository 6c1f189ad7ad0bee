"""The main job, keyboard only: a campus V-net customer wants another brand; and a question is answered."""

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import asyncpg
import pytest
from playwright.sync_api import expect

from crm.app import opened
from crm.platform.clock import FixedClock, SystemClock, first_of_next_month, start_of_day
from tests.conftest import wait_for
from tests.journeys.conftest import Keys, Site

pytestmark = pytest.mark.journey
CAMPUS = "13800010001"
IMPORTED = Path(__file__).parent / "imported.jsonl"


def test_campus_vnet_customer_changes_brand(site: Site, desk: Callable[[str], Keys]) -> None:
    agent = desk("1001")
    page = agent.page

    # The number comes in; the plan asked for collides with the campus V-net, which the verdict names.
    agent.type(CAMPUS)
    agent.press("Enter")
    expect(page.locator(".who .number")).to_have_text("138 0001 0001")
    _wish_for(agent, "标准全球通")
    verdict = page.locator("#verdict")
    expect(verdict).to_be_focused()
    expect(verdict.locator("h2")).to_have_text("须先完成前置步骤")
    expect(verdict.locator(".finding").first).to_contain_text("校园V网")
    expect(verdict.locator(".finding").first).to_contain_text("第11条")
    expect(page.locator("#say")).to_contain_text("需要先取消校园V网")
    expect(page.locator("[data-submit]")).to_have_count(0)

    # The caller is identified, then the offered step: the work order that cancels the V-net.
    agent.identify(CAMPUS)
    agent.press("s", "Enter")
    done = page.locator(".done")
    expect(done).to_contain_text("工单已发起")
    number = done.locator("a").inner_text()
    assert re.fullmatch(r"WO\d{14}", number)
    expect(page.locator("#customer .wish")).to_contain_text("等待工单办结")
    _wrap_up(agent, "客户要换标准全球通，先退校园V网")

    # The back office claims it from its queue and closes it.
    _back_office_closes(desk("3001"), number)

    # The customer calls again: the change is offered, told, agreed to and ordered.
    wait_for(_let_a_minute_pass(site))
    page.goto(f"{site.url}/desk?msisdn={CAMPUS}")
    expect(page.locator("#customer .wish")).to_contain_text("可以继续办理")
    agent.press("g", "h")
    expect(page.locator(".history")).to_contain_text("客户要换标准全球通，先退校园V网")
    agent.press("c", "Enter")
    expect(page.locator("#verdict h2")).to_have_text("须客户同意")
    expect(page.locator("#verdict")).to_be_focused()
    agent.identify(CAMPUS)
    _tick_everything(agent)
    agent.press("Control+Enter")
    done = page.locator(".done")
    expect(done).to_contain_text("受理成功")
    order = done.locator("a").inner_text()
    next_month = first_of_next_month(SystemClock().today())
    expect(done).to_contain_text(next_month.isoformat())
    expect(page.locator("#customer")).to_contain_text(order)
    expect(page.locator(".who")).to_contain_text("动感地带")
    _wrap_up(agent, "已办理，下月生效")

    # Next month it has taken effect.
    wait_for(_let_a_month_pass(site))
    page.goto(f"{site.url}/desk?msisdn={CAMPUS}")
    expect(page.locator(".who")).to_contain_text("全球通")


def test_an_answer_is_found_while_the_caller_waits(site: Site, desk: Callable[[str], Keys]) -> None:
    wait_for(_import_knowledge(site))
    agent = desk("1001")
    page = agent.page
    agent.type("13800010012")
    agent.press("Enter")
    expect(page.locator(".who .number")).to_have_text("138 0001 0012")
    agent.press("g", "k")
    expect(page.locator("#knowledge-search")).to_be_focused()
    agent.type("换套餐以后GPRS还在不在")
    expect(page.locator("#answers mark").first).to_be_visible()
    agent.press("ArrowDown", "Enter")
    article = page.locator("article.article")
    expect(article).to_contain_text("GPRS")
    expect(article).to_contain_text("依据")

    # What was imported from another system is found among our own.
    agent.press("g", "k")
    expect(page.locator("#knowledge-search")).to_be_focused()
    agent.type("星河湾基站割接")
    expect(page.locator("#answers mark").first).to_be_visible()
    agent.press("ArrowDown", "Enter")
    expect(article).to_contain_text("割接当晚零点到四点可能没有信号")

    # Something nobody has written down becomes a gap.
    agent.press("g", "k")
    expect(page.locator("#knowledge-search")).to_be_focused()
    agent.type("zzqqxxyy")
    expect(page.locator("#answers")).to_contain_text("没有找到")
    agent.tab_to("客户的问题")
    agent.press("Control+a")
    agent.type("卫星电话资费是多少")
    agent.tab_to("上报缺口")
    agent.press("Enter")
    expect(page.locator("#answers")).to_contain_text("已上报知识缺口")


def _wish_for(agent: Keys, offering: str) -> None:
    agent.press("a")
    agent.type(offering)
    expect(agent.page.locator("#offers .offer").first).to_contain_text(offering)
    expect(agent.page.locator("#offer-search")).to_have_attribute("data-answered", offering)
    agent.press("Enter")


def _tick_everything(agent: Keys) -> None:
    agent.page.wait_for_load_state("networkidle")
    unread = agent.page.locator("[data-tick]:not(:checked)")
    # A key that falls into a redraw is pressed again, as a person would.
    for _ in range(3 * unread.count()):
        if unread.count():
            agent.press("t", "Space")
    expect(unread).to_have_count(0)


def _wrap_up(agent: Keys, note: str) -> None:
    page = agent.page
    agent.press("Escape", "n")
    # Nobody waits for a note to be saved: the last words are sent along.
    agent.type(note)
    agent.press("Escape", "e")
    agent.press("ArrowDown")
    expect(page.locator("#reason")).not_to_have_value("")
    agent.press("Control+Enter")
    expect(page.get_by_text("上一通电话已小结")).to_be_visible()


def _back_office_closes(colleague: Keys, number: str) -> None:
    page = colleague.page
    expect(page).to_have_url(re.compile(r"/queues"))
    colleague.tab_to("集团业务组")
    colleague.press("Enter")
    expect(page.get_by_text(number)).to_be_visible()
    colleague.tab_to("领取下一张")
    colleague.press("Enter")
    expect(page.get_by_text(number).first).to_be_visible()
    colleague.tab_to("答复内容")
    colleague.type("校园V网已取消")
    colleague.tab_to("责任单位")
    colleague.type("集团业务组")
    colleague.tab_to("办结")
    colleague.press("Enter")
    expect(page.get_by_text("已归档").first).to_be_visible()


async def _let_a_minute_pass(site: Site) -> None:
    """A line gets no second code within a minute, whichever call it is for."""
    connection = await asyncpg.connect(str(site.settings.database_url))
    await connection.execute("UPDATE one_time_code SET expires_at = expires_at - interval '90 seconds'")
    await connection.close()


async def _let_a_month_pass(site: Site) -> None:
    on = first_of_next_month(SystemClock().today())
    async with opened(site.settings, FixedClock(start_of_day(on) + timedelta(hours=1))) as services:
        await services.catalog.refresh()
        await services.ordering.activate_due()


async def _import_knowledge(site: Site) -> None:
    async with opened(site.settings) as services:
        report = await services.knowledge.import_entries(IMPORTED)
    assert (report.added, report.problems) == (3, []), report
