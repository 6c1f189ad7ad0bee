"""`crm verdict …`: judge a stored verdict again, to the byte, and have the independent checker read it."""

import sys
from pathlib import Path
from typing import NoReturn

import click
import msgspec

from crm.commands.rules_life import with_services
from crm.core.compatibility.errors import EvidenceUnreadable, VerdictUnreadable
from crm.core.compatibility.evidence import Evidence, Replay, read_evidence
from crm.core.compatibility.evidence import replay as judge_again
from crm.core.compatibility.schemas import VERDICT_NAMES
from crm.platform.errors import CrmError

NAMES: dict[str, str] = {verdict.value: name for verdict, name in VERDICT_NAMES.items()}


@click.group("verdict", help="判定与证书：按存下的规则和事实重算一张受理单的判定，由独立核对器核对证书。")
def verdict() -> None:
    """Commands for those who must show why an order was accepted."""


@verdict.command("replay", help="重算一张受理单的判定，逐字节比对，并核对证书；不一致时退出码为 1。")
@click.argument("order")
@click.option("--json", "as_json", is_flag=True, help="打印 JSON，给程序读。")
@click.option("--export", "file", type=click.Path(path_type=Path), help="把判定材料写进文件，供外部核对。")
def replay(order: str, as_json: bool, file: Path | None) -> None:
    """Print what judging again has shown. Exit code 1: not the same, or not proved; 2: nothing to judge."""
    try:
        evidence, found = with_services(lambda services: services.verdicts.replay(order.strip()))
    except VerdictUnreadable as error:
        _give_up(error, 1)
    except CrmError as error:
        _give_up(error)
    if file is not None:
        _write(file, evidence)
    _show(found, as_json)


@verdict.command("check", help="核对导出的判定材料（JSON 文件，- 为标准输入）；不需要数据库。")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="打印 JSON，给程序读。")
def check(file: Path, as_json: bool) -> None:
    """Judge the bundle again and have its certificate checked, for an outsider."""
    try:
        found = judge_again(read_evidence(_read(file)))
    except CrmError as error:
        _give_up(error)
    _show(found, as_json)


def _give_up(error: CrmError, code: int = 2) -> NoReturn:
    click.secho(f"{error.message}  [{error.code}]", fg="red", err=True)
    sys.exit(code)


def _read(file: Path) -> bytes:
    if str(file) == "-":
        return sys.stdin.buffer.read()
    try:
        return file.read_bytes()
    except OSError as error:
        raise EvidenceUnreadable(f"文件 {file} 打不开（{error.strerror}）") from error


def _write(file: Path, evidence: Evidence) -> None:
    try:
        file.write_bytes(msgspec.json.encode(evidence))
    except OSError as error:
        raise click.ClickException(f"写不进 {file}（{error.strerror}）。请换一个位置。") from error


def _show(found: Replay, as_json: bool) -> None:
    if as_json:
        click.echo(msgspec.json.encode({"holds": found.holds} | msgspec.to_builtins(found)))
    else:
        _print(found)
    sys.exit(0 if found.holds else 1)


def _print(found: Replay) -> None:
    rows = (
        ("受理单", found.order or "（材料里没有单号）"),
        ("结论", NAMES.get(found.verdict, found.verdict)),
        ("判定日期", found.as_of),
        ("规则", found.rules_hash),
        ("产品目录", found.catalogue_hash),
        ("事实", found.facts_hash),
        ("证书", found.certificate_hash),
    )
    for name, value in rows:
        click.echo(f"{name}：{value}")
    if found.contradiction:
        click.secho(f"受理单：与存下的判定不符。{found.contradiction}。", fg="red")
    if found.difference:
        click.secho(f"重算：不一致。{found.difference}", fg="red")
    else:
        click.secho("重算：一致，逐字节相同。", fg="green")
    if found.objection:
        click.secho(f"证书：不成立。{found.objection}。", fg="red")
    else:
        click.secho(f"证书：成立。独立核对了 {found.rules} 条规则、{found.misses} 处不适用。", fg="green")
