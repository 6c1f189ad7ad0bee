"""The rule book: everything about rule versions that other rooms, commands and pages may do."""

from pathlib import Path

from crm.core.compatibility.publishing import Publishing
from crm.core.compatibility.publishing_views import Population
from crm.core.compatibility.rehearsals import Rehearsals
from crm.core.compatibility.rule_reading import RuleReading
from crm.core.compatibility.sources import CatalogueSource, RulesHolder
from crm.platform.clock import Clock
from crm.platform.database import Database


class RuleBook(Publishing, RuleReading, Rehearsals):
    """Versions from draft to retirement. Every use case that a person starts takes the actor first.

    `content_dir` holds the delivered `rules/` and `cases/`, the source of a fresh install.
    """

    def __init__(
        self,
        db: Database,
        clock: Clock,
        judge: RulesHolder,
        catalog: CatalogueSource,
        population: Population,
        content_dir: Path,
    ) -> None:
        Publishing.__init__(self, db, clock, catalog, content_dir)
        RuleReading.__init__(self, db, clock, judge)
        Rehearsals.__init__(self, db, clock, catalog, population)
