"""The rule pages: who may read, draft, review and publish; a draft's way through the forms."""

import re
import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from crm.app import create_app
from crm.core.compatibility.errors import RulesBroken
from tests.conftest import _execute, _settings, wait_for
from tests.desk_site import LOGINS, Browser

READERS = {"agent", "shift_leader", "duty_assistant", "back_office", "business", "store_clerk", "reviewer"}
CHAPTER = "rules/04-group.toml"


def drafted(browser: Browser, words: str) -> str:
    """The address of a draft in which BR-11b says its sentence otherwise."""
    page = browser.get(f"/rules/draft?file={CHAPTER}").text
    found = re.search(r'<textarea id="text"[^>]*>(.*?)</textarea>', page, re.DOTALL)
    assert found is not None
    text = (
        found.group(1).replace("&#34;", '"').replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">")
    )
    text = text.replace("您现在使用{held}，换成", f"{words}，您现在使用{{held}}，换成", 1)
    base = re.search(r'name="base" value="(\d*)"', page)
    assert base is not None
    answer = browser.post("/rules/draft", base=base.group(1), file=CHAPTER, text=text, note="换个说法")
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


@pytest.mark.parametrize("role", sorted(LOGINS))
@pytest.mark.parametrize("url", ["/rules", "/rules/BR-11b", "/rules/versions", "/rules/versions/1"])
def test_who_may_read(as_role: Callable[[str], Browser], url: str, role: str) -> None:
    assert as_role(role).get(url).status_code == (200 if role in READERS else 403)


@pytest.mark.parametrize("role", sorted(LOGINS))
def test_who_sees_the_calls_a_rule_stopped(as_role: Callable[[str], Browser], role: str) -> None:
    keeps = role in {"business", "reviewer"}
    assert as_role(role).get("/rules/BR-11b/stopped").status_code == (200 if keeps else 403)
    page = as_role(role).get("/rules/BR-11b").text
    assert ("/rules/BR-11b/stopped" in page) is keeps


def test_a_rule_that_never_was_has_stopped_nothing(as_role: Callable[[str], Browser]) -> None:
    keeper = as_role("business")
    assert keeper.get("/rules/NOPE/stopped").status_code == 404
    assert as_role("agent").get("/rules/NOPE/stopped").status_code == 403


def test_the_calls_a_rule_stopped_by_week(as_role: Callable[[str], Browser]) -> None:
    agent, keeper = as_role("agent"), as_role("business")
    call = agent.open_call("13800010001")
    agent.post(f"/desk/calls/{call}/basket", do="add", offering="gotone-standard", follow=True)
    page = written(lambda: keeper.get("/rules/BR-11b/stopped").text, "138****0001")
    assert "标准全球通" in page
    assert "校园V网" in page
    assert "13800010001" not in page
    assert "下一周" not in page
    for week in ("2026-01-07", "nonsense"):
        answer = keeper.get(f"/rules/BR-11b/stopped?week={week}&offset=x")
        assert answer.status_code == 200
    assert "2026-01-05 至 2026-01-11" in keeper.get("/rules/BR-11b/stopped?week=2026-01-07").text
    assert "这一周没有拦下的来电" in keeper.get("/rules/BR-11b/stopped?week=2026-01-07").text
    agent.post(f"/desk/calls/{call}/basket", do="drop", place="0")


def written(ask: Callable[[], str], words: str) -> str:
    """What a page says once a round has written what it shows."""
    deadline = time.monotonic() + 30
    while words not in (page := ask()) and time.monotonic() < deadline:
        time.sleep(0.5)
    assert words in page
    return page


@pytest.mark.parametrize("role", sorted(LOGINS))
def test_only_the_business_group_drafts(as_role: Callable[[str], Browser], role: str) -> None:
    browser = as_role(role)
    assert browser.get("/rules/draft").status_code == (200 if role == "business" else 403)
    answer = browser.post("/rules/draft", base="1", file=CHAPTER, text="[[", note="")
    assert answer.status_code == (422 if role == "business" else 403)


@pytest.mark.parametrize("role", sorted(set(LOGINS) - {"business", "reviewer"}))
@pytest.mark.parametrize("step", ["submit", "approve", "return", "publish", "rollback", "withdraw"])
def test_nobody_else_takes_a_step(as_role: Callable[[str], Browser], role: str, step: str) -> None:
    assert as_role(role).post(f"/rules/versions/1/{step}").status_code == 403
    assert as_role(role).post("/rules/versions/1/rehearsals").status_code == 403


