"""The conditions a rule states, and whether what was seen satisfies them: True, False or None (unknown)."""

from collections.abc import Iterator
from typing import Any

from crm.core.compatibility.proof_reading.case import Case, Json, Product, Row, day_of, demand
from crm.core.compatibility.proof_reading.values import ABSENT, check_says, on_item, on_line

Wanted = tuple[str, Any]
_LINE = (
    "op", "channel", "brand", "new_brand", "brand_change", "line_kind", "status", "profile_recorded",
    "plan_tag", "target", "target_kind", "target_kind_not", "target_tag", "target_tag_not", "target_sale",
    "target_price", "target_has", "target_lacks", "recorded", "not_recorded", "check",
)  # fmt: skip
_OWN = ("origin", "origin_not", "bound", "bundled")
_HELD = (
    "offering", "kind", "kind_not", "tag", "tag_not", "origin", "origin_not", "state", "sale", "relation",
    "link", "link_not", "stays", "bound",
)  # fmt: skip
_KNOWN_TRUTHS = {
    "brand": "subscriber.brand",
    "new_brand": "subscriber.brand",
    "brand_change": "subscriber.brand",
    "line_kind": "subscriber.line_kind",
    "status": "subscriber.status",
    "profile_recorded": "subscriber.profile_recorded",
    "plan_tag": "held.main_plan",
    "item_bound": "held.locked_until",
    "held_bound": "held.locked_until",
    "relation": "subscriber.brand",
    "held_link": "subscriber.card",
    "held_link_not": "subscriber.card",
}
_CHECK_FACTS = {"brand_not_allowed": "subscriber.brand", "last_day_closed": "facts.hour"}


class Rule:
    """A rule as written, with its conditions by name. Raises `Rejected` for what this checker cannot read."""

    def __init__(self, written: Json) -> None:
        when: Json = written["when"]
        self.written = written
        self.id: str = written["id"]
        self.stratum: int = written["stratum"]
        self.overrides: set[str] = set(written["overrides"])
        self.has: Json | None = when["has"]
        self.among: str = "held" if self.has is None else self.has["among"]
        self.line = list(_stated(when, _LINE, ("item", "has", "lacks")))
        if when["item"] is not None:
            self.line += [(f"item_{name}", wanted) for name, wanted in _stated(when["item"], _OWN)]
        self.item = [] if self.has is None else _of_item(self.has)
        self.lacks = None if when["lacks"] is None else _of_item(when["lacks"])
        if self.has is not None:
            self._share_steps()
        self.cancels = any(each["kind"] == "cancel" and each["of"] == "held" for each in written["effects"])

    def _share_steps(self) -> None:
        """Losses are confirmed for the bound item, other steps for the target."""
        line: list[Wanted] = []
        for name, wanted in self.line:
            if name in ("recorded", "not_recorded"):
                mine = [step for step in wanted if step == "losses"]
                self.item += [(name, mine)] if mine else []
                others = [step for step in wanted if step != "losses"]
                line += [(name, others)] if others else []
            else:
                line.append((name, wanted))
        self.line = line

    def in_force(self, case: Case) -> bool:
        """Whether it counts on the as-of day."""
        first, last = day_of(self.written["valid_from"]), day_of(self.written["valid_to"])
        return (first is None or case.on >= first) and (last is None or case.on <= last)


def _stated(table: Json, names: tuple[str, ...], others: tuple[str, ...] = ()) -> Iterator[Wanted]:
    for name, wanted in table.items():
        if wanted is None or wanted == []:
            continue
        demand(name in names or name in others, f"规则里有不认识的条件 {name}")
        if name in names:
            yield name, wanted


def _of_item(table: Json) -> list[Wanted]:
    stated = [(name, wanted) for name, wanted in _stated(table, _HELD, ("among",)) if name != "state"]
    named = [("relation" if name == "relation" else f"held_{name}", wanted) for name, wanted in stated]
    renamed = [("held" if name == "held_offering" else name, wanted) for name, wanted in named]
    return [("held_state", table["state"] or ["active", "reserved"]), *renamed]


def satisfied(name: str, wanted: Any, saw: Any) -> bool | None:
    """Whether a condition holds, given what it saw."""
    if name in ("held_link", "held_link_not"):
        said = [saw.get(each, False) for each in wanted]
        found = True if True in said else None if None in said else False
        return found if name == "held_link" or found is None else not found
    if name in ("target_tag", "held_tag", "plan_tag"):
        return None if saw is None else any(each in saw for each in wanted)
    if name in ("target_tag_not", "held_tag_not", "target_lacks", "not_recorded"):
        return not any(each in saw for each in wanted)
    if name in ("target_has", "recorded"):
        return all(each in saw for each in wanted)
    if name.startswith("item_") and saw == ABSENT:
        return False
    if name.endswith("_not"):
        return saw not in wanted
    if saw is None:
        return None
    return saw is wanted if isinstance(wanted, bool) else saw in wanted


class Judge:
    """Answers for one case; what a line or an item shows is looked at once."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self._lines: dict[tuple[str, int], Any] = {}
        self._items: dict[tuple[str, int, str, int], Any] = {}

    def sees(self, name: str, rule: Rule, row: Row, item: Product | None) -> Any:
        """The value that a condition of a rule sees."""
        if name == "check":
            return check_says(rule.written["when"]["check"], self.case, row)
        if item is None:
            if (name, row.place) not in self._lines:
                self._lines[name, row.place] = on_line(name, self.case, row)
            return self._lines[name, row.place]
        key = (name, row.place, item.key, rule.stratum)
        if key not in self._items:
            self._items[key] = on_item(name, self.case, row, item, rule.stratum)
        return self._items[key]

    def answer(self, name: str, wanted: Any, rule: Rule, row: Row, item: Product | None) -> bool | None:
        """Whether one condition holds."""
        saw = self.sees(name, rule, row, item)
        return saw if name == "check" else satisfied(name, wanted, saw)

    def doubts(self, rule: Rule, row: Row, item: Product | None) -> set[str] | None:
        """The facts that are missing to be sure that it fires; None when it surely does not."""
        missing: set[str] = set()
        asked = [(name, wanted, None) for name, wanted in rule.line]
        asked += [(name, wanted, item) for name, wanted in rule.item]
        for name, wanted, about in asked:
            said = self.answer(name, wanted, rule, row, about)
            if said is False:
                return None
            if said is None:
                missing.add(_fact(name, rule))
        if not rule.in_force(self.case):
            return None
        more = self._lacking(rule, row)
        return None if more is None else missing | more

    def _lacking(self, rule: Rule, row: Row) -> set[str] | None:
        if rule.lacks is None:
            return set()
        missing: set[str] = set()
        for each in self.case.others(row, "held"):
            said = {name: self.answer(name, wanted, rule, row, each) for name, wanted in rule.lacks}
            if all(said.values()):
                return None
            if False not in said.values():
                missing |= {_fact(name, rule) for name, one in said.items() if one is None}
        return missing

    def lacks_is_false(self, rule: Rule, row: Row, key: str) -> bool:
        """Whether this item surely is one that the rule wants not to be there."""
        if rule.lacks is None:
            return False
        return any(
            each.key == key and all(self.answer(name, wanted, rule, row, each) for name, wanted in rule.lacks)
            for each in self.case.others(row, "held")
        )


def _fact(name: str, rule: Rule) -> str:
    return _CHECK_FACTS[rule.written["when"]["check"]] if name == "check" else _KNOWN_TRUTHS[name]
