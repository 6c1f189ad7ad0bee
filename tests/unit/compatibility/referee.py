"""The semantics of the checker once more, in obvious code: no index, no memory, nothing shared.

It asks every rule for every line and every held item, reads the rule as written, and works dates out anew.
"""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Any, NamedTuple

from crm.core.catalog.engine import Catalogue
from crm.core.catalog.schemas import Offering
from crm.core.compatibility.rules import HeldWanted, Rule, When
from crm.core.compatibility.schemas import Change, ChangeItem, Facts, Held, Verdict

DAY = timedelta(days=1)
ORDER = ["allow", "disclose", "consent", "first", "store", "refuse"]


class Row(NamedTuple):
    """One basket line."""

    change: ChangeItem
    offering: Offering | None
    held: Held | None
    twice: bool


class Fire(NamedTuple):
    """One rule that fired for one line and one item."""

    rule: str
    target: str
    own: str | None
    item: str | None
    unsure: bool


class Referee:
    """Judges one change."""

    def __init__(self, change: Change, facts: Facts, rules: tuple[Rule, ...], catalogue: Catalogue) -> None:
        self.on, self.sub, self.rules, self.catalogue = facts.on, facts.subscriber, rules, catalogue
        self.hour = facts.hour
        self.channel, self.recorded = change.channel, set(change.recorded)
        self.held = [each for each in facts.held if self.standing(each) != "gone"]
        self.rows = self.read_rows(change)
        plans = [row for row in self.rows if self.op(row) == "change_plan"]
        self.new_plan = min(plans, key=lambda row: row.change.offering, default=None)
        mine = [
            each for each in self.held if self.kind(each) == "main_plan" and self.standing(each) == "active"
        ]
        self.plan = min(mine, key=lambda each: each.id, default=None)
        sets = self.new_plan.offering.sets_brand if self.new_plan and self.new_plan.offering else ""
        self.new_brand = sets or self.sub.brand
        self.cancelled: dict[int, set[str]] = {}

    # ------------------------------------------------------------ reading

    def offering(self, held: Held) -> Offering | None:
        return self.catalogue.get(held.offering)

    def kind(self, held: Held) -> str | None:
        found = self.offering(held)
        return None if found is None else str(found.kind)

    def standing(self, held: Held) -> str:
        ended_on = None if held.ends_on is None else held.ends_on - DAY
        this_month = ended_on is None or (ended_on.year, ended_on.month) == (self.on.year, self.on.month)
        if (held.ends_on is not None and held.ends_on <= self.on) or held.state == "ended":
            return "ended" if this_month else "gone"
        if held.state == "active" and held.starts_on is not None and held.starts_on > self.on:
            return "reserved"
        return str(held.state)

    def read_rows(self, change: Change) -> list[Row]:
        rows: dict[Any, Row] = {}
        for item in sorted(
            change.items, key=lambda i: (i.action, i.offering, i.held_id or "", i.timing or "")
        ):
            held = self.find(item) if item.action == "delete" else None
            code = held.offering if held else item.offering
            name = (item.action, held.id) if held else (item.action, item.offering, item.held_id)
            if name in rows:
                rows[name] = rows[name]._replace(twice=True)
            else:
                rows[name] = Row(item, self.catalogue.get(code), held, False)
        return list(rows.values())

    def find(self, item: ChangeItem) -> Held | None:
        there = [each for each in self.held if self.standing(each) in ("active", "reserved")]
        if item.held_id is not None:
            return next((h for h in there if h.id == item.held_id and h.offering == item.offering), None)
        same = [each for each in there if each.offering == item.offering]
        return same[0] if len(same) == 1 else None

    def op(self, row: Row) -> str:
        if row.change.action == "add":
            return "change_plan" if row.offering and row.offering.kind == "main_plan" else "add"
        if row.held is None:
            return "nothing"
        return "cancel_reserved" if self.standing(row.held) == "reserved" else "remove"

    # ------------------------------------------------------------ days

    def until(self, held: Held) -> date | None:
        if held.locked_until:
            return held.locked_until
        offering = self.offering(held)
        if offering and offering.lock_in_months and held.starts_on:
            month = held.starts_on.month + offering.lock_in_months
            year, month = held.starts_on.year + (month - 1) // 12, (month - 1) % 12 + 1
            day = held.starts_on.day
            while True:
                try:
                    return date(year, month, day) - DAY
                except ValueError:
                    day -= 1
        return None

    def bound(self, held: Held) -> bool | None:
        until, offering = self.until(held), self.offering(held)
        if until:
            return until >= self.on
        if held.origin in ("campaign", "agreement"):
            return True
        return None if offering and offering.lock_in_months else False

    def day(self, row: Row) -> date:
        op, item = self.op(row), row.change
        if op == "cancel_reserved":
            return self.on
        offered = ()
        if row.offering:
            offered = row.offering.add_timings if row.held is None else row.offering.remove_timings
        timing = item.timing or (offered[0] if offered else "next_month")
        first = date(self.on.year + self.on.month // 12, self.on.month % 12 + 1, 1)
        if timing == "with_plan":
            is_plan = self.new_plan is None or row is self.new_plan
            return first if is_plan else self.day(self.new_plan)  # pyright: ignore[reportArgumentType]  # there is a plan here
        if timing == "end_of_agreement":
            until = self.until(row.held) if row.held else None
            return until + DAY if until and until >= self.on else first
        return first if timing == "next_month" else self.on

    def end(self, held: Held) -> date | None:
        """The first day without the item after the change; None: it goes on."""
        ends = [] if held.ends_on is None or self.is_restored(held) else [held.ends_on]
        ends += [self.day(row) for row in self.rows if row.held is held]
        new = self.new_plan
        if new and self.standing(held) == "active":
            replaced = self.kind(held) == "main_plan" and held.offering != new.change.offering
            if replaced or self.ends_with_plan(held):
                ends.append(self.day(new))
        return min(ends, default=None)

    def is_restored(self, held: Held) -> bool:
        return (
            self.kind(held) == "main_plan"
            and self.standing(held) == "active"
            and any(
                self.op(row) == "cancel_reserved"
                and row.held
                and self.kind(row.held) == "main_plan"
                and row.held.starts_on == held.ends_on
                for row in self.rows
            )
        )

    def ends_with_plan(self, held: Held) -> bool:
        new = self.new_plan
        if not new or self.standing(held) != "active" or self.kind(held) == "main_plan":
            return False
        came = held.came_with is None or (self.plan is not None and held.came_with == self.plan.id)
        includes = new.offering.includes if new.offering else ()
        return held.origin in ("plan", "trial") and came and held.offering not in includes

    def stays(self, held: Held, row: Row) -> bool:
        if self.standing(held) == "ended":
            return False
        end = self.end(held)
        return end is None or end > self.day(row)

    # ------------------------------------------------------------ rules

    def judge(self) -> set[Fire]:
        """Everything that fires, after exceptions."""
        first = self.without_exceptions(list(self.fires(1)))
        for row_place, rule, held, unsure in first:
            cancels = any(e.kind == "cancel" for e in rule.effects if e.of == "held")
            if isinstance(held, Held) and not unsure and cancels:
                self.cancelled.setdefault(row_place, set()).add(held.id)
        second = self.without_exceptions(list(self.fires(2)))
        return {
            Fire(
                rule.id,
                self.code(self.rows[place]),
                getattr(self.rows[place].held, "id", None),
                None if other is None else other.id if isinstance(other, Held) else other.code,
                unsure,
            )
            for place, rule, other, unsure in first + second
        }

    def code(self, row: Row) -> str:
        return row.held.offering if row.held else row.change.offering

    def fires(self, stratum: int) -> Iterator[tuple[int, Rule, Held | Offering | None, bool]]:
        for place, row in enumerate(self.rows):
            for rule in self.rules:
                if rule.stratum != stratum:
                    continue
                if (rule.valid_from and self.on < rule.valid_from) or (
                    rule.valid_to and self.on > rule.valid_to
                ):
                    continue
                sure = holds(self.line_answers(rule.when, row, place))
                if sure is False:
                    continue
                if rule.when.has is None:
                    yield place, rule, None, sure is None
                    continue
                for other, also in self.others(rule.when, row, place):
                    if also is not False:
                        yield place, rule, other, sure is None or also is None

    def others(self, when: When, row: Row, place: int) -> Iterator[tuple[Held | Offering, bool | None]]:
        has = when.has
        assert has is not None
        if has.among == "basket":
            order = (row.offering is None or row.offering.kind != "main_plan", self.code(row))
            if row.change.action == "delete":
                order = (False, "")
            for other in self.rows:
                offering = other.offering
                if other.change.action != "add" or offering is None:
                    continue
                if (offering.kind != "main_plan", offering.code) > order:
                    yield offering, holds(self.basket_answers(has, when, row, place, offering))
            return
        for held in self.held:
            if held is not row.held and self.offering(held) is not None:
                yield held, holds(self.held_answers(has, when, row, place, held))

    @staticmethod
    def without_exceptions(fired: list[Any]) -> list[Any]:
        return [
            (place, rule, other, unsure)
            for place, rule, other, unsure in fired
            if not any(
                rule.id in strong.overrides
                and where == place
                and not doubt
                and (bound is None or other is None or bound is other)
                for where, strong, bound, doubt in fired
            )
        ]

    # ------------------------------------------------------------ conditions on the line

    def line_answers(self, when: When, row: Row, place: int) -> Iterator[bool | None]:  # noqa: C901  (one branch a condition, as in the specification)
        target, own, code = row.offering, row.held, self.code(row)
        kind, tags = (str(target.kind), target.tags) if target else ("", ())
        if when.op:
            yield self.op(row) in when.op
        if when.channel:
            yield self.channel in when.channel
        if when.target:
            yield code in when.target
        if when.target_kind:
            yield kind in when.target_kind
        if when.target_kind_not:
            yield kind not in when.target_kind_not
        if when.target_tag:
            yield any(tag in tags for tag in when.target_tag)
        if when.target_tag_not:
            yield not any(tag in tags for tag in when.target_tag_not)
        if when.target_sale:
            yield self.sale(target) in when.target_sale
        if when.target_price:
            yield self.price(target) in when.target_price
        yield from (self.trait(target, trait) for trait in when.target_has)
        yield from (not self.trait(target, trait) for trait in when.target_lacks)
        for wanted, value in (
            (when.brand, self.sub.brand),
            (when.new_brand, self.new_brand),
            (when.line_kind, self.sub.line_kind),
            (when.status, self.sub.status),
        ):
            if wanted:
                yield None if value is None else value in wanted
        if when.profile_recorded is not None:
            known = self.sub.profile_recorded
            yield None if known is None else known == when.profile_recorded
        if when.plan_tag:
            plan = self.offering(self.plan) if self.plan else None
            yield None if plan is None else any(tag in plan.tags for tag in when.plan_tag)
        if when.brand_change is not None:
            sets = self.new_plan.offering.sets_brand if self.new_plan and self.new_plan.offering else ""
            if sets and self.sub.brand is None:
                yield None
            else:
                yield bool(sets and sets != self.sub.brand) == when.brand_change
        for wanted_flag, steps in ((True, when.recorded), (False, when.not_recorded)):
            for step in steps:
                if step != "losses" or when.has is None:
                    subject = (own.id if own else "") if step == "losses" else code
                    yield (f"{step}:{subject}" in self.recorded) == wanted_flag
        if when.item is not None:
            item = when.item
            yield own is not None or not (item.origin or item.origin_not)
            if own is not None:
                yield not item.origin or own.origin in item.origin
                yield not item.origin_not or own.origin not in item.origin_not
            if item.bound is not None:
                bound = self.bound(own) if own else None
                yield False if own is None else None if bound is None else bound == item.bound
            if item.bundled is not None:
                yield own is not None and self.bundled(own, row) == item.bundled
        if when.check is not None:
            yield getattr(self, "check_" + when.check)(row)
        if when.lacks is not None:
            yield none_of(
                holds(self.held_answers(when.lacks, When(), row, place, held))
                for held in self.held
                if held is not own and self.offering(held) is not None
            )

    def sale(self, offering: Offering | None) -> str:
        if offering is None:
            return "unknown"
        if offering.state == "discontinued":
            return "discontinued"
        if offering.valid_from and self.on < offering.valid_from:
            return "upcoming"
        return "expired" if offering.valid_to and self.on > offering.valid_to else "on_sale"

    @staticmethod
    def price(offering: Offering | None) -> str:
        if offering is None or offering.monthly_fee_fen is None:
            return "unknown"
        return "paid" if offering.monthly_fee_fen + offering.one_off_fee_fen > 0 else "free"

    @staticmethod
    def trait(offering: Offering | None, trait: str) -> bool:
        if offering is None:
            return False
        if trait == "trial":
            return bool(offering.includes) and offering.trial_months > 0
        return bool(getattr(offering, trait))

    def parent(self, held: Held) -> Held | None:
        if held.came_with is not None:
            return next((each for each in self.held if each.id == held.came_with), None)
        return self.plan if held.origin in ("plan", "trial") else None

    def bundled(self, held: Held, row: Row) -> bool:
        if held.origin == "trial":
            return False
        parent, new = self.parent(held), self.new_plan
        if parent is None and held.came_with is None:
            return held.origin == "plan"
        if parent is not None and self.stays(parent, row):
            offering = self.offering(parent)
            return held.origin == "plan" or bool(offering and held.offering in offering.includes)
        return bool(
            held.origin == "plan"
            and new
            and new.offering
            and self.day(new) <= self.day(row)
            and held.offering in new.offering.includes
        )

    # ------------------------------------------------------------ conditions on another item

    def held_answers(
        self, has: HeldWanted, when: When, row: Row, place: int, held: Held
    ) -> Iterator[bool | None]:
        offering = self.offering(held)
        assert offering is not None
        yield self.standing(held) in (has.state or ("active", "reserved"))
        yield from self.offering_answers(has, row, offering)
        yield not has.origin or held.origin in has.origin
        yield not has.origin_not or held.origin not in has.origin_not
        links = {
            "same_offering": held.offering == self.code(row),
            "same_tier": self.same_tier(row, offering),
            "came_with_target": row.held is not None and held.came_with == row.held.id,
            "included_in_target": row.offering is not None and held.offering in row.offering.includes,
            "ends_with_plan": row is self.new_plan and self.ends_with_plan(held),
            "left_alone": self.left_alone(held, row, place),
            "card_excludes": self.card_excludes(row, offering),
        }
        yield not has.link or one_of(links[link] for link in has.link)
        yield none_of(links[link] for link in has.link_not)
        if has.stays is not None:
            yield self.stays(held, row) == has.stays
        if has.bound is not None:
            bound = self.bound(held)
            yield None if bound is None else bound == has.bound
        for wanted, steps in ((True, when.recorded), (False, when.not_recorded)):
            if "losses" in steps:
                yield (f"losses:{held.id}" in self.recorded) == wanted

    def basket_answers(
        self, has: HeldWanted, when: When, row: Row, place: int, offering: Offering
    ) -> Iterator[bool | None]:
        yield "losses" not in when.recorded  # nobody has it yet, so nobody was told what losing it means
        yield not has.state or "active" in has.state
        yield from self.offering_answers(has, row, offering)
        yield not has.origin or "self" in has.origin
        yield "self" not in has.origin_not
        links = {
            "same_offering": offering.code == self.code(row),
            "same_tier": self.same_tier(row, offering),
            "included_in_target": row.offering is not None and offering.code in row.offering.includes,
            "left_alone": self.loses_what_it_requires(offering, row, place),
            "card_excludes": self.card_excludes(row, offering),
        }
        yield not has.link or one_of(links.get(link, False) for link in has.link)
        yield none_of(links.get(link, False) for link in has.link_not)
        if has.stays is not None:
            yield has.stays
        if has.bound is not None:
            yield not has.bound

    def offering_answers(self, has: HeldWanted, row: Row, offering: Offering) -> Iterator[bool | None]:
        yield not has.offering or offering.code in has.offering
        yield not has.kind or offering.kind in has.kind
        yield offering.kind not in has.kind_not
        yield not has.tag or any(tag in offering.tags for tag in has.tag)
        yield not any(tag in offering.tags for tag in has.tag_not)
        yield not has.sale or self.sale(offering) in has.sale
        if has.relation:
            relation = self.relation(row, offering)
            yield None if relation is None else relation in has.relation

    def relation(self, row: Row, other: Offering) -> str | None:
        if row.offering is None:
            return "unknown"
        said = str(self.catalogue.relation(row.offering, other))
        if row.offering.kind == "main_plan" and other.brands and said != "incompatible":
            brand = row.offering.sets_brand or self.sub.brand
            if brand is None:
                return None
            return said if brand in other.brands else "incompatible"
        return said

    def same_tier(self, row: Row, other: Offering) -> bool:
        target = row.offering
        return bool(target and target.code != other.code and target.one_of and target.one_of == other.one_of)

    def card_excludes(self, row: Row, other: Offering) -> bool | None:
        target, said = row.offering, set[bool]()
        if target is None:
            return False
        for card in ("main", "secondary") if self.sub.card is None else (self.sub.card,):
            name = "secondary" if card == "secondary" else "main"
            mine, theirs = target.card_exclusions.get(name, ()), other.card_exclusions.get(name, ())
            said.add(
                any(meant(need, other, other.code) for need in mine)
                or any(meant(need, target, target.code) for need in theirs)
            )
        return said.pop() if len(said) == 1 else None

    def left_alone(self, held: Held, row: Row, place: int) -> bool:
        offering, gone = self.offering(held), self.cancelled.get(place, set())
        if not offering or not self.stays(held, row) or held.id in gone:
            return False
        return self.loses_what_it_requires(offering, row, place)

    def loses_what_it_requires(self, offering: Offering, row: Row, place: int) -> bool:
        gone = self.cancelled.get(place, set())
        present = [each for each in self.held if self.standing(each) in ("active", "reserved")]
        staying = [each for each in present if self.stays(each, row) and each.id not in gone]
        going = [
            each
            for each in present
            if each not in staying
            and (
                each is row.held
                or each.id in gone
                or (row is self.new_plan and (self.kind(each) == "main_plan" or self.ends_with_plan(each)))
            )
        ]
        adds = [r.offering for r in self.rows if r.change.action == "add" and r.offering]
        after = [self.offering(each) for each in staying] + adds
        unknown_adds = {r.change.offering for r in self.rows if r.change.action == "add"}
        unknown_staying = {each.offering for each in staying}
        return any(
            any(meant(need, self.offering(each), each.offering) for each in going)
            and not any(meant(need, each, each.code if each else "") for each in after)
            and need not in unknown_adds | unknown_staying
            for need in offering.requires
        )

    # ------------------------------------------------------------ checks

    def adds(self, row: Row) -> bool:
        return row.change.action == "add"

    def beside(self, row: Row) -> list[tuple[Offering | None, str]]:
        found = [(self.offering(each), each.offering) for each in self.held if self.stays(each, row)]
        lines = [r for r in self.rows if self.adds(r) and r.offering]
        return found + [(r.offering, r.change.offering) for r in lines if r.change.offering != self.code(row)]

    def check_brand_not_allowed(self, row: Row) -> bool | None:
        if not self.adds(row) or row.offering is None or not row.offering.brands:
            return False
        return None if self.new_brand is None else self.new_brand not in row.offering.brands

    def elsewhere(self, row: Row) -> tuple[str, ...]:
        sold = row.offering.sale_channels if row.offering and self.adds(row) else ()
        return () if self.channel in sold else sold

    def check_not_sold_here(self, row: Row) -> bool:
        return "store" in self.elsewhere(row)

    def check_sold_elsewhere(self, row: Row) -> bool:
        return bool(self.elsewhere(row)) and "store" not in self.elsewhere(row)

    def check_timing_not_offered(self, row: Row) -> bool:
        if row.change.timing is None or row.offering is None or self.op(row) == "cancel_reserved":
            return False
        offering = row.offering
        return row.change.timing not in (offering.add_timings if self.adds(row) else offering.remove_timings)

    def check_held_missing(self, row: Row) -> bool:
        return row.change.action == "delete" and row.held is None

    def check_line_twice(self, row: Row) -> bool:
        return row.twice

    def check_second_plan(self, row: Row) -> bool:
        return self.op(row) == "change_plan" and row is not self.new_plan

    def check_group_full(self, row: Row) -> bool:
        if not self.adds(row) or row.offering is None:
            return False
        return any(
            sum(bool(o and (group in o.tags or o.one_of == group)) for o, _ in self.beside(row)) >= limit
            for group, limit in row.offering.group_limits.items()
        )

    def check_last_day_closed(self, row: Row) -> bool | None:
        if row.offering is None or (self.on + DAY).day != 1:
            return False
        closes = row.offering.last_day_closes
        hour = closes[self.channel] if self.channel in closes else closes.get("*")
        if hour is None or hour == 0:
            return hour == 0
        return None if self.hour is None else self.hour >= hour

    def check_month_full(self, row: Row) -> bool:
        if not self.adds(row) or row.offering is None:
            return False
        month = (self.day(row).year, self.day(row).month)
        begun = [
            (each.offering, self.offering(each))
            for each in self.held
            if each.starts_on and (each.starts_on.year, each.starts_on.month) == month
        ]
        begun += [
            (r.change.offering, r.offering)
            for r in self.rows
            if self.adds(r) and r.offering and r.change.offering != self.code(row)
        ]
        return any(
            sum(code == group or bool(o and group in o.tags) for code, o in begun) >= limit
            for group, limit in row.offering.month_limits.items()
        )

    def check_required_missing(self, row: Row) -> bool:
        if not self.adds(row) or row.offering is None:
            return False
        return any(
            not any(meant(need, offering, code) for offering, code in self.beside(row))
            for need in row.offering.requires
        )

    def check_included_in_new_plan(self, row: Row) -> bool:
        new = self.new_plan
        return bool(
            self.op(row) == "add" and new and new.offering and self.code(row) in new.offering.includes
        )

    def check_no_plan_left(self, row: Row) -> bool:
        return row.held is not None and self.kind(row.held) == "main_plan" and self.new_plan is None

    def check_held_not_in_catalogue(self, row: Row) -> bool:
        unknown = [each for each in self.held if self.offering(each) is None and self.stays(each, row)]
        return self.adds(row) and bool(unknown)


def holds(answers: Iterable[bool | None]) -> bool | None:
    """Whether all are true; None when that hangs on what is not known. Asks no further after a no."""
    sure: bool | None = True
    for answer in answers:
        if not answer:
            if answer is None:
                sure = None
            else:
                return False
    return sure


def one_of(answers: Iterable[bool | None]) -> bool | None:
    """Whether any is true; None when that hangs on what is not known."""
    said = list(answers)
    return True if True in said else None if None in said else False


def none_of(answers: Iterable[bool | None]) -> bool | None:
    """Whether none is true."""
    said = one_of(answers)
    return None if said is None else not said


def meant(need: str, offering: Offering | None, code: str) -> bool:
    """Whether a reference means the offering."""
    if need.startswith("tag:"):
        return offering is not None and need.removeprefix("tag:") in offering.tags
    return need == code


def verdict_of(fires: set[Fire], rules: tuple[Rule, ...]) -> Verdict:
    """The severest verdict; a doubt counts as "first"."""
    verdicts = {rule.id: str(rule.verdict) for rule in rules}
    said = ["first" if fire.unsure else verdicts[fire.rule] for fire in fires]
    return Verdict(max(said, key=ORDER.index, default="allow"))
