"""`crm content check`: every content file of the house, with file, line and remedy for each mistake."""

import sys
from collections.abc import Callable
from typing import NamedTuple

import click

from crm.core.catalog.content import load_offerings
from crm.core.catalog.engine import Catalogue
from crm.core.compatibility.content import load_rules
from crm.core.compatibility.lint import check_rules
from crm.core.interaction.content import load_call_reasons
from crm.core.knowledge.content import read_knowledge_base
from crm.core.work_order.content import load_work_orders
from crm.platform.content import ContentProblem
from crm.platform.settings import Settings


class Checked(NamedTuple):
    """What one check found: mistakes, and in words how much it looked at."""

    problems: tuple[ContentProblem, ...]
    counted: str


def _offerings(settings: Settings) -> Checked:
    offerings, problems = load_offerings(settings.catalog_dir / "offerings")
    return Checked(problems, f"{len(offerings)} 个产品")


def _rules(settings: Settings) -> Checked:
    rules, _ = load_rules(settings.catalog_dir / "rules")
    offerings, _ = load_offerings(settings.catalog_dir / "offerings")
    found = check_rules(settings.catalog_dir, Catalogue(offerings))
    return Checked(tuple(found), f"{len(rules.rules)} 条规则")


def _work_orders(settings: Settings) -> Checked:
    work_orders, problems = load_work_orders(settings.workorders_dir)
    reasons, more = load_call_reasons(settings.workorders_dir)
    return Checked((*problems, *more), f"{len(work_orders.types)} 种工单、{len(reasons)} 种来电原因")


def _knowledge(settings: Settings) -> Checked:
    knowledge, problems = read_knowledge_base(settings.knowledge_base_dir)
    return Checked(problems, f"{len(knowledge.articles)} 篇知识")


CHECKS: tuple[tuple[str, Callable[[Settings], Checked]], ...] = (
    # A room that gains content adds one line here.
    ("产品目录", _offerings),
    ("业务规则", _rules),
    ("工单", _work_orders),
    ("知识库", _knowledge),
)


@click.group("content", help="内容文件：产品目录、业务规则、工单、知识库。")
def content() -> None:
    """Commands for those who own the content files."""


@content.command("check", help="检查全部内容文件；有错时逐条列出文件、行号和改法，并以 1 退出。")
def check() -> None:
    """Run every check, so that one run names all mistakes."""
    settings = Settings.from_environment()
    problems = 0
    counted: list[str] = []
    for name, look in CHECKS:
        found = look(settings)
        counted.append(found.counted)
        for problem in found.problems:
            click.secho(f"{name} {problem}", fg="red", err=True)
        problems += len(found.problems)
    if problems:
        click.secho(f"共 {problems} 处要改。", fg="red", err=True)
        sys.exit(1)
    click.secho(f"全部正确：{'，'.join(counted)}。", fg="green")
