"""`crm serve`: database, tables, content, web workers; one line when the desk is open."""

import asyncio
import importlib
import os
from dataclasses import replace

import click

from crm.platform.embedded import reachable_database
from crm.platform.reachable import require_database
from crm.platform.settings import Settings
from crm.platform.supervisor import interrupt_on_sigterm, refuse_taken_port, run_workers

APPLICATION = "crm.app:create_app"


@click.command("serve", help="启动全部：数据库、迁移、内容与网页服务；Ctrl-C 停止。")
def serve_command() -> None:
    """Run until interrupted; refusals are named and printed in Chinese."""
    settings = Settings.from_environment()
    interrupt_on_sigterm()
    refuse_taken_port(settings.host, settings.port)
    with reachable_database(settings) as url:
        # Workers read the same settings from the environment they inherit.
        os.environ["DATABASE_URL"] = url
        asyncio.run(_make_ready(replace(settings, database_url=url)))
        run_workers(
            target=APPLICATION,
            host=settings.host,
            port=settings.port,
            workers=settings.workers,
            announce=lambda: _announcement(settings),
        )


async def _make_ready(settings: Settings) -> None:
    assert settings.database_url is not None
    await require_database(settings.database_url)
    migrate = importlib.import_module("crm.platform.migrate")
    await asyncio.to_thread(migrate.upgrade, settings.database_url, settings.schema)
    app = importlib.import_module("crm.app")
    await app.prepare(settings)


def _announcement(settings: Settings) -> str:
    app = importlib.import_module("crm.app")
    logins = f" · 演示账号 {app.demo_logins()}" if settings.demo_data else ""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"10086 坐席台已就绪 · Ready at http://{host}:{settings.port}/desk{logins} · Ctrl-C 停止"
