"""The delivered rules: no mistakes, every clause said, every proof holds; published shapes match the code."""

from pathlib import Path

import jsonschema
import msgspec
import pytest

from crm.core.catalog.content import load_offerings
from crm.core.catalog.engine import Catalogue
from crm.core.compatibility.cases import CaseSource, read_cases, run_case
from crm.core.compatibility.content import load_rules
from crm.core.compatibility.engine import qualify
from crm.core.compatibility.lint import check_rules
from crm.core.compatibility.published import SCHEMAS, json_schema, schema_text
from crm.core.compatibility.schemas import Scenario, Verdict
from crm.core.work_order.content import load_work_orders

ROOT = Path(__file__).resolve().parents[2]
CONTENT = ROOT / "catalog"
RULES, PROBLEMS = load_rules(CONTENT / "rules")
CATALOGUE = Catalogue(load_offerings(CONTENT / "offerings")[0])
CASES = read_cases(CONTENT / "cases")[0]


def test_nothing_is_wrong() -> None:
    assert PROBLEMS == ()
    assert [str(problem) for problem in check_rules(CONTENT, CATALOGUE)] == []


def test_every_clause_of_the_operating_notes_has_rules() -> None:
    heads = {rule.id[3:5].lstrip("0") for rule in RULES.rules if rule.id.startswith("BR-")}
    assert {str(number) for number in range(1, 13)} <= heads
    assert sum(rule.id.startswith("BR-") for rule in RULES.rules) >= 20


def test_every_rule_has_three_proofs() -> None:
    for rule in RULES.rules:
        mine = [source.case for source in CASES if source.case.rule == rule.id]
        assert len(mine) >= 3, rule.id
        assert any(case.expects_fire for case in mine)
        assert any(not case.expects_fire or case.proves == "boundary_fires" for case in mine)


@pytest.mark.parametrize("source", CASES, ids=lambda source: f"{source.case.rule}-{source.case.title}")
def test_a_proof_holds(source: CaseSource) -> None:
    assert [str(problem) for problem in run_case(source, RULES, CATALOGUE)] == []


def test_a_rule_made_milder_is_noticed_by_its_proofs() -> None:
    """Proofs that hold whatever the rules say would prove nothing."""
    unnoticed: list[str] = []
    for rule in RULES.rules:
        if rule.verdict is Verdict.ALLOW:
            continue
        less = type(RULES)(each for each in RULES.rules if each.id != rule.id)
        mine = [source for source in CASES if source.case.rule == rule.id and source.case.expects_fire]
        kept = [msgspec.structs.replace(source.case, rule=RULES.rules[0].id) for source in mine]
        if not any(_differs(case, rule.id, less) for case in kept):
            unnoticed.append(rule.id)
    assert unnoticed == []


def _differs(case: object, rule_id: str, rules: object) -> bool:
    assert isinstance(case, type(CASES[0].case))
    catalogue = Catalogue([*CATALOGUE.offerings.values(), *case.offerings]) if case.offerings else CATALOGUE
    found = qualify(case.change(), case.facts(catalogue), rules, catalogue)  # pyright: ignore[reportArgumentType]  # parametrized
    return rule_id not in {finding.rule_id for finding in found.findings}


def test_the_work_orders_that_remedies_name_exist() -> None:
    known, problems = load_work_orders(ROOT / "workorders")
    assert problems == ()
    codes = set(known.types)
    named = {remedy.work_order_type for rule in RULES.rules for remedy in rule.remedies} - {""}
    assert named
    assert named <= codes


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_a_published_schema_matches_the_code(name: str) -> None:
    path = ROOT / "docs" / "schemas" / f"{name}.schema.json"
    assert path.read_text("utf-8") == schema_text(name), "crm rules schemas writes it anew"


def test_every_published_schema_is_one_of_the_code() -> None:
    found = {path.name.removesuffix(".schema.json") for path in (ROOT / "docs" / "schemas").iterdir()}
    assert found == set(SCHEMAS)


def test_what_goes_in_and_comes_out_fits_the_schemas() -> None:
    case = next(source.case for source in CASES if source.case.offerings)
    catalogue = Catalogue([*CATALOGUE.offerings.values(), *case.offerings])
    scenario = Scenario(facts=case.facts(catalogue), change=case.change(), offerings=case.offerings)
    jsonschema.validate(msgspec.json.decode(msgspec.json.encode(scenario)), json_schema("scenario"))
    found = qualify(scenario.change, scenario.facts, RULES, catalogue)
    jsonschema.validate(msgspec.json.decode(msgspec.json.encode(found)), json_schema("qualification"))
