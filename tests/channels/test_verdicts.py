"""An order's page says that its verdict can be reproduced; the proof is handed to those who may have it."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from crm.cli import cli
from tests.channels.test_console import add, identify, submit
from tests.desk_site import LOGINS, Browser

MAY = {"shift_leader", "quality", "auditor"}


@pytest.fixture
def number(agent: Browser, data_dir: Path) -> str:
    """A fresh order."""
    call = agent.open_call("13800010012")
    add(agent, call, "cailing-8")
    identify(agent, call, "13800010012", data_dir)
    found = re.search(r"PO\d{14}", submit(agent, call, agent.get(f"/desk?call={call}").text).text)
    assert found is not None
    return found.group()


def test_the_proof_of_an_order(
    agent: Browser, as_role: Callable[[str], Browser], number: str, tmp_path: Path
) -> None:
    page = agent.get(f"/desk/orders/{number}").text
    assert "判定可复现：规则版本" in page
    assert "下载判定材料" not in page
    assert "下载判定材料" in as_role("shift_leader").get(f"/desk/orders/{number}").text
    for role in sorted(LOGINS):
        answer = as_role(role).get(f"/desk/orders/{number}/verdict.json")
        assert answer.status_code == (200 if role in MAY else 403), role
        if role not in MAY:
            assert "您的角色不能导出判定材料" in answer.text
    answer = as_role("auditor").get(f"/desk/orders/{number}/verdict.json")
    assert f'filename="verdict-{number}.json"' in answer.headers["content-disposition"]
    assert answer.headers["cache-control"] == "no-store"
    assert as_role("auditor").get("/desk/orders/PO20200101000001/verdict.json").status_code == 404
    (tmp_path / "bundle.json").write_bytes(answer.content)
    checked = CliRunner().invoke(cli, ["verdict", "check", str(tmp_path / "bundle.json")])
    assert checked.exit_code == 0, checked.output
    assert "重算：一致" in checked.output
    assert "证书：成立" in checked.output
