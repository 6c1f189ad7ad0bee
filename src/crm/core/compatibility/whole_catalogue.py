"""The whole catalogue under the rules in force, ready to be asked about one customer after the other. Pure.

What hangs on catalogue, rules, channel and day is worked out once and kept; so are the last customers'
answers, because an agent types on and the customer stays the same.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

from crm.core.catalog.engine import Catalogue
from crm.core.compatibility.consent import facts_hash
from crm.core.compatibility.outlook import Outlook
from crm.core.compatibility.possibilities import Possibilities, possibilities
from crm.core.compatibility.ruleset import RuleSet
from crm.core.compatibility.schemas import Facts
from crm.core.compatibility.target_bits import TargetBits

_MOST_OUTLOOKS = 4  # two channels on two days; about 40 MB each for 200,000 offerings and 2,000 rules
_MOST_ANSWERS = 64  # about 0.3 MB each for 200,000 offerings

_View = tuple[str, date]  # channel, day
_Asked = tuple[str, str, tuple[str, ...]]  # hash of the facts, channel, steps taken
Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


@dataclass(frozen=True)
class _World:
    """One catalogue under one rule set, and what is remembered of the two; replaced as a whole."""

    rules: RuleSet
    targets: TargetBits
    outlooks: OrderedDict[_View, Outlook] = field(default_factory=OrderedDict[_View, Outlook])
    answers: OrderedDict[_Asked, Possibilities] = field(default_factory=OrderedDict[_Asked, Possibilities])


class WholeCatalogue:
    """Remembers one catalogue under one rule set; another of either starts anew. Answers the same without."""

    def __init__(self) -> None:
        self._world: _World | None = None

    def knows(self, rules: RuleSet, catalogue: Catalogue) -> bool:
        """Whether it is ready for these."""
        world = self._world
        return world is not None and world.rules is rules and world.targets.catalogue is catalogue

    def prepare(self, rules: RuleSet, catalogue: Catalogue) -> _World:
        """Get ready: a second for 200,000 offerings, so that a server does it in a thread beforehand."""
        world = self._world
        kept = world.targets if world is not None and world.targets.catalogue is catalogue else None
        self._world = made = _World(rules, kept or TargetBits(catalogue))
        return made

    def judge(
        self, facts: Facts, channel: str, recorded: tuple[str, ...], rules: RuleSet, catalogue: Catalogue
    ) -> Possibilities:
        """The verdict on every offering; see `possibilities.possibilities`. Raises HeldTwice."""
        world = self._world
        if world is None or world.rules is not rules or world.targets.catalogue is not catalogue:
            world = self.prepare(rules, catalogue)
        outlook = _remembered(
            world.outlooks,
            (channel, facts.on),
            _MOST_OUTLOOKS,
            lambda: Outlook(rules, world.targets, channel, facts.on),
        )
        asked = (facts_hash(facts), channel, tuple(sorted(set(recorded))))
        return _remembered(
            world.answers, asked, _MOST_ANSWERS, lambda: possibilities(outlook, facts, recorded)
        )


def _remembered(kept: OrderedDict[Key, Value], key: Key, most: int, make: Callable[[], Value]) -> Value:
    known = kept.get(key)
    if known is None:
        known = kept[key] = make()
        if len(kept) > most:
            kept.popitem(last=False)
    else:
        kept.move_to_end(key)
    return known
