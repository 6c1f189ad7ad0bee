"""`crm rules rehearse`: who would be treated differently, before anyone publishes."""

import os
from uuid import UUID

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from crm.app import Services
from crm.commands.rules_life import with_services
from crm.core.compatibility.publishing_views import RehearsalResult, RehearsalView, RuleEffect
from crm.core.compatibility.schemas import VERDICT_NAMES, Verdict

_PHASES = {"lines": "试全部号码", "orders": "试历史订单", "": "完成"}
_POLITE = 10


@click.command("rehearse", help="演练：用一个版本重判全部号码和近 90 天订单，看谁的结论会变。什么都不改。")
@click.argument("number", type=int, required=False)
@click.option("--run", "asked", type=UUID, hidden=True, help="执行页面上要的那一次。")
@click.option("--workers", type=click.IntRange(1, 64), help="进程数，默认用全部处理器。")
def rehearse(number: int | None, asked: UUID | None, workers: int | None) -> None:
    """Play the draft with a progress bar and print who is treated differently, by rule."""
    if asked is not None:
        os.nice(_POLITE)
        # Half of the machine: the desk goes on working beside it.
        half = max(_cores() // 2, 1)
        with_services(lambda services: services.rulebook.run_rehearsal(asked, workers=half))
        return
    if number is None:
        raise click.UsageError("写上要演练的版本号，如 crm rules rehearse 2。")
    wanted = number
    with _bar() as bar:
        task = bar.add_task(_PHASES["lines"], total=None)

        def show(phase: str, done: int, total: int) -> None:
            bar.update(task, description=_PHASES[phase], completed=done, total=total)

        async def use(services: Services) -> RehearsalView:
            return await services.rulebook.rehearse(wanted, "crm rules", show, workers or _cores())

        view = with_services(use)
    assert view.result is not None
    _print(view, view.result)


def _cores() -> int:
    return min(os.cpu_count() or 1, 16)


def _print(view: RehearsalView, result: RehearsalResult) -> None:
    click.echo(
        f"第 {view.number} 版对照第 {view.against} 版，以 {result.on} 为准：试了 {result.lines:,} 个号码、"
        f"{result.orders:,} 张订单，共 {result.judged:,} 次，用时 {result.seconds:,.1f} 秒。"
    )
    for line in result.sample:
        click.echo(f"  · {line}")
    if result.skipped:
        click.secho(f"  · 有 {result.skipped} 次校验不了，没有计入", fg="yellow")
    click.secho(
        f"结论会变的：{result.people_changed:,} 个号码，{result.orders_changed:,} 张历史订单。",
        bold=True,
    )
    click.echo(
        f"结论不变、只是依据、说法或影响变的：另有 {result.people_reworded:,} 个号码，"
        f"{result.orders_reworded:,} 张历史订单。"
    )
    for effect in result.by_rule:
        _print_rule(effect)


def _print_rule(effect: RuleEffect) -> None:
    click.secho(f"{effect.rule_id}  {effect.title}", bold=True)
    click.echo(
        f"  {effect.people:,} 个号码、{effect.orders:,} 张订单；"
        f"更严 {effect.harder:,} 次，更宽 {effect.milder:,} 次，结论不变只是说法或影响变 {effect.same:,} 次"
    )
    for moved in effect.transitions:
        click.echo(f"  {_name(moved.before)} → {_name(moved.after)}：{moved.count:,} 次")
    for each in effect.examples:
        click.echo(f"  例 {each.label} {each.wish}：{_name(each.before)} → {_name(each.after)}。{each.why}")


def _name(verdict: str) -> str:
    return VERDICT_NAMES[Verdict(verdict)]


def _bar() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    )
