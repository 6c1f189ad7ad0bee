"""`crm migrate`: bring the database to the newest tables."""

import asyncio
import importlib

import click

from crm.platform.embedded import reachable_database
from crm.platform.reachable import require_database
from crm.platform.settings import Settings


@click.command("migrate", help="把数据库升级到最新表结构。")
def migrate_command() -> None:
    """Upgrade the schema that the settings name; running it again changes nothing."""
    settings = Settings.from_environment()
    with reachable_database(settings) as url:
        asyncio.run(require_database(url))
        importlib.import_module("crm.platform.migrate").upgrade(url, settings.schema)
    click.echo(f"表结构已是最新（schema {settings.schema}）。")
