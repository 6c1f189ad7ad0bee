"""Forged certificates: everything a clever liar could hand in. None may be accepted that means otherwise.

A forger knows the format and seals again what was changed: all digests fit. What is left to catch the lie is
that the certificate must prove the verdict from the premises it comes with.
"""

import copy
import json
import random
from collections import Counter
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec

from crm.core.catalog.engine import Catalogue
from crm.core.compatibility.certificates import digest
from crm.core.compatibility.engine import qualify
from crm.core.compatibility.evidence import Evidence, evidence_of, recorded_catalogue
from crm.core.compatibility.proof_reading import read
from crm.core.compatibility.rules import Rule
from crm.core.compatibility.ruleset import RuleSet
from crm.core.compatibility.schemas import Change, Facts
from crm.platform.errors import CrmError
from tests.unit.compatibility.agreement import DELIVERED_WORLDS, RANDOM_WORLDS, WORLDS
from tests.unit.compatibility.random_cases import a_day, change_of, facts_of

Json = dict[str, Any]
PLACES = ["facts", "change", "rules", "offerings", "verdict", "certificate"]
VERDICTS = ["allow", "disclose", "consent", "first", "store", "refuse"]
MOST_OF_A_SEED = 1_000_000
FORGERIES_EACH = 40  # made from one genuine bundle
_SUBSCRIBER = ("brand", "line_kind", "region", "status", "profile_recorded", "star_level", "card")
_HELD = ("id", "offering", "origin", "state", "starts_on", "ends_on", "locked_until", "came_with", "campaign")


class Accepted(NamedTuple):
    """A forgery that got through: enough to make it again."""

    seed: int
    kind: str
    bundle: Json


class Tried(NamedTuple):
    """What became of some forgeries. `harmless`: accepted, and they mean what the engine says."""

    tried: int
    rejected: int
    harmless: int
    accepted: list[Accepted]
    kinds: Counter[str]


