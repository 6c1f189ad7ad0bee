"""The same rules in zen-engine's decision table, for comparing; only where it is installed.

It gets the easier task: one call for each line of the basket, relations and days worked out beforehand, and
it answers with the ids of rules only, without explanation, effects, difference or sentences. Fields have
ASCII names: a rule on a Chinese field name silently never fires there.
"""

import json
from collections.abc import Callable, Sequence
from typing import Any

from crm.core.catalog.engine import Catalogue
from crm.core.compatibility.items import Line
from crm.core.compatibility.rules import Rule
from crm.core.compatibility.schemas import Change, Facts
from crm.core.compatibility.situation import Situation

FIELDS = ("op", "channel", "line_kind", "profile", "brand", "plan_tags", "target_tags", "held", "stays")


def table_of(rules: Sequence[Rule]) -> Callable[[str], Any] | None:
    """The rules as one table that collects every hit; None when zen-engine is not installed."""
    try:
        import zen  # pyright: ignore[reportMissingImports]  # optional
    except ImportError:
        return None
    engine: Any = zen.ZenEngine()  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]  # untyped there
    return engine.create_decision(json.dumps(_graph(rules), ensure_ascii=False)).evaluate


def ask(evaluate: Callable[[str], Any], documents: Sequence[str]) -> list[Any]:
    """The hits for each document."""
    return [evaluate(each) for each in documents]


def asked_of(change: Change, facts: Facts, catalogue: Catalogue) -> list[str]:
    """What the table is asked for a check: one document for each line of the basket."""
    s = Situation(change, facts, catalogue)
    return [json.dumps(_document(s, line), ensure_ascii=False) for line in s.lines]


def _document(s: Situation, line: Line) -> dict[str, Any]:
    staying = [item for item in s.items if item is not line.item and s.stays_beside(item, line)]
    return {
        "op": line.op,
        "channel": s.channel,
        "line_kind": s.facts.subscriber.line_kind,
        "profile": bool(s.facts.subscriber.profile_recorded),
        "brand": s.brand,
        "plan_tags": list(s.plan_tags or ()),
        "target_tags": list(line.tags),
        "held": [tag for item in s.items for tag in item.tags],
        "stays": [f"{tag} {s.relation(line, item)}" for item in staying for tag in item.tags],
    }


def _graph(rules: Sequence[Rule]) -> dict[str, Any]:
    table = {
        "id": "rules",
        "name": "rules",
        "type": "decisionTableNode",
        "content": {
            "hitPolicy": "collect",
            "inputs": [{"id": name, "name": name, "field": name} for name in FIELDS],
            "outputs": [{"id": "rule", "name": "rule", "field": "rule"}],
            "rules": [_row(rule) for rule in rules],
        },
    }
    ends = [{"id": name, "name": name, "type": f"{name}Node"} for name in ("input", "output")]
    edges = [
        {"id": f"{one}-{other}", "sourceId": one, "targetId": other, "type": "edge"}
        for one, other in (("input", "rules"), ("rules", "output"))
    ]
    return {"nodes": [ends[0], table, ends[1]], "edges": edges}


def _row(rule: Rule) -> dict[str, str]:
    when, has = rule.when, rule.when.has
    cells = {
        "op": _listed(when.op),
        "channel": _listed(when.channel),
        "line_kind": _listed(when.line_kind),
        "profile": "" if when.profile_recorded is None else str(when.profile_recorded).lower(),
        "brand": _listed(when.brand),
        "plan_tags": _any_of(when.plan_tag),
        "target_tags": _any_of(when.target_tag),
    }
    if has is not None and has.relation:
        cells["stays"] = _any_of([f"{tag} {each}" for tag in has.tag for each in has.relation])
    elif has is not None:
        cells["held"] = _any_of(has.tag)
    return {"_id": rule.id, **{name: cells.get(name, "") for name in FIELDS}, "rule": f'"{rule.id}"'}


def _listed(values: Sequence[str]) -> str:
    return ", ".join(f'"{value}"' for value in values)


def _any_of(values: Sequence[str]) -> str:
    return " or ".join(f'contains($, "{value}")' for value in values)
