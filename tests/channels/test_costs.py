"""What a page costs the database, and what happens when it is gone."""

from collections.abc import Callable, Generator
from typing import Any

import asyncpg
import pytest
from litestar import Litestar
from litestar.testing import TestClient
from sqlalchemy import event
from sqlalchemy.engine import Engine

from tests.desk_site import Browser

# Statements a page, the session look-up among them. A number that grows is a decision, not an accident.
CEILINGS = {
    "/desk": 2,  # with the calls that are not wrapped up
    "/desk/search?q=0012": 2,
    "/desk/search?q=V网": 2,
    "/customers/13800010003": 2,
    "/knowledge?q=V网": 1,
    "/knowledge/KB-0016": 2,
    "/desk/offerings/vnet-hke": 1,
    "/rules": 2,  # with what fired this week
    "/password": 1,
}


class Counted:
    """The statements sent since the last `take`."""

    def __init__(self) -> None:
        self.statements: list[str] = []

    def take(self) -> list[str]:
        found, self.statements = self.statements, []
        return [each for each in found if "catalog_version" not in each and "knowledge_version" not in each]


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Generator[Counted]:
    """Every statement of this process, through SQLAlchemy or bare asyncpg."""
    counter = Counted()

    def seen(_c: Any, _k: Any, statement: str, *_: Any) -> None:
        counter.statements.append(statement)

    plain = asyncpg.Connection._execute  # pyright: ignore[reportAttributeAccessIssue]  # not in the stubs

    async def counting(self: Any, query: str, *args: Any, **named: Any) -> Any:
        counter.statements.append(query)
        return await plain(self, query, *args, **named)

    event.listen(Engine, "before_cursor_execute", seen)
    monkeypatch.setattr(asyncpg.Connection, "_execute", counting)
    yield counter
    event.remove(Engine, "before_cursor_execute", seen)


def statements(counted: Counted, ask: Callable[[], object]) -> list[str]:
    """The fewest of three tries: background rounds also speak to the database."""
    tries: list[list[str]] = []
    for _ in range(3):
        counted.take()
        ask()
        tries.append(counted.take())
    return min(tries, key=len)


@pytest.mark.parametrize("url", CEILINGS)
def test_a_page_asks_no_more_than_it_needs(agent: Browser, counted: Counted, url: str) -> None:
    agent.get(url)
    asked = statements(counted, lambda: agent.get(url))
    assert len(asked) <= CEILINGS[url], "\n\n".join(asked)


def test_the_console_asks_a_handful(agent: Browser, counted: Counted) -> None:
    call = agent.open_call("13800010012")
    shown = statements(counted, lambda: agent.get("/desk?msisdn=13800010012"))
    assert len(shown) <= 7, "\n\n".join(shown)
    assert sum("audit_entry" in each for each in shown) == 1
    typed = statements(counted, lambda: agent.get(f"/desk/calls/{call}/offerings?q=彩铃", htmx=True))
    # With the call and what its customer holds: every hit is judged for this customer, as of this moment.
    assert len(typed) <= 3, "\n\n".join(typed)
    judged = statements(
        counted, lambda: agent.post(f"/desk/calls/{call}/basket", htmx=True, do="add", offering="cailing-5")
    )
    assert len(judged) <= 9, "\n\n".join(judged)


def test_a_lost_database_says_so_and_loses_nothing(
    site: TestClient[Litestar], agent: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = agent.open_call("13800010012")
    agent.post(f"/desk/calls/{call}/note", note="已经记下的话")

    async def gone(*_: Any, **__: Any) -> Any:
        raise ConnectionRefusedError

    with monkeypatch.context() as broken:
        broken.setattr(asyncpg.Connection, "_execute", gone)
        page = agent.get(f"/desk?call={call}")
        assert page.status_code == 503
        assert "数据库暂时没有响应" in page.text
        assert page.headers["retry-after"]
        piece = agent.post(f"/desk/calls/{call}/note", htmx=True, note="正在写的话")
        assert piece.status_code == 503
        assert piece.headers["hx-retarget"] == "#toast"
    assert "已经记下的话" in agent.get(f"/desk?call={call}").text
