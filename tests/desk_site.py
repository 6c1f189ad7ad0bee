"""The whole application with content and demo data, for tests that click and for tests that ask."""

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
from litestar import Litestar
from litestar.testing import TestClient

from crm.demo.staff import DEMO_PASSWORD
from crm.platform.migrate import upgrade
from tests.conftest import _settings, wait_for

# One login a role; what each may do is in core/staff/schemas.py.
LOGINS = {
    "agent": "1001",
    "shift_leader": "2001",
    "duty_assistant": "2002",
    "back_office": "3001",
    "business": "4001",
    "store_clerk": "5001",
    "reviewer": "6001",
    "quality": "7001",
    "admin": "8001",
    "auditor": "8002",
}
_CSRF = re.compile(r'name="_csrf" value="([^"]+)"')


def build_demo(url: str, data_dir: Path) -> None:
    """Tables, content, staff, fixed customers and a small population, as the first start makes them."""
    from crm.app import load_content, prepare

    # A browser test has a loop running in this thread.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(upgrade, url, "public").result()
    settings = _settings(url, data_dir)
    wait_for(load_content(settings))
    wait_for(prepare(settings))


def csrf_in(page: str) -> str:
    """The secret of the first form on a page."""
    found = _CSRF.search(page)
    assert found is not None, page[:2000]
    return found.group(1)


def call_in(page: str) -> str:
    """The id of the call that a console page shows."""
    found = re.search(r'data-call="([0-9a-f-]{36})"', page)
    assert found is not None, page[:2000]
    return found.group(1)


class Browser:
    """A person at a desk without JavaScript: keeps cookies, sends the secret of the page along."""

    def __init__(self, client: TestClient[Litestar]) -> None:
        self.client = client
        self.csrf = ""
        self.cookies: dict[str, str] = {}

    def log_in(self, number: str) -> "Browser":
        """Through the real form."""
        page = self.get("/login")
        self.csrf = csrf_in(page.text)
        answer = self.post("/login", number=number, password=DEMO_PASSWORD)
        assert answer.status_code == 303, answer.text
        self.csrf = csrf_in(self.get("/password").text)
        return self

    def get(self, url: str, *, htmx: bool = False, follow: bool = False) -> httpx.Response:
        """Ask for a page, or as htmx for a piece of one."""
        return self._send("GET", url, None, htmx, follow)

    def post(self, url: str, *, htmx: bool = False, follow: bool = False, **fields: object) -> httpx.Response:
        """Send a form with its secret."""
        return self._send("POST", url, {"_csrf": self.csrf} | fields, htmx, follow)

    def bare_post(self, url: str, **fields: object) -> httpx.Response:
        """Send a form as a foreign page would: with our cookies and without the secret."""
        return self._send("POST", url, fields, False, False)

    def open_call(self, msisdn: str) -> str:
        """The id of a call with this number."""
        page = self.get(f"/desk?msisdn={msisdn}")
        assert page.status_code == 200, page.text
        return call_in(page.text)

    def _send(
        self, method: str, url: str, data: dict[str, object] | None, htmx: bool, follow: bool
    ) -> httpx.Response:
        self.client.cookies.clear()
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if htmx:
            headers |= {"HX-Request": "true"}
        answer = self.client.request(method, url, data=data, headers=headers, follow_redirects=False)
        for name, value in answer.cookies.items():
            self.cookies[name] = value
        if follow and answer.status_code in (302, 303):
            return self.get(answer.headers["location"])
        return answer
