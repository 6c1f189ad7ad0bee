"""Groups, contract cards and declined offers on the pages of the desk."""

import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from tests.desk_site import Browser

OWNER, MEMBER, FAMILY = "13800010026", "13800010003", "13800010021"


def group_link(page: str) -> str:
    found = re.search(r'href="(/desk/calls/[^"]+/groups/[0-9a-f-]{36})">影响 (\d+) 个号码', page)
    assert found is not None, page[:3000]
    return found.group(1)


def ticks(page: str) -> list[str]:
    return re.findall(r'name="ticked" value="([^"]+)"', page)


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found is not None, page[:3000]
    return found.group(1)


@pytest.fixture
def fresh(site: TestClient[Litestar]) -> Browser:
    """An agent of one test's own."""
    return Browser(site).log_in("1002")


def identify(browser: Browser, call: str, data_dir: Path) -> None:
    """Password and the code that the twin of the SMS gateway wrote down."""
    browser.post(f"/desk/calls/{call}/checks/service-password", password="123456")
    browser.post(f"/desk/calls/{call}/checks/send-code")
    log = data_dir / "sms.log"
    for _ in range(50):
        codes = re.findall(r"(?<!\d)(\d{6})(?!\d)", log.read_text()) if log.exists() else []
        if codes:
            browser.post(f"/desk/calls/{call}/checks/code", code=codes[-1])
            if browser.get(f"/desk?call={call}").text.count("已通过") >= 2:
                return
        time.sleep(0.1)
    pytest.fail("the code did not arrive")


def test_a_member_sees_whom_a_cancellation_touches_but_cannot_decide(agent: Browser) -> None:
    agent.open_call(MEMBER)
    page = agent.get(f"/desk?msisdn={MEMBER}").text
    assert "影响 6 个号码" in page
    look = agent.get(group_link(page))
    assert look.status_code == 200
    assert look.text.count("派工单办理") >= 6
    assert "138****0023" in look.text
    assert "13800010023" not in look.text, "other people's numbers are masked"
    assert "只能查看" in look.text
    assert "为每个号码各办一单" not in look.text
    forged = agent.post(group_link(page), key="k", to="")
    assert forged.status_code == 403
    assert "归属客户" in forged.text


def test_the_owner_hears_who_loses_what_and_every_member_gets_a_work_order(
    fresh: Browser, data_dir: Path
) -> None:
    call = fresh.open_call(OWNER)
    link = group_link(fresh.get(f"/desk?msisdn={OWNER}").text)
    look = fresh.get(link).text
    assert "提交前还须核身" in look
    refused = fresh.post(link, key=hidden(look, "key"), to="", ticked=ticks(look), note="客户换单位")
    assert refused.status_code == 403
    assert "客户换单位" in refused.text, "what was typed is kept"
    assert "checked" in refused.text
    identify(fresh, call, data_dir)
    answer = fresh.post(link, key=hidden(refused.text, "key"), to="", ticked=ticks(look))
    assert answer.status_code == 303, answer.text[:2000]
    where = answer.headers["location"]
    page = ""
    for _ in range(100):
        page = fresh.get(where).text
        if "已全部处理" in page:
            break
        time.sleep(0.1)
    assert "6 / 6" in page
    assert page.count("WO2") >= 6
    piece = fresh.get(where, htmx=True).text
    assert piece.lstrip().startswith("<section")
    assert "every 1s" not in piece, "a finished order is not asked for again"
    again = fresh.post(link, key=hidden(refused.text, "key"), to="", ticked=ticks(look))
    assert again.headers["location"] == where


def test_another_offering_for_all_is_judged_before_anything(agent: Browser) -> None:
    agent.open_call(FAMILY)
    link = group_link(agent.get(f"/desk?msisdn={FAMILY}").text)
    look = agent.get(link + "?to=family-talk").text
    assert "整体更换为 家庭畅聊" in look
    assert "少 ¥5.00" in look
    assert "核对全部号码" not in look, "all of a small group are judged"
    assert agent.get(link + "?to=family-talk&all=1").status_code == 200
    assert agent.get(link + "?to=no-such-thing").status_code == 422
    file = agent.get(link + "/losing?to=family-talk")
    assert file.headers["content-type"].startswith("text/csv")
    assert file.content.decode("utf-8-sig").startswith("号码,归属客户,结果,")
    assert agent.get(link + "/losing?to=no-such-thing").status_code == 422
    assert agent.get(link.rsplit("/", 1)[0] + "/00000000-0000-7000-8000-000000000000").status_code == 404


