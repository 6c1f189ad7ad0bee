"""互斥业务 in the browser, without JavaScript: list, search, choose, preview, settle, take back."""

from collections.abc import Callable, Generator
from pathlib import Path
from urllib.parse import quote

import msgspec
import pytest
from litestar import Litestar
from litestar.testing import TestClient

from crm.app import create_app, opened
from crm.platform.settings import Settings
from tests.conftest import _copy_of, _settings, wait_for
from tests.desk_site import LOGINS, Browser

LIST = "/catalog/exclusions"
PHRASE = "/catalog/exclusions/phrase"
KEY = "长漫亲情省"
OFFERING = "sms-pack-20"


def _cell(service: str, text: str) -> dict[str, str]:
    return {"service": service, "kind": "互斥业务", "text": text}


CELLS = (
    _cell("来电显示", "彩铃5元、长漫亲情省业务、<b>老包</b>"),
    _cell("没有的产品", "长漫亲情省"),
    *(_cell(f"不在目录的产品{place}", "长漫亲情省") for place in range(25)),
)


@pytest.fixture(scope="module")
def site(postgres_url: str, demo_template: str, data_dir: Path) -> Generator[TestClient[Litestar]]:
    """The application of this module on demo data with a few cells."""
    with _copy_of(postgres_url, demo_template) as url:
        settings = _settings(url, data_dir)
        file = data_dir / "cells.jsonl"
        file.write_bytes(b"\n".join(msgspec.json.encode(cell) for cell in CELLS))
        wait_for(_import(settings, file))
        with TestClient(create_app(settings), raise_server_exceptions=False) as client:
            yield client


async def _import(settings: Settings, file: Path) -> None:
    async with opened(settings) as services:
        await services.catalog.exclusions.import_cells(file)


@pytest.fixture
def analyst(as_role: Callable[[str], Browser]) -> Browser:
    return as_role("business")


def _page(key: str = KEY, **more: str) -> str:
    return f"{PHRASE}?key={quote(key)}" + "".join(f"&{name}={quote(value)}" for name, value in more.items())


def _seen(browser: Browser) -> str:
    text = browser.get(_page()).text
    return text.split('name="seen" value="', 1)[1].split('"', 1)[0].replace("&#43;", "+")


@pytest.mark.parametrize("role", sorted(LOGINS))
def test_only_those_who_keep_the_catalogue_see_it(as_role: Callable[[str], Browser], role: str) -> None:
    browser = as_role(role)
    wanted = 200 if role == "business" else 403
    assert browser.get(LIST).status_code == wanted
    assert browser.get(_page()).status_code == wanted
    home = browser.get("/password").text
    assert (f'href="{LIST}"' in home) is (role == "business")
    if role != "business":
        assert browser.post(PHRASE, key=KEY, do="retire", seen="").status_code == 403


def test_the_list_counts_pages_and_finds(analyst: Browser) -> None:
    first = analyst.get(LIST).text
    assert "第 1–20 条，共 28 条" in first
    assert "&lt;b&gt;老包&lt;/b&gt;" in analyst.get(f"{LIST}?q=老包").text
    assert "长漫亲情省业务" in first
    assert "第 21–28 条" in analyst.get(f"{LIST}?state=open&offset=20").text
    assert "彩铃5元" in analyst.get(f"{LIST}?state=known").text
    assert "没有找到“火星”" in analyst.get(f"{LIST}?q=火星").text
    assert analyst.get(f"{LIST}?state=strange&offset=-1").status_code == 200
    assert "<html" not in analyst.get(LIST, htmx=True).text


def test_a_phrase_is_chosen_previewed_settled_and_taken_back(analyst: Browser) -> None:
    page = analyst.get(_page(q="短信包")).text
    assert "27 栏" in page
    assert f'value="{OFFERING}"' in page
    preview = analyst.get(_page(chosen="1", target=OFFERING)).text
    assert "选 1 项，确定后在" in preview
    assert '得到 <strong class="num">1</strong> 对互斥' in preview

    answer = analyst.post(PHRASE, key=KEY, do="settle", target=OFFERING, seen="")
    assert answer.status_code == 303
    done = analyst.get(answer.headers["location"]).text
    assert "撤销处理" in done
    assert "4001" in done
    assert "长漫亲情省业务" in analyst.get(f"{LIST}?state=settled").text
    held = analyst.get(f"/desk/offerings/{OFFERING}")
    assert held.status_code == 200
    assert "不能同时" in analyst.get("/desk/offerings/laidian-xianshi").text

    stale = analyst.post(PHRASE, key=KEY, do="retire", seen="")
    assert stale.status_code == 409
    assert "4001 刚刚处理过" in stale.text
    assert analyst.post(PHRASE, key=KEY, do="reopen", seen=_seen(analyst)).status_code == 303
    assert "撤销处理" not in analyst.get(_page()).text


def test_what_is_wrong_is_said_and_nothing_saved(analyst: Browser) -> None:
    assert "没有选择产品或标签" in analyst.post(PHRASE, key=KEY, do="settle", seen="").text
    assert (
        "目录里没有产品“no-such”"
        in analyst.post(PHRASE, key=KEY, do="settle", target="no-such", seen="").text
    )
    assert analyst.get(_page("没有这个")).status_code == 404
    assert analyst.get(_page(chosen="1", target="tag:没有")).status_code == 422
    assert analyst.bare_post(PHRASE, key=KEY, do="retire", seen="").status_code == 403
    assert "撤销处理" not in analyst.get(_page()).text


def test_an_owner_that_nobody_knows_is_asked_for(analyst: Browser) -> None:
    page = analyst.get(_page("没有")).text
    assert "这一栏属于哪个产品？" in page
    assert analyst.post(PHRASE, key="没有", do="retire", seen="").status_code == 303
    assert "已标为<strong>已下线</strong>" in analyst.get(_page("没有")).text
