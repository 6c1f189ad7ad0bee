"""Certificates prove every verdict, and nothing milder; a verdict replays from what it touched alone."""

import json
import random
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from crm.core.catalog.engine import Catalogue
from crm.core.compatibility.cases import read_cases
from crm.core.compatibility.certificates import digest
from crm.core.compatibility.engine import qualify
from crm.core.compatibility.errors import EvidenceUnreadable
from crm.core.compatibility.evidence import Evidence, evidence_of, read_evidence, replay
from crm.core.compatibility.proof_reading import read
from crm.core.compatibility.ruleset import RuleSet
from crm.core.compatibility.schemas import Verdict
from tests.unit.compatibility.agreement import DELIVERED, DELIVERED_WORLDS, RANDOM_WORLDS, RULES, WORLDS
from tests.unit.compatibility.forgeries import Opened, own_rules, seal, try_forgeries
from tests.unit.compatibility.random_cases import change_of, facts_of
from tests.unit.compatibility.world import basket, catalogue, customer

SOURCE = Path(__file__).parents[3] / "src"
HELD_RULES = [each for each in DELIVERED.rules if each.when.has is not None]
LOST = customer("gprs-old-20", "laidian-xianshi")
CHANGE = basket("ao88-88")


def plain(evidence: Evidence) -> dict[str, object]:
    return msgspec.json.decode(msgspec.json.encode(evidence))


def consented() -> Evidence:
    """A change of plan that takes a GPRS pack away, with consent."""
    return evidence_of(CHANGE, LOST, DELIVERED, catalogue(), qualify(CHANGE, LOST, DELIVERED, catalogue()))


