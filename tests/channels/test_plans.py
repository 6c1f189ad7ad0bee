"""Plans on the desk: shown with the verdict, taken with one press; products found by need."""

import re

from crm.channels.desk.views import Views
from crm.core.compatibility.plan_schemas import Plan
from crm.platform.clock import SystemClock
from crm.platform.settings import Settings
from tests.desk_site import Browser

CAMPUS, ORDINARY, BOUND = "13800010001", "13800010012", "13800010006"
CAMPUS_OF_ITS_OWN = "13800010002"


def identified(agent: Browser, msisdn: str) -> str:
    """A call whose caller is proved by password and code."""
    call = agent.open_call(msisdn)
    agent.post(f"/desk/calls/{call}/checks/service_password", password="123456")
    return call


def test_a_blocked_basket_shows_its_plan_and_one_press_takes_it(agent: Browser) -> None:
    call = identified(agent, CAMPUS)
    page = agent.post(f"/desk/calls/{call}/basket", htmx=True, do="add", offering="gotone-standard").text
    assert "可行的办法" in page
    assert "没有更短的" in page
    assert re.search(r"派“取消集团业务”工单取消校园V网.*办理标准全球通", page, re.DOTALL)
    assert 'name="agreed"' in page
    (key, *_) = re.findall(r'name="agreed" value="([^"]+)"', page)
    answer = agent.post(f"/desk/calls/{call}/plan", htmx=True, agreed=key)
    assert "没有办成" in answer.text, "the short code is still missing"
    assert f'name="agreed" value="{key}" checked' in answer.text, "what was ticked is kept"
    assert "短信验证码" in answer.text


def test_a_plan_of_the_desk_alone_goes_into_the_basket(agent: Browser) -> None:
    call = agent.open_call(ORDINARY)
    agent.post(f"/desk/calls/{call}/basket", htmx=True, do="add", offering="vnet-campus")
    page = agent.post(f"/desk/calls/{call}/plan", htmx=True).text
    assert page.count('class="line add"') == 2, "the V-net and the plan it goes with"
    assert "须客户同意" in page


def test_what_can_be_ordered_has_no_plan_panel(agent: Browser) -> None:
    call = agent.open_call(ORDINARY)
    page = agent.post(f"/desk/calls/{call}/basket", htmx=True, do="add", offering="laidian-xianshi").text
    assert "可行的办法" not in page


def test_a_need_is_found_and_becomes_the_basket(agent: Browser) -> None:
    call = agent.open_call(ORDINARY)
    found = agent.get(f"/desk/calls/{call}/goal?data=10&fee=150&keep=vnet", htmx=True).text
    assert "没有更好的组合" in found
    (code, *_) = re.findall(r'name="offering" value="([^"]+)"', found)
    page = agent.post(f"/desk/calls/{call}/goal", htmx=True, offering=code).text
    assert 'class="line add"' in page


def test_a_need_without_javascript_is_a_whole_page(agent: Browser) -> None:
    call = agent.open_call(ORDINARY)
    page = agent.get(f"/desk/calls/{call}/goal?data=10")
    assert page.status_code == 200
    assert "可以满足需求的办法" in page.text
    assert 'value="10"' in page.text
    assert agent.get(f"/desk/calls/{call}/goal?data=x").status_code == 200


def test_demands_that_cannot_be_met_are_named(agent: Browser) -> None:
    call = agent.open_call(ORDINARY)
    found = agent.get(f"/desk/calls/{call}/goal?data=9999&fee=1", htmx=True).text
    assert "不能同时满足" in found or "放宽一项" in found


def test_nonsense_is_refused(agent: Browser) -> None:
    call = agent.open_call(ORDINARY)
    assert agent.post(f"/desk/calls/{call}/goal", htmx=True, offering="no-such").status_code == 422


def test_fees_beside_a_plan_are_those_after_its_steps(agent: Browser) -> None:
    call = agent.open_call(CAMPUS_OF_ITS_OWN)
    page = agent.post(f"/desk/calls/{call}/basket", htmx=True, do="add", offering="gotone-standard").text
    (shown,) = re.findall(r'<section class="diff".*?</section>', page, re.DOTALL)
    assert "按上面的办法办完后" in shown
    rows = re.findall(r"<tr.*?</tr>", shown, re.DOTALL)
    (lost,) = [row for row in rows if "H客帝国校园V网" in row]
    assert "失去" in lost, "the step that cancels it counts"
    fees = [int(fen) for row in rows if "失去" not in row for fen in re.findall(r"¥(\d+)\.00", row)]
    assert f'每月 <strong class="big">¥{sum(fees)}.00' in shown


def test_a_search_that_was_cut_off_does_not_say_there_is_no_way() -> None:
    views = Views.load(Settings.from_environment().templates_dir, SystemClock())
    draw = views.environment.get_template("desk/plan/plan.html").render
    for proved, words in ((True, "没有可行的办法"), (False, "不等于没有办法")):
        plan = Plan(possible=False, proved=proved)
        page = draw(plan=plan, base="", call={"offer_declined_at": None}, basket=None)
        assert words in page
        assert ("没有可行的办法" in page) is proved
