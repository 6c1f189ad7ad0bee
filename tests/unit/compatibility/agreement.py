"""Engine and referee compared on one case: verdict, fired rules and effects."""

import random
from pathlib import Path

import msgspec

from crm.core.catalog.engine import Catalogue
from crm.core.compatibility.content import load_rules
from crm.core.compatibility.engine import qualify
from crm.core.compatibility.rules import Rule
from crm.core.compatibility.ruleset import RuleSet
from crm.core.compatibility.schemas import Change, Facts, Qualification
from tests.unit.compatibility.random_cases import a_catalogue, change_of, facts_of, some_rules
from tests.unit.compatibility.referee import Fire, Referee, verdict_of

RULES = Path(__file__).parents[3] / "catalog" / "rules"
WORLDS = 25
DELIVERED, _ = load_rules(RULES)
RANDOM_WORLDS: list[tuple[Catalogue, RuleSet]] = []
for _seed in range(WORLDS):
    _rng = random.Random(_seed)
    _catalogue = a_catalogue(_rng)
    RANDOM_WORLDS.append((_catalogue, RuleSet(some_rules(_rng, _catalogue))))
# A rule set remembers one catalogue: one set a world, so that what it remembers is tested too.
DELIVERED_WORLDS = [(catalogue, RuleSet(DELIVERED.rules)) for catalogue, _ in RANDOM_WORLDS]
CASES = 5_000  # under the delivered rules, and as many under random ones


def fires_of(found: Qualification) -> set[Fire]:
    """What the engine reported, in the referee's terms."""
    return {
        Fire(
            finding.rule_id,
            finding.target or "",
            None if finding.held_offering is not None else finding.held_id,
            None if finding.held_offering is None else finding.held_id or finding.held_offering,
            bool(finding.unknown),
        )
        for finding in found.findings
    }


def without_own(fires: set[Fire]) -> set[Fire]:
    """The engine names the own item only where it binds no other."""
    return {fire._replace(own=None) if fire.item is not None else fire for fire in fires}


def effects_meant(fires: set[Fire], rules: tuple[Rule, ...], catalogue: Catalogue) -> set[tuple[str, ...]]:
    """The effects that follow from what fired."""
    found: set[tuple[str, ...]] = set()
    by_id = {rule.id: rule for rule in rules}
    for fire in fires:
        if fire.unsure:
            continue
        for effect in by_id[fire.rule].effects:
            if effect.of == "held" and fire.item is not None:
                found.add((fire.rule, fire.target, effect.kind, fire.item, effect.timing))
            elif effect.of == "target_includes" and (target := catalogue.get(fire.target)):
                found |= {
                    (fire.rule, fire.target, effect.kind, code, effect.timing) for code in target.includes
                }
    return found


def effects_found(found: Qualification) -> set[tuple[str, ...]]:
    """The effects the engine reported."""
    return {
        (finding.rule_id, finding.target or "", effect.kind, effect.held_id or effect.offering, effect.timing)
        for finding in found.findings
        for effect in finding.effects
    }


def disagreement(change: Change, facts: Facts, rules: RuleSet, catalogue: Catalogue) -> str:
    """What engine and referee see differently; empty when they agree."""
    found = qualify(change, facts, rules, catalogue)
    meant = without_own(Referee(change, facts, rules.rules, catalogue).judge())
    said = fires_of(found)
    if said != meant:
        return f"only engine {sorted(map(str, said - meant))}, only referee {sorted(map(str, meant - said))}"
    if found.verdict is not verdict_of(meant, rules.rules):
        return f"verdict {found.verdict} against {verdict_of(meant, rules.rules)}"
    if effects_found(found) != effects_meant(meant, rules.rules, catalogue):
        return f"effects {effects_found(found) ^ effects_meant(meant, rules.rules, catalogue)}"
    return ""


def smaller(change: Change, facts: Facts, rules: RuleSet, catalogue: Catalogue) -> tuple[Change, Facts]:
    """The same disagreement with as few lines and held products as will do."""
    for items in [change.items[:place] + change.items[place + 1 :] for place in range(len(change.items))]:
        less = msgspec.structs.replace(change, items=items)
        if items and disagreement(less, facts, rules, catalogue):
            return smaller(less, facts, rules, catalogue)
    for place in range(len(facts.held)):
        fewer = msgspec.structs.replace(facts, held=facts.held[:place] + facts.held[place + 1 :])
        if disagreement(change, fewer, rules, catalogue):
            return smaller(change, fewer, rules, catalogue)
    return change, facts


def disagreed(seed: int, rules: RuleSet, catalogue: Catalogue) -> str:
    """Where engine and referee differ on the case of this seed, with the smallest such; empty: nowhere."""
    rng = random.Random(seed)
    facts = facts_of(rng, catalogue)
    change = change_of(rng, facts, catalogue)
    if not disagreement(change, facts, rules, catalogue):
        return ""
    change, facts = smaller(change, facts, rules, catalogue)
    return f"{disagreement(change, facts, rules, catalogue)}\n{change}\n{facts}"
