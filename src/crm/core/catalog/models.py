"""Tables of the catalogue. The document is the whole offering; the columns are what SQL looks at."""

from datetime import datetime
from typing import Any

from sqlmodel import Field

from crm.platform.tables import Json, Moment, Table


class ProductOffering(Table, table=True):
    """One offering, from a content file or an import."""

    code: str = Field(primary_key=True)
    name: str
    kind: str
    origin: str  # content | import:<name>
    document: dict[str, Any] = Field(sa_type=Json)
    content_hash: str
    updated_at: datetime = Field(sa_type=Moment)


class CatalogVersion(Table, table=True):
    """One row whose number grows with every change, so that each process knows when to read again."""

    id: int = Field(primary_key=True)
    version: int
    changed_at: datetime = Field(sa_type=Moment)


class ExclusionCell(Table, table=True):
    """One 互斥业务 cell of an imported catalogue, as it stands there; its meaning follows when it is read."""

    source: str = Field(primary_key=True)  # the import's name
    table_name: str = Field(primary_key=True)
    level: str = Field(primary_key=True)
    service: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)  # 互斥业务 | 主卡互斥业务 | 副卡互斥业务
    line: int
    text: str
    imported_at: datetime = Field(sa_type=Moment)


class ExclusionPhrase(Table, table=True):
    """What an analyst settled for a partner phrase; holds in every cell that uses it, imported now or later.

    No row: the phrase is understood by itself, or open.
    """

    key: str = Field(primary_key=True)
    words: str
    decision: str  # offering | tag | retired
    targets: list[str] = Field(sa_type=Json)  # codes and tag:… references; empty when retired
    decided_by: str  # staff number
    decided_at: datetime = Field(sa_type=Moment)
