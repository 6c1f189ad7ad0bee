"""A verdict with everything it rested on, and judging it again from nothing else. Pure."""

import json
from typing import Any, cast

import msgspec

from crm.core.catalog.engine import Catalogue
from crm.core.catalog.schemas import Offering
from crm.core.compatibility.bundle import document_of, from_document
from crm.core.compatibility.certificates import Certificate, certify, digest
from crm.core.compatibility.decoding import explain_mismatch
from crm.core.compatibility.engine import qualify
from crm.core.compatibility.errors import EvidenceUnreadable
from crm.core.compatibility.proof_reading import Outcome, read
from crm.core.compatibility.ruleset import RuleSet
from crm.core.compatibility.schemas import Change, Facts, Qualification
from crm.platform.errors import CrmError

_SHOWN = 60


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """A bundle that an outsider can check. `rules`, `offerings` and `qualification` are the very texts whose
    SHA-256 the certificate names; `order` and `judged_at` are for people."""

    change: dict[str, Any]
    facts: dict[str, Any]
    rules: str
    offerings: tuple[str, ...]
    qualification: str
    certificate: dict[str, Any]
    order: str = ""
    judged_at: str = ""


class Replay(msgspec.Struct, frozen=True, kw_only=True):
    """What judging again has shown. `difference`: the first place where it is not the same, else empty.

    `objection`: why the independent checker rejects, else empty. `contradiction`: where the order says other
    than what is stored for it, else empty; a bundle knows no order.
    """

    order: str
    verdict: str
    as_of: str
    rules_hash: str
    catalogue_hash: str
    facts_hash: str
    certificate_hash: str
    difference: str
    objection: str
    contradiction: str = ""
    rules: int = 0
    misses: int = 0

    @property
    def holds(self) -> bool:
        """Whether it is the same to the byte and proved, and the order says the same."""
        return not self.difference and not self.objection and not self.contradiction


def evidence_of(
    change: Change, facts: Facts, rules: RuleSet, catalogue: Catalogue, qualification: Qualification
) -> Evidence:
    """The bundle of a verdict that has just been given."""
    certificate = certify(change, facts, rules, catalogue, qualification)
    return Evidence(
        change=_plain(change),
        facts=_plain(facts),
        rules=document_of(rules),
        offerings=tuple(offering_texts(certificate, catalogue).values()),
        qualification=text_of(qualification),
        certificate=_plain(certificate),
    )


def text_of(value: Qualification | Certificate) -> str:
    """The bytes that are kept, as text."""
    return msgspec.json.encode(value).decode()


def written(certificate: dict[str, Any]) -> str:
    """The one way in which a certificate is written, as `text_of` does."""
    return json.dumps(certificate, ensure_ascii=False, separators=(",", ":"))


def offering_texts(certificate: Certificate, catalogue: Catalogue) -> dict[str, str]:
    """The catalogue entries a certificate names, by hash, in the order of codes."""
    found: dict[str, str] = {}
    for code, named in certificate.offerings.items():
        if named is not None:
            found[named] = msgspec.json.encode(catalogue.offerings[code], order="sorted").decode()
    return found


def read_evidence(text: bytes) -> Evidence:
    """A bundle from a file. Raises `EvidenceUnreadable`."""
    try:
        return msgspec.json.decode(text, type=Evidence)
    except msgspec.ValidationError as error:
        raise EvidenceUnreadable(explain_mismatch(str(error))) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise EvidenceUnreadable("不是完整的 JSON") from error


def replay(evidence: Evidence) -> Replay:
    """Judge again from the bundle alone, and have the independent checker read it."""
    verdict, certificate = _loads(evidence.qualification), evidence.certificate
    outcome = read(msgspec.to_builtins(evidence))
    return Replay(
        order=evidence.order,
        verdict=str(verdict.get("verdict", "")),
        as_of=str(verdict.get("as_of", "")),
        rules_hash=str(verdict.get("rules_hash", "")),
        catalogue_hash=str(verdict.get("catalogue_hash", "")),
        facts_hash=str(verdict.get("facts_hash", "")),
        certificate_hash=digest(written(certificate)),
        difference=difference(evidence),
        objection=outcome.reason if not outcome.accepted else "",
        rules=outcome.rules,
        misses=outcome.misses,
    )


def check_only(evidence: Evidence) -> Outcome:
    """What the independent checker says, without judging again."""
    return read(msgspec.to_builtins(evidence))


def difference(evidence: Evidence) -> str:
    """Where judging again gives other bytes than those kept; empty when it gives the same."""
    try:
        change, facts = msgspec.convert(evidence.change, Change), msgspec.convert(evidence.facts, Facts)
        rules = from_document(evidence.rules, digest(evidence.rules))
        catalogue = recorded_catalogue(evidence)
        found = qualify(change, facts, rules, catalogue)
        proof = certify(change, facts, rules, catalogue, found)
    except msgspec.ValidationError as error:
        return f"材料读不懂：{explain_mismatch(str(error))}"
    except (msgspec.DecodeError, ValueError, RecursionError):
        return "材料读不懂：规则或产品条目不是完整的 JSON"
    except CrmError as error:
        return error.message
    if text_of(found) != evidence.qualification:
        return first_difference(_loads(evidence.qualification), _plain(found), "判定") or "判定的写法不同"
    if text_of(proof) != written(evidence.certificate):
        return first_difference(evidence.certificate, _plain(proof), "证书") or "证书的写法不同"
    return ""


def recorded_catalogue(evidence: Evidence) -> Catalogue:
    """The touched entries under the hashes they were recorded with; the others are not there."""
    offerings = [msgspec.json.decode(text, type=Offering) for text in evidence.offerings]
    named = {
        offering.code: digest(text) for offering, text in zip(offerings, evidence.offerings, strict=True)
    }
    return Catalogue.as_recorded(offerings, str(evidence.certificate.get("catalogue", "")), named)


def first_difference(one: Any, other: Any, place: str) -> str:
    """The first place where two documents differ, in words; empty when they are the same."""
    if type(one) is type(other) and one == other:
        return ""
    if isinstance(one, dict) and isinstance(other, dict):
        mine, theirs = cast("dict[str, Any]", one), cast("dict[str, Any]", other)
        for key in [*mine, *(each for each in theirs if each not in mine)]:
            if found := first_difference(mine.get(key), theirs.get(key), f"{place}.{key}"):
                return found
    elif isinstance(one, list) and isinstance(other, list):
        rows, others = cast("list[Any]", one), cast("list[Any]", other)
        for at, (each, new) in enumerate(zip(rows, others, strict=False)):
            if found := first_difference(each, new, f"{place}[{at}]"):
                return found
        return f"{place}：存的是 {len(rows)} 项，重算是 {len(others)} 项" if len(rows) != len(others) else ""
    return f"{place}：存的是 {_short(one)}，重算是 {_short(other)}"


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"


def _plain(value: Any) -> Any:
    """The value as its JSON reads."""
    return msgspec.json.decode(msgspec.json.encode(value))


def _loads(text: str) -> dict[str, Any]:
    try:
        found: Any = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}
