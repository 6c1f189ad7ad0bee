"""An order's page says that its verdict can be reproduced; the proof is handed to those who may have it."""

import re
from collections.abc import Callable
from pathlib import Path

from click.testing import CliRunner

from crm.cli import cli
from tests.channels.test_console import add, identify, submit
from tests.conftest import _execute, wait_for
from tests.desk_site import LOGINS, Browser

MAY = {"shift_leader", "quality", "auditor"}


def place(agent: Browser, data_dir: Path, code: str) -> str:
    """A fresh order of something that the line does not have yet."""
    call = agent.open_call("13800010012")
    add(agent, call, code)
    identify(agent, call, "13800010012", data_dir)
    found = re.search(r"PO\d{14}", submit(agent, call, agent.get(f"/desk?call={call}").text).text)
    assert found is not None
    return found.group()


def test_the_proof_of_an_order(
    agent: Browser, as_role: Callable[[str], Browser], data_dir: Path, tmp_path: Path
) -> None:
    number = place(agent, data_dir, "cailing-8")
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


def test_a_forged_order_is_not_called_proved(
    agent: Browser, as_role: Callable[[str], Browser], data_dir: Path, site_url: str
) -> None:
    number = place(agent, data_dir, "sms-pack-20")
    forged = "qualification = jsonb_set(qualification, '{verdict}', '\"store\"'), verdict = 'store'"
    wait_for(_execute(site_url, f"UPDATE product_order SET {forged} WHERE number = '{number}'"))
    page = agent.get(f"/desk/orders/{number}").text
    assert "判定可复现" not in page
    assert "单上的判定与存下的不一致" in page
    assert "受理单的结论（verdict）" in page
    of_order = f"id = (SELECT id FROM product_order WHERE number = '{number}')"
    for garbled in ("{", "{}"):
        wait_for(_execute(site_url, f"UPDATE stored_verdict SET certificate = '{garbled}' WHERE {of_order}"))
        answer = as_role("auditor").get(f"/desk/orders/{number}/verdict.json")
        assert answer.status_code == 422
        assert "存下的判定读不懂：证书不完整" in answer.text
        page = agent.get(f"/desk/orders/{number}").text
        assert "存下的证书（certificate）不完整" in page
        assert "判定可复现" not in page
