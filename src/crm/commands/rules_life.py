"""`crm rules …` for versions: export, import, review, publish, roll back. Who decides says so by log-in."""

import asyncio
import importlib
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import click
from rich.console import Console
from rich.table import Table

from crm.app import Services, opened
from crm.core.compatibility.bundle import read_folder
from crm.core.compatibility.errors import RulesBroken
from crm.core.compatibility.publishing_views import VersionView
from crm.core.staff.schemas import Actor
from crm.platform.clock import SHANGHAI
from crm.platform.embedded import reachable_database
from crm.platform.settings import Settings

BASE = "based-on.txt"  # in an exported folder: the hash of the version its texts come from
_Result = TypeVar("_Result")


def with_services(use: Callable[[Services], Awaitable[_Result]]) -> _Result:
    """Run on the migrated database of the settings, with the delivered rules taken in."""
    settings = Settings.from_environment()

    async def run(url: str) -> _Result:
        async with opened(replace(settings, database_url=url)) as services:
            await services.catalog.refresh()
            if services.catalog.version < 1:
                await services.catalog.load_content()
            await services.rulebook.load_content()
            await services.rulebook.refresh()
            return await use(services)

    with reachable_database(settings) as url:
        importlib.import_module("crm.platform.migrate").upgrade(url, settings.schema)
        return asyncio.run(run(url))


async def log_in(services: Services, number: str, password: str) -> Actor:
    """The person who decides; the session that logging in opens is closed at once."""
    login = await services.staff.log_in(number, password, "crm rules")
    await services.staff.log_out(login.actor, login.token)
    return login.actor


def signed_by(command: Callable[..., None]) -> Callable[..., None]:
    """Options for the person who decides."""
    command = click.option(
        "--password",
        envvar="CRM_STAFF_PASSWORD",
        prompt="密码",
        hide_input=True,
        help="登录密码；也可由 CRM_STAFF_PASSWORD 给出。",
    )(command)
    return click.option("--staff", required=True, help="办这一步的人的工号。")(command)


@click.command("versions", help="列出规则的各个版本。")
def versions() -> None:
    """Print number, state, author, reviewer and what changed."""
    rows = with_services(lambda services: services.rulebook.all_versions())
    table = Table(box=None, header_style="bold")
    for heading in ("版本", "状态", "起草", "审核", "生效", "改动"):
        table.add_column(heading)
    for each in rows:
        table.add_row(*_row(each))
    Console().print(table)


@click.command("diff", help="用中文说明一个版本改了什么。")
@click.argument("number", type=int)
def diff(number: int) -> None:
    """Print the changes against the version it was made from."""
    rows = with_services(lambda services: services.rulebook.all_versions())
    found = next((each for each in rows if each.number == number), None)
    if found is None:
        raise click.ClickException(f"没有第 {number} 版。用 crm rules versions 看有哪些。")
    click.echo(
        f"第 {number} 版，对照第 {found.based_on} 版：" if found.based_on else f"第 {number} 版是最初的版本。"
    )
    for change in found.changes:
        click.secho(f"{change.rule_id}  {change.title}", bold=True)
        for line in change.lines:
            click.echo(f"  · {line}")


@click.command("export", help="把一个版本的规则和证明写成文件（默认在用的版本）。")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--version", "number", type=int, help="版本号。")
def export(folder: Path, number: int | None) -> None:
    """Write rules/ and cases/; refuses a folder that has either, so that nothing is overwritten."""
    if any((folder / kind).exists() for kind in ("rules", "cases")):
        raise click.ClickException(f"{folder} 里已有 rules 或 cases，没有写。请给一个新的文件夹。")

    async def use(services: Services) -> tuple[dict[str, str], str]:
        rows = await services.rulebook.all_versions()
        wanted = number or services.rulebook.number
        named = next((each.hash for each in rows if each.number == wanted), "")
        return await services.rulebook.files(wanted), named

    files, named = with_services(use)
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, "utf-8")
    (folder / BASE).write_text(named + "\n", "utf-8")
    click.echo(f"已写出 {len(files)} 个文件到 {folder}。改好后用 crm rules import 存成草稿。")