@pytest.mark.parametrize("role", ["store_clerk", "business", "reviewer", "quality", "admin", "auditor"])
def test_only_who_may_order_sees_groups(as_role: Callable[[str], Browser], role: str) -> None:
    browser = as_role(role)
    call, group = "00000000-0000-7000-8000-000000000001", "00000000-0000-7000-8000-000000000002"
    assert browser.get("/desk/group-orders/GO20261122000001").status_code == 403
    for page in ("", "/losing"):
        assert browser.get(f"/desk/calls/{call}/groups/{group}{page}").status_code in (403, 404, 409)


def test_the_contract_card_answers_what_leaving_costs(agent: Browser) -> None:
    page = agent.get("/desk?msisdn=13800010006").text
    assert "合约卡" in page
    assert "若现在退出" in page
    assert re.search(r"剩余 \d+ 个月 × 每月 8元 × 30%", page)
    phone = agent.get(f"/desk?msisdn={FAMILY}").text
    assert re.search(r"补贴 1200元 × 剩余 \d+ 个月 ÷ 合约 24 个月", phone)
    assert "合约卡" not in agent.get("/desk?msisdn=13800010012").text


def test_after_a_decline_no_retention_and_no_recommendation_is_shown(fresh: Browser) -> None:
    call = fresh.open_call("13800010011")
    page = fresh.get(f"/desk?call={call}").text
    assert "客户不需要推荐" in page
    held = re.search(
        r'name="offering" value="sms-pack-10"><input type="hidden" name="held" value="([^"]+)"', page
    )
    assert held is not None
    fresh.post(f"/desk/calls/{call}/basket", do="remove", offering="sms-pack-10", held=held.group(1))
    before = fresh.get(f"/desk?call={call}").text
    assert "已挽留，仍要取消" in before
    answer = fresh.post(f"/desk/calls/{call}/decline-offers", htmx=True)
    assert answer.status_code == 200
    after = fresh.get(f"/desk?call={call}").text
    assert "已挽留，仍要取消" not in after
    assert "本次通话不再推荐或挽留" in after
    assert "提交受理" in after


def test_after_a_decline_nothing_near_is_offered_instead(fresh: Browser) -> None:
    call = fresh.open_call(MEMBER)
    verdict = fresh.post(f"/desk/calls/{call}/basket", htmx=True, do="add", offering="ao88-58").text
    assert "现在就能办的相近业务" in verdict
    assert "改办 " in verdict
    after = fresh.post(f"/desk/calls/{call}/decline-offers", htmx=True).text
    assert "改办 " not in after
    assert "可行的办法" in after, "the way to what the customer asked for is no recommendation"
    again = fresh.get(f"/desk?call={call}").text
    assert "相近业务" not in again
    assert "改办 " not in again
    fresh.post(f"/desk/calls/{call}/basket", do="drop", place="0")


def test_up_and_down_are_the_same_page(agent: Browser) -> None:
    """The dearer and the cheaper plan: as many requests, sentences, checks and required fields."""
    call = agent.open_call(OWNER)  # holds gotone-upgrade, between the two
    shapes: list[tuple[int, int, int, int, int]] = []
    for plan in ("gotone-business", "gotone-standard"):
        agent.post(f"/desk/calls/{call}/basket", do="add", offering=plan)
        page = agent.get(f"/desk?call={call}").text
        work = page[page.index('id="work"') : page.index('class="col say-col"')]
        missing = re.search(r'data-missing="([^"]*)"', work)
        assert missing is not None
        assert "提交受理" in work
        shapes.append(
            (
                len(ticks(work)),
                len(missing.group(1).split()),
                len(re.findall(r"\srequired", work)),
                work.count("data-step"),
                work.count("<form"),
            )
        )
    up, down = shapes
    assert down <= up
    assert up[1:] == down[1:]
