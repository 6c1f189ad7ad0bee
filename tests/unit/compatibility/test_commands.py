"""`crm qualify` and `crm rules`, without a database."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from crm.cli import cli

GOOD: dict[str, Any] = {
    "facts": {
        "on": "2026-11-22",
        "subscriber": {"brand": "动感地带", "line_kind": "普通", "profile_recorded": True},
        "held": [{"id": "1", "offering": "mzone-net"}, {"id": "2", "offering": "vnet-campus"}],
    },
    "change": {"items": [{"action": "add", "offering": "gotone-standard"}]},
}


@pytest.fixture(autouse=True)
def _no_database(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    monkeypatch.setenv("CRM_DATA_DIR", str(tmp_path / "data"))


def run(*arguments: str, stdin: str | None = None) -> tuple[int, str, str]:
    """Exit code, output and errors."""
    result = CliRunner().invoke(cli, list(arguments), input=stdin)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.stdout, result.stderr


def test_a_scenario_from_a_file_and_from_standard_input(tmp_path: Path) -> None:
    file = tmp_path / "scenario.json"
    file.write_text(json.dumps(GOOD), "utf-8")
    code, said, _ = run("qualify", str(file))
    assert code == 0
    found = json.loads(said)
    assert found["verdict"] == "first"
    assert found["findings"][0]["held_name"] == "校园V网"
    assert json.loads(run("qualify", "-", "--compact", stdin=json.dumps(GOOD))[1]) == found


def test_a_scenario_may_bring_its_own_offerings() -> None:
    own = {"code": "x", "name": "自带业务", "kind": "vas", "monthly_fee_fen": 100}
    plan = {"code": "mzone-net", "name": "自带套餐", "kind": "main_plan", "sets_brand": "动感地带"}
    scenario = GOOD | {
        "offerings": [own, plan],
        "only_own_offerings": True,
        "change": {"items": [{"action": "add", "offering": "x"}]},
        "facts": GOOD["facts"] | {"held": [{"id": "1", "offering": "mzone-net"}]},
    }
    code, said, _ = run("qualify", "-", stdin=json.dumps(scenario))
    assert code == 0
    assert json.loads(said)["verdict"] == "consent"
    assert "自带业务的价格是1元/月" in said


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "空的"),
        ("{", "完整的 JSON"),
        ('{"facts": }', "第 1 行第 11 列"),
        (json.dumps(GOOD | {"factz": 1}), "$ 不认识 factz"),
        (json.dumps({"facts": GOOD["facts"]}), "$ 缺少 change"),
        (json.dumps(GOOD | {"change": {"items": [{"action": "add"}]}}), "缺少 offering"),
        (json.dumps(GOOD | {"change": {"items": 1}}), "应为列表，实际是整数"),
        (json.dumps(GOOD | {"change": {"items": []}}), "还没有要办理的业务"),
        (json.dumps(GOOD | {"change": {"items": [{"action": "move", "offering": "x"}]}}), "move"),
        (json.dumps(GOOD).replace("2026-11-22", "22.11.2026"), "$.facts.on"),
    ],
)
def test_a_bad_scenario_is_explained(text: str, words: str) -> None:
    code, said, wrong = run("qualify", "-", stdin=text)
    assert code == 2
    assert said == ""
    assert words in wrong


def test_a_missing_file_is_explained() -> None:
    code, _, wrong = run("qualify", "/nowhere/scenario.json")
    assert code == 2
    assert "打不开" in wrong


def test_broken_rules_judge_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "catalog" / "rules").mkdir(parents=True)
    (tmp_path / "catalog" / "rules" / "a.toml").write_text('[[rule]]\nidd = "BR-01"\n', "utf-8")
    monkeypatch.setenv("CRM_CATALOG_DIR", str(tmp_path / "catalog"))
    code, _, wrong = run("qualify", "-", stdin=json.dumps(GOOD))
    assert code == 2
    assert "rules/a.toml:2" in wrong
    assert run("rules", "lint")[0] == 1


def test_lint_and_explain() -> None:
    code, said, _ = run("rules", "lint")
    assert code == 0, said
    assert "全部通过" in said
    code, said, _ = run("rules", "explain", "br-11b")
    assert code == 0
    for words in ("校园V网", "第11条b", "品牌变化：是", "取消集团业务", "证明："):
        assert words in said


def test_an_unknown_rule_is_answered_with_the_nearest() -> None:
    result = CliRunner().invoke(cli, ["rules", "explain", "BR-11z"])
    assert "没有规则 BR-11z" in str(result.exception)
    assert "BR-11" in str(result.exception)
