"""A call at the desk: what is typed is kept, which number is meant, and the way back to a running one."""

import re
from collections.abc import Callable

import asyncpg
import pytest

from tests.conftest import wait_for
from tests.desk_site import Browser, call_in


def test_an_unsaved_note_is_kept_by_wrapping_up(agent: Browser) -> None:
    call = agent.open_call("13800010004")
    page = agent.get(f"/desk?call={call}").text
    form = page[page.index('id="wrap"') : page.index("</form>", page.index('id="wrap"'))]
    assert 'name="note"' in form
    assert f'formaction="/desk/calls/{call}/note"' in form
    agent.post(f"/desk/calls/{call}/wrap-up", reason="consult-tariff", note="最后一句话", tags="")
    again = agent.open_call("13800010004")
    assert "最后一句话" in agent.get(f"/desk?call={again}&tab=history").text


def test_a_refused_wrap_up_keeps_what_was_typed(agent: Browser) -> None:
    call = agent.open_call("13800010004")
    refused = agent.post(f"/desk/calls/{call}/wrap-up", reason="", note="还没存的备注", tags="急 回访")
    assert refused.status_code == 422
    assert "还没存的备注</textarea>" in refused.text
    assert 'value="急 回访"' in refused.text
    long = "长" * 10_001
    refused = agent.post(f"/desk/calls/{call}/wrap-up", reason="consult-tariff", note=long, tags="急")
    assert refused.status_code == 422
    assert f"{long}</textarea>" in refused.text
    assert '<option value="consult-tariff" selected>' in refused.text


def test_a_note_that_is_too_long_is_still_on_the_page(agent: Browser) -> None:
    call = agent.open_call("13800010010")
    agent.post(f"/desk/calls/{call}/note", note="此前的备注")
    long = "长" * 10_001
    refused = agent.post(f"/desk/calls/{call}/note", note=long)
    assert refused.status_code == 422
    assert f"{long}</textarea>" in refused.text
    assert "此前的备注" in agent.get(f"/desk?call={call}").text


@pytest.mark.parametrize(
    ("typed", "words"), [("1380001", "号码不完整"), ("0", "号码不完整"), ("1380001000999", "号码多了")]
)
def test_half_a_number_is_called_half_a_number(agent: Browser, typed: str, words: str) -> None:
    answer = agent.get(f"/desk?msisdn={typed}")
    assert answer.status_code == 422
    assert words in answer.text
    assert "归属地" not in answer.text
    assert f'value="{typed}"' in answer.text


def test_a_number_in_full_width_opens_the_same_call(agent: Browser) -> None:
    page = agent.get("/desk?msisdn=１３８０００１０００１")
    assert page.status_code == 200
    assert 'id="products-h"' in page.text
    assert call_in(page.text) == agent.open_call("13800010001")


def test_the_way_back_to_a_running_call(agent: Browser) -> None:
    first, second = agent.open_call("13800010005"), agent.open_call("13800010013")
    agent.post(f"/desk/calls/{first}/note", note="客户稍后再说")
    page = agent.get("/desk").text
    assert "进行中的来电" in page
    assert page.index(second) < page.index(first)
    assert "客户稍后再说" in page
    assert f'href="/desk?call={first}"' in page
    done = agent.post(f"/desk/calls/{first}/wrap-up", reason="consult-tariff", follow=True).text
    assert first not in done
    assert second in done
    again = agent.open_call("13800010005")
    assert "客户稍后再说" in agent.get(f"/desk?call={again}&tab=history").text


def test_nobody_sees_the_running_calls_of_others(agent: Browser, as_role: Callable[[str], Browser]) -> None:
    call = agent.open_call("13800010005")
    assert call not in as_role("shift_leader").get("/desk").text


def entries(url: str, action: str) -> list[asyncpg.Record]:
    """The audit entries of an action, oldest first."""
    statement = "SELECT * FROM audit_entry WHERE action = $1 ORDER BY at, id"

    async def read() -> list[asyncpg.Record]:
        connection = await asyncpg.connect(url)
        try:
            return await connection.fetch(statement, action)
        finally:
            await connection.close()

    return wait_for(read())


def test_looks_and_steps_are_recorded_on_the_call_they_belong_to(site_url: str, agent: Browser) -> None:
    call = agent.open_call("13800010007")
    assert str(entries(site_url, "call.open")[-1]["interaction_id"]) == call
    assert str(entries(site_url, "customer.view")[-1]["interaction_id"]) == call
    agent.get(f"/desk/search?q=13800010007&call={call}")
    assert str(entries(site_url, "customer.search")[-1]["interaction_id"]) == call
    agent.post("/knowledge/KB-0016/rating", useful="yes", call=call)
    assert str(entries(site_url, "knowledge.rate")[-1]["interaction_id"]) == call


def test_nothing_is_recorded_on_the_call_of_somebody_else(
    site_url: str, agent: Browser, as_role: Callable[[str], Browser]
) -> None:
    other = as_role("shift_leader").open_call("13800010007")
    looks = len(entries(site_url, "customer.view"))
    assert agent.get(f"/desk?call={other}").status_code == 409
    assert len(entries(site_url, "customer.view")) == looks
    agent.get(f"/customers/13800010007?call={other}")
    assert entries(site_url, "customer.view")[-1]["interaction_id"] is None
    agent.get(f"/desk/search?q=13800010007&call={other}")
    assert entries(site_url, "customer.search")[-1]["interaction_id"] is None


def test_topics_of_articles_are_words(agent: Browser) -> None:
    found = agent.get("/knowledge?q=V网").text
    article = agent.get("/knowledge/KB-0016").text
    for page in (found, article):
        marks = re.findall(r'class="tiny quiet">([^·<]+) ·', page)
        assert marks
        assert not any(re.fullmatch(r"[a-z-]+", mark.strip()) for mark in marks), marks
