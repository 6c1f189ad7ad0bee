"""`crm rules`: tools for those who write the business rules."""

import difflib
import sys
from pathlib import Path

import click

from crm.commands import rules_life, rules_rehearse
from crm.core.catalog.content import load_offerings
from crm.core.catalog.engine import Catalogue
from crm.core.compatibility.cases import read_cases
from crm.core.compatibility.content import load_rules
from crm.core.compatibility.describing import describe
from crm.core.compatibility.errors import RuleMissing
from crm.core.compatibility.lint import check_rules
from crm.core.compatibility.published import SCHEMAS, schema_text
from crm.platform.settings import PROJECT_ROOT, Settings


@click.group("rules", help="业务规则：检查、用中文解释、版本、演练和发布。")
def rules() -> None:
    """Commands for those who own the rules."""


@rules.command("lint", help="检查全部规则和证明：重复、矛盾、失效条件、没有话术、没有证明。")
def lint() -> None:
    """Name every mistake with file, line and remedy. Exit code 1 when there is one."""
    folder = Settings.from_environment().catalog_dir
    problems = check_rules(folder, Catalogue(load_offerings(folder / "offerings")[0]))
    for problem in problems:
        click.echo(str(problem))
    count = len(load_rules(folder / "rules")[0].rules)
    cases = len(read_cases(folder / "cases")[0])
    if problems:
        click.secho(f"{count} 条规则、{cases} 条证明，有 {len(problems)} 处要改。", fg="red")
        sys.exit(1)
    click.secho(f"{count} 条规则、{cases} 条证明，全部通过。", fg="green")


@rules.command("explain", help="用中文说明一条规则：条件、结论、话术、证明。")
@click.argument("rule_id")
def explain(rule_id: str) -> None:
    """Print a rule in words with its proofs. Raises RuleMissing."""
    folder = Settings.from_environment().catalog_dir
    known, _ = load_rules(folder / "rules")
    rule_id = rule_id.strip()
    found = next((each for each in known.compiled if each.id.lower() == rule_id.lower()), None)
    if found is None:
        near = difflib.get_close_matches(rule_id, [each.id for each in known.compiled], 1, 0.5)
        hint = f"是不是 {near[0]}？" if near else "编号形如 BR-03、CAT-09。"
        raise RuleMissing(f"没有规则 {rule_id}。{hint}")
    cases = [source.case for source in read_cases(folder / "cases")[0] if source.case.rule == found.id]
    click.echo(describe(found, cases))


@rules.command("schemas", help="把场景和结论的 JSON Schema 写进文件夹（默认 docs/schemas）。")
@click.argument(
    "folder", type=click.Path(path_type=Path, file_okay=False), default=PROJECT_ROOT / "docs/schemas"
)
def schemas(folder: Path) -> None:
    """Write the published shapes anew; a test holds the delivered ones to the code."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in SCHEMAS:
        (folder / f"{name}.schema.json").write_text(schema_text(name), "utf-8")
        click.echo(f"{folder / name}.schema.json")


for _command in (*rules_life.COMMANDS, rules_rehearse.rehearse):
    rules.add_command(_command)
