"""Basket and facts as the checker sees them: products, lines, days, and what is there afterwards."""

import re
from datetime import date, timedelta
from typing import Any

Json = dict[str, Any]

DAY = timedelta(days=1)
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_ORIGINS = {"self", "plan", "campaign", "agreement", "trial", "group"}
_TIMINGS = {"now", "this_month", "next_month", "with_plan", "end_of_agreement"}


class Rejected(Exception):
    """The certificate does not hold; the message says why, in Chinese."""


def demand(holds: bool, reason: str) -> None:
    """Raise `Rejected` unless it holds."""
    if not holds:
        raise Rejected(reason)


def day_of(text: str | None) -> date | None:
    """A day written as 2026-11-22, and in no other way."""
    if text is None:
        return None
    demand(_DATE.fullmatch(text) is not None, f"日期 {text} 不合规")
    return date.fromisoformat(text)


def month_of(day: date) -> tuple[int, int]:
    """The calendar month."""
    return day.year, day.month


def next_month(day: date) -> date:
    """The first day of the month after."""
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


class Product:
    """Something held, or (`held` None) an addition of the basket seen as if it were."""

    def __init__(self, held: Json | None, code: str, offering: Json | None, on: date) -> None:
        self.code = code
        self.offering = offering
        self.kind: str = "" if offering is None else offering["kind"]
        self.tags: list[str] = [] if offering is None else offering["tags"]
        self.id: str | None = None
        self.origin, self.standing, self.campaign = "self", "active", ""
        self.came_with: str | None = None
        self.starts_on: date | None = None
        self.ends_on: date | None = None
        self.until: date | None = None
        self.bound: bool | None = False
        self.gone_on: date | None = None  # the first day without it, once the basket has been done
        self.ends_with_plan = False
        if held is not None:
            self._read(held, on)

    def _read(self, held: Json, on: date) -> None:
        self.id, self.origin, self.came_with = held["id"], held["origin"], held["came_with"]
        self.campaign = held["campaign"]
        demand(self.origin in _ORIGINS, f"不认识的来源 {self.origin}")
        self.starts_on, self.ends_on = day_of(held["starts_on"]), day_of(held["ends_on"])
        self.standing = self._standing(held["state"], on)
        months = 0 if self.offering is None else self.offering["lock_in_months"]
        self.until = day_of(held["locked_until"])
        if self.until is None and months and self.starts_on is not None:
            self.until = _months_later(self.starts_on, months) - DAY
        if self.until is not None:
            self.bound = self.until >= on
        else:
            self.bound = self.origin in ("campaign", "agreement") or (None if months else False)

    def _standing(self, state: str, on: date) -> str:
        """active, reserved, ended (this month) or gone."""
        demand(state in ("active", "reserved", "ended"), f"不认识的状态 {state}")
        over = self.ends_on is not None and self.ends_on <= on
        if over or state == "ended":
            recent = self.ends_on is None or month_of(self.ends_on - DAY) == month_of(on)
            return "ended" if recent else "gone"
        later = self.starts_on is not None and self.starts_on > on
        return "reserved" if state == "active" and later else state

    @property
    def name(self) -> str:
        """Its name, or its code when the catalogue does not have it."""
        return self.code if self.offering is None else self.offering["name"]

    @property
    def key(self) -> str:
        """How a certificate names it."""
        return f"basket:{self.code}" if self.id is None else f"held:{self.id}"


class Row:
    """One line of the basket."""

    def __init__(self, change: Json, held: Product | None, offering: Json | None) -> None:
        self.action: str = change["action"]
        self.asked: str | None = change["timing"]
        self.code: str = change["offering"] if held is None else held.code
        self.held, self.offering = held, offering
        self.kind: str = "" if offering is None else offering["kind"]
        self.tags: list[str] = [] if offering is None else offering["tags"]
        self.name: str = self.code if offering is None else offering["name"]
        self.twice = False
        self.place = 0
        self.on = date.min
        if self.action == "add":
            self.op = "change_plan" if self.kind == "main_plan" else "add"
        elif held is None:
            self.op = "nothing"
        else:
            self.op = "cancel_reserved" if held.standing == "reserved" else "remove"

    @property
    def adds(self) -> bool:
        """Whether something is to be opened."""
        return self.action == "add"

    def label(self) -> list[Any]:
        """How a certificate names it."""
        return [self.op, self.code, None if self.held is None else self.held.id, self.on.isoformat()]


