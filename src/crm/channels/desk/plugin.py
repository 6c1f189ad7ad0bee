"""Adds the staff pages to the application."""

from typing import Any

from litestar import Router
from litestar.config.app import AppConfig
from litestar.datastructures import CacheControlHeader
from litestar.di import NamedDependency, Provide
from litestar.plugins import InitPlugin
from litestar.static_files import create_static_files_router  # pyright: ignore[reportUnknownVariableType]

from crm.channels.desk import (
    account,
    basket,
    catalogue,
    console,
    customer,
    exclusions,
    groups,
    knowledge,
    plans,
    queues,
    rule_pages,
    rule_steps,
    search,
)
from crm.channels.desk.assets import FOLDER
from crm.channels.desk.console_page import Console
from crm.channels.desk.errors import exception_handlers
from crm.channels.desk.security_headers import add_security_headers
from crm.channels.desk.session import provide_actor
from crm.channels.desk.views import Views
from crm.core.catalog.service import CatalogService
from crm.core.customer.service import CustomerService
from crm.core.interaction.service import InteractionService
from crm.core.knowledge.service import KnowledgeService
from crm.core.ordering.service import OrderingService
from crm.core.work_order.service import WorkOrderService
from crm.platform.clock import Clock
from crm.platform.settings import Settings


def _console(
    views: NamedDependency[Views],
    customers: NamedDependency[CustomerService],
    interactions: NamedDependency[InteractionService],
    ordering: NamedDependency[OrderingService],
    catalog: NamedDependency[CatalogService],
    knowledge: NamedDependency[KnowledgeService],
    work_orders: NamedDependency[WorkOrderService],
) -> Console:
    return Console(views, customers, interactions, ordering, catalog, knowledge, work_orders)


A_YEAR = CacheControlHeader(max_age=365 * 86400, public=True, immutable=True)


class DeskPlugin(InitPlugin):
    """Routes, static files, error pages, security headers, and the dependencies `actor` and `views`."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._views = Views.load(settings.templates_dir, clock)

    def on_app_init(self, app_config: AppConfig) -> AppConfig:
        """Called once by Litestar."""
        views = self._views
        reading = (account, console, customer, basket, search, knowledge, catalogue, queues)
        pages = (*reading, exclusions, groups, plans, rule_pages, rule_steps)
        handlers: list[Any] = [each for page in pages for each in page.route_handlers]
        app_config.route_handlers.append(
            Router(
                path="/",
                route_handlers=handlers,
                dependencies={
                    "actor": Provide(provide_actor),
                    "views": Provide(lambda: views, use_cache=True, sync_to_thread=False),
                    "console": Provide(_console, use_cache=True, sync_to_thread=False),
                },
                after_request=add_security_headers,
                include_in_schema=False,
            )
        )
        app_config.route_handlers.append(
            create_static_files_router(
                path="/static",
                directories=[FOLDER],
                cache_control=A_YEAR,
                include_in_schema=False,
                after_request=add_security_headers,
            )
        )
        app_config.exception_handlers |= exception_handlers(views)  # type: ignore[operator]  # any exception type is a key
        return app_config
