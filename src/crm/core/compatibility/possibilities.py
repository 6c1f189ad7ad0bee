"""What one customer can have: the verdict on every offering, worked out for all at once. Pure.

For each offering it is exactly the headline that `engine.qualify` gives the basket "add this offering".
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from crm.core.compatibility.customer_bits import Answer, CustomerBits
from crm.core.compatibility.line_bits import line_answer
from crm.core.compatibility.outlook import Group, HeldKey, Outlook
from crm.core.compatibility.schemas import Facts, Verdict
from crm.core.compatibility.target_bits import TargetBits
from crm.platform.bitsets import places_of, union, without

_BY_SEVERITY = sorted(Verdict, key=lambda verdict: -verdict.severity)
_NOBODY = -1


class Possibilities:
    """A verdict for every offering; immutable."""

    __slots__ = ("_bits", "_targets", "plan")

    def __init__(self, targets: TargetBits, bits: dict[Verdict, int], plan: str | None = None) -> None:
        self.plan = plan  # the code of the main plan held today
        self._targets = targets
        self._bits = bits

    def verdict(self, code: str) -> Verdict | None:
        """The verdict on adding this offering; None when the catalogue does not know it."""
        place = self._targets.place.get(code)
        if place is None:
            return None
        return next(verdict for verdict, bits in self._bits.items() if bits >> place & 1)

    @property
    def all_codes(self) -> tuple[str, ...]:
        """The offerings by their places in the sets: main plans first, then by code."""
        return self._targets.codes

    def by_name(self) -> dict[str, int]:
        """The offerings of each verdict as a set of places, under the verdict as a bare word."""
        return {str(verdict.value): bits for verdict, bits in self._bits.items()}

    def bits(self, verdicts: Iterable[Verdict]) -> int:
        """The offerings with one of these verdicts as a set of places."""
        return union(self._bits[each] for each in verdicts)

    def count(self, *verdicts: Verdict) -> int:
        """How many offerings have one of these verdicts."""
        return sum(self._bits[each].bit_count() for each in verdicts)

    def codes(self, *verdicts: Verdict) -> Iterator[str]:
        """The offerings with one of these verdicts: main plans first, then by code."""
        return (self._targets.codes[place] for place in places_of(self.bits(verdicts)))


def possibilities(outlook: Outlook, facts: Facts, recorded: tuple[str, ...] = ()) -> Possibilities:
    """Judge every offering for one customer on the channel of the outlook.

    `recorded`: steps taken on this call. Raises HeldTwice; ValueError when the outlook is of another day.
    """
    if facts.on != outlook.on:
        raise ValueError(f"an outlook of {outlook.on} cannot judge {facts.on}")
    customer = CustomerBits(facts, outlook.channel, recorded, outlook.targets)
    found: dict[Verdict, int] = dict.fromkeys(Verdict, 0)
    lines: list[Answer | None] = [None] * len(outlook.lines)
    for stratum in (1, 2):
        _Stratum(outlook, customer, stratum, lines).judge(found)
        for place in outlook.reading_cancelled:
            lines[place] = None
    settled = 0
    for verdict in _BY_SEVERITY:
        found[verdict] = without(found[verdict], settled)
        settled |= found[verdict]
    found[Verdict.ALLOW] |= without(outlook.targets.all, settled)
    plan = customer.s.plan
    return Possibilities(outlook.targets, found, None if plan is None else plan.code)


class _Stratum:
    """The rules of one stratum asked of one customer."""

    def __init__(
        self, outlook: Outlook, customer: CustomerBits, stratum: int, lines: list[Answer | None]
    ) -> None:
        self._outlook = outlook
        self._customer = customer
        self._alone = outlook.alone[stratum]
        self._by_key = outlook.by_key[stratum]
        self._lines = lines
        # What fires for the same reasons and says the same is joined before the reasons are applied.
        self._joined: dict[tuple[int, int, Verdict, int], int] = {}
        self._reasons: dict[int, Answer] = {}
        self._named: dict[tuple[str, int], tuple[Verdict, bool, Answer]] = {}

    def judge(self, found: dict[Verdict, int]) -> None:
        """Add what fires to the offerings of each verdict, and what it cancels to the customer."""
        for group in self._alone:
            line = self._line(group)
            if line.maybe:
                self._take(group, line, self._customer.sure, _NOBODY)
        for place, item in enumerate(self._customer.items):
            if item.offering is not None:
                self._ask_about(place)
        cancelled: defaultdict[int, int] = defaultdict(int)
        for (line, held, verdict, cancels), targets in self._joined.items():
            fired = _where(targets, self._reasons[line], self._reasons[held])
            found[Verdict.FIRST] |= fired.doubt
            surely = fired.maybe ^ fired.doubt
            found[verdict] |= surely
            if cancels != _NOBODY:
                cancelled[cancels] |= surely
        for (name, place), (verdict, cancels, fired) in self._named.items():
            excepted = self._excepted(name, place)
            doubt = without(fired.doubt, excepted)
            surely = without(fired.maybe ^ fired.doubt, excepted)
            found[Verdict.FIRST] |= doubt
            found[verdict] |= surely
            if cancels:
                cancelled[place] |= surely
        for place, bits in cancelled.items():
            self._customer.cancel(place, bits)

    def _ask_about(self, place: int) -> None:
        customer, helds = self._customer, self._outlook.helds
        item = customer.items[place]
        keys: list[HeldKey] = [("always", ""), ("code", item.code), ("kind", str(item.kind))]
        keys += [("tag", tag) for tag in dict.fromkeys(item.tags)]
        for key in keys:
            for group in self._by_key.get(key, ()):
                line = self._line(group)
                if not line.maybe:
                    continue
                held = customer.item_answer(place, helds[group.held])
                if held.maybe:
                    self._take(group, line, held, place)

    def _line(self, group: Group) -> Answer:
        known = self._lines[group.line]
        if known is None:
            known = self._lines[group.line] = line_answer(self._customer, self._outlook.lines[group.line])
        return known

    def _take(self, group: Group, line: Answer, held: Answer, place: int) -> None:
        if group.name:
            fired = _where(group.targets, line, held)
            known = self._named.get((group.name, place))
            if known is not None:  # the item found the rule under two of its tags: the same answer twice
                return
            self._named[group.name, place] = (group.verdict, group.cancels, fired)
            return
        self._reasons[id(line)], self._reasons[id(held)] = line, held
        key = (id(line), id(held), group.verdict, place if group.cancels else _NOBODY)
        self._joined[key] = self._joined.get(key, 0) | group.targets

    def _excepted(self, name: str, place: int) -> int:
        """Where a rule that surely fires overrides this one: for the same item where both bind one."""
        excepted = 0
        for (other, at), (_, _, fired) in self._named.items():
            if name in self._outlook.overrides[other] and (at == place or _NOBODY in (at, place)):
                excepted |= fired.maybe ^ fired.doubt
        return excepted


def _where(targets: int, line: Answer, held: Answer) -> Answer:
    maybe = targets & line.maybe & held.maybe
    return Answer(maybe, maybe & (line.doubt | held.doubt))
