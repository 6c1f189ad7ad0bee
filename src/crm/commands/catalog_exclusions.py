"""`crm catalog exclusions`: import 互斥业务 cells and say how each phrase was understood."""

from collections import Counter

import click
from rich.console import Console
from rich.table import Table

from crm.core.catalog.exclusion_schemas import WAY_NAMES, CellReading, ExclusionReport, Way


def print_report(report: ExclusionReport, cells: bool) -> None:
    """By phrase, or with `cells` by cell; what was rejected always, then the sums."""
    for row in report.rejected:
        click.secho(f"第 {row.line} 行 拒绝 {row.name} {row.reason}", fg="red", err=True)
    if cells:
        for reading in report.readings:
            _print_cell(reading)
    else:
        Console().print(_phrases(report))
    click.echo(summary(report))


def _print_cell(reading: CellReading) -> None:
    cell = reading.cell
    owner = f"{len(reading.owners)} 个产品" if reading.owners else "目录里没有这个产品，待处理"
    click.secho(f"第 {cell.line} 行 {cell.service}（{cell.kind}；{owner}）", bold=True)
    for partner in reading.partners:
        targets = "、".join(partner.references[:6]) + ("……" if len(partner.references) > 6 else "")
        click.secho(
            f"    {partner.phrase} → {WAY_NAMES[partner.way]} {targets}".rstrip(),
            fg="yellow" if partner.way is Way.OPEN else None,
        )


def _phrases(report: ExclusionReport) -> Table:
    """Every phrase once, open ones first, the most used on top."""
    uses: Counter[str] = Counter()
    words: dict[str, tuple[str, Way, tuple[str, ...]]] = {}
    for reading in report.readings:
        for partner in reading.partners:
            uses[partner.key] += 1
            words.setdefault(partner.key, (partner.phrase, partner.way, partner.references))
        if reading.owner.way is Way.OPEN:
            uses[reading.owner.key] += 1
            words.setdefault(reading.owner.key, (f"{reading.owner.phrase}（所属产品）", Way.OPEN, ()))
    table = Table(box=None, header_style="bold")
    for heading in ("说法", "出现", "理解为", "指向"):
        table.add_column(heading)
    for key in sorted(uses, key=lambda each: (words[each][1] is not Way.OPEN, -uses[each], each)):
        phrase, way, references = words[key]
        shown = "、".join(references[:4]) + (f" 等 {len(references)} 项" if len(references) > 4 else "")
        table.add_row(phrase, str(uses[key]), WAY_NAMES[way], shown)
    return table


def summary(report: ExclusionReport) -> str:
    """The sums in two sentences."""
    partners = [partner for reading in report.readings for partner in reading.partners]
    ways = Counter(partner.way for partner in partners)
    by_way = "，".join(f"{WAY_NAMES[way]} {ways[way]}" for way in Way if ways[way])
    unknown = {partner.key for partner in partners if partner.way is Way.OPEN}
    unknown |= {reading.owner.key for reading in report.readings if reading.owner.way is Way.OPEN}
    changes = report.added + report.changed + report.gone
    written = "试运行，没有写入" if report.dry_run else "已写入" if changes else "没有要写入的"
    waiting = (
        f"{len(unknown)} 个说法待处理，请业务组到“目录 › 互斥业务”逐个确定" if unknown else "没有待处理的说法"
    )
    return (
        f"{report.name}：{len(report.readings)} 栏，新增 {report.added}，更新 {report.changed}，"
        f"未变 {report.unchanged}，文件里已没有 {report.gone}，拒绝 {len(report.rejected)}（{written}）。\n"
        f"{len(partners)} 处说法：{by_way}；得到 {report.relations} 对互斥；{waiting}。"
    )
