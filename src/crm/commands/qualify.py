"""`crm qualify`: judge a scenario from a file, without a database."""

import sys
from pathlib import Path

import click
import msgspec

from crm.core.catalog.content import load_offerings
from crm.core.catalog.engine import Catalogue
from crm.core.compatibility.content import load_rules
from crm.core.compatibility.engine import qualify as judge
from crm.core.compatibility.errors import RulesBroken, ScenarioUnreadable
from crm.core.compatibility.plan_schemas import PlannedScenario
from crm.core.compatibility.plans import plan_for
from crm.core.compatibility.ruleset import RuleSet
from crm.core.compatibility.scenario import catalogue_of, read_scenario
from crm.core.compatibility.schemas import Qualification, Scenario
from crm.platform.errors import CrmError
from crm.platform.settings import Settings


@click.command("qualify", help="校验一个场景（JSON 文件，- 为标准输入），打印结论；不需要数据库。")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--plan", "with_plan", is_flag=True, help="同时打印让它变为可行的办法，或互相冲突的事实。")
@click.option("--compact", is_flag=True, help="不换行，给程序读。")
def qualify(file: Path, with_plan: bool, compact: bool) -> None:
    """Print the qualification of the scenario as JSON, with `--plan` beside its plan. Exit code 2: the scenario or the rules are wrong."""
    try:
        scenario, content = read_scenario(_read(file)), Settings.from_environment().catalog_dir
        result = _planned(scenario, content) if with_plan else _judge(scenario, content)
    except CrmError as error:
        click.secho(f"{error.message}  [{error.code}]", fg="red", err=True)
        sys.exit(2)
    encoded = msgspec.json.encode(result)
    click.echo(encoded if compact else msgspec.json.format(encoded, indent=2))


def _read(file: Path) -> bytes:
    if str(file) == "-":
        return sys.stdin.buffer.read()
    try:
        return file.read_bytes()
    except OSError as error:
        raise ScenarioUnreadable(
            f"场景文件 {file} 打不开（{error.strerror}），没有校验。请检查路径和读取权限。"
        ) from error


def _judge(scenario: Scenario, content: Path) -> Qualification:
    return judge(scenario.change, scenario.facts, _rules(content), _catalogue(scenario, content))


def _planned(scenario: Scenario, content: Path) -> PlannedScenario:
    rules, catalogue = _rules(content), _catalogue(scenario, content)
    change, facts = scenario.change, scenario.facts
    return PlannedScenario(
        qualification=judge(change, facts, rules, catalogue), plan=plan_for(change, facts, rules, catalogue)
    )


def _rules(content: Path) -> RuleSet:
    rules, problems = load_rules(content / "rules")
    if problems:
        shown = "\n".join(f"  {each}" for each in problems)
        raise RulesBroken(f"规则文件有 {len(problems)} 处错误，没有校验。请改正后重试：\n{shown}")
    return rules


def _catalogue(scenario: Scenario, content: Path) -> Catalogue:
    delivered = () if scenario.only_own_offerings else load_offerings(content / "offerings")[0]
    return catalogue_of(scenario, delivered)
