"""The generator on an empty, migrated database."""

import pytest

from crm.core.catalog.content import load_offerings
from crm.core.catalog.engine import Catalogue
from crm.demo.service import Seeder
from crm.platform.clock import FixedClock
from crm.platform.database import Database
from crm.platform.secrets import Vault
from crm.platform.settings import Settings


@pytest.fixture
def vault(settings: Settings) -> Vault:
    return Vault(settings.encryption_key, settings.index_key)


@pytest.fixture
def catalogue(settings: Settings) -> Catalogue:
    return Catalogue(load_offerings(settings.catalog_dir / "offerings")[0])


@pytest.fixture
def seeder(db: Database, vault: Vault, clock: FixedClock, catalogue: Catalogue) -> Seeder:
    return Seeder(db, vault, clock, catalogue)
