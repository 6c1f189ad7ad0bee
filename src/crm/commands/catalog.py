"""`crm catalog`: load, import, search and show offerings from the command line."""

import asyncio
import importlib
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import click
from rich.console import Console
from rich.table import Table

from crm.commands.catalog_exclusions import print_report
from crm.core.catalog.content import load_offerings
from crm.core.catalog.engine import Catalogue
from crm.core.catalog.errors import OfferingUnknown
from crm.core.catalog.schemas import (
    KIND_NAMES,
    OUTCOME_NAMES,
    STATE_NAMES,
    ImportReport,
    Offering,
    OfferingKind,
    OfferingQuery,
    OfferingView,
    RowOutcome,
)
from crm.core.catalog.search import OfferingSearch
from crm.core.catalog.service import CatalogService
from crm.core.catalog.views import fee_text, view
from crm.platform.clock import SystemClock
from crm.platform.database import Database
from crm.platform.embedded import reachable_database
from crm.platform.settings import Settings

_Result = TypeVar("_Result")


@click.group("catalog", help="产品目录：载入、导入、搜索、查看。")
def catalog() -> None:
    """Commands for the people who own the catalogue."""


@catalog.command("load", help="把 catalog/offerings 里的产品同步到数据库；文件有错时不改动。")
def load() -> None:
    """Sync the content files; exit code 1 when they have mistakes."""
    report = _with_service(lambda service: service.load_content())
    for problem in report.problems:
        click.secho(str(problem), fg="red", err=True)
    if report.problems:
        click.secho(f"有 {len(report.problems)} 处错误，没有载入，沿用上一次的目录。", fg="red", err=True)
        sys.exit(1)
    click.echo(
        f"载入完成：新增 {report.added}，更新 {report.changed}，"
        f"未变 {report.unchanged}，停办 {report.discontinued}。"
    )


@catalog.command("import", help="导入 JSONL 文件（table、level、name、parent、attrs）；重复导入不会重复。")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="只报告，不写入。")
@click.option("--rows", is_flag=True, help="逐行列出结果（默认只列出被拒绝的行）。")
def import_file(file: Path, dry_run: bool, rows: bool) -> None:
    """Import a file and report each row; exit code 1 when rows were rejected."""
    report = _with_service(lambda service: service.import_offerings(file, dry_run))
    for row in report.rows:
        rejected = row.outcome is RowOutcome.REJECTED
        if rows or rejected:
            words = (
                f"第 {row.line} 行 {OUTCOME_NAMES[row.outcome]} {row.name} {row.code} {row.reason}".rstrip()
            )
            click.secho(words, fg="red" if rejected else None, err=rejected)
    click.echo(_summary(report))
    if report.count(RowOutcome.REJECTED):
        sys.exit(1)


@catalog.command(
    "exclusions", help="导入互斥业务 JSONL（service、level、table、kind、text）；同一文件再导入不会重复。"
)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="只报告，不写入。")
@click.option("--cells", is_flag=True, help="逐栏列出（默认按说法汇总）。")
def import_exclusions(file: Path, dry_run: bool, cells: bool) -> None:
    """Import cells and report each phrase; exit code 1 when lines were rejected."""
    report = _with_service(lambda service: service.exclusions.import_cells(file, dry_run))
    print_report(report, cells)
    if report.rejected:
        sys.exit(1)


