"""`crm qualify --plan`: the plan beside the verdict, in the published shape."""

from pathlib import Path

import jsonschema
import msgspec
from click.testing import CliRunner

from crm.commands.qualify import qualify
from crm.core.compatibility.published import json_schema
from crm.core.compatibility.schemas import Scenario
from tests.unit.compatibility.planning_world import customer, wish


def test_the_plan_is_printed_beside_the_verdict(tmp_path: Path) -> None:
    scenario = Scenario(facts=customer("mzone-campus-a", "vnet-campus"), change=wish("gotone-standard"))
    file = tmp_path / "scenario.json"
    file.write_bytes(msgspec.json.encode(scenario))
    answer = CliRunner().invoke(qualify, [str(file), "--plan", "--compact"])
    assert answer.exit_code == 0, answer.output
    found = msgspec.json.decode(answer.output)
    assert [step["do"] for step in found["plan"]["steps"]] == ["work_order", "order"]
    assert found["qualification"]["verdict"] == "first"
    jsonschema.validate(found, json_schema("plan"))


def test_without_the_option_nothing_changes(tmp_path: Path) -> None:
    scenario = Scenario(facts=customer("gotone-standard"), change=wish("gotone-business"))
    file = tmp_path / "scenario.json"
    file.write_bytes(msgspec.json.encode(scenario))
    found = msgspec.json.decode(CliRunner().invoke(qualify, [str(file)]).output)
    assert "plan" not in found
    assert found["verdict"] == "consent"
