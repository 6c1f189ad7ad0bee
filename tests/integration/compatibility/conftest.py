"""The world of the rule book's tests: an empty database with the delivered content taken in by its clock."""

import pytest

from crm.platform.clock import FixedClock
from crm.platform.database import Database
from crm.platform.settings import Settings
from tests.factories import World


@pytest.fixture
async def world(settings: Settings, db: Database, clock: FixedClock) -> World:
    """Every service on a fresh database; version 1 of the rules is in force."""
    here = World(settings, db, clock)
    await here.services.catalog.load_content()
    await here.services.rulebook.load_content()
    await here.services.refresh()
    return here
