"""The console without JavaScript: every form by POST and redirect, and what happens when things go wrong."""

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.desk_site import Browser, call_in

AsRole = Callable[[str], Browser]
# Uncompressed, as this server sends it: the most one click may bring.
INTERACTION = 30_000


def hidden(page: str, name: str) -> str:
    """The value of a hidden field."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found is not None, f"{name} is not in {page[:3000]}"
    return found.group(1).replace("&#34;", '"').replace("&amp;", "&")


def add(agent: Browser, call: str, offering: str) -> str:
    answer = agent.post(f"/desk/calls/{call}/basket", do="add", offering=offering, follow=True)
    assert answer.status_code == 200, answer.text
    return answer.text


def identify(agent: Browser, call: str, msisdn: str, data_dir: Path) -> None:
    assert agent.post(f"/desk/calls/{call}/checks/service-password", password="123456").status_code == 303
    if "已通过" in agent.get(f"/desk?call={call}").text.split('data-check="sms_code"')[1]:
        return
    assert agent.post(f"/desk/calls/{call}/checks/send-code").status_code == 200
    codes = re.findall(rf'"{msisdn}".*?验证码(\d{{6}})', wait_for_sms(data_dir, msisdn))
    assert agent.post(f"/desk/calls/{call}/checks/code", code=codes[-1]).status_code == 303


def wait_for_sms(data_dir: Path, msisdn: str) -> str:
    for _ in range(100):
        log = data_dir / "sms.log"
        if log.exists() and msisdn in log.read_text("utf-8"):
            return log.read_text("utf-8")
        time.sleep(0.1)
    raise AssertionError("no message was sent")


def submit(agent: Browser, call: str, page: str, follow: bool = True, **fields: object) -> httpx.Response:
    ticked = re.findall(r'name="ticked" value="([^"]+)"', page)
    form: dict[str, Any] = (
        {name: hidden(page, name) for name in ("key", "token", "basis", "wanted", "edition")}
        | {"ticked": ticked}
        | fields
    )
    return agent.post(f"/desk/calls/{call}/order", follow=follow, **form)


def test_a_whole_order_without_javascript(agent: Browser, data_dir: Path) -> None:
    call = agent.open_call("13800010012")
    page = add(agent, call, "cailing-5")
    assert "须客户同意" in page
    assert "提交受理" in page
    identify(agent, call, "13800010012", data_dir)
    page = agent.get(f"/desk?call={call}").text
    first = submit(agent, call, page)
    assert first.status_code == 200
    assert "受理成功" in first.text
    number = re.search(r"PO\d{14}", first.text)
    assert number is not None
    # The same page sent again (a double click, a reload) brings back the same order.
    again = submit(agent, call, page, follow=False)
    assert number.group() in again.headers["location"]
    detail = agent.get(f"/desk/orders/{number.group()}").text
    assert "已告知与同意" in detail


def test_nothing_is_ordered_before_everything_is_told(agent: Browser) -> None:
    call = agent.open_call("13800010011")
    page = add(agent, call, "cailing-5")
    answer = agent.post(f"/desk/calls/{call}/order", key=hidden(page, "key"), token=hidden(page, "token"),
                        basis=hidden(page, "basis"), note="请晚上再回电")  # fmt: skip
    assert answer.status_code in (403, 422)
    assert "没有提交，篮内内容已保留" in answer.text
    assert "请晚上再回电" in answer.text
    assert "彩铃" in answer.text


def test_the_basket_can_be_emptied_line_by_line(agent: Browser) -> None:
    call = agent.open_call("13800010009")
    add(agent, call, "cailing-5")
    page = agent.get(f"/desk?call={call}").text
    assert page.count('class="line add"') == 1
    # The same offering again changes nothing, another plan takes the place of the first.
    assert add(agent, call, "cailing-5").count('class="line add"') == 1
    agent.post(f"/desk/calls/{call}/basket", do="drop", place="0")
    assert "受理篮是空的" in agent.get(f"/desk?call={call}").text


def test_a_second_plan_takes_the_place_of_the_first(agent: Browser) -> None:
    call = agent.open_call("13800010008")
    add(agent, call, "gotone-standard")
    page = add(agent, call, "gotone-business")
    basket = page[page.index('class="basket"') : page.index("</ul>", page.index('class="basket"'))]
    assert "全球通商务卡" in basket
    assert "标准全球通" not in basket


@pytest.mark.parametrize(
    ("msisdn", "offering", "verdict", "named"),
    [
        ("13800010001", "gotone-standard", "须先完成前置步骤", "校园V网"),
        ("13800010006", "ao88-58", "不能办理", "来电管家"),
        ("13800010009", "guonei-manyou", "不能办理", "商务IP"),
        ("13800010005", "easyown-dazhong", "须先完成前置步骤", "第3条"),
    ],
)
def test_the_verdict_names_rule_and_collision(
    agent: Browser, msisdn: str, offering: str, verdict: str, named: str
) -> None:
    page = add(agent, agent.open_call(msisdn), offering)
    heading = re.search(r'id="verdict-h">([^<]+)<', page)
    assert heading is not None
    assert heading.group(1) == verdict
    assert named in page
    assert re.search(r"规则 BR-\d+", page)
    assert "data-submit>" not in page


def test_a_work_order_step_keeps_the_wish(agent: Browser, data_dir: Path) -> None:
    call = agent.open_call("13800010001")
    page = add(agent, call, "gotone-standard")
    step = re.search(r'name="step" value="([^"]+)"', page)
    assert step is not None
    refused = agent.post(f"/desk/calls/{call}/remedy", step=step.group(1))
    assert refused.status_code == 403
    assert "核验" in refused.text
    identify(agent, call, "13800010001", data_dir)
    answer = agent.post(f"/desk/calls/{call}/remedy", step=step.group(1), follow=True)
    assert "工单已发起" in answer.text
    assert "等待工单办结" in answer.text
    wish = re.search(r"/wishes/([0-9a-f-]{36})", answer.text)
    assert wish is not None
    dropped = agent.post(f"/desk/calls/{call}/wishes/{wish.group(1)}", do="drop", follow=True)
    assert "等待工单办结" not in dropped.text


def test_losses_are_read_out_before_the_work_order(agent: Browser, data_dir: Path) -> None:
    call = agent.open_call("13800010002")
    page = add(agent, call, "music-a")
    assert "已说明，客户确认" in page
    assert "</svg>发起工单" not in page
    step = re.search(r'name="step" value="(losses[^"]+)"', page)
    assert step is not None
    page = agent.post(f"/desk/calls/{call}/basket", do="record", step=step.group(1), follow=True).text
    work_order = re.search(r'name="step" value="([^"|]+\|[^"]*)"', page)
    assert work_order is not None, page
    identify(agent, call, "13800010002", data_dir)
    page = agent.get(f"/desk?call={call}").text
    ticked = re.findall(r'name="ticked" value="([^"]+)"', page)
    done = agent.post(f"/desk/calls/{call}/remedy", step=work_order.group(1), ticked=ticked, follow=True)
    assert "工单已发起" in done.text, done.text


def test_a_reserved_order_is_cancelled_from_the_customer_column(agent: Browser, data_dir: Path) -> None:
    call = agent.open_call("13800010012")
    add(agent, call, "easyown-changting")
    identify(agent, call, "13800010012", data_dir)
    page = submit(agent, call, agent.get(f"/desk?call={call}").text).text
    assert "预约中" in page
    order = re.search(r"/orders/([0-9a-f-]{36})/cancel", page)
    assert order is not None
    done = agent.post(f"/desk/calls/{call}/orders/{order.group(1)}/cancel", htmx=True)
    assert done.status_code == 200
    assert "预约已取消" in done.text
    assert "预约中" not in agent.get(f"/desk?call={call}").text


def test_a_wrong_service_password_says_so_and_keeps_everything(agent: Browser) -> None:
    call = agent.open_call("13800010007")
    add(agent, call, "cailing-8")
    agent.post(f"/desk/calls/{call}/checks/service-password", password="000000")
    page = agent.get(f"/desk?call={call}").text
    assert "核验未通过" in page
    assert "彩铃" in page


def test_a_number_of_another_region_gets_advice_and_no_data(agent: Browser) -> None:
    page = agent.get("/desk?msisdn=13900000013")
    assert page.status_code == 200
    assert "归属地" in page.text
    assert 'id="products-h"' not in page.text
    call = call_in(page.text)
    assert agent.post(f"/desk/calls/{call}/note", note="外地号码").status_code == 303


@pytest.mark.parametrize(
    "typed", ["12", "138000", "abc", "😀", "1380001000999", "'; drop table customer; --", "%00"]
)
def test_half_a_number_is_no_customer(agent: Browser, typed: str) -> None:
    answer = agent.get(f"/desk?msisdn={typed}")
    assert answer.status_code == (200 if not typed.strip("%0") else 422)
    assert 'id="products-h"' not in answer.text
    assert "data-call" not in answer.text


def test_a_note_of_ten_thousand_characters_is_kept_and_one_more_is_refused(agent: Browser) -> None:
    call = agent.open_call("13800010010")
    assert agent.post(f"/desk/calls/{call}/note", note="长" * 10_000).status_code == 303
    refused = agent.post(f"/desk/calls/{call}/note", note="长" * 10_001)
    assert refused.status_code == 422
    assert "上一次保存的内容仍在" in refused.text
    assert "长" * 10_000 in agent.get(f"/desk?call={call}").text


def test_wrapping_up_ends_the_call_and_keeps_the_note(agent: Browser) -> None:
    call = agent.open_call("13800010004")
    agent.post(f"/desk/calls/{call}/note", note="问了音乐套餐")
    wrong = agent.post(f"/desk/calls/{call}/wrap-up", reason="no-such-reason")
    assert wrong.status_code == 422
    assert "问了音乐套餐" in wrong.text
    done = agent.post(f"/desk/calls/{call}/wrap-up", reason="consult-tariff", tags="回访 老客户", follow=True)
    assert "上一通电话已小结" in done.text
    assert agent.get(f"/desk?call={call}").status_code == 409
    again = agent.open_call("13800010004")
    history = agent.get(f"/desk?call={again}&tab=history").text
    assert "资费与套餐" in history
    assert "问了音乐套餐" in history


def test_two_agents_on_one_customer_see_each_other(agent: Browser, as_role: AsRole) -> None:
    agent.open_call("13800010003")
    other = as_role("shift_leader")
    other.open_call("13800010003")
    assert "1001" in other.get("/desk?msisdn=13800010003").text
    assert "正在服务该客户" in other.get("/desk?msisdn=13800010003").text


def test_a_line_of_the_basket_that_cannot_be_understood_is_named(agent: Browser) -> None:
    call = agent.open_call("13800010008")
    page = add(agent, call, "no-such-offering")
    assert "产品目录里没有“no-such-offering”" in page
    damaged: tuple[dict[str, Any], ...] = (
        {"do": "nonsense"},
        {"do": "drop", "place": "x"},
        {"do": "remove", "offering": "a", "held": "x"},
    )
    for fields in damaged:
        answer = agent.post(f"/desk/calls/{call}/basket", **fields)
        assert answer.status_code == 422
        assert "没有任何改动" in answer.text


def test_an_error_leaves_the_form_alone_when_htmx_asks(agent: Browser) -> None:
    call = agent.open_call("13800010008")
    answer = agent.post(f"/desk/calls/{call}/basket", htmx=True, do="nonsense")
    assert answer.status_code == 422
    assert answer.headers["hx-retarget"] == "#toast"
    assert "<html" not in answer.text


def test_htmx_gets_pieces_and_the_browser_pages(agent: Browser) -> None:
    call = agent.open_call("13800010008")
    piece = agent.post(f"/desk/calls/{call}/basket", htmx=True, do="add", offering="cailing-5").text
    assert "<html" not in piece
    assert 'id="work"' in piece
    assert 'id="say-now"' in piece
    assert "常用话术" not in piece, "what never changes stays on the page"
    whole = agent.get(f"/desk?call={call}").text
    assert "<html" in whole


def test_answers_to_a_click_are_light(agent: Browser) -> None:
    call = agent.open_call("13800010003")
    verdict = agent.post(f"/desk/calls/{call}/basket", htmx=True, do="add", offering="ao88-58").text
    assert verdict.count('class="finding ') == 5
    assert len(verdict.encode()) <= INTERACTION
    check = agent.post(f"/desk/calls/{call}/checks/own-number", htmx=True).text
    assert 'id="checks"' in check
    assert 'id="verdict"' in check
    assert "在用业务 " not in check, "the customer's data does not depend on a check"
    assert len(check.encode()) <= INTERACTION
    agent.post(f"/desk/calls/{call}/basket", do="drop", place="0")


def test_knowledge_is_found_read_rated_and_missed(agent: Browser) -> None:
    found = agent.get("/knowledge?q=校园V网换品牌").text
    assert "<mark>" in found
    article = agent.get("/knowledge/KB-0018").text
    assert "校园" in article
    assert agent.post("/knowledge/KB-0018/rating", useful="yes", follow=True).status_code == 200
    assert "1 人说有用" in agent.get("/knowledge/KB-0018").text
    gap = agent.post("/knowledge/gaps", question="卫星电话资费", words="卫星电话", follow=True)
    assert "已上报知识缺口" in gap.text
    assert agent.post("/knowledge/gaps", question="   ").status_code == 422
    assert agent.get("/knowledge/KB-9999").status_code == 404


def test_a_page_names_where_to_come_back_to(agent: Browser) -> None:
    answer = Browser(agent.client).get("/desk?msisdn=13800010001")
    goal = parse_qs(urlsplit(answer.headers["location"]).query)["next"][0]
    assert goal == "/desk?msisdn=13800010001"


def test_the_theme_is_kept_in_a_cookie(agent: Browser) -> None:
    assert agent.post("/theme", theme="dark").status_code == 303
    assert 'data-theme="dark"' in agent.get("/password").text
    agent.post("/theme", theme="auto")
    agent.cookies.pop("crm_theme", None)
    assert "data-theme" not in agent.get("/password").text.split("<head>")[0]