@catalog.command("search", help="按名称、拼音首字母、编码、标签或价格搜索，如 ldxs、58元。")
@click.argument("words", nargs=-1)
@click.option("--brand", help="只看某品牌可办的。")
@click.option("--kind", type=click.Choice([kind.value for kind in OfferingKind]), help="只看某一类。")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 200))
@click.option("--files", is_flag=True, help="不连数据库，只看目录文件。")
def search(words: tuple[str, ...], brand: str | None, kind: str | None, limit: int, files: bool) -> None:
    """Print the best hits."""
    query = OfferingQuery(
        words=" ".join(words), brand=brand, kind=OfferingKind(kind) if kind else None, limit=limit
    )
    page = OfferingSearch(_catalogue(files).offerings.values()).find(query)
    table = Table(box=None, header_style="bold")
    for heading in ("编码", "名称", "类别", "资费", "状态"):
        table.add_column(heading)
    for hit in page.hits:
        table.add_row(*_line(hit.offering))
    Console().print(table)
    click.echo(f"共 {page.total} 个，列出 {len(page.hits)} 个。")


@catalog.command("show", help="查看一个产品的全部内容。")
@click.argument("code")
@click.option("--files", is_flag=True, help="不连数据库，只看目录文件。")
def show(code: str, files: bool) -> None:
    """Print everything that is known of one offering."""
    known = _catalogue(files)
    found = known.get(code)
    if found is None:
        raise OfferingUnknown(code)
    for name, value in _details(view(found, known, "")):
        if value:
            click.echo(f"{name}：{value}")


def _summary(report: ImportReport) -> str:
    counts = "，".join(f"{OUTCOME_NAMES[outcome]} {report.count(outcome)}" for outcome in RowOutcome)
    changes = report.count(RowOutcome.IMPORTED) + report.count(RowOutcome.CHANGED)
    written = "试运行，没有写入" if report.dry_run else "已写入" if changes else "没有要写入的"
    return f"{report.name}：{len(report.rows)} 行，{counts}（{written}）。"


def _line(offering: Offering) -> tuple[str, ...]:
    return (
        offering.code,
        offering.name,
        KIND_NAMES[offering.kind],
        fee_text(offering),
        STATE_NAMES.get(offering.state, offering.state),
    )


def _details(shown: OfferingView) -> list[tuple[str, str]]:
    offering = shown.offering
    return [
        ("名称", offering.name),
        ("编码", offering.code),
        ("类别", shown.kind_name),
        ("状态", shown.state_name),
        ("品牌", shown.brands_text),
        ("标签", "、".join(offering.tags)),
        ("资费", shown.fee_text),
        ("资费说明", offering.fee_note),
        ("包含", "、".join(shown.allowances_text)),
        ("生效", "、".join(shown.add_timings_text)),
        ("取消", "、".join(shown.remove_timings_text)),
        ("随开", "、".join(each.name for each in shown.includes)),
        ("免收", "、".join(each.name for each in shown.waives)),
        ("须先有", "、".join(each.name for each in shown.requires)),
        ("兼容", "、".join(each.name for each in shown.compatible_with)),
        ("不兼容", "、".join(each.name for each in shown.incompatible_with)),
        ("档位", "、".join(f"{each.name}（{each.code}）" for each in shown.tiers)),
        ("取消后失去", "；".join(offering.losses)),
        ("挽留说明", offering.retention),
        ("简介", offering.summary),
        ("来源", offering.source),
        *offering.attributes.items(),
    ]


def _catalogue(files: bool) -> Catalogue:
    if not files:
        return _with_service(_read)
    offerings, problems = load_offerings(Settings.from_environment().catalog_dir / "offerings")
    for problem in problems:
        click.secho(str(problem), fg="yellow", err=True)
    return Catalogue(offerings)


async def _read(service: CatalogService) -> Catalogue:
    await service.refresh()
    return service.catalogue


def _with_service(use: Callable[[CatalogService], Awaitable[_Result]]) -> _Result:
    settings = Settings.from_environment()

    async def run(url: str) -> _Result:
        db = Database(url, settings.schema)
        await db.start()
        try:
            return await use(CatalogService(db, SystemClock(), settings.catalog_dir / "offerings"))
        finally:
            await db.stop()

    with reachable_database(settings) as url:
        importlib.import_module("crm.platform.migrate").upgrade(url, settings.schema)
        return asyncio.run(run(url))
