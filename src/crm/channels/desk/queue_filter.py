"""The address of the queue page, read into a filter and written back; pure."""

from collections.abc import Mapping

import msgspec

from crm.channels.desk.forms import clean, whole_number
from crm.channels.desk.views import query_url
from crm.core.work_order.schemas import QueueFilter, QueueView, Sort, State

ASSIGNED, CREATED, ALL = "assigned", "created", "all"
STATES = ("open", "ended", "any", *State)


class QueueAddress(msgspec.Struct, frozen=True, kw_only=True):
    """What the address says: a tab (my work, my creations, everything, or a queue) and the filter bar."""

    view: str
    state: str = ""
    type: str = ""
    overdue: bool = False
    text: str = ""
    sort: Sort = Sort.CLAIMING
    descending: bool = False
    page: int = 1

    @classmethod
    def read(cls, query: Mapping[str, str], mine: tuple[QueueView, ...], sees_all: bool) -> "QueueAddress":
        """Anything not understood is left out: an old bookmark still shows a list."""
        usual = mine[0].code if mine else ALL if sees_all else CREATED
        sort = query.get("sort", "").removeprefix("-")
        return cls(
            view=clean(query.get("view", "")) or usual,
            state=query.get("state", "") if query.get("state", "") in STATES else "",
            type=clean(query.get("type", ""))[:60],
            overdue=bool(query.get("overdue")),
            text=clean(query.get("text", ""))[:100].strip(),
            sort=Sort(sort) if sort in list(Sort) else Sort.CLAIMING,
            descending=query.get("sort", "").startswith("-"),
            page=whole_number(query.get("page", ""), 99_999) or 1,
        )

    def filter(self) -> QueueFilter:
        """For the work-order room."""
        queue = "" if self.view in {ASSIGNED, CREATED, ALL} else self.view
        return QueueFilter(
            queue=queue,
            state=self.state,
            type=self.type,
            mine=self.view == ASSIGNED,
            created_by_me=self.view == CREATED,
            overdue=self.overdue,
            text=self.text,
            sort=self.sort,
            descending=self.descending,
            page=self.page,
        )

    @property
    def filtered(self) -> bool:
        """Whether the filter bar narrows the list."""
        return bool(self.state or self.type or self.overdue or self.text)

    def url(self, path: str = "/queues", **changes: str) -> str:
        """The address with some parts changed; the page starts anew unless it is named."""
        parts = {
            "view": self.view,
            "state": self.state,
            "type": self.type,
            "overdue": "1" if self.overdue else "",
            "text": self.text,
            "sort": ("-" if self.descending else "") + self.sort.value
            if self.sort is not Sort.CLAIMING
            else "",
        }
        return query_url(path, **(parts | changes))

    def sorted_by(self, column: str) -> str:
        """The address sorted by a column, turned round when it already is."""
        again = self.sort.value == column and not self.descending
        return self.url(sort=f"-{column}" if again else column)

    def direction(self, column: str) -> str:
        """For aria-sort."""
        if self.sort.value != column:
            return "none"
        return "descending" if self.descending else "ascending"
