"""The basket under two hands: a page sent twice, a page of an earlier basket, clicks at the same moment."""

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tests.channels.test_console import add, hidden, identify, submit
from tests.desk_site import Browser


def lines(page: str) -> int:
    """How many lines the basket has."""
    return len(re.findall(r'class="line (?:add|delete)"', page))


def test_a_page_sent_twice_leaves_the_next_basket_alone(agent: Browser, data_dir: Path) -> None:
    call = agent.open_call("13800010012")
    add(agent, call, "cailing-5")
    identify(agent, call, "13800010012", data_dir)
    page = agent.get(f"/desk?call={call}").text
    first = submit(agent, call, page)
    number = re.search(r"PO\d{14}", first.text)
    assert number is not None
    assert "没有重复办理" not in first.text
    add(agent, call, "laidian-xianshi")
    again = submit(agent, call, page)
    assert number.group() in again.text
    assert "没有重复办理" in again.text
    assert lines(again.text) == 1
    agent.post(f"/desk/calls/{call}/basket", do="drop", place="0")


def test_a_page_of_an_earlier_basket_orders_nothing(agent: Browser) -> None:
    call = agent.open_call("13800010011")
    page = add(agent, call, "cailing-5")
    agent.post(f"/desk/calls/{call}/basket", do="drop", place="0")
    add(agent, call, "laidian-xianshi")
    answer = submit(agent, call, page)
    assert answer.status_code == 409, answer.text
    assert "受理篮已在另一处改动" in answer.text
    assert lines(answer.text) == 1
    assert lines(agent.get(f"/desk?call={call}").text) == 1
    agent.post(f"/desk/calls/{call}/basket", do="drop", place="0")


def test_clicks_at_the_same_moment_are_all_kept(agent: Browser) -> None:
    call = agent.open_call("13800010009")
    wanted = ("cailing-5", "laidian-xianshi", "guonei-manyou", "cailing-8")
    with ThreadPoolExecutor(len(wanted)) as pool:
        clicks = [
            pool.submit(agent.client.post, f"/desk/calls/{call}/basket", headers=_headers(agent),
                        data={"_csrf": agent.csrf, "do": "add", "offering": each}, follow_redirects=False)
            for each in wanted
        ]  # fmt: skip
        assert [each.result().status_code for each in clicks] == [303] * len(wanted)
    assert lines(agent.get(f"/desk?call={call}").text) == len(wanted)
    for _ in wanted:
        agent.post(f"/desk/calls/{call}/basket", do="drop", place="0")


def test_ticks_of_an_earlier_basket_are_not_taken(agent: Browser) -> None:
    call = agent.open_call("13800010011")
    page = add(agent, call, "cailing-5")
    ticked = re.findall(r'name="ticked" value="([^"]+)"', page)
    ticks: dict[str, Any] = {"ticked": ticked, "note": "念过了"}
    assert ticked
    agent.post(f"/desk/calls/{call}/ticks", edition=hidden(page, "edition"), **ticks)
    assert agent.get(f"/desk?call={call}").text.count("checked data-tick") == len(ticked)
    add(agent, call, "laidian-xianshi")
    agent.post(f"/desk/calls/{call}/ticks", edition=hidden(page, "edition"), **ticks)
    assert "checked data-tick" not in agent.get(f"/desk?call={call}").text
    for _ in range(2):
        agent.post(f"/desk/calls/{call}/basket", do="drop", place="0")


def test_a_cancelled_reservation_is_not_called_an_order(agent: Browser, data_dir: Path) -> None:
    call = agent.open_call("13800010012")
    add(agent, call, "easyown-changting")
    identify(agent, call, "13800010012", data_dir)
    page = submit(agent, call, agent.get(f"/desk?call={call}").text).text
    order = re.search(r"/orders/([0-9a-f-]{36})/cancel", page)
    assert order is not None
    done = agent.post(f"/desk/calls/{call}/orders/{order.group(1)}/cancel", follow=True)
    assert "预约已取消" in done.text
    assert "受理成功" not in done.text


def _headers(agent: Browser) -> dict[str, str]:
    return {"Cookie": "; ".join(f"{name}={value}" for name, value in agent.cookies.items())}
