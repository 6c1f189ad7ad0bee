"""The world of the ordering tests: real database, delivered catalogue and rules, twins at the edge."""

from collections.abc import AsyncGenerator

import pytest

from crm.platform.clock import FixedClock
from crm.platform.database import Database
from crm.platform.settings import Settings
from tests.factories import World


@pytest.fixture
async def world(content_settings: Settings, clock: FixedClock) -> AsyncGenerator[World]:
    """Every service on a fresh database with the delivered content."""
    assert content_settings.database_url is not None
    db = Database(content_settings.database_url)
    await db.start()
    here = World(content_settings, db, clock)
    await here.services.refresh()
    yield here
    await db.stop()
