"""The documents of a bundle: their digests, their only way of being written, rules and entries in them."""

import hashlib
import json
from functools import lru_cache
from typing import Any, cast

from crm.core.compatibility.proof_reading.case import Json, demand
from crm.core.compatibility.proof_reading.conditions import Rule
from crm.core.compatibility.proof_reading.shapes import shaped

_SUBSCRIBER = ("brand", "line_kind", "region", "status", "profile_recorded", "star_level", "card")
_HELD = (
    "id", "offering", "origin", "state", "starts_on", "ends_on", "locked_until", "came_with", "campaign",
)  # fmt: skip


def digest(text: str) -> str:
    """SHA-256 of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def canonical(value: Any) -> str:
    """JSON with sorted keys and no spaces."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def compact(value: Any) -> str:
    """JSON as it stands, without spaces."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


@lru_cache(maxsize=64)
def rules_in(document: str) -> dict[str, Rule]:
    """The rules of a document by id; the same document is read once."""
    written: list[Json] = json.loads(document)
    demand(canonical(written) == document, "规则的写法不合规")
    rules = {each["id"]: Rule(shaped(each, "rule")) for each in written}
    demand(list(rules) == sorted(each["id"] for each in written), "规则编号重复，或没有按编号排列")
    return rules


@lru_cache(maxsize=1024)
def offering_in(document: str) -> Json:
    """An entry of the catalogue."""
    return shaped(json.loads(document), "offering")


def told(facts: Json) -> list[Any]:
    """The facts in the one order in which a verdict hashes them."""
    subscriber = {name: facts["subscriber"][name] for name in _SUBSCRIBER}
    held = sorted(facts["held"], key=lambda each: each["id"])
    return [facts["on"], subscriber, [{name: each[name] for name in _HELD} for each in held], facts["hour"]]


def same(one: Any, other: Any) -> bool:
    """Equal as JSON: 1 is not true."""
    if type(one) is not type(other):
        return False
    if isinstance(one, list):
        mine, theirs = cast("list[Any]", one), cast("list[Any]", other)
        return len(mine) == len(theirs) and all(map(same, mine, theirs))
    if isinstance(one, dict):
        pairs, others = cast("Json", one), cast("Json", other)
        return pairs.keys() == others.keys() and all(same(pairs[key], others[key]) for key in pairs)
    return one == other
