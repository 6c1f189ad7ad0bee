"""`crm knowledge`: load the folder, import and export entries, try a search."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar
from uuid import UUID

import click

from crm.core.knowledge.schemas import ArticleHit, ImportReport, LoadReport, Segments
from crm.core.knowledge.service import KnowledgeService
from crm.core.staff.schemas import Actor, Role
from crm.platform.clock import SystemClock
from crm.platform.database import Database
from crm.platform.embedded import reachable_database
from crm.platform.reachable import require_database
from crm.platform.settings import Settings

CONSOLE = Actor(staff_id=UUID(int=0), staff_number="console", name="控制台", role=Role.BUSINESS)
MOST_LINES = 50

_Result = TypeVar("_Result")


@click.group("knowledge", help="知识库：发布内容、导入导出、试搜。")
def knowledge() -> None:
    """Commands for trainers and operations."""


@knowledge.command("load", help="把 knowledge_base 文件夹发布到数据库；各服务进程几秒内换上新内容。")
def load_command() -> None:
    """Exit code 1 when the folder has mistakes; nothing is changed then."""
    folder = Settings.from_environment().knowledge_base_dir
    report = _with_service(lambda service: service.load_content(folder))
    _print_load(report)
    if report.problems:
        raise SystemExit(1)


@knowledge.command("import", help='导入 JSONL：每行 {"id", "title", "body"}。')
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--dry-run", is_flag=True, help="只检查和报告，不写入。")
def import_command(file: Path, dry_run: bool) -> None:
    """Exit code 1 when no line could be taken."""
    report = _with_service(lambda service: service.import_entries(file, dry_run))
    _print_import(report)
    if report.problems and report.read == len(report.problems):
        raise SystemExit(1)


@knowledge.command(
    "export", help="导出：给 .jsonl 文件名则每行一条，否则导出成 knowledge_base 那样的文件夹。"
)
@click.argument("target", type=click.Path(path_type=Path))
def export_command(target: Path) -> None:
    """Write all valid articles."""
    try:
        number = _with_service(lambda service: service.export(target))
    except OSError as error:
        raise click.ClickException(
            f"写不了 {target}（{error.strerror}），没有导出。请换一个位置。"
        ) from error
    click.echo(f"已导出 {number} 条到 {target}")


@knowledge.command("search", help="试搜：看看客户的说法会找到哪几条。")
@click.argument("words", nargs=-1, required=True)
@click.option("--limit", default=5, show_default=True, type=click.IntRange(1, 50), help="最多几条。")
def search_command(words: tuple[str, ...], limit: int) -> None:
    """Print the best articles with matches in bold."""
    hits = _with_service(lambda service: service.search(CONSOLE, " ".join(words), limit))
    if not hits:
        click.echo("没有找到。换一种说法，或给知识加关键词、给 synonyms.toml 加同义词。")
    for place, hit in enumerate(hits, 1):
        _print_hit(place, hit)


def _with_service(work: Callable[[KnowledgeService], Awaitable[_Result]]) -> _Result:
    settings = Settings.from_environment()
    with reachable_database(settings) as url:
        return asyncio.run(_run(replace(settings, database_url=url), url, work))


async def _run(
    settings: Settings, url: str, work: Callable[[KnowledgeService], Awaitable[_Result]]
) -> _Result:
    await require_database(url)
    db = Database(url, settings.schema)
    await db.start()
    try:
        return await work(KnowledgeService(db, SystemClock()))
    finally:
        await db.stop()


def _print_load(report: LoadReport) -> None:
    for problem in report.problems:
        click.secho(str(problem), fg="red", err=True)
    if report.problems:
        click.secho(f"有 {len(report.problems)} 处错误，没有发布，仍使用上一次的内容。", fg="red", err=True)
        return
    click.echo(
        f"已发布：新增 {report.added}，更新 {report.changed}，"
        f"未变 {report.unchanged}，下架 {report.withdrawn}"
    )


def _print_import(report: ImportReport) -> None:
    for line in report.problems[:MOST_LINES]:
        click.secho(f"第 {line.line} 行 {line.id or ''} {line.message}", fg="yellow", err=True)
    if len(report.problems) > MOST_LINES:
        click.secho(f"……另有 {len(report.problems) - MOST_LINES} 行", fg="yellow", err=True)
    done = "试导入（没有写入）" if report.dry_run else "已导入"
    click.echo(
        f"{done} {report.file}：读 {report.read} 行，新增 {report.added}，更新 {report.changed}，"
        f"未变 {report.unchanged}，有问题 {len(report.problems)}"
    )


def _print_hit(place: int, hit: ArticleHit) -> None:
    click.echo(f"{place}. {hit.id} [{hit.topic_name}] {_shown(hit.title_segments)}  {hit.score:.2f}")
    click.echo(f"   {_shown(hit.snippet)}")


def _shown(segments: Segments) -> str:
    return "".join(click.style(text, bold=True, fg="green") if hit else text for text, hit in segments)
