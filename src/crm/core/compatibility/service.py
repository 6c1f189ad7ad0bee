"""The door to the checker: rules and catalogue in memory, judged by CPU only."""

import asyncio
from collections.abc import Iterable
from functools import reduce
from pathlib import Path

from crm.core.compatibility.content import load_rules
from crm.core.compatibility.describing import view
from crm.core.compatibility.engine import qualify
from crm.core.compatibility.errors import RulesBroken
from crm.core.compatibility.evidence import Evidence, Replay
from crm.core.compatibility.firing import FiringCounter
from crm.core.compatibility.goals import find
from crm.core.compatibility.plan_schemas import Goal, GoalAnswers, Plan, PlanStep
from crm.core.compatibility.plans import plan_for
from crm.core.compatibility.possibilities import Possibilities
from crm.core.compatibility.publishing_errors import DraftRefused
from crm.core.compatibility.publishing_views import (
    REASON_NAMES,
    Collision,
    InForceView,
    Population,
    RehearsalResult,
    RehearsalView,
    RehearsedLine,
    RehearsedOrder,
    RuleChange,
    VersionState,
    VersionView,
    WeekCount,
)
from crm.core.compatibility.rulebook import RuleBook
from crm.core.compatibility.ruleset import RuleSet
from crm.core.compatibility.schemas import Change, Facts, Qualification, RuleView
from crm.core.compatibility.sources import CatalogueSource
from crm.core.compatibility.steps import change_after
from crm.core.compatibility.verdict_book import Kept, VerdictBook
from crm.core.compatibility.whole_catalogue import WholeCatalogue
from crm.platform.content import ContentProblem

__all__ = [
    "REASON_NAMES",
    "CatalogueSource",
    "Collision",
    "CompatibilityService",
    "DraftRefused",
    "Evidence",
    "InForceView",
    "Kept",
    "Population",
    "Possibilities",
    "RehearsalResult",
    "RehearsalView",
    "RehearsedLine",
    "RehearsedOrder",
    "Replay",
    "RuleBook",
    "RuleChange",
    "VerdictBook",
    "VersionState",
    "VersionView",
    "WeekCount",
]


class CompatibilityService:
    """Judges changes by the rules of one folder, until the rule book hands over the version in force.

    With a mistake in the folder there are no rules at all, since half a rule set would be a milder one:
    everything raises `RulesBroken` until a version has been adopted. `problems` names the mistakes.
    """

    def __init__(self, rules_dir: Path, catalog: CatalogueSource) -> None:
        self._folder = rules_dir
        self._catalog = catalog
        self._rules, self.problems = _read(rules_dir)
        self._whole = WholeCatalogue()
        self.firings = FiringCounter()
        self.verdicts = VerdictBook(self, catalog)

    @property
    def rules(self) -> RuleSet:
        """The rules in force. Raises `RulesBroken` while there are none."""
        if self._rules is None:
            raise RulesBroken(_refusal(self.problems))
        return self._rules

    @property
    def rules_hash(self) -> str:
        """The hash of the rules in force; empty while there are none."""
        return "" if self._rules is None else self._rules.hash

    def described(self) -> tuple[RuleView, ...]:
        """Every rule in force in words, by id."""
        return tuple(view(each) for each in sorted(self.rules.compiled, key=lambda rule: rule.id))

    def qualify(self, change: Change, facts: Facts) -> Qualification:
        """Judge a basket; see `engine.qualify`. CPU only, no waiting."""
        return qualify(change, facts, self.rules, self._catalog.catalogue)

    def judged(self, change: Change, verdict: Qualification) -> None:
        """Count a verdict that was given on a customer's wish, not one that only looks ahead."""
        self.firings.judged(change, verdict)

    def ordered(self, verdict: Qualification) -> None:
        """Count an order that was accepted under this verdict."""
        self.firings.ordered(verdict)

    def adopt(self, rules: RuleSet) -> None:
        """Judge by another rule set from now on: the version that came into force."""
        self._rules = rules

    def plan(self, change: Change, facts: Facts, keep: Iterable[str] = ()) -> Plan:
        """The fewest, then cheapest steps that make a basket possible; see `plans.plan_for`. CPU only."""
        return plan_for(change, facts, self.rules, self._catalog.catalogue, keep)

    def possibilities(
        self, facts: Facts, channel: str = "hotline", recorded: tuple[str, ...] = ()
    ) -> Possibilities:
        """The verdict on every offering of the catalogue for one customer, as if each were added alone.

        `recorded`: steps taken on this call. CPU only, a few milliseconds; the last customers are remembered.
        """
        return self._whole.judge(facts, channel, recorded, self.rules, self._catalog.catalogue)

    async def refresh(self) -> None:
        """Get ready to judge the whole catalogue when rules or catalogue are new: off the loop."""
        rules, catalogue = self.rules, self._catalog.catalogue
        if not self._whole.knows(rules, catalogue):
            await asyncio.to_thread(self._whole.prepare, rules, catalogue)

    def after_steps(self, change: Change, steps: Iterable[PlanStep]) -> Change:
        """The basket once these steps of a plan have been taken."""
        return reduce(change_after, steps, change)

    def find(self, goal: Goal, facts: Facts) -> GoalAnswers:
        """The best ways to a goal; see `goals.find`. CPU only."""
        return find(goal, facts, self.rules, self._catalog.catalogue)

    def reload(self) -> tuple[ContentProblem, ...]:
        """Read the folder again. With any mistake the rules in force stay, and `problems` says which."""
        rules, self.problems = _read(self._folder)
        self._rules = rules or self._rules
        return self.problems


def _read(folder: Path) -> tuple[RuleSet | None, tuple[ContentProblem, ...]]:
    """The rules of a folder without a mistake, else none and what is wrong."""
    rules, problems = load_rules(folder)
    if not problems and not rules.rules:
        remedy = "恢复 catalog/rules 里的文件"
        problems = (ContentProblem(str(folder), None, "文件夹里没有任何规则", remedy),)
    return (None if problems else rules), problems


def _refusal(problems: tuple[ContentProblem, ...]) -> str:
    shown = "\n".join(f"  {each}" for each in problems[:20])
    more = f"\n  ……另有 {len(problems) - 20} 处" if len(problems) > 20 else ""
    said = f"规则文件有 {len(problems)} 处错误，也没有已发布的版本可用，系统没有启动。请改正后重新启动："
    return f"{said}\n{shown}{more}"
