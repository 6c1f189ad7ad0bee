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
from crm.core.compatibility.verdict_book import VerdictBook
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

    Raises RulesBroken when the folder has a mistake at the start: half a rule set would be a milder one.
    """

    def __init__(self, rules_dir: Path, catalog: CatalogueSource) -> None:
        self._folder = rules_dir
        self._catalog = catalog
        self._rules, problems = load_rules(rules_dir)
        self._whole = WholeCatalogue()
        self.firings = FiringCounter()
        self.verdicts = VerdictBook(self, catalog)
        self.problems: tuple[ContentProblem, ...] = ()
        if problems or not self._rules.rules:
            raise RulesBroken(_refusal(rules_dir, problems))

    @property
    def rules(self) -> RuleSet:
        """The rules in force."""
        return self._rules

    def described(self) -> tuple[RuleView, ...]:
        """Every rule in force in words, by id."""
        return tuple(view(each) for each in sorted(self._rules.compiled, key=lambda rule: rule.id))

    def qualify(self, change: Change, facts: Facts) -> Qualification:
        """Judge a basket; see `engine.qualify`. CPU only, no waiting."""
        found = qualify(change, facts, self._rules, self._catalog.catalogue)
        self.firings.judged(change, found)
        return found

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
        return self._whole.judge(facts, channel, recorded, self._rules, self._catalog.catalogue)

    async def refresh(self) -> None:
        """Get ready to judge the whole catalogue when rules or catalogue are new: in a thread, off the loop."""
        rules, catalogue = self._rules, self._catalog.catalogue
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
        rules, problems = load_rules(self._folder)
        if not problems and not rules.rules:
            problems = (
                ContentProblem(str(self._folder), None, "文件夹里没有规则", "恢复 catalog/rules 里的文件"),
            )
        if not problems:
            self._rules = rules
        self.problems = problems
        return problems


def _refusal(folder: Path, problems: tuple[ContentProblem, ...]) -> str:
    if not problems:
        return f"{folder.name} 里没有任何规则，系统没有启动。请恢复规则文件后重新启动。"
    shown = "\n".join(f"  {each}" for each in problems[:20])
    more = f"\n  ……另有 {len(problems) - 20} 处" if len(problems) > 20 else ""
    return f"规则文件有 {len(problems)} 处错误，系统没有启动。请改正后重新启动：\n{shown}{more}"
