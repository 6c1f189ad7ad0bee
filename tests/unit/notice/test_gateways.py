"""The twin of the SMS gateway: whose file it is, and where a one-time code may stand."""

from pathlib import Path

import msgspec
import pytest

from crm.core.notice.gateways import ConsoleSms
from crm.core.ordering.gateways import ConsoleProvisioning
from crm.core.ordering.schemas import NetworkOrder
from crm.platform.ids import new_id

TEXT = "您正在通过10086办理业务，验证码493817，5分钟内有效。"


@pytest.mark.parametrize(("aloud", "seen"), [(True, True), (False, False)])
async def test_a_code_is_readable_in_a_demonstration_only(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], aloud: bool, seen: bool
) -> None:
    file = tmp_path / "data" / "sms.log"
    gateway = ConsoleSms(file, aloud=aloud)
    await gateway.send("13800010001", TEXT)
    await gateway.send("13800010001", "业务已受理，受理单PO20261122000001")
    first, second = (msgspec.json.decode(line) for line in file.read_bytes().splitlines())
    assert ("493817" in first["text"], "493817" in capsys.readouterr().out) == (seen, seen)
    assert "10086办理业务，验证码" in first["text"]
    assert second["text"].endswith("PO20261122000001")


async def test_the_files_are_their_owners_own(tmp_path: Path) -> None:
    sms, network = tmp_path / "sms.log", tmp_path / "provisioning.log"
    network.write_bytes(b"{}\n")
    network.chmod(0o644)
    await ConsoleSms(sms).send("13800010001", "你好")
    await ConsoleProvisioning(network).carry_out(
        NetworkOrder(id=new_id(), msisdn="13800010001", action="add", offering_code="cailing-5")
    )
    assert [file.stat().st_mode & 0o777 for file in (sms, network)] == [0o600, 0o600]
    assert len(network.read_bytes().splitlines()) == 2
