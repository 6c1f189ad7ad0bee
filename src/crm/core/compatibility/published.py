"""The shapes of scenario, verdict and plan as JSON Schema, for those who call the checker from elsewhere."""

from typing import Any

import msgspec

from crm.core.compatibility.certificates import Certificate
from crm.core.compatibility.evidence import Evidence
from crm.core.compatibility.plan_schemas import PlannedScenario
from crm.core.compatibility.schemas import Qualification, Scenario

SCHEMAS: dict[str, tuple[type, str]] = {
    "scenario": (Scenario, "Input of `crm qualify`: facts, basket, and offerings of its own"),
    "evidence": (Evidence, "What `crm verdict replay --export` writes: a verdict with all it rests on"),
    "certificate": (Certificate, "The certificate in it: why each rule fired or did not apply"),
    "plan": (PlannedScenario, "Output of `crm qualify --plan`: the verdict and the shortest way"),
    "qualification": (Qualification, "Output of `crm qualify`: the verdict with everything that led to it"),
}


def json_schema(name: str) -> dict[str, Any]:
    """The JSON Schema of one of `SCHEMAS`."""
    shape, title = SCHEMAS[name]
    found = msgspec.json.schema(shape)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title, **found}


def schema_text(name: str) -> str:
    """The file's text under docs/schemas."""
    return msgspec.json.format(msgspec.json.encode(json_schema(name)), indent=2).decode() + "\n"
