"""The queue and work-order pages through a real application: log in, list, claim, answer, refuse, export."""

import re
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import fields
from typing import Any, cast

import httpx
import pytest
from litestar import Litestar
from litestar.di import Provide

from crm.app import wire
from crm.channels.desk import DeskPlugin
from crm.core.staff.schemas import GroupView, NewStaff, Role
from crm.platform.clock import FixedClock
from crm.platform.database import Database
from crm.platform.ids import new_id
from crm.platform.settings import Settings

LogIn = Callable[[str], Awaitable["Desk"]]
GROUPS = ("back_office", "group_service", "business", "escalation")
PEOPLE = (
    NewStaff("1001", "林小雨", Role.AGENT, "desk10086"),
    NewStaff("2001", "周值班", Role.SHIFT_LEADER, "desk10086", ("escalation",)),
    NewStaff("3001", "王后台", Role.BACK_OFFICE, "desk10086", ("back_office", "group_service")),
    NewStaff("3002", "赵后台", Role.BACK_OFFICE, "desk10086", ("back_office", "group_service")),
    NewStaff("4001", "陈业务", Role.BUSINESS, "desk10086", ("business",)),
    NewStaff("8001", "管理员", Role.ADMIN, "desk10086"),
)
COMPLAINT: dict[str, Any] = {
    "type": "complaint",
    "msisdn": "138 0001 0002",
    "field_category": "资费争议",
    "field_demand": "退还彩铃功能费",
    "content": "九月起每月多收五元 😀",
    "urgency": "加急",
}


class Desk:
    """A logged-in browser without JavaScript."""

    def __init__(self, client: httpx.AsyncClient, csrf: str) -> None:
        self.client = client
        self.csrf = csrf

    async def get(self, url: str) -> str:
        answer = await self.client.get(url, follow_redirects=True)
        assert answer.status_code == 200, answer.text
        return answer.text

    async def post(self, url: str, /, expect: int = 200, **fields: Any) -> str:
        answer = await self.client.post(url, data={"_csrf": self.csrf, **fields}, follow_redirects=True)
        assert answer.status_code == expect, answer.text
        return answer.text

    async def create(self, **fields: Any) -> str:
        page = await self.post("/work-orders", key=str(new_id()), **(COMPLAINT | fields))
        return number_in(page)


def number_in(page: str) -> str:
    found = re.search(r"WO\d{14}", page)
    assert found is not None, page
    return found.group()


def version_in(page: str) -> str:
    found = re.search(r'name="version" value="(\d+)"', page)
    assert found is not None, page
    return found.group(1)


@pytest.fixture
async def log_in(db: Database, clock: FixedClock, settings: Settings) -> AsyncGenerator[LogIn]:
    """Log in as a staff number, each in a browser of their own."""
    services = wire(settings, db, clock)
    await services.staff.hire(tuple(GroupView(new_id(), code, code, "team") for code in GROUPS), PEOPLE)
    app = Litestar(
        plugins=[DeskPlugin(settings, clock)],
        dependencies={field.name: _provided(getattr(services, field.name)) for field in fields(services)},
        openapi_config=None,
    )
    clients: list[httpx.AsyncClient] = []

    async def enter(number: str) -> Desk:
        # In this loop, so that application and test share one started `Database`.
        client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=cast("Any", app)), base_url="http://testserver.local"
        )
        clients.append(client)
        page = (await client.get("/login")).text
        secret = re.search(r'name="_csrf" value="([^"]+)"', page)
        assert secret is not None
        form = {"_csrf": secret.group(1), "number": number, "password": "desk10086"}
        answer = await client.post("/login", data=form, follow_redirects=False)
        assert answer.status_code == 303, answer.text
        inside = (await client.get("/password")).text
        found = re.search(r'name="_csrf" value="([^"]+)"', inside)
        assert found is not None
        return Desk(client, found.group(1))

    yield enter
    for client in clients:
        await client.aclose()


def _provided(value: object) -> Provide:
    return Provide(lambda: value, use_cache=True, sync_to_thread=False)


