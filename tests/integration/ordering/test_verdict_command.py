"""`crm verdict`: what people who must show why an order was accepted type, and what they are told."""

import asyncio
import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from crm.cli import cli
from crm.platform.settings import Settings
from tests.factories import World, add


@pytest.fixture(autouse=True)
def _on_the_tests_database(monkeypatch: pytest.MonkeyPatch, content_settings: Settings) -> None:
    monkeypatch.setenv("DATABASE_URL", str(content_settings.database_url))
    monkeypatch.setenv("CRM_DATA_DIR", str(content_settings.data_dir))


async def run(*arguments: str) -> tuple[int, str, str]:
    """Exit code, output and errors; a command has a loop of its own."""
    result = await asyncio.to_thread(CliRunner().invoke, cli, ["verdict", *arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.stdout, result.stderr


async def test_replay_export_check_and_a_forged_row(world: World, tmp_path: Path) -> None:
    line = await world.line("gotone-standard", "gprs-old-20")
    desk = await world.desk(line)
    number = (await world.submit(desk, await world.judge(desk, add("ao88-88")))).number
    file = tmp_path / "bundle.json"
    code, said, _ = await run("replay", number, "--export", str(file))
    assert code == 0, said
    for words in (number, "结论：须客户同意", "重算：一致", "证书：成立"):
        assert words in said
    code, said, _ = await run("replay", number, "--json")
    assert (code, json.loads(said)["holds"]) == (0, True)
    assert (await run("check", str(file)))[0] == 0
    bundle = json.loads(file.read_text("utf-8"))
    bundle["facts"]["subscriber"]["brand"] = "神州行"
    file.write_text(json.dumps(bundle), "utf-8")
    code, said, _ = await run("check", str(file))
    assert code == 1
    assert "重算：不一致。判定." in said
    assert "证书：不成立" in said
    async with world.db.transaction() as session:
        milder = 'replace(qualification, \'"verdict":"consent"\', \'"verdict":"disclose"\')'
        await session.execute(text(f"UPDATE stored_verdict SET qualification = {milder}"))
    code, said, _ = await run("replay", number)
    assert code == 1
    assert '重算：不一致。判定.verdict：存的是 "disclose"，重算是 "consent"' in said


async def forge(world: World, statement: str) -> str:
    """An order of which somebody has then written over a row by hand."""
    line = await world.line("gotone-standard", "gprs-old-20")
    desk = await world.desk(line)
    number = (await world.submit(desk, await world.judge(desk, add("ao88-88")))).number
    async with world.db.transaction() as session:
        await session.execute(text(statement))
    return number


async def test_an_order_that_says_otherwise_than_what_is_stored(world: World) -> None:
    number = await forge(world, "UPDATE product_order SET verdict = 'allow'")
    code, said, _ = await run("replay", number)
    assert code == 1
    assert "受理单：与存下的判定不符。受理单的结论（verdict）" in said
    code, said, _ = await run("replay", number, "--json")
    assert (code, json.loads(said)["holds"]) == (1, False)


@pytest.mark.parametrize("garbled", ["{", "{}"])
async def test_a_garbled_certificate_is_a_refusal(world: World, garbled: str, tmp_path: Path) -> None:
    number = await forge(world, f"UPDATE stored_verdict SET certificate = '{garbled}'")
    code, _, wrong = await run("replay", number, "--export", str(tmp_path / "bundle.json"))
    assert code == 1
    assert "存下的判定读不懂：证书不完整" in wrong
    assert "[compatibility_verdict_unreadable]" in wrong
    assert not (tmp_path / "bundle.json").exists()


async def test_what_cannot_be_judged_is_said(tmp_path: Path) -> None:
    code, _, wrong = await run("replay", "PO20200101000001")
    assert (code, "没有找到这张受理单" in wrong) == (2, True)
    code, _, wrong = await run("check", str(tmp_path / "nowhere.json"))
    assert (code, "打不开" in wrong) == (2, True)
