"""Adds the staff pages to the application."""

from typing import Any

from litestar import Router
from litestar.config.app import AppConfig
from litestar.datastructures import CacheControlHeader
from litestar.di import NamedDependency, Provide
from litestar.plugins import InitPlugin
from litestar.static_files import create_static_files_router  # pyright: ignore[reportUnknownVariableType]  # untyped there

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
from crm.channels.desk.views import DeskRequest, Views
from crm.core.staff.schemas import Actor
from crm.core.staff.service import StaffService
from crm.platform.clock import Clock
from crm.platform.settings import Settings

# What the console speaks to, by the names under which the application provides it.
SERVICES = ("customers", "interactions", "ordering", "catalog", "knowledge", "work_orders")


A_YEAR = CacheControlHeader(max_age=365 * 86400, public=True, immutable=True)


class DeskPlugin(InitPlugin):
    """Routes, static files, error pages, security headers, and the dependencies `actor` and `console`."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._views = Views.load(settings.templates_dir, clock)

    def on_app_init(self, app_config: AppConfig) -> AppConfig:
        """Called once by Litestar."""
        views = self._views
        # Built once: resolved anew for every request, seven services cost as much as a small page.
        services: list[Any] = [app_config.dependencies[name].dependency() for name in SERVICES]  # type: ignore[union-attr]  # app.wire gives all
        desk = Console(views, *services)
        staff: Any = app_config.dependencies["staff"].dependency()  # type: ignore[union-attr]  # app.wire gives all

        reading = (account, console, customer, basket, search, knowledge, catalogue, queues)
        pages = (*reading, exclusions, groups, plans, rule_pages, rule_steps)
        handlers: list[Any] = [each for page in pages for each in page.route_handlers]
        app_config.route_handlers.append(
            Router(
                path="/",
                route_handlers=handlers,
                dependencies=_dependencies(desk, staff),
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


def _dependencies(desk: Console, staff: StaffService) -> dict[str, Provide]:
    """What handlers ask for by name.

    Litestar resolves what does not depend on each other in tasks, which costs more than a page's own work;
    named one after the other, the two are plain calls.
    """

    async def who(request: DeskRequest, console: NamedDependency[Console]) -> Actor:
        del console
        return await provide_actor(request, staff, desk.interactions)

    return {
        "console": Provide(lambda: desk, use_cache=True, sync_to_thread=False),
        "actor": Provide(who),
    }