async def test_a_form_says_beforehand_which_checks_it_needs(log_in: LogIn) -> None:
    agent = await log_in("1001")
    assert "先核身：服务密码、短信验证码" in await agent.get("/work-orders/new")
    form = await agent.get("/work-orders/new?type=order_by_hand")
    assert "请从通话页的“工单”建单" in form
    call = new_id()
    assert f'href="/desk?call={call}"' in await agent.get(f"/work-orders/new?type=order_by_hand&call={call}")
    assert "核身" not in await agent.get("/work-orders/new?type=complaint")


async def test_complaint_from_the_desk_to_the_archive(log_in: LogIn) -> None:
    agent, back, other = await log_in("1001"), await log_in("3001"), await log_in("3002")
    form = await agent.get("/work-orders/new?type=complaint&msisdn=13800010002")
    assert "客户诉求" in form
    assert 'value="13800010002"' in form
    number = await agent.create()
    page = await agent.get(f"/work-orders/{number}")
    assert "九月起每月多收五元 😀" in page
    assert "办结归档" not in page

    queue = await back.get("/queues?view=back_office")
    assert number in queue
    assert "138 0001 0002" in queue
    taken = await back.post("/queues/claim-next", queue="back_office")
    assert number in taken
    assert "处理中" in taken
    answered = await back.post(
        f"/work-orders/{number}/reply", version=version_in(taken), reply="已退费。", resolution="done",
        handover_events="开通彩铃", handover_demand="退费", handover_problem="", handover_measures="",
    )  # fmt: skip
    assert "待回访" in answered
    called = await back.post(
        f"/work-orders/{number}/call-back", version=version_in(answered), satisfaction="满意", note="客户认可"
    )
    lacking = await other.post(
        f"/work-orders/{number}/close", 422, version=version_in(called), resolution="done", cause="误开通"
    )
    assert "责任单位" in lacking
    assert 'value="误开通"' in lacking, "what was typed stays"
    closed = await other.post(
        f"/work-orders/{number}/close",
        version=version_in(called),
        resolution="done",
        responsible_unit="增值中心",
    )
    assert "已归档" in closed


async def test_mistakes_are_named_at_their_fields_and_nothing_typed_is_lost(log_in: LogIn) -> None:
    agent = await log_in("1001")
    page = await agent.post(
        "/work-orders", 422, **(COMPLAINT | {"msisdn": "1380001", "field_demand": "", "field_amount": "十块"})
    )
    for words in (
        "客户号码应为 11 位手机号",
        "请填写“客户诉求”",
        "应为金额",
        "九月起每月多收五元 😀",
        'value="十块"',
    ):
        assert words in page


async def test_second_submit_of_the_same_form_shows_the_first_order(log_in: LogIn) -> None:
    agent = await log_in("1001")
    first = number_in(await agent.post("/work-orders", key="same", **COMPLAINT))
    assert number_in(await agent.post("/work-orders", key="same", **COMPLAINT)) == first


async def test_two_people_on_one_order_get_a_clear_message_and_keep_their_text(log_in: LogIn) -> None:
    agent, back, leader = await log_in("1001"), await log_in("3001"), await log_in("2001")
    number = await agent.create()
    page = await back.post("/queues/claim-next", queue="back_office")
    seen = version_in(page)
    await leader.post(f"/work-orders/{number}/urge", note="客户又来电", version=seen)
    refused = await back.post(
        f"/work-orders/{number}/reply", 409, version=seen, reply="写了很久的答复", resolution="done"
    )
    assert "2001 周值班 催办" in refused
    assert "写了很久的答复" in refused
    again = await back.post(
        f"/work-orders/{number}/reply", version=version_in(refused), reply="写了很久的答复", resolution="done"
    )
    assert "待回访" in again


async def test_an_order_in_the_hands_of_a_colleague_says_whose(log_in: LogIn) -> None:
    agent, owner, colleague = await log_in("1001"), await log_in("3002"), await log_in("3001")
    number = await agent.create()
    page = await owner.get(f"/work-orders/{number}")
    await owner.post(f"/work-orders/{number}/claim", version=version_in(page))
    steps = (await colleague.get(f"/work-orders/{number}")).split("<h2>操作</h2>")[1].split("</aside>")[0]
    assert "3002 赵后台 正在处理，可添加备注。" in steps


