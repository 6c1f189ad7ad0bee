"""A database with the demo desk, and people who look at it."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from crm.core.catalog.service import CatalogService
from crm.core.customer.service import CustomerService
from crm.core.staff.schemas import Actor, Role
from crm.demo.service import fill_empty
from crm.demo.staff import demo_id
from crm.platform.clock import FixedClock
from crm.platform.database import Database
from crm.platform.migrate import upgrade
from crm.platform.secrets import Vault
from crm.platform.settings import Settings
from tests.conftest import _ensure_template, _settings, _shared_folder, wait_for


@pytest.fixture(scope="session")
def template_database(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The demo desk with some random neighbours, before any work order and any look."""
    folder = _shared_folder(tmp_path_factory)

    def build(url: str) -> None:
        upgrade(url, "public")
        wait_for(_fill(_settings(url, folder)))

    return _ensure_template(postgres_url, "customers", folder, build)


async def _fill(settings: Settings) -> None:
    assert settings.database_url is not None
    db, clock = Database(settings.database_url), FixedClock(datetime(2026, 11, 22, 6, 0, tzinfo=UTC))
    await db.start()
    vault = Vault(settings.encryption_key, settings.index_key)
    catalog = CatalogService(db, clock, settings.catalog_dir / "offerings")
    await catalog.load_content()
    await catalog.refresh()
    assert await fill_empty(db, vault, clock, catalog.catalogue, lines=60)
    async with db.reading() as connection:
        for table in ("work_order_event", "work_order", "audit_entry"):
            await connection.execute(f"DELETE FROM {table}")
    await db.stop()


@pytest.fixture
def customers(db: Database, clock: FixedClock, settings: Settings) -> CustomerService:
    """The service on the demo desk."""
    vault = Vault(settings.encryption_key, settings.index_key)
    return CustomerService(db, clock, vault, "贵州", {"consult-data": "流量与上网"})


@pytest.fixture
def agent() -> Actor:
    return actor("1001", Role.AGENT)


@pytest.fixture
def clerk() -> Actor:
    return actor("5001", Role.STORE_CLERK, "store:guiyang-zhonghua")


def actor(number: str, role: Role, *group_codes: str, interaction_id: UUID | None = None) -> Actor:
    return Actor(
        staff_id=demo_id("staff", number),
        staff_number=number,
        name=number,
        role=role,
        group_codes=group_codes,
        ip="10.0.0.8",
        interaction_id=interaction_id,
    )