class Case:
    """One basket on one line, with the offerings it touches by code (None: not in the catalogue)."""

    def __init__(self, change: Json, facts: Json, offerings: dict[str, Json | None]) -> None:
        on = day_of(facts["on"])
        demand(on is not None, "没有受理日期")
        assert on is not None
        self.on: date = on
        self.offerings = offerings
        self.hour: int | None = facts["hour"]
        self.subscriber: Json = facts["subscriber"]
        self.brand: str | None = self.subscriber["brand"]
        self.channel: str = change["channel"]
        self.recorded: set[str] = set(change["recorded"])
        held = sorted(facts["held"], key=lambda each: each["id"])
        self.products = [Product(each, each["offering"], offerings[each["offering"]], on) for each in held]
        ids = [each.id for each in self.products]
        demand(len(ids) == len(set(ids)), "已有业务的编号重复")
        plans = (each for each in self.products if each.kind == "main_plan" and each.standing == "active")
        self.plan = next(plans, None)
        self.rows = self._rows(change, offerings)
        self.new_plan = next((row for row in self.rows if row.op == "change_plan"), None)
        new = None if self.new_plan is None else self.new_plan.offering
        self.new_brand: str | None = self.brand if new is None else new["sets_brand"] or self.brand
        self._settle_days()
        added = [row for row in self.rows if row.adds and row.offering is not None]
        self.adds = [Product(None, row.code, row.offering, on) for row in added if len(self.rows) > 1]
        # What the effects of stratum 1 cancel, by line; filled once stratum 1 has been read.
        self.cancelled: dict[int, set[str | None]] = {}

    def _rows(self, change: Json, offerings: dict[str, Json | None]) -> list[Row]:
        demand(bool(change["items"]), "受理篮是空的")
        rows: dict[tuple[str, ...], Row] = {}

        def by_content(item: Json) -> tuple[str, str, str, str]:
            return item["action"], item["offering"], item["held_id"] or "", item["timing"] or ""

        for item in sorted(change["items"], key=by_content):
            demand(item["action"] in ("add", "delete"), f"不认识的动作 {item['action']}")
            demand(item["timing"] is None or item["timing"] in _TIMINGS, f"不认识的生效方式 {item['timing']}")
            held = None if item["action"] == "add" else self._meant(item)
            about = (item["action"], item["offering"], item["held_id"] or "")
            if held is not None:
                about = ("delete", held.id or "")
            if about in rows:
                rows[about].twice = True
                continue
            rows[about] = Row(item, held, offerings[item["offering"] if held is None else held.code])
        found = sorted(rows.values(), key=_plans_first)
        for place, row in enumerate(found):
            row.place = place
        return found

    def _meant(self, item: Json) -> Product | None:
        """The held product a deletion means; None when there is none, or more than one, or another."""
        there = [each for each in self.products if each.standing in ("active", "reserved")]
        wanted = item["held_id"]
        same = [
            each for each in there if (each.code == item["offering"] if wanted is None else each.id == wanted)
        ]
        return same[0] if len(same) == 1 and same[0].code == item["offering"] else None

    def _settle_days(self) -> None:
        plan_on: date | None = None
        for row in self.rows:
            row.on = self._day(row, plan_on)
            if row is self.new_plan:
                plan_on = row.on
        for product in self.products:
            product.ends_with_plan = self._ends_with_plan(product)
            days = [row.on for row in self.rows if row.held is product]
            if product.ends_on is not None and not self._goes_on(product):
                days.append(product.ends_on)
            if self.new_plan is not None and (product.ends_with_plan or self._replaced(product)):
                days.append(self.new_plan.on)
            product.gone_on = min(days, default=None)

    def _day(self, row: Row, plan_on: date | None) -> date:
        if row.op == "cancel_reserved":
            return self.on
        offered: list[str] = []
        if row.offering is not None:
            offered = row.offering["add_timings" if row.held is None else "remove_timings"]
        timing = row.asked or (offered[0] if offered else "next_month")
        if timing in ("now", "this_month"):
            return self.on
        if timing == "with_plan" and plan_on is not None:
            return plan_on
        until = None if row.held is None else row.held.until
        if timing == "end_of_agreement" and until is not None and until >= self.on:
            return until + DAY
        return next_month(self.on)

    def _goes_on(self, product: Product) -> bool:
        """Whether it was to make room for a reserved plan whose reservation this basket cancels."""
        return (
            product.kind == "main_plan"
            and product.standing == "active"
            and any(
                row.op == "cancel_reserved"
                and row.kind == "main_plan"
                and row.held is not None
                and row.held.starts_on == product.ends_on
                for row in self.rows
            )
        )

    def _replaced(self, product: Product) -> bool:
        new = self.new_plan
        is_plan = product.kind == "main_plan" and product.standing == "active"
        return is_plan and new is not None and product.code != new.code

    def _ends_with_plan(self, product: Product) -> bool:
        new = self.new_plan
        if new is None or new.offering is None or product.standing != "active" or product.kind == "main_plan":
            return False
        with_mine = self.plan is not None and product.came_with == self.plan.id
        came = product.origin in ("plan", "trial") and (product.came_with is None or with_mine)
        return came and product.code not in new.offering["includes"]

    def stays(self, product: Product, row: Row) -> bool:
        """Whether it would still be there when the line has taken effect."""
        if product.standing in ("ended", "gone"):
            return False
        return product.gone_on is None or product.gone_on > row.on

    def others(self, row: Row, among: str) -> list[Product]:
        """What a rule may bind on this line: held products, or additions that it is compared with."""
        if among == "basket":
            mine = (row.kind != "main_plan", row.code)
            return [
                each for each in self.adds if not row.adds or (each.kind != "main_plan", each.code) > mine
            ]
        return [
            each
            for each in self.products
            if each is not row.held and each.standing != "gone" and each.offering is not None
        ]


def _plans_first(row: Row) -> tuple[bool, str, str, str]:
    return row.op != "change_plan", row.op, row.code, "" if row.held is None else row.held.id or ""


def _months_later(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = (next_month(date(year, month + 1, 1)) - DAY).day
    return date(year, month + 1, min(day.day, last))
