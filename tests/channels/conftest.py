"""One application with demo data for all page tests of a module."""

from collections.abc import Callable, Generator
from functools import cache
from pathlib import Path

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from crm.app import create_app
from tests.conftest import _copy_of, _ensure_template, _settings, _shared_folder
from tests.desk_site import LOGINS, Browser, build_demo


@pytest.fixture(scope="session")
def demo_template(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of a database with content and demo data, made once for all workers."""
    folder = _shared_folder(tmp_path_factory)
    return _ensure_template(postgres_url, "demo", folder, lambda url: build_demo(url, folder))


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the twins of the network write."""
    return tmp_path_factory.mktemp("desk")


@pytest.fixture(scope="module")
def site_url(postgres_url: str, demo_template: str) -> Generator[str]:
    """The database of this module."""
    with _copy_of(postgres_url, demo_template) as url:
        yield url


@pytest.fixture(scope="module")
def site(site_url: str, data_dir: Path) -> Generator[TestClient[Litestar]]:
    """The application of this module, started."""
    with TestClient(create_app(_settings(site_url, data_dir)), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture(scope="module")
def as_role(site: TestClient[Litestar]) -> Callable[[str], Browser]:
    """A logged-in browser of each role; one login a role and module."""

    @cache
    def logged_in(role: str) -> Browser:
        return Browser(site).log_in(LOGINS[role])

    return logged_in


@pytest.fixture
def agent(as_role: Callable[[str], Browser]) -> Browser:
    """The agent 1001."""
    return as_role("agent")
