"""Wires everything; the only file that knows everyone."""

import asyncio
import gc
import os
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from uuid import UUID

from litestar import Litestar, get
from litestar.di import Provide

from crm.channels.desk import DeskPlugin
from crm.core.catalog.service import CatalogService
from crm.core.compatibility.service import CompatibilityService, RuleBook
from crm.core.customer.service import CustomerService
from crm.core.interaction.content import load_call_reasons
from crm.core.interaction.identity import IdentityChecks
from crm.core.interaction.service import CALL_DOCUMENT, InteractionService
from crm.core.inventory.service import GROUPS_DOCUMENT, InventoryService
from crm.core.knowledge.service import KnowledgeService
from crm.core.notice.gateways import ConsoleSms
from crm.core.notice.schemas import SmsGateway
from crm.core.notice.service import NoticeService
from crm.core.ordering.gateways import ConsoleProvisioning
from crm.core.ordering.population import PastAndPresent
from crm.core.ordering.schemas import ProvisioningGateway
from crm.core.ordering.service import WISHES_DOCUMENT, OrderingService, OrderVerdicts
from crm.core.staff.service import StaffService
from crm.core.work_order.knowledge_gaps import flag_forbidden_words, follow_gaps
from crm.core.work_order.service import WorkOrderService
from crm.demo import prepare_demo
from crm.demo.staff import demo_logins
from crm.platform.clock import Clock, SystemClock
from crm.platform.database import Database
from crm.platform.partitions import keep_partitions
from crm.platform.rounds import Round, going_round
from crm.platform.secrets import Vault
from crm.platform.settings import Settings

__all__ = ["Services", "create_app", "demo_logins", "load_content", "opened", "prepare", "wire"]


@dataclass(frozen=True, kw_only=True)
class Services:
    """Every room's door; channels ask for them by these names."""

    settings: Settings
    clock: Clock
    db: Database
    vault: Vault
    staff: StaffService
    customers: CustomerService
    inventory: InventoryService
    catalog: CatalogService
    compatibility: CompatibilityService
    rulebook: RuleBook
    interactions: InteractionService
    knowledge: KnowledgeService
    notices: NoticeService
    work_orders: WorkOrderService
    ordering: OrderingService
    verdicts: OrderVerdicts

    async def load_content(self) -> None:
        """Bring catalogue, rules and knowledge base in the database up to their files."""
        await self.catalog.load_content()
        await self.rulebook.load_content()
        await self.knowledge.load_content(self.settings.knowledge_base_dir)

    async def refresh(self) -> None:
        """Read again what other processes have changed."""
        await self.catalog.refresh()
        await self.rulebook.refresh()
        await self.compatibility.refresh()
        await self.knowledge.refresh()

    async def rehearse_next(self) -> bool:
        """Have the next rehearsal that somebody asked for run in a process of its own."""
        return await self.rulebook.run_next_rehearsal(lambda asked: rehearse_apart(self.settings, asked))

    def rounds(self) -> tuple[Round, ...]:
        """Work that every process does in the background."""
        return (
            Round("refresh", 2, self.refresh),
            Round("messages", 1, self.notices.send_due),
            Round("provisioning", 1, self.ordering.deliver_provisioning),
            Round("groups", 1, self.ordering.continue_groups),
            Round("activation", 30, self.ordering.activate_due),
            Round("wishes", 15, self.ordering.continue_wishes),
            Round("firings", 10, self.rulebook.write_firings),
            Round("old firings", 86_400, self.rulebook.forget_firings),
            Round("stops", 10, self.ordering.stops.write),
            Round("old stops", 86_400, self.ordering.stops.forget),
            Round("rehearsals", 3, self.rehearse_next),
            Round("partitions", 3600, lambda: keep_partitions(self.db, self.clock.today())),
        )


