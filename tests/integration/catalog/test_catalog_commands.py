"""`crm catalog` and `crm content` as their users type them."""

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from crm.cli import cli

ROOT = Path(__file__).resolve().parents[3]
KEY = "dGVzdC1rZXktdGVzdC1rZXktdGVzdC1rZXktdGVzdCE="


class Typist:
    """Types commands against one database and one copy of the catalogue."""

    def __init__(self, url: str, folder: Path) -> None:
        self.catalog = folder / "catalog"
        shutil.copytree(ROOT / "catalog", self.catalog)
        self._environment = {
            "DATABASE_URL": url,
            "CRM_DATA_DIR": str(folder / "data"),
            "CRM_CATALOG_DIR": str(self.catalog),
            **dict.fromkeys(("CRM_ENCRYPTION_KEY", "CRM_INDEX_KEY"), KEY),
        }

    def type(self, *words: str) -> Result:
        return CliRunner().invoke(cli, list(words), env=self._environment)


@pytest.fixture
def typist(database_url: str, tmp_path: Path) -> Typist:
    return Typist(database_url, tmp_path)


def test_load_import_search_show(typist: Typist, tmp_path: Path) -> None:
    assert "新增" in typist.type("catalog", "load").output
    file = tmp_path / "trial.jsonl"
    file.write_text(
        '{"table":"流量","level":"子业务","name":"试验流量包","attrs":{"功能费":"5元/月"}}\n', "utf-8"
    )
    assert "试运行，没有写入" in typist.type("catalog", "import", str(file), "--dry-run").output
    assert "共 0 个" in typist.type("catalog", "search", "试验流量包", "--kind", "sms_pack").output
    done = typist.type("catalog", "import", str(file), "--rows")
    assert done.exit_code == 0
    assert "第 1 行 新增 试验流量包" in done.output
    assert "没有要写入的" in typist.type("catalog", "import", str(file)).output
    assert "5元/月" in typist.type("catalog", "search", "试验流量包").output
    shown = typist.type("catalog", "show", "vnet-hke")
    assert "每月国内点对点短信400条" in shown.output


def test_rejected_rows_end_with_exit_code_1(typist: Typist, tmp_path: Path) -> None:
    file = tmp_path / "bad.jsonl"
    file.write_text("{\n", "utf-8")
    result = typist.type("catalog", "import", str(file))
    assert result.exit_code == 1
    assert "第 1 行 拒绝" in result.output
    assert "拒绝 1" in result.output


def test_a_mistake_in_a_file_changes_nothing_and_is_named(typist: Typist) -> None:
    typist.type("catalog", "load")
    (typist.catalog / "offerings" / "extra.toml").write_text("[[offering]]\ncode = 1\n", "utf-8")
    result = typist.type("catalog", "load")
    assert result.exit_code == 1
    assert "catalog/offerings/extra.toml:1" in result.output
    assert "沿用上一次的目录" in result.output


def test_content_check_passes_on_what_is_delivered(typist: Typist) -> None:
    result = typist.type("content", "check")
    assert result.exit_code == 0, result.output
    assert result.output.startswith("全部正确：")
    assert "个产品" in result.output


def test_content_check_names_every_mistake_at_once(typist: Typist) -> None:
    (typist.catalog / "offerings" / "extra.toml").write_text(
        '[[offering]]\ncode = "x"\nname = "x"\nkind = "vas"\nmonthly_fee = 5\n', "utf-8"
    )
    (typist.catalog / "rules" / "extra.toml").write_text("[[rule]\n", "utf-8")
    result = typist.type("content", "check")
    assert result.exit_code == 1
    assert "extra.toml:5 不认识的键 monthly_fee。改法：是不是 monthly_fee_fen" in result.output
    assert "rules/extra.toml:1" in result.output
