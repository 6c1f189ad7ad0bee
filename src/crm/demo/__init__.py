"""Demo data: staff, fixed customers and a random population. The system itself needs nothing of it."""

from crm.core.catalog.service import CatalogService
from crm.core.staff.service import StaffService
from crm.platform.clock import Clock
from crm.platform.database import Database
from crm.platform.secrets import Vault


async def prepare_demo(
    db: Database, vault: Vault, clock: Clock, staff: StaffService, catalog: CatalogService
) -> bool:
    """Make the demo desk where nobody works and no line exists yet; says whether it did.

    Staff, the fixed customers and some 300 random lines with dates around today, all or nothing.
    """
    if not await staff.is_empty():
        return False
    # Faker is loaded here and not above: only the very first start needs it.
    from crm.demo.service import fill_empty

    await catalog.refresh()
    return await fill_empty(db, vault, clock, catalog.catalogue)
