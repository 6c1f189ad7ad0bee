"""What the delivered cases cover: operation × kind of product, channel × brand. Makes docs/coverage.md.

A cell has a case when a line of a case has that operation, kind, channel and brand. Without one, the source
is silent there, unless a rule names that operation and that kind, and nothing it says of channels and brands
shuts the cell out: then a case is missing.
"""

from collections import Counter
from collections.abc import Iterable
from functools import cache
from typing import NamedTuple, get_args

from crm.core.catalog.schemas import KIND_NAMES, Offering, OfferingKind
from crm.core.compatibility import saying
from crm.core.compatibility.content import CHANNELS
from crm.core.compatibility.rules import Op, Rule
from crm.core.compatibility.situation import Situation
from crm.platform.errors import CrmError
from proof.killing import ground
from proof.running import ROOT, Options, Result

DOCUMENT = ROOT / "docs" / "coverage.md"
SILENT, MISSING = "来源未说明", "**缺证明**"
_MOST_NAMED = 2


class Cell(NamedTuple):
    """One operation on one kind of product, on one channel, for a line of one brand."""

    op: str
    kind: str
    channel: str
    brand: str


class Coverage(NamedTuple):
    """The rules whose cases fill each cell, most frequent first, and the rules that call for a case."""

    proved: dict[Cell, tuple[str, ...]]
    missing: dict[Cell, tuple[str, ...]]
    cells: tuple[Cell, ...]


def rows() -> list[tuple[str, str]]:
    """Operations on kinds: a main plan is changed, all else is added; both are removed."""
    found: list[tuple[str, str]] = []
    for op in get_args(Op):
        for kind in OfferingKind:
            plan = kind is OfferingKind.MAIN_PLAN
            if op in ("remove", "cancel_reserved") or plan is (op == "change_plan"):
                found.append((op, kind.value))
    return found


@cache
def brands() -> tuple[str, ...]:
    """The brands that a main plan can give a line."""
    plans = ground().catalogue.of_kind(OfferingKind.MAIN_PLAN)
    return tuple(sorted({each.sets_brand for each in plans} - {""}))


def coverage() -> Coverage:
    """Every cell, by matching the delivered cases and then the rules."""
    named = _named_by_cases()
    cells = tuple(
        [Cell(*row, channel, brand) for row in rows() for channel in CHANNELS for brand in brands()]
    )
    proved = {cell: tuple([rule for rule, _ in named[cell].most_common()]) for cell in cells if cell in named}
    rules = [each.rule for each in ground().sources]
    missing: dict[Cell, tuple[str, ...]] = {}
    for cell in cells:
        if cell not in proved and (calling := tuple([each.id for each in rules if speaks_of(each, cell)])):
            missing[cell] = calling
    return Coverage(proved, missing, cells)


def _named_by_cases() -> dict[Cell, Counter[str]]:
    found: dict[Cell, Counter[str]] = {}
    for source, shop in ground().cases:
        case = source.case
        facts = case.facts(shop)
        for channel in (case.channel, *case.channels):
            try:
                lines = Situation(case.change(channel), facts, shop).lines
            except CrmError:
                continue
            for line in lines:
                cell = Cell(line.op, str(line.kind or ""), channel, facts.subscriber.brand or "")
                found.setdefault(cell, Counter())[case.rule] += 1
    return found


def speaks_of(rule: Rule, cell: Cell) -> bool:
    """Whether the rule names the operation and the kind of the cell, and nothing in it shuts the cell out."""
    when = rule.when
    if cell.op not in when.op or (when.channel and cell.channel not in when.channel):
        return False
    if when.brand and cell.brand not in when.brand:
        return False
    if not _names_kind(rule, cell):
        return False
    tags = [tags for tags in (when.plan_tag, when.target_tag) if tags]
    tags += [when.has.tag] if when.has is not None and when.has.tag else []
    return all(_is_for(_tagged(each), cell.brand) for each in tags)


def _names_kind(rule: Rule, cell: Cell) -> bool:
    when = rule.when
    if cell.kind in when.target_kind_not or (when.target_kind and cell.kind not in when.target_kind):
        return False
    codes = [each for code in when.target if (each := ground().catalogue.get(code)) is not None]
    for named, offerings in ((when.target, codes), (when.target_tag, _tagged(when.target_tag))):
        if named and all(each.kind != cell.kind for each in offerings):
            return False
    return bool(when.target_kind or when.target or when.target_tag) or cell.op == "change_plan"


def _tagged(tags: Iterable[str]) -> list[Offering]:
    return [each for tag in tags for each in ground().catalogue.tagged(tag)]


def _is_for(offerings: Iterable[Offering], brand: str) -> bool:
    """Whether a line of the brand can hold one of them."""
    return any(
        brand in ((each.sets_brand,) if each.sets_brand else each.brands or (brand,)) for each in offerings
    )


# ------------------------------------------------------------ the document


def document() -> str:
    """docs/coverage.md."""
    found = coverage()
    count = len(found.cells)
    silent = count - len(found.proved) - len(found.missing)
    head = f"""# 证明覆盖表

由 `python -m proof --only coverage --write` 生成，不要手改。每一格是一种操作、一类产品、一个渠道、一个品牌：

- 写着规则编号的，`catalog/cases` 里有这一格的证明；最多列两条规则，＋n 是另外还有几条。
- 写着“{SILENT}”的，没有哪条规则专门说到这种操作和这类产品；只适用对任何产品都一样的规则（价格、在售等）。

共 {count} 格：{len(found.proved)} 格有证明，{silent} 格{SILENT}，{len(found.missing)} 格缺证明。
"""
    return head + "".join(_table(found, brand) for brand in brands())


def _table(found: Coverage, brand: str) -> str:
    names = [saying.word(channel) for channel in CHANNELS]
    lines = [f"\n## {brand}\n", f"| 操作 | 产品 | {' | '.join(names)} |", "|---" * (2 + len(CHANNELS)) + "|"]
    for op, kind in rows():
        cells = [_shown(found, Cell(op, kind, channel, brand)) for channel in CHANNELS]
        lines.append(f"| {saying.word(op)} | {KIND_NAMES[OfferingKind(kind)]} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _shown(found: Coverage, cell: Cell) -> str:
    if cell in found.missing:
        return MISSING
    rules = found.proved.get(cell, ())
    if not rules:
        return SILENT
    more = len(rules) - _MOST_NAMED
    return "、".join(rules[:_MOST_NAMED]) + (f" ＋{more}" if more > 0 else "")


def run(_options: Options) -> Result:
    """No cell lacks a case that a rule calls for, and the document says what is so."""
    found = coverage()
    problems = [f"no case: {' '.join(cell)} ({', '.join(rules)})" for cell, rules in found.missing.items()]
    if not DOCUMENT.exists() or DOCUMENT.read_text("utf-8") != document():
        problems.append("docs/coverage.md is out of date: python -m proof --only coverage --write")
    summary = f"{len(found.proved)} of {len(found.cells)} cells have a case, {len(found.missing)} lack one"
    return Result(not problems, summary, tuple(problems))
