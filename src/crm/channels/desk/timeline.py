"""Held products on a time axis as SVG, placed by attributes so that no style is needed in the page; pure."""

from datetime import date
from functools import lru_cache
from typing import Protocol

from markupsafe import Markup

from crm.platform.clock import first_of_next_month

MONTHS_BEFORE = 3
MONTHS_AFTER = 12
LAST_LABEL = 92


class Spanning(Protocol):
    """What a bar needs to know; the customer room's product fits."""

    @property
    def state(self) -> str: ...
    @property
    def starts_on(self) -> date: ...
    @property
    def ends_on(self) -> date | None: ...
    @property
    def locked_until(self) -> date | None: ...
    @property
    def free_until(self) -> date | None: ...


class Axis:
    """From three months before `today`'s month to twelve after it; places are percent of the width."""

    def __init__(self, today: date) -> None:
        month = today.year * 12 + today.month - 1
        self.today = today
        self.first = _month(month - MONTHS_BEFORE)
        self.last = _month(month + MONTHS_AFTER + 1)
        self._days = (self.last - self.first).days

    def place(self, on: date) -> float:
        """0 at the left edge, 100 at the right; days outside are at the edge."""
        return round(min(max((on - self.first).days / self._days * 100, 0), 100), 2)

    def months(self) -> list[tuple[float, str]]:
        """Every third month with its place, for the labels."""
        marks: list[tuple[float, str]] = []
        on = self.first
        while on < self.last:
            if (on.month - 1) % 3 == 0:
                marks.append((self.place(on), f"{on.month}月" if on.month > 1 else str(on.year)))
            on = first_of_next_month(on)
        return marks


def bar(product: Spanning, axis: Axis) -> Markup:
    """The life of one product: its run, what of it is bound or free, and today."""
    begin = axis.place(product.starts_on)
    end = axis.place(product.ends_on) if product.ends_on else 100.0
    today = axis.place(axis.today)
    parts = _rect(f"run {product.state}", begin, end)
    if product.locked_until:
        parts += _rect("lock", max(begin, today), axis.place(product.locked_until))
    if product.free_until:
        parts += _rect("free", begin, axis.place(product.free_until))
    parts += f'<line class="today" x1="{today}%" x2="{today}%" y1="0" y2="10"/>'
    return Markup(f'<svg class="span" width="100%" height="10" aria-hidden="true">{parts}</svg>')  # noqa: S704  (numbers and states, nothing anybody typed)


@lru_cache(maxsize=4)
def axis_of(today: date) -> Axis:
    """The axis of a day, the same for every customer."""
    return Axis(today)


@lru_cache(maxsize=4)
def scale(axis: Axis) -> Markup:
    """The labels above the bars."""
    labels = "".join(
        f'<text x="{at}%" y="9">{words}</text>' for at, words in axis.months() if at < LAST_LABEL
    )
    return Markup(f'<svg class="scale" width="100%" height="12" aria-hidden="true">{labels}</svg>')  # noqa: S704  (numbers and month names)


def _rect(kind: str, begin: float, end: float) -> str:
    width = max(round(end - begin, 2), 0.8)
    return f'<rect class="{kind}" x="{begin}%" y="2" width="{width}%" height="6" rx="2"/>'


def _month(number: int) -> date:
    return date(number // 12, number % 12 + 1, 1)
