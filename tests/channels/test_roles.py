"""Who gets which page: every reading route as every role."""

from collections.abc import Callable

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from tests.desk_site import LOGINS, Browser

EVERYBODY = frozenset(LOGINS)
DESK = frozenset({"agent", "shift_leader", "duty_assistant", "back_office"})
CATALOGUE = DESK | {"business", "store_clerk"}
READERS = DESK | {"business", "store_clerk", "reviewer", "quality"}

PAGES: dict[str, frozenset[str]] = {
    "/password": EVERYBODY,
    "/desk": DESK,
    "/desk?msisdn=13800010012": DESK,
    "/desk/search?q=V网": DESK | {"business", "store_clerk", "reviewer", "quality", "admin", "auditor"},
    "/customers/13800010012": DESK,
    "/desk/offerings/gotone-standard": CATALOGUE,
    "/rules": CATALOGUE | {"reviewer"},
    "/knowledge": READERS,
    "/knowledge?q=V网": READERS,
    "/knowledge/KB-0016": READERS,
    "/knowledge/gaps": frozenset({"shift_leader", "duty_assistant", "business"}),
}


@pytest.mark.parametrize("role", sorted(LOGINS))
@pytest.mark.parametrize("url", PAGES)
def test_a_page_opens_for_the_roles_that_may_see_it(
    as_role: Callable[[str], Browser], url: str, role: str
) -> None:
    answer = as_role(role).get(url)
    assert answer.status_code == (200 if role in PAGES[url] else 403)
    if role not in PAGES[url]:
        assert "您的角色不能" in answer.text or "没有派给本厅" in answer.text


@pytest.mark.parametrize("url", PAGES)
def test_without_a_login_every_page_leads_to_the_login_and_back(site: TestClient[Litestar], url: str) -> None:
    answer = Browser(site).get(url)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/login?next=%2F")


def test_an_ended_session_sends_htmx_to_the_login_as_a_whole_page(site: TestClient[Litestar]) -> None:
    answer = Browser(site).get("/desk/search?q=1", htmx=True)
    assert answer.status_code == 204
    assert answer.headers["hx-redirect"].startswith("/login")


@pytest.mark.parametrize("role", sorted(LOGINS))
def test_every_role_lands_on_a_page_it_may_see(as_role: Callable[[str], Browser], role: str) -> None:
    answer = as_role(role).get("/", follow=True)
    assert answer.status_code == 200


def test_the_search_box_shows_customers_to_desk_roles_only(as_role: Callable[[str], Browser]) -> None:
    assert (
        'href="/desk?msisdn=13800010012"'
        in as_role("agent").get("/desk/search?q=13800010012", htmx=True).text
    )
    only = as_role("agent").get("/desk/search?q=13800010012")
    assert only.headers["location"] == "/desk?msisdn=13800010012"
    for role in ("business", "reviewer", "quality", "admin", "auditor"):
        assert "msisdn=" not in as_role(role).get("/desk/search?q=13800010012", htmx=True).text