def test_the_rule_page_shows_conditions_proofs_and_firings(as_role: Callable[[str], Browser]) -> None:
    page = as_role("agent").get("/rules/BR-11b").text
    for words in ("校园V网", "例证", "每周触发", "恰好不触发", "对客户说"):
        assert words in page
    assert as_role("agent").get("/rules/BR-77").status_code == 404


def test_the_rule_page_shows_what_fired(site_url: str, as_role: Callable[[str], Browser]) -> None:
    assert "近 12 周没有触发过" in as_role("agent").get("/rules/BR-11c").text
    fired = "('BR-11c', current_date, 'first', 'ao88-58', 'vnet-group', 7, 5, 2)"
    wait_for(_execute(site_url, f"INSERT INTO rule_firing VALUES {fired}"))
    page = as_role("agent").get("/rules/BR-11c")
    assert page.status_code == 200
    assert '<td class="num">7</td><td class="num">5</td><td class="num">2</td>' in page.text
    assert "全球通奥运88系列58元套餐" in page.text
    assert "近 12 周触发 7 次" in as_role("agent").get("/rules").text


def test_a_draft_goes_from_the_form_into_force_by_a_second_person(
    site: TestClient[Litestar], as_role: Callable[[str], Browser]
) -> None:
    author, reviewer = as_role("business"), as_role("reviewer")
    address = drafted(author, "麻烦您留意")
    page = author.get(address).text
    assert "检查通过" in page
    assert "对客户说的话" in page
    assert author.post(f"{address}/submit").status_code == 303
    own = author.get(address).text
    assert "由另一位同事审核" in own
    assert author.post(f"{address}/approve").status_code == 403
    assert "审核通过" in reviewer.get(address).text
    assert reviewer.post(f"{address}/approve", note="同意").status_code == 303
    assert reviewer.post(f"{address}/publish", starts_at="2020-01-01T00:00").status_code == 422
    assert reviewer.post(f"{address}/publish", starts_at="").status_code == 303
    assert "麻烦您留意" in as_role("agent").get("/rules/BR-11b").text
    assert reviewer.post("/rules/versions/1/rollback", note="说法有误").status_code == 303
    assert "麻烦您留意" not in as_role("agent").get("/rules/BR-11b").text
    history = reviewer.get("/rules/versions").text
    assert "回退" in history
    assert "说法有误" in history


def test_mistakes_come_back_with_what_was_typed(as_role: Callable[[str], Browser]) -> None:
    answer = as_role("business").post(
        "/rules/draft", base="1", file=CHAPTER, text='[[rule]]\nid = "BR-99"\ntitle = "<半截>"', note="试"
    )
    assert answer.status_code == 422
    assert "rules/04-group.toml:1" in answer.text
    assert "&lt;半截&gt;" in answer.text


def test_broken_files_do_not_stop_a_desk_that_has_a_good_version(
    site_url: str, data_dir: Path, tmp_path: Path
) -> None:
    settings = _settings(site_url, data_dir)
    shutil.copytree(settings.catalog_dir, tmp_path / "catalog")
    chapter = tmp_path / "catalog" / CHAPTER
    chapter.write_text(chapter.read_text("utf-8").replace("when.op", "when.opp", 1), "utf-8")
    broken = replace(settings, catalog_dir=tmp_path / "catalog")
    with TestClient(create_app(broken)) as client:
        page = Browser(client).log_in("1001").get("/rules").text
    assert "规则文件有 1 处错误" in page
    assert re.search(r"rules/04-group\.toml:\d+ ", page)
    assert "改法：" in page
    assert "BR-11b" in page


def test_broken_files_and_no_version_start_nothing(database_url: str, tmp_path: Path) -> None:
    settings = _settings(database_url, tmp_path)
    (tmp_path / "catalog" / "rules").mkdir(parents=True)
    broken = replace(settings, catalog_dir=tmp_path / "catalog")
    said = pytest.RaisesExc(RulesBroken, match="没有启动")
    with pytest.RaisesGroup(said, flatten_subgroups=True), TestClient(create_app(broken)):
        pass


def test_a_rehearsal_is_asked_for_and_its_progress_polled(as_role: Callable[[str], Browser]) -> None:
    author = as_role("business")
    address = drafted(author, "再提醒一下")
    assert author.post(f"{address}/rehearsals").status_code == 303
    page = author.get(address).text
    found = re.search(r'id="rehearsal-([0-9a-f-]{36})"', page)
    assert found is not None
    piece = author.get(f"/rules/rehearsals/{found.group(1)}", htmx=True)
    assert piece.status_code == 200
    assert "<html" not in piece.text
    assert as_role("quality").get(f"/rules/rehearsals/{found.group(1)}").status_code == 403
    assert as_role("agent").get("/rules/rehearsals/nonsense").status_code == 422
