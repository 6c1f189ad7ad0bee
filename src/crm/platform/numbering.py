"""Running numbers of a day for papers that people read out: PO20261122000123, WO20261122000001.

One mechanism for every room: a counter row per kind and day, raised inside the caller's transaction.
"""

from datetime import date

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import Field, col

from crm.platform.tables import Table


class DailyNumber(Table, table=True):
    """The last number given out of a kind on a day."""

    kind: str = Field(primary_key=True)  # PO | WO …
    on_day: date = Field(primary_key=True)
    last: int


async def next_number(session: AsyncSession, kind: str, on: date) -> str:
    """The next number of `kind` on `on`, unique under concurrency and without gaps, e.g. WO20261122000123.

    The counter's row stays locked until the transaction ends, so take the number as late as possible;
    whoever needs two kinds in one transaction takes them in alphabetical order.
    """
    last = col(DailyNumber.last)
    raised = (
        insert(DailyNumber)
        .values(kind=kind, on_day=on, last=1)
        .on_conflict_do_update(index_elements=["kind", "on_day"], set_={"last": last + 1})
        .returning(last)
    )
    number = (await session.execute(raised)).scalar_one()
    return f"{kind}{on:%Y%m%d}{number:06d}"
