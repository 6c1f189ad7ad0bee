"""What nobody could answer: asked at the desk, listed by how often, answered by naming an article."""

import re
from collections.abc import Callable

from tests.desk_site import Browser

GAPS = "/knowledge/gaps"


def test_gaps_are_worked_off_without_javascript(as_role: Callable[[str], Browser]) -> None:
    agent, business, leader = as_role("agent"), as_role("business"), as_role("shift_leader")
    assert "没有待答复的问题" in business.get(GAPS).text
    for question in ("卫星电话怎么开<b>？", "卫星电话多少钱", "V网怎么退"):
        agent.post(GAPS, question=question, words="V网" if "V" in question else "卫星电话")
    page = business.get(GAPS).text
    assert page.index("问过 2 次") < page.index("问过 1 次")
    assert "&lt;b&gt;" in page
    assert "KB-0016" in page, "the nearest articles are offered"
    assert 'href="/knowledge/gaps"' in business.get("/knowledge").text
    assert 'href="/knowledge/gaps"' not in agent.get("/knowledge").text
    ids = re.findall(r'name="gap" value="([^"]+)"', page)
    missing = business.post(f"{GAPS}/answer", gap=ids[:2], other="KB-9999")
    assert missing.status_code == 404
    assert 'value="KB-9999"' in missing.text, "what was typed is kept"
    answer = business.post(f"{GAPS}/answer", gap=ids[:2], article="KB-0016", other="")
    assert answer.headers["location"] == f"{GAPS}?done=2"
    after = business.get(answer.headers["location"]).text
    assert "已用文章答复 2 个问题" in after
    assert "卫星电话" not in after
    assert "V网怎么退" in after
    seen = leader.get(GAPS).text
    assert re.search(r'href="/work-orders/WO\d+"', seen), "whoever sees the consultation gets to it"
    assert "用这篇文章答复" not in seen
    assert leader.post(f"{GAPS}/answer", gap=ids[2:], other="KB-0016").status_code == 403
    assert agent.get(GAPS).status_code == 403
    assert business.post(f"{GAPS}/answer", gap="x", other="KB-0016").status_code == 422