@click.command("import", help="把文件夹里的规则和证明存成草稿。只有规则、没有 cases 时沿用在用版本的证明。")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False, exists=True))
@click.option("--note", default="", help="为什么改。")
@click.option("--base", type=int, help="照哪一版改的；默认是导出时记下的版本，没有记下就是在用的版本。")
@signed_by
def import_folder(folder: Path, note: str, base: int | None, staff: str, password: str) -> None:
    """Store a draft; mistakes are named with file and line."""
    files, problems = read_folder(folder)
    if problems:
        raise RulesBroken("没有存成草稿：\n" + "\n".join(f"  {each}" for each in problems))

    async def use(services: Services) -> VersionView:
        actor = await log_in(services, staff, password)
        if not any(path.startswith("cases/") for path in files):
            held = await services.rulebook.files()
            files.update({path: text for path, text in held.items() if path.startswith("cases/")})
        return await services.rulebook.draft(actor, files, note, base or _exported(folder))

    made = with_services(use)
    click.secho(f"已存成第 {made.number} 版草稿，改动 {len(made.changes)} 条规则。", fg="green")
    click.echo(f"下一步：crm rules rehearse {made.number}，再 crm rules submit {made.number} --staff …")


def _exported(folder: Path) -> str | None:
    """The hash of the version that an export was made of, if the folder is one."""
    for place in (folder / BASE, folder.parent / BASE):
        if place.is_file() and (place.parent / "rules").is_dir():
            return place.read_text("utf-8").strip() or None
    return None


def _step(
    name: str, words: str, act: Callable[[Services, Actor, int, str], Awaitable[VersionView]]
) -> click.Command:
    @click.command(name, help=words)
    @click.argument("number", type=int)
    @click.option("--note", default="", help="备注。")
    @signed_by
    def command(number: int, note: str, staff: str, password: str) -> None:
        async def use(services: Services) -> VersionView:
            return await act(services, await log_in(services, staff, password), number, note)

        found = with_services(use)
        click.secho(f"第 {found.number} 版：{found.state_name}。", fg="green")

    return command


submit = _step("submit", "提交审核；检查或例证不过时拒绝。", lambda s, who, n, _: s.rulebook.submit(who, n))
approve = _step(
    "approve", "审核通过；不能是起草人自己。", lambda s, who, n, note: s.rulebook.approve(who, n, note)
)
send_back = _step("return", "退回起草人。", lambda s, who, n, note: s.rulebook.send_back(who, n, note))
roll_back = _step(
    "rollback", "恢复使用以前的一版，立即生效。", lambda s, who, n, note: s.rulebook.roll_back(who, n, note)
)


@click.command("publish", help="发布已审核的版本；--at 定时生效（上海时间）。")
@click.argument("number", type=int)
@click.option("--at", "starts_at", type=click.DateTime(["%Y-%m-%d %H:%M", "%Y-%m-%d"]), help="生效时间。")
@click.option("--note", default="", help="备注。")
@signed_by
def publish(number: int, starts_at: datetime | None, note: str, staff: str, password: str) -> None:
    """Put an approved version in force; every worker has it two seconds later."""
    moment = None if starts_at is None else starts_at.replace(tzinfo=SHANGHAI)

    async def use(services: Services) -> VersionView:
        return await services.rulebook.publish(await log_in(services, staff, password), number, moment, note)

    found = with_services(use)
    click.secho(f"第 {found.number} 版：{found.state_name}。", fg="green")


@click.command("withdraw", help="撤回还没生效的定时。")
@signed_by
def withdraw(staff: str, password: str) -> None:
    """The version stays approved."""

    async def use(services: Services) -> VersionView:
        return await services.rulebook.withdraw(await log_in(services, staff, password))

    click.secho(f"第 {with_services(use).number} 版的定时已撤回。", fg="green")


def _row(each: VersionView) -> tuple[str, ...]:
    starts = "" if each.starts_at is None else each.starts_at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")
    changed = f"{len(each.changes)} 条" if each.changes else ""
    return str(each.number), each.state_name, each.author, each.reviewed_by, starts, changed


COMMANDS = (versions, diff, export, import_folder, submit, approve, send_back, publish, roll_back, withdraw)