async def test_empty_queue_says_what_to_do_next(log_in: LogIn) -> None:
    back = await log_in("3001")
    assert "队列已清空" in await back.get("/queues?view=group_service")
    assert "没有待领取的工单了" in await back.post("/queues/claim-next", queue="group_service")


async def test_filters_pages_and_sorting_live_in_the_address(log_in: LogIn, clock: FixedClock) -> None:
    agent, leader = await log_in("1001"), await log_in("2001")
    first = await agent.create(field_demand="退还彩铃功能费")
    second = await agent.create(field_demand="信号差要求补偿", msisdn="13800010003")
    everything = await leader.get("/queues?view=all")
    assert first in everything
    assert second in everything
    for query, kept, gone in (
        ("text=0003", second, first), ("text=13800010002", first, second), (f"text={first}", first, second),
        ("text=%E4%BF%A1%E5%8F%B7", second, first),
    ):  # fmt: skip
        page = await leader.get(f"/queues?view=all&{query}")
        assert kept in page
        assert gone not in page
    assert "没有符合条件的工单" in await leader.get("/queues?view=all&overdue=1")
    up = await leader.get("/queues?view=all&sort=number")
    down = await leader.get("/queues?view=all&sort=-number")
    assert up.index(first) < up.index(second)
    assert down.index(second) < down.index(first)
    assert 'aria-sort="ascending"' in up
    await leader.get("/queues?view=all&sort=nonsense&page=%F0%9F%98%80&state=x")


async def test_htmx_gets_only_the_list(log_in: LogIn) -> None:
    leader = await log_in("2001")
    answer = await leader.client.get("/queues?view=all", headers={"HX-Request": "true"})
    assert answer.text.lstrip().startswith('<section id="list"')


async def test_csv_opens_in_a_spreadsheet_and_cannot_calculate(log_in: LogIn) -> None:
    agent, leader = await log_in("1001"), await log_in("2001")
    await agent.post(
        "/work-orders", key="k", type="suggestion", field_kind="建议", field_summary="x", field_text="y",
        content="=1+1",
    )  # fmt: skip
    await agent.create()
    answer = await leader.client.get("/queues/export?view=all")
    assert answer.content.startswith(b"\xef\xbb\xbf")
    assert answer.headers["content-type"].startswith("text/csv")
    lines = answer.content.decode("utf-8-sig").splitlines()
    assert lines[0].startswith("工单号,类型,")
    assert len(lines) == 3
    assert any("投诉（资费争议）" in line for line in lines)


async def test_who_may_not_see_work_orders_is_told_so(log_in: LogIn) -> None:
    admin, business, agent = await log_in("8001"), await log_in("4001"), await log_in("1001")
    number = await agent.create()
    assert (await admin.client.get("/queues")).status_code == 403
    assert (await business.client.get(f"/work-orders/{number}")).status_code == 404
    assert (await agent.client.get("/work-orders/WO20260101000001")).status_code == 404
    await agent.post("/queues/claim-next", 403, queue="back_office")
    await agent.post(f"/work-orders/{number}/close", 403, resolution="done", reply="x")
    await agent.post(f"/work-orders/{number}/nonsense", 422)


async def test_form_without_its_secret_is_not_taken(log_in: LogIn) -> None:
    agent = await log_in("1001")
    answer = await agent.client.post("/work-orders", data=COMPLAINT)
    assert answer.status_code == 403


async def test_transfer_lands_on_the_queues(log_in: LogIn) -> None:
    agent, back = await log_in("1001"), await log_in("3001")
    number = await agent.create()
    taken = await back.post("/queues/claim-next", queue="back_office")
    page = await back.post(
        f"/work-orders/{number}/transfer", version=version_in(taken), queue="business", note="业务问题"
    )
    assert "工单" in page
    assert "业务组" in await back.get(f"/work-orders/{number}")
