"""The `crm` command. Each entry of COMMANDS is imported only when asked for, so that one starts quickly."""

import importlib
import importlib.util
import sys
from typing import NoReturn

import click

from crm.platform.errors import CrmError

COMMANDS: dict[str, str] = {
    # name → "module:attribute" of a click command or group; add one line here.
    "serve": "crm.commands.serve:serve_command",
    "migrate": "crm.commands.migrate:migrate_command",
    "content": "crm.commands.content:content",
    "catalog": "crm.commands.catalog:catalog",
    "knowledge": "crm.commands.knowledge:knowledge",
    "qualify": "crm.commands.qualify:qualify",
    "rules": "crm.commands.rules:rules",
    "verdict": "crm.commands.verdict:verdict",
    "seed": "crm.commands.seed:seed",
}


class LazyGroup(click.Group):
    """A group whose commands are imported by name; those whose module does not exist are not shown."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for name in COMMANDS if _exists(COMMANDS[name])]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        target = COMMANDS.get(cmd_name)
        if target is None or not _exists(target):
            return None
        module, _, attribute = target.partition(":")
        command = getattr(importlib.import_module(module), attribute)
        assert isinstance(command, click.Command)
        return command


def _exists(target: str) -> bool:
    try:
        return importlib.util.find_spec(target.partition(":")[0]) is not None
    except ModuleNotFoundError:
        return False


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="crm", prog_name="crm")
def cli() -> None:
    """10086 坐席台：启动、迁移、内容检查与数据工具。"""


def main() -> NoReturn:
    """Run the command line; a named refusal is printed as its Chinese message with exit code 1."""
    try:
        cli()
    except CrmError as error:
        click.secho(f"{error.message}  [{error.code}]", fg="red", err=True)
        sys.exit(1)
    sys.exit(0)


if __name__ == "__main__":
    main()
