"""What the rule book needs of its neighbours. Pure."""

from typing import Protocol

from crm.core.catalog.engine import Catalogue
from crm.core.compatibility.firing import FiringCounter
from crm.core.compatibility.ruleset import RuleSet


class CatalogueSource(Protocol):
    """Whoever has the present catalogue in memory."""

    @property
    def catalogue(self) -> Catalogue:
        """The catalogue as it is now."""
        ...


class RulesHolder(Protocol):
    """Whoever judges by the rules of this process and counts what fires."""

    firings: FiringCounter

    @property
    def rules(self) -> RuleSet:
        """The rules this process judges by. Raises `RulesBroken` while it has none."""
        ...

    @property
    def rules_hash(self) -> str:
        """Their hash; empty while it has none."""
        ...

    def adopt(self, rules: RuleSet) -> None:
        """Judge by these from now on."""
        ...
