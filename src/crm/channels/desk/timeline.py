"""Held products on a time axis as SVG, placed by attributes so that no style is needed in the page; pure."""

from datetime import date
from typing import Protocol

from markupsafe import Markup

from crm.platform.clock import first_of_next_month

MONTHS_BEFORE = 3
MONTHS_AFTER = 12


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
    parts = [_rect("run " + product.state, begin, end)]
    if product.locked_until:
        parts.append(_rect("lock", max(begin, axis.place(axis.today)), axis.place(product.locked_until)))
    if product.free_until:
        parts.append(_rect("free", begin, axis.place(product.free_until)))
    today = axis.place(axis.today)
    parts.append(Markup('<line class="today" x1="{0}%" x2="{0}%" y1="0" y2="10"/>').format(today))
    return Markup('<svg class="span" width="100%" height="10" aria-hidden="true">{}</svg>').format(
        Markup("").join(parts)
    )


def scale(axis: Axis) -> Markup:
    """The labels above the bars."""
    labels = Markup("").join(
        Markup('<text x="{}%" y="9">{}</text>').format(place, words)
        for place, words in axis.months()
        if place < 92
    )
    return Markup('<svg class="scale" width="100%" height="12" aria-hidden="true">{}</svg>').format(labels)


def _rect(kind: str, begin: float, end: float) -> Markup:
    width = max(round(end - begin, 2), 0.8)
    return Markup('<rect class="{}" x="{}%" y="2" width="{}%" height="6" rx="2"/>').format(kind, begin, width)


def _month(number: int) -> date:
    return date(number // 12, number % 12 + 1, 1)
