"""互斥业务 cells, what they were understood as, and what an analyst decided: in and out of that part."""

from datetime import datetime
from enum import StrEnum

import msgspec

from crm.core.catalog.schemas import ImportRow, NamedOffering


class Way(StrEnum):
    """How a partner phrase of a 互斥业务 cell was understood."""

    NAME = "name"
    KEY = "key"
    SERIES = "series"
    TIERS = "tiers"
    GROUP = "group"
    PRICE = "price"
    BRAND = "brand"
    SETTLED = "settled"
    RETIRED = "retired"
    OPEN = "open"


WAY_NAMES: dict[Way, str] = {
    Way.NAME: "名称相同",
    Way.KEY: "名称相近且唯一",
    Way.SERIES: "系列的各档位",
    Way.TIERS: "同名的各档位或标签",
    Way.GROUP: "一类业务",
    Way.PRICE: "按档位",
    Way.BRAND: "按品牌和档位",
    Way.SETTLED: "人工确定",
    Way.RETIRED: "人工确定已下线",
    Way.OPEN: "待处理",
}


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What an analyst settled for a phrase: references (codes, tags), or none for a retired offering."""

    key: str
    words: str
    targets: tuple[str, ...] = ()
    decided_by: str = ""
    decided_at: datetime | None = None

    @property
    def retired(self) -> bool:
        """Whether the phrase names something that is not sold or held any more."""
        return not self.targets

    @property
    def kind(self) -> str:
        """offering, tag or retired."""
        if self.retired:
            return "retired"
        return "tag" if any(each.startswith("tag:") for each in self.targets) else "offering"


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """One 互斥业务 cell of an imported catalogue, as it stands there."""

    source: str
    line: int
    service: str
    level: str = ""
    table: str = ""
    kind: str = "互斥业务"  # or 主卡互斥业务, 副卡互斥业务
    text: str


class Partner(msgspec.Struct, frozen=True, kw_only=True):
    """One phrase of a cell and what it means here; no references: open, or retired."""

    phrase: str
    key: str
    way: Way
    references: tuple[str, ...] = ()


class CellReading(msgspec.Struct, frozen=True):
    """A cell understood: whose it is (codes; empty: nobody's yet) and its partners."""

    cell: Cell
    owners: tuple[str, ...]
    owner: Partner
    partners: tuple[Partner, ...]


class PhraseRow(msgspec.Struct, frozen=True, kw_only=True):
    """A phrase with every cell that uses it, for the analyst's list."""

    key: str
    words: str
    spellings: tuple[str, ...]
    way: Way
    targets: tuple[NamedOffering, ...]
    cells: tuple[Cell, ...]
    owns: bool = False  # it names the offering a cell belongs to
    relations: int = 0  # pairs of offerings that exclude each other because of it
    decision: Decision | None = None
    searched: str = ""  # folded words of phrase and cells

    @property
    def state(self) -> str:
        """settled by an analyst, open, or known by itself."""
        if self.decision is not None:
            return "settled"
        return "open" if self.way is Way.OPEN else "known"

    @property
    def way_name(self) -> str:
        """How it was understood, in words."""
        return WAY_NAMES[self.way]

    @property
    def seen(self) -> str:
        """The moment of the decision, so that a form can say which one it was drawn with."""
        decided = None if self.decision is None else self.decision.decided_at
        return "" if decided is None else decided.isoformat()


class Preview(msgspec.Struct, frozen=True):
    """What a decision would do."""

    relations: int
    cells: int
    targets: tuple[NamedOffering, ...]


class PhrasePage(msgspec.Struct, frozen=True, kw_only=True):
    """One page of phrases; `counts` by state: open, settled, known."""

    rows: tuple[PhraseRow, ...]
    total: int
    counts: dict[str, int]
    cells: int


class ExclusionReport(msgspec.Struct, frozen=True, kw_only=True):
    """What an import of cells did, and how each was understood."""

    name: str
    dry_run: bool
    added: int
    changed: int
    unchanged: int
    gone: int
    rejected: tuple[ImportRow, ...]
    readings: tuple[CellReading, ...]
    relations: int