@pytest.mark.parametrize("part", range(3))
def test_every_certificate_of_a_random_case_is_accepted(part: int) -> None:
    for seed in range(part * 1_000, part * 1_000 + 1_000):
        rng = random.Random(seed)
        known, rules = (RANDOM_WORLDS if seed % 2 else DELIVERED_WORLDS)[seed // 2 % WORLDS]
        facts = facts_of(rng, known)
        change = change_of(rng, facts, known)
        evidence = evidence_of(change, facts, rules, known, qualify(change, facts, rules, known))
        outcome = read(plain(evidence))
        assert outcome.accepted, f"{seed}: {outcome.reason}"


def test_every_delivered_proof_is_certified() -> None:
    cases = [source.case for source in read_cases(RULES.parent / "cases")[0]]
    assert len(cases) > 150
    for case in cases:
        known = Catalogue([*catalogue().offerings.values(), *case.offerings])
        facts, change = case.facts(known), case.change()
        evidence = evidence_of(change, facts, DELIVERED, known, qualify(change, facts, DELIVERED, known))
        outcome = read(plain(evidence))
        assert outcome.accepted, f"{case.rule} {case.title}: {outcome.reason}"
        assert outcome.rules == len(DELIVERED.rules)
        assert len(msgspec.json.encode(evidence.certificate)) < 12_000


def test_a_verdict_replays_to_the_byte_from_what_it_touched() -> None:
    for seed in range(400):
        rng = random.Random(seed)
        known, rules = (RANDOM_WORLDS if seed % 4 else DELIVERED_WORLDS)[seed % WORLDS]
        facts = facts_of(rng, known)
        change = change_of(rng, facts, known)
        evidence = evidence_of(change, facts, rules, known, qualify(change, facts, rules, known))
        assert len(evidence.offerings) < len(known)
        found = replay(read_evidence(msgspec.json.encode(evidence)))
        assert found.holds, f"{seed}: {found.difference} {found.objection}"


def test_the_witness_tells_what_the_headline_saw() -> None:
    witness = consented().certificate["witness"]
    assert witness[0] == "BR-06b"
    assert witness[2] == "held:gprs-old-20"
    assert ["relation", "incompatible"] in witness[3]
    assert ["op", "change_plan"] in witness[3]


def test_a_milder_verdict_is_rejected() -> None:
    opened = Opened(consented())
    parts = opened.copy()
    parts["verdict"]["verdict"] = parts["certificate"]["verdict"] = "disclose"
    assert "结论不是最重" in read(seal(parts)).reason
    parts = opened.copy()
    first = parts["verdict"]["findings"][0]
    first["verdict"] = "disclose"
    assert first["rule_id"] in read(seal(parts)).reason
    parts = opened.copy()
    parts["verdict"]["sentences"][0]["consent"] = False
    assert "须同意" in read(seal(parts)).reason


def test_what_is_read_aloud_is_proved_too() -> None:
    opened = Opened(consented())
    parts = opened.copy()
    sentence = parts["verdict"]["sentences"][0]
    finding = next(each for each in parts["verdict"]["findings"] if each["script"] == sentence["text"])
    sentence["text"] = finding["script"] = finding["script"].replace("取消", "保留")
    assert "说的话与规则不符" in read(seal(parts)).reason
    parts = opened.copy()
    parts["verdict"]["findings"][0]["effects"] = []
    assert "影响不符" in read(seal(parts)).reason


def test_grounds_come_back_in_the_same_words() -> None:
    """A stored entry has its keys sorted; which of two sources is cited must not hang on that."""
    sources = {"tag:GPRS套餐": "按类互斥", "gprs-old-20": "按名互斥"}
    plan = msgspec.structs.replace(catalogue().offerings["ao88-88"], relation_sources=sources)
    known = Catalogue([*catalogue().offerings.values(), plan])
    own = RuleSet(msgspec.structs.replace(each, explain="{grounds}" + each.explain) for each in HELD_RULES)
    evidence = evidence_of(CHANGE, LOST, own, known, qualify(CHANGE, LOST, own, known))
    assert "依据：按名互斥。" in evidence.qualification
    assert replay(evidence).holds


def test_a_finding_that_is_withheld_is_missed() -> None:
    parts = Opened(consented()).copy()
    gone = parts["verdict"]["findings"].pop(0)
    line, item = parts["certificate"]["fired"].pop(0)[1:]
    assert f"没有说明 {gone['rule_id']}" in read(seal(parts)).reason
    parts["certificate"]["false"].append([line, item, "relation", "compatible", [gone["rule_id"]]])
    assert "所见不符" in read(seal(parts)).reason
    parts["certificate"]["false"][-1][3] = "incompatible"
    assert "并不为假" in read(seal(parts)).reason
    parts["certificate"]["false"][-1][2:4] = ["valid", "2026-11-22"]
    assert read(seal(parts)).reason


def test_other_premises_need_another_certificate() -> None:
    opened = Opened(consented())
    parts = opened.copy()
    parts["touched"] += ["facts", "offerings"]
    parts["facts"]["held"] = [each for each in parts["facts"]["held"] if each["id"] != "gprs-old-20"]
    assert not read(seal(parts)).accepted
    parts = opened.copy()
    next(each for each in own_rules(parts) if each["id"] == "BR-06b")["verdict"] = "disclose"
    assert "BR-06b" in read(seal(parts)).reason
    parts = opened.copy()
    parts["touched"].append("offerings")
    parts["offerings"]["gprs-old-20"] = None
    assert not read(seal(parts)).accepted


def test_a_careless_change_breaks_a_digest() -> None:
    evidence = consented()
    for name in ("rules", "qualification"):
        forged = plain(evidence) | {name: str(getattr(evidence, name)).replace("consent", "disclose", 1)}
        assert "摘要" in read(forged).reason
    other = msgspec.structs.replace(evidence, rules=evidence.rules.replace("consent", "allow", 1))
    assert replay(other).objection


def test_replaying_names_the_first_difference() -> None:
    evidence = consented()
    verdict = json.loads(evidence.qualification)
    verdict["diff"]["fee_now_fen"] = 1
    text = json.dumps(verdict, ensure_ascii=False, separators=(",", ":"))
    certificate = evidence.certificate | {"qualification": digest(text)}
    found = replay(msgspec.structs.replace(evidence, qualification=text, certificate=certificate))
    # What is only wording or reckoning is not in the proof; judging again finds it.
    assert "判定.diff.fee_now_fen：存的是 1，重算是" in found.difference
    assert not found.holds


@pytest.mark.parametrize(
    "changes",
    [
        {"rules": "[{"},
        {"rules": "[]"},
        {"offerings": ("{",)},
        {"qualification": "nonsense"},
        {"qualification": '{"verdict":"whatever"}'},
        {"facts": {}},
        {"change": {"items": []}},
        {"certificate": {}},
    ],
)
def test_a_bundle_in_pieces_is_neither_the_same_nor_proved(changes: dict[str, object]) -> None:
    found = replay(msgspec.structs.replace(consented(), **changes))
    assert found.difference
    assert found.objection
    assert not found.holds


def test_rules_of_another_day_do_not_apply_and_that_is_proved() -> None:
    later = RuleSet(
        msgspec.structs.replace(each, valid_from=LOST.on.replace(year=2030)) for each in DELIVERED.rules
    )
    found = qualify(CHANGE, LOST, later, catalogue())
    assert found.verdict is Verdict.ALLOW
    evidence = evidence_of(CHANGE, LOST, later, catalogue(), found)
    assert read(plain(evidence)).accepted
    assert [each[2] for each in evidence.certificate["false"]] == ["valid"]


@pytest.mark.parametrize("part", range(4))
def test_no_forgery_is_accepted(part: int) -> None:
    """2,000 a time here; `make proof` tries more."""
    tried = try_forgeries(part, 2_000)
    assert tried.accepted == []
    assert tried.rejected > 1_200


@pytest.mark.parametrize("nonsense", [None, 1, [], {}, {"certificate": None}, {"certificate": {"form": 2}}])
def test_nonsense_is_rejected_and_never_raises(nonsense: object) -> None:
    outcome = read(nonsense)
    assert not outcome.accepted
    assert outcome.reason


@pytest.mark.parametrize(
    ("text", "says"), [(b"{", "JSON"), (b"{}", "缺少"), (b"\xff", "JSON"), (b"[]", "应为")]
)
def test_a_file_that_is_no_bundle_is_explained(text: bytes, says: str) -> None:
    with pytest.raises(EvidenceUnreadable, match=says):
        read_evidence(text)


def test_the_checker_needs_nothing_of_ours() -> None:
    """Loading it brings in no module of the engine, and no library."""
    program = (
        "import sys; import crm.core.compatibility.proof_reading; "
        "print([name for name in sys.modules if name.startswith('crm') or name in ('msgspec', 'sqlalchemy')])"
    )
    said = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONPATH": str(SOURCE)},
        capture_output=True,
        text=True,
        check=True,
    )
    packages = {"crm", "crm.core", "crm.core.compatibility"}
    loaded = set(json.loads(said.stdout.replace("'", '"'))) - packages
    assert loaded
    assert all(name.startswith("crm.core.compatibility.proof_reading") for name in loaded)
