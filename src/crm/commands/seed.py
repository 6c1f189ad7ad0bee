"""`crm seed`: realistic customers in any number."""

import asyncio
from datetime import date, datetime

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from crm.core.catalog.content import load_offerings
from crm.core.catalog.engine import Catalogue
from crm.demo.service import Seeder
from crm.platform.clock import SystemClock
from crm.platform.database import Database
from crm.platform.embedded import reachable_database
from crm.platform.secrets import Vault
from crm.platform.settings import Settings

# Without --as-of the data is that of this day for ever: the same seed gives the same dates next year.
FIXED_DAY = date(2026, 11, 22)


@click.command("seed", help="生成客户、号码、已订业务等演示数据；同一个 --seed 得到同样的数据。")
@click.option("--subscribers", default=300, show_default=True, type=click.IntRange(1), help="号码个数。")
@click.option("--seed", default=10086, show_default=True, type=int, help="随机种子。")
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help=f"以哪天为“今天”，默认 {FIXED_DAY}。")
@click.option("--append", is_flag=True, help="库里已有号码时追加在后面。")
@click.option("--reset", is_flag=True, help="先清空客户、业务、订单、工单和接触记录（审计日志和人员保留）。")
@click.option("--yes", is_flag=True, help="清空前不再询问。")
def seed(subscribers: int, seed: int, as_of: datetime | None, append: bool, reset: bool, yes: bool) -> None:
    """Fill the database of the settings; all or nothing."""
    if reset and not yes:
        click.confirm("将清空全部客户、业务、订单、工单和接触记录，确定吗？", abort=True)
    settings = Settings.from_environment()
    offerings, problems = load_offerings(settings.catalog_dir / "offerings")
    for problem in problems:
        click.secho(f"产品目录：{problem}", fg="yellow", err=True)
    day = FIXED_DAY if as_of is None else as_of.date()
    with reachable_database(settings) as url:
        total = asyncio.run(
            _run(
                settings,
                url,
                Catalogue(offerings),
                lines=subscribers,
                seed=seed,
                on=day,
                append=append,
                reset=reset,
            )
        )
    click.echo(f"完成：库里现有 {total:,} 个号码（种子 {seed}，截至 {day}）。")


async def _run(
    settings: Settings,
    url: str,
    catalogue: Catalogue,
    *,
    lines: int,
    seed: int,
    on: date,
    append: bool,
    reset: bool,
) -> int:
    db = Database(url, settings.schema)
    await db.start()
    try:
        seeder = Seeder(db, Vault(settings.encryption_key, settings.index_key), SystemClock(), catalogue)
        with _progress() as bar:
            task = bar.add_task("写入号码", total=lines)
            return await seeder.seed(
                lines,
                seed,
                on,
                append=append,
                reset=reset,
                progress=lambda loaded: bar.update(task, completed=loaded),
            )
    finally:
        await db.stop()


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    )