def genuine(seed: int) -> Evidence:
    """The evidence of a random case, every 16th one under the delivered rules."""
    rng = random.Random(seed)
    catalogue, rules = (RANDOM_WORLDS if seed % 16 else DELIVERED_WORLDS)[seed // 16 % WORLDS]
    facts = facts_of(rng, catalogue)
    change = change_of(rng, facts, catalogue)
    return evidence_of(change, facts, rules, catalogue, qualify(change, facts, rules, catalogue))


def accepted_forgeries(seed: int, count: int) -> list[Accepted]:
    """Make so many forgeries, others with each seed; returns those that were accepted and mean otherwise."""
    return try_forgeries(seed, count).accepted


def try_forgeries(seed: int, count: int) -> Tried:
    """The same with what became of the others."""
    rejected = harmless = 0
    accepted: list[Accepted] = []
    kinds: Counter[str] = Counter()
    first = seed * MOST_OF_A_SEED
    opened = Opened(genuine(first // FORGERIES_EACH))
    for number in range(first, first + count):
        if number % FORGERIES_EACH == 0:
            opened = Opened(genuine(number // FORGERIES_EACH))
        rng = random.Random(number)
        kind = rng.choice(KINDS if opened.tells else KINDS_FOR_NOTHING)
        bundle = kind(rng, opened.copy())
        kinds[kind.__name__] += 1
        if not read(bundle).accepted:
            rejected += 1
        elif means_what_the_engine_says(bundle):
            harmless += 1
        else:
            accepted.append(Accepted(number, kind.__name__, bundle))
    return Tried(count, rejected, harmless, accepted, kinds)


# ------------------------------------------------------------ opening and sealing


class Opened:
    """A bundle with its texts as documents, so that a forger can change them; rules are shared until then."""

    def __init__(self, evidence: Evidence) -> None:
        certificate = evidence.certificate
        entries = {digest(text): json.loads(text) for text in evidence.offerings}
        parts: Json = {
            "change": evidence.change,
            "facts": evidence.facts,
            "offerings": {code: entries.get(named) for code, named in certificate["offerings"].items()},
            "verdict": json.loads(evidence.qualification),
            "certificate": certificate,
            "entries": {json.loads(text)["code"]: text for text in evidence.offerings},
            "touched": [],
        }
        self._parts = msgspec.json.encode(parts)
        self._rules = {"rules": json.loads(evidence.rules), "rules_text": evidence.rules}
        self.tells = bool(parts["verdict"]["findings"])

    def copy(self) -> Json:
        """The parts, to be changed; the rules only through `own_rules`."""
        return msgspec.json.decode(self._parts) | self._rules


def own_rules(parts: Json) -> Any:
    """The rules, to be changed."""
    parts["touched"].append("rules")
    if parts["rules_text"]:
        parts["rules"], parts["rules_text"] = msgspec.json.decode(parts["rules_text"]), ""
    return parts["rules"]


def clone(parts: Json) -> Json:
    """The parts once more; rules nobody has changed are shared."""
    own = {name: each for name, each in parts.items() if name != "rules" or not parts["rules_text"]}
    return {"rules": parts["rules"]} | msgspec.json.decode(msgspec.json.encode(own))


def disturb(rng: random.Random, parts: Json, place: str) -> None:
    """Change something somewhere in one part."""
    part = own_rules(parts) if place == "rules" else parts[place]
    parts["touched"].append(place)
    if part:
        _disturb(rng, part)


def seal(parts: Json) -> Json:
    """A bundle whose digests all fit, whatever it says. Only what was touched is reckoned anew."""
    certificate, verdict, touched = parts["certificate"], parts["verdict"], parts["touched"]
    rules, offerings = texts_of(parts)
    if "rules" in touched:
        verdict["rules_hash"] = certificate["rules"] = digest(rules)
    if "facts" in touched:
        verdict["facts_hash"] = facts_hash(parts["facts"])
        certificate["facts"] = digest(canonical(parts["facts"]))
    if "change" in touched:
        certificate["change"] = digest(canonical(parts["change"]))
    if "offerings" in touched:
        certificate["offerings"] = {
            code: digest(offerings[code]) if code in offerings else None for code in parts["offerings"]
        }
    verdict_text = msgspec.json.encode(verdict).decode()
    certificate["qualification"] = digest(verdict_text)
    return closed(parts, rules, offerings, verdict_text)


def texts_of(parts: Json) -> tuple[str, Json]:
    """The rules and the entries by code as texts."""
    rules = parts["rules_text"] or canonical(parts["rules"])
    if "offerings" not in parts["touched"]:
        return rules, parts["entries"]
    return rules, {code: canonical(each) for code, each in parts["offerings"].items() if each is not None}


def closed(parts: Json, rules: str, offerings: Json, verdict_text: str) -> Json:
    """The parts as a bundle."""
    return {
        "change": parts["change"],
        "facts": parts["facts"],
        "rules": rules,
        "offerings": list(offerings.values()),
        "qualification": verdict_text,
        "certificate": parts["certificate"],
        "order": "",
        "judged_at": "",
    }


def unsealed(parts: Json) -> Json:
    """A bundle as a careless forger leaves it."""
    return closed(parts, *texts_of(parts), msgspec.json.encode(parts["verdict"]).decode())


def canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def facts_hash(facts: Json) -> str:
    """As the engine makes it; nonsense stays nonsense."""
    try:
        held = sorted(facts["held"], key=lambda each: each["id"])
        told = [
            facts["on"],
            {name: facts["subscriber"][name] for name in _SUBSCRIBER},
            [{name: each[name] for name in _HELD} for each in held],
            facts["hour"],
        ]
    except (KeyError, TypeError):
        return ""
    return digest(json.dumps(told, ensure_ascii=False, separators=(",", ":")))


# ------------------------------------------------------------ what counts as a lie


def means_what_the_engine_says(bundle: Json) -> bool:
    """Whether the engine, on the very premises of the bundle, gives a verdict with the same meaning."""
    try:
        evidence = msgspec.convert(bundle, Evidence)
        change, facts = msgspec.convert(evidence.change, Change), msgspec.convert(evidence.facts, Facts)
        rules = _rule_set(evidence.rules)
        said = json.loads(msgspec.json.encode(qualify(change, facts, rules, recorded_catalogue(evidence))))
    except (CrmError, msgspec.MsgspecError):
        return False
    loose = _with_detail(evidence.rules)
    return meaning(json.loads(evidence.qualification), loose) == meaning(said, loose)


@lru_cache(maxsize=64)
def _rule_set(document: str) -> RuleSet:
    return RuleSet(msgspec.json.decode(document, type=tuple[Rule, ...]))


@lru_cache(maxsize=64)
def _with_detail(document: str) -> frozenset[str]:
    """Rules whose texts quote what a named check says, which the checker takes as it stands."""
    return frozenset(each["id"] for each in json.loads(document) if "{detail}" in json.dumps(each))


def meaning(verdict: Json, loose: frozenset[str] = frozenset()) -> Any:
    """What a certificate proves of a verdict: all but the difference, and how conditions are put in words."""
    said = [
        [each[name] for name in ("key", "consent", "rule_id")]
        + ([] if each["rule_id"] in loose else [each["text"]])
        for each in verdict["sentences"]
    ]
    return (
        [verdict[name] for name in ("verdict", "as_of", "channel", "rules_hash", "facts_hash")],
        verdict["catalogue_hash"],
        bool(verdict["consent_token"]),
        [_finding(each, loose) for each in verdict["findings"]],
        said,
    )


def _finding(finding: Json, loose: frozenset[str]) -> Any:
    named = (
        "rule_id",
        "rule_title",
        "source",
        "verdict",
        "target",
        "target_name",
        "held_id",
        "held_offering",
    )
    steps = ("do", "where", "held_id", "offering", "work_order_type", "bring", "record", "until")
    words = [] if finding["rule_id"] in loose else [finding["explain"], finding["script"]]
    words += [] if finding["rule_id"] in loose else [each["text"] for each in finding["remedies"]]
    return (
        [finding[name] for name in (*named, "held_name")],
        sorted(set(finding["unknown"])),
        [[each[name] for name in ("kind", "held_id", "offering", "timing")] for each in finding["effects"]],
        [[each[name] for name in steps] for each in finding["remedies"]],
        words,
    )


# ------------------------------------------------------------ forgers


def anything(rng: random.Random, parts: Json) -> Json:
    """Some value somewhere is another; half the time everything is sealed again."""
    for _ in range(rng.choice([1, 1, 2, 3])):
        disturb(rng, parts, rng.choice(PLACES))
    return seal(parts) if rng.random() < 0.5 else unsealed(parts)


def another_premise(rng: random.Random, parts: Json) -> Json:
    """A fact, the basket, a rule or an entry is another, the verdict stays."""
    disturb(rng, parts, rng.choice(["facts", "change", "rules", "offerings"]))
    return seal(parts)


def another_verdict(rng: random.Random, parts: Json) -> Json:
    """Something in the verdict or in the certificate is another, the premises stay."""
    disturb(rng, parts, rng.choice(["verdict", "certificate"]))
    return seal(parts)


def softened(rng: random.Random, parts: Json) -> Json:
    """A finding is milder than its rule; the headline follows."""
    findings = parts["verdict"]["findings"]
    if findings:
        each = findings[0] if rng.random() < 0.6 else rng.choice(findings)
        each["verdict"] = rng.choice(VERDICTS)
        if rng.random() < 0.3:
            each["unknown"] = rng.choice([[], ["subscriber.brand"], ["held.locked_until"]])
    _headline(rng, parts)
    return seal(parts)


def withheld(rng: random.Random, parts: Json) -> Json:
    """A finding is left out, and the certificate gives a reason why its rule does not apply."""
    findings, fired = parts["verdict"]["findings"], parts["certificate"]["fired"]
    for _ in range(rng.choice([1, 1, 2, len(findings)])):
        if findings:
            place = 0 if rng.random() < 0.6 else rng.randrange(len(findings))
            findings.pop(place)
            _excuse(rng, parts, fired.pop(place))
    _headline(rng, parts)
    return seal(parts)


def invented(rng: random.Random, parts: Json) -> Json:
    """A finding is told twice, or under the name of another rule, line or item."""
    findings, certificate = parts["verdict"]["findings"], parts["certificate"]
    if findings:
        place = rng.randrange(len(findings))
        again, named = copy.deepcopy(findings[place]), list(certificate["fired"][place])
        again["rule_id"] = named[0] = rng.choice([each["id"] for each in parts["rules"]])
        if rng.random() < 0.5:
            named[2] = rng.choice([None, *(f"held:{each['id']}" for each in parts["facts"]["held"])])
            again["held_id"] = None if named[2] is None else named[2][5:]
        findings.insert(place, again)
        certificate["fired"].insert(place, named)
    _headline(rng, parts)
    return seal(parts)


def grafted(rng: random.Random, parts: Json) -> Json:
    """An honest certificate of nearly the same case, under the premises of this one."""
    other = clone(parts)
    for _ in range(rng.choice([1, 1, 2])):
        place = rng.choice(["facts", "facts", "change", "rules", "offerings"])
        _tamper(rng, other, place)
    try:
        change, facts = msgspec.convert(other["change"], Change), msgspec.convert(other["facts"], Facts)
        rules = _rule_set(other["rules_text"] or canonical(other["rules"]))
        evidence = msgspec.convert(seal(other), Evidence)
        catalogue: Catalogue = recorded_catalogue(evidence)
        lie = evidence_of(change, facts, rules, catalogue, qualify(change, facts, rules, catalogue))
    except (CrmError, msgspec.MsgspecError):
        return another_verdict(rng, parts)
    parts["verdict"], parts["certificate"] = json.loads(lie.qualification), lie.certificate
    parts["touched"] = ["facts", "change", "rules", "offerings"]
    return seal(parts)


KINDS: list[Callable[[random.Random, Json], Json]] = [
    anything, another_premise, another_verdict, softened, withheld, withheld, invented, grafted,
]  # fmt: skip
KINDS_FOR_NOTHING = [anything, another_premise, another_verdict, grafted]  # a verdict without findings


# ------------------------------------------------------------ how they change things


def _excuse(rng: random.Random, parts: Json, named: list[Any]) -> None:
    """Claim that a rule that fires misses, or is overridden."""
    rule_id, place, key = named
    certificate = parts["certificate"]
    way = rng.random()
    if way < 0.2 and certificate["fired"]:
        by = rng.choice(certificate["fired"])
        certificate["overridden"].append([rule_id, place, key, by[0], by[2]])
    elif way < 0.7 and certificate["false"]:
        # Under a heading that other rules really miss by.
        heading = rng.choice(certificate["false"])
        if rng.random() < 0.7:
            fitting = [each for each in certificate["false"] if each[:2] == [place, key]]
            heading = rng.choice(fitting) if fitting else heading
        heading[4].append(rule_id)
    elif way < 0.95:
        rule = next(each for each in parts["rules"] if each["id"] == rule_id)
        stated = [name for name, wanted in rule["when"].items() if wanted not in (None, [])]
        name = rng.choice([*stated, "valid", "lacks", "held_state", "held_stays", "relation"])
        saw = rng.choice([None, False, True, "", [], {}, "unknown", parts["facts"]["on"]])
        certificate["false"].append([place, rng.choice([key, None]), name, saw, [rule_id]])


def _headline(rng: random.Random, parts: Json) -> None:
    """Make the rest fit: verdict, witness, sentences, token, order of findings."""
    verdict, certificate = parts["verdict"], parts["certificate"]
    findings, fired = verdict["findings"], certificate["fired"]
    pairs = sorted(
        zip(findings, fired, strict=True),
        key=lambda each: (
            -VERDICTS.index(each[0]["verdict"]), each[0]["rule_id"], each[0]["target"] or "",
            each[0]["held_id"] or each[0]["held_offering"] or "",
        ),
    )  # fmt: skip
    verdict["findings"], certificate["fired"] = [each[0] for each in pairs], [each[1] for each in pairs]
    headline = pairs[0][0]["verdict"] if pairs else "allow"
    verdict["verdict"] = certificate["verdict"] = headline if rng.random() < 0.9 else rng.choice(VERDICTS)
    said = {each["rule_id"] for each in verdict["findings"]}
    if rng.random() < 0.8:
        verdict["sentences"] = [each for each in verdict["sentences"] if each["rule_id"] in said]
    binding = verdict["sentences"] and VERDICTS.index(verdict["verdict"]) <= 2
    verdict["consent_token"] = "0" * 64 if binding else ""
    if not pairs:
        certificate["witness"] = None
    elif certificate["witness"] is None or certificate["witness"][:3] != pairs[0][1]:
        certificate["witness"] = [*pairs[0][1], _witness(parts, pairs[0][1])]


def _witness(parts: Json, named: list[Any]) -> list[Any]:
    """What the new headline's conditions see: the forger asks the checker itself."""
    reader = _reader(parts)
    if reader is None:
        return []
    try:
        rule, row, item = reader._named(named)
        asked = [(name, None) for name, _ in rule.line] + [(name, item) for name, _ in rule.item]
        seen = [[name, reader.judge.sees(name, rule, row, about)] for name, about in asked]
    except Exception:
        return []
    return sorted(seen, key=lambda each: each[0])


def _reader(parts: Json) -> Any:
    from crm.core.compatibility.proof_reading.reading import _Reader

    try:
        return _Reader(seal(clone(parts)))
    except Exception:
        return None


def _tamper(rng: random.Random, parts: Json, place: str) -> None:
    """Change a premise so that it still makes sense."""
    parts["touched"].append(place)
    if place == "facts":
        facts, held = parts["facts"], parts["facts"]["held"]
        if held and rng.random() < 0.6:
            each = rng.choice(held)
            name = rng.choice(
                ["drop", "starts_on", "ends_on", "locked_until", "state", "origin", "came_with"]
            )
            if name == "drop":
                held.remove(each)
            elif name in ("starts_on", "ends_on", "locked_until"):
                each[name] = rng.choice([None, a_day(rng).isoformat()])
            else:
                choices = {"state": ["active", "reserved", "ended"], "origin": ["self", "plan", "campaign"]}
                each[name] = rng.choice(choices.get(name, [None, *(one["id"] for one in held)]))
        else:
            name = rng.choice(["brand", "line_kind", "status", "profile_recorded", "card"])
            values = {"profile_recorded": [True, False, None]}
            others = [None, "全球通", "动感地带", "普通", "商务IP", "active", "closed", "main", "secondary"]
            facts["subscriber"][name] = rng.choice(values.get(name, others))
    elif place == "change":
        disturb(rng, parts, "change")
    elif place == "rules":
        rules = own_rules(parts)
        each = rng.choice(rules)
        way = rng.random()
        if way < 0.3 and len(rules) > 1:
            rules.remove(each)
        elif way < 0.6:
            each["verdict"] = rng.choice(VERDICTS)
        else:
            each["valid_to"] = "2000-01-01"
    else:
        known = [each for each in parts["offerings"].values() if each is not None]
        if known:
            each = rng.choice(known)
            name = rng.choice(["tags", "compatible_with", "incompatible_with", "requires", "brands"])
            each[name] = rng.choice([[], each[name][:1], [f"tag:{tag}" for tag in each["tags"]]])


def _disturb(rng: random.Random, node: Any) -> None:
    """Walk down at random and change what is found there."""
    for _ in range(30):
        keys = list(node) if isinstance(node, dict) else list(range(len(node)))
        if not keys:
            return
        key = rng.choice(keys)
        below = node[key]
        if isinstance(below, dict | list) and below and rng.random() < 0.9:
            node = below
            continue
        way = rng.random()
        if way < 0.15:
            del node[key]
        elif way < 0.3 and isinstance(node, list):
            node.insert(key, copy.deepcopy(rng.choice(node)))
        else:
            node[key] = _other(rng, below)
        return


def _other(rng: random.Random, value: Any) -> Any:
    if isinstance(value, bool):
        return rng.choice([not value, None, 1, 0])
    if isinstance(value, int):
        return rng.choice([value + 1, value - 1, 0, None, -value])
    if isinstance(value, str):
        near = [value[:-1], value + "x", "", None, *VERDICTS, "2026-11-30", "2026-12-01", "add", "delete"]
        near += ["x01", "x02", "h1", "held:h1", "held:h2", "now", "next_month", "plan", "self", "全球通"]
        return rng.choice(near)
    if value is None:
        return rng.choice(["", "h1", "2026-11-30", True, False, "held:h1", "全球通", 0, "next_month"])
    return rng.choice([None, [], {}, "", copy.deepcopy(value)])
