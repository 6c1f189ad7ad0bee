"""A real server and a real browser for the stories; keyboard helpers for the agent's hands."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Generator
from contextlib import suppress
from pathlib import Path
from urllib.error import URLError

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

from crm.demo.staff import DEMO_PASSWORD
from crm.platform.settings import Settings
from tests.conftest import _TEST_KEY as _KEY
from tests.conftest import _copy_of, _ensure_template, _settings, _shared_folder
from tests.desk_site import build_demo

ROOT = Path(__file__).parents[2]
PATIENCE = 60.0
_KEYS = ("CRM_ENCRYPTION_KEY", "CRM_INDEX_KEY")
# The accessibility checker and Playwright's screenshots put in styles of theirs, which our policy reports.
_NOT_OURS = "Applying inline style violates"

_NAME_OF_FOCUSED = """() => {
  const at = document.activeElement;
  if (at === document.body) return "";
  const words = at.tagName === "SELECT" ? "" : at.innerText;
  return [at.getAttribute("aria-label"), at.title, ...[...(at.labels ?? [])].map((l) => l.innerText), words]
    .filter(Boolean).join(" ");
}"""


class Site:
    """The address of the running desk, and where the twin of the SMS gateway writes."""

    def __init__(self, url: str, settings: Settings) -> None:
        self.url = url
        self.settings = settings

    def sms_code(self, msisdn: str) -> str:
        """The newest one-time code sent to a number."""
        deadline = time.monotonic() + 15
        while time.monotonic() < deadline:
            with suppress(OSError):
                text = (self.settings.data_dir / "sms.log").read_text("utf-8")
                codes = re.findall(rf'"{msisdn}".*?验证码(\d{{6}})', text)
                if codes:
                    return str(codes[-1])
            time.sleep(0.1)
        raise AssertionError(f"no code was sent to {msisdn}")


class Keys:
    """An agent who has no mouse: types, presses, and reads what has the focus."""

    def __init__(self, page: Page, site: Site) -> None:
        self.page = page
        self.site = site
        self.complaints: list[str] = []
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type == "error" and _NOT_OURS not in message.text and "status of 4" not in message.text:
            self.complaints.append(message.text)

    def press(self, *keys: str) -> None:
        """Press keys one after the other, once the page listens to them."""
        self.page.wait_for_load_state()
        for key in keys:
            self.page.keyboard.press(key)

    def type(self, text: str) -> None:
        """Type at the speed of a quick hand, once the cursor stands in a field."""
        self.page.wait_for_load_state()
        expect(self.page.locator("input:focus, textarea:focus, select:focus")).to_have_count(1)
        self.page.keyboard.type(text, delay=15)

    def focused(self) -> str:
        """The text or value of what has the focus."""
        return str(
            self.page.evaluate("() => document.activeElement.innerText || document.activeElement.value || ''")
        )

    def tab_to(self, words: str, most: int = 60) -> None:
        """Press Tab until something whose text or label holds `words` has the focus."""
        for _ in range(most):
            if words in self._named():
                return
            self.press("Tab")
        raise AssertionError(f"Tab does not reach {words!r}; at {self._named()!r}")

    def _named(self) -> str:
        return str(self.page.evaluate(_NAME_OF_FOCUSED))

    def log_in(self, number: str) -> None:
        """Through the form, as every morning."""
        self.page.goto(self.site.url + "/login")
        expect(self.page.locator("form input:not([type=hidden])").first).to_be_focused()
        self.type(number)
        self.press("Tab")
        expect(self.page.locator("input[type=password]")).to_be_focused()
        self.type(DEMO_PASSWORD)
        self.press("Enter")
        expect(self.page.locator(".menu")).to_be_visible()
        # The cursor is put into the first field when the page has loaded; keys pressed sooner would be lost.
        self.page.wait_for_load_state()
        for field in self.page.locator("[autofocus]").all():
            expect(field).to_be_focused()

    def identify(self, msisdn: str) -> None:
        """Service password and SMS code, as every change of products asks for."""
        self.press("i")
        expect(self.page.locator("#service-password")).to_be_focused()
        self.type("123456")
        self.press("Enter")
        expect(self.page.locator("#sms-code")).to_be_focused()
        self.press("Shift+Tab", "Enter")
        expect(self.page.get_by_text("已发往")).to_be_visible()
        self.type(self.site.sms_code(msisdn))
        self.press("Enter")
        expect(self.page.locator("#checks").get_by_text("已通过")).to_have_count(2)


@pytest.fixture(scope="session")
def demo_template(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of a database with content and demo data, made once for all workers."""
    folder = _shared_folder(tmp_path_factory)
    return _ensure_template(postgres_url, "demo", folder, lambda url: build_demo(url, folder))


@pytest.fixture(scope="module")
def site(postgres_url: str, demo_template: str, tmp_path_factory: pytest.TempPathFactory) -> Generator[Site]:
    """The desk as it is served, on a database of the module's own."""
    folder = tmp_path_factory.mktemp("site")
    with _copy_of(postgres_url, demo_template) as url:
        settings = _settings(url, folder)
        port = _free_port()
        command = [sys.executable, "-m", "granian", "--interface", "asgi", "--factory", "crm.app:create_app"]
        environment = os.environ | dict.fromkeys(_KEYS, _KEY)
        environment |= {"DATABASE_URL": url, "CRM_DATA_DIR": str(folder), "PYTHONPATH": str(ROOT / "src")}
        with (folder / "server.log").open("w") as log:
            server = subprocess.Popen(
                [*command, "--port", str(port), "--workers-kill-timeout", "3"],
                env=environment,
                stdout=log,
                stderr=log,
            )
            try:
                _wait_for(f"http://127.0.0.1:{port}/login", server, folder / "server.log")
                yield Site(f"http://127.0.0.1:{port}", settings)
            finally:
                server.send_signal(signal.SIGINT)
                server.wait(20)


@pytest.fixture(scope="module")
def chromium() -> Generator[Browser]:
    """The system's Chromium, else Playwright's own. Without one a story is skipped, but never in CI.

    No longer than a module: while it is open, this thread can run no other loop.
    """
    with sync_playwright() as playwright:
        path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
        try:
            browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        except Exception as error:
            if os.environ.get("CI", "").lower() in ("1", "true"):
                raise
            pytest.skip(f"没有可用的浏览器：{error}")
        yield browser
        browser.close()


@pytest.fixture
def desk(chromium: Browser, site: Site) -> Generator[Callable[[str], Keys]]:
    """Somebody at a desk of their own, by staff number; whatever a browser complains of fails the story."""
    people: list[Keys] = []

    def sit_down(number: str) -> Keys:
        size = {"width": 1440, "height": 900}
        # Without motion, so that colours are measured and not a fade between two of them.
        context = chromium.new_context(viewport=size, locale="zh-CN", reduced_motion="reduce")  # pyright: ignore[reportArgumentType]  # a plain dict is what it wants
        keys = Keys(context.new_page(), site)
        people.append(keys)
        keys.log_in(number)
        return keys

    yield sit_down
    complaints = [complaint for keys in people for complaint in keys.complaints]
    for keys in people:
        keys.page.context.close()
    assert not complaints


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _wait_for(url: str, server: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        assert server.poll() is None, log.read_text()
        try:
            urllib.request.urlopen(url, timeout=2).read()  # noqa: S310  (our own address)
            return
        except (URLError, OSError):
            time.sleep(0.2)
    raise AssertionError(f"the server did not answer:\n{log.read_text()}")
