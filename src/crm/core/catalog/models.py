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