def wire(
    settings: Settings,
    db: Database,
    clock: Clock,
    sms: SmsGateway | None = None,
    provisioning: ProvisioningGateway | None = None,
) -> Services:
    """Build every service on one database; gateways default to twins that write to the data folder."""
    vault = Vault(settings.encryption_key, settings.index_key)
    notices = NoticeService(
        db, clock, sms or ConsoleSms(settings.data_dir / "sms.log", aloud=settings.demo_data)
    )
    reasons, _ = load_call_reasons(settings.workorders_dir)
    reason_names = {each.code: each.name for each in reasons}
    along = {"call": CALL_DOCUMENT, "wishes": WISHES_DOCUMENT, "groups": GROUPS_DOCUMENT}
    customers = CustomerService(db, clock, vault, settings.home_region, reason_names, along)
    identity = IdentityChecks(db, clock, vault, settings, customers, notices)
    interactions = InteractionService(db, clock, identity, reasons)
    catalog = CatalogService(db, clock, settings.catalog_dir / "offerings")
    inventory = InventoryService(db, clock)
    compatibility = CompatibilityService(settings.catalog_dir / "rules", catalog)
    population = PastAndPresent(db, inventory)
    content = settings.catalog_dir
    rulebook = RuleBook(db, clock, compatibility, catalog, population, content)
    work_orders = WorkOrderService(db, clock, settings.workorders_dir, interactions)
    knowledge = KnowledgeService(db, clock, interactions)
    follow_gaps(knowledge, work_orders)
    flag_forbidden_words(knowledge, work_orders)
    network = provisioning or ConsoleProvisioning(settings.data_dir / "provisioning.log")
    staff = StaffService(db, clock, settings)
    ordering = OrderingService(
        db, clock, catalog, compatibility, inventory, interactions, work_orders, notices, network,
        settings.month_end_days,
    )  # fmt: skip
    return Services(
        settings=settings, clock=clock, db=db, vault=vault, staff=staff, customers=customers,
        inventory=inventory, catalog=catalog, compatibility=compatibility, rulebook=rulebook,
        interactions=interactions, knowledge=knowledge, notices=notices, work_orders=work_orders,
        ordering=ordering, verdicts=OrderVerdicts(db, clock, compatibility.verdicts),
    )  # fmt: skip


async def rehearse_apart(settings: Settings, rehearsal_id: UUID) -> None:
    """Run a rehearsal as `crm rules rehearse`, so that the minutes of CPU are not taken from the desk.

    Raises RuntimeError with the last words of a run that failed without saying so in its row.
    """
    assert settings.database_url is not None
    surroundings = {
        "DATABASE_URL": settings.database_url,
        "CRM_SCHEMA": settings.schema,
        "CRM_CATALOG_DIR": str(settings.catalog_dir),
        "CRM_DATA_DIR": str(settings.data_dir),
        "PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")]),
    }
    run = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "crm.cli", "rules", "rehearse", "--run", str(rehearsal_id),
        env=os.environ | surroundings, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        _, said = await run.communicate()
    except asyncio.CancelledError:
        run.terminate()
        raise
    if run.returncode:
        raise RuntimeError(said.decode("utf-8", "replace").strip()[-300:])


@asynccontextmanager
async def opened(settings: Settings, clock: Clock | None = None) -> AsyncGenerator[Services]:
    """Services on the database that the settings name, for a command or a test."""
    assert settings.database_url is not None
    db = Database(settings.database_url, settings.schema)
    await db.start()
    try:
        yield wire(settings, db, clock or SystemClock())
    finally:
        await db.stop()


async def load_content(settings: Settings) -> None:
    """Load catalogue and knowledge base into a migrated database."""
    async with opened(settings) as services:
        await services.load_content()


async def prepare(settings: Settings) -> None:
    """Make a migrated database ready to serve: content, and demo data when it is empty and wanted."""
    async with opened(settings) as services:
        await services.load_content()
        if settings.demo_data:
            await prepare_demo(services.db, services.vault, services.clock, services.staff, services.catalog)


@get("/healthz", include_in_schema=False)
async def health(db: Database) -> dict[str, str]:
    """Whether this process reaches its database; 503 by the error page otherwise."""
    async with db.reading() as connection:
        await connection.fetchval("SELECT 1")
    return {"state": "ok"}


def create_app(settings: Settings | None = None, clock: Clock | None = None) -> Litestar:
    """The web application of one worker process."""
    settings = settings or Settings.from_environment()
    assert settings.database_url is not None, "the supervisor or DATABASE_URL names the database"
    db = Database(settings.database_url, settings.schema)
    services = wire(settings, db, clock or SystemClock())

    @asynccontextmanager
    async def life(_: Litestar) -> AsyncGenerator[None]:
        await db.start()
        await services.refresh()
        # What was loaded stays: the collector need not walk over it again while a caller waits.
        gc.collect()
        gc.freeze()
        try:
            async with going_round(services.rounds()):
                yield
        finally:
            gc.unfreeze()
            await db.stop()

    return Litestar(
        route_handlers=[health],
        plugins=[DeskPlugin(settings, services.clock)],
        dependencies={field.name: _provided(getattr(services, field.name)) for field in fields(services)},
        lifespan=[life],
        openapi_config=None,
    )


def _provided(value: object) -> Provide:
    return Provide(lambda: value, use_cache=True, sync_to_thread=False)
