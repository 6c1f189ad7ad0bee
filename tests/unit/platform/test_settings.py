"""Settings: sensible without any variable, and every mistake named at once."""

import base64
import stat
from pathlib import Path

import pytest

from crm.platform.keys import KeysUnreadable
from crm.platform.settings import Settings, SettingsInvalid

KEY = base64.b64encode(bytes(range(32))).decode()


def test_defaults(tmp_path: Path) -> None:
    settings = Settings.from_environment({"CRM_DATA_DIR": str(tmp_path)})
    assert (settings.database_url, settings.schema) == (None, "public")
    assert (settings.host, settings.port, settings.workers) == ("127.0.0.1", 8086, 1)
    assert settings.home_region == "贵州"
    assert settings.cookie_secure is False


def test_empty_variables_count_as_unset(tmp_path: Path) -> None:
    settings = Settings.from_environment(
        {"CRM_DATA_DIR": str(tmp_path), "PORT": "", "DATABASE_URL": " ", "CRM_SCHEMA": ""}
    )
    assert (settings.database_url, settings.port, settings.schema) == (None, 8086, "public")


def test_every_mistake_is_named_at_once(tmp_path: Path) -> None:
    wrong = {
        "PORT": "70000",
        "CRM_WORKERS": "two",
        "CRM_SCHEMA": "Guizhou; DROP",
        "CRM_COOKIE_SECURE": "maybe",
        "DATABASE_URL": "mysql://secret@host/db",
        "CRM_INDEX_KEY": "c2hvcnQ=",
    }
    with pytest.raises(SettingsInvalid) as caught:
        Settings.from_environment({"CRM_DATA_DIR": str(tmp_path)} | wrong)
    assert all(name in caught.value.message for name in wrong)
    assert "secret" not in caught.value.message
    assert list(tmp_path.iterdir()) == [], "nothing was made"


@pytest.mark.parametrize("number", ["0", "-1", "65536", "8_086", "８０８６", "1e3", "80 86"])
def test_odd_ports_are_refused(tmp_path: Path, number: str) -> None:
    with pytest.raises(SettingsInvalid, match="PORT"):
        Settings.from_environment({"CRM_DATA_DIR": str(tmp_path), "PORT": number})


def test_keys_are_made_once_and_kept_private(tmp_path: Path) -> None:
    first = Settings.from_environment({"CRM_DATA_DIR": str(tmp_path)})
    second = Settings.from_environment({"CRM_DATA_DIR": str(tmp_path)})
    assert first == second
    assert first.encryption_key != first.index_key
    assert {len(first.encryption_key), len(first.index_key)} == {32}
    assert stat.S_IMODE((tmp_path / "keys.toml").stat().st_mode) == 0o600


def test_given_keys_win_and_no_file_is_made(tmp_path: Path) -> None:
    keys = dict.fromkeys(("CRM_ENCRYPTION_KEY", "CRM_INDEX_KEY"), KEY)
    settings = Settings.from_environment({"CRM_DATA_DIR": str(tmp_path)} | keys)
    assert settings.encryption_key == bytes(range(32))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "content", ["", "encryption = 3", 'encryption = "x"', "\x00 not toml", 'index = "YQ=="']
)
def test_damaged_key_file_stops_the_start_and_stays(tmp_path: Path, content: str) -> None:
    (tmp_path / "keys.toml").write_text(content)
    with pytest.raises(KeysUnreadable, match="备份"):
        Settings.from_environment({"CRM_DATA_DIR": str(tmp_path)})
    assert (tmp_path / "keys.toml").read_text() == content


def test_printing_settings_shows_no_key(tmp_path: Path) -> None:
    settings = Settings.from_environment({"CRM_DATA_DIR": str(tmp_path)})
    assert "key" not in repr(settings)
    assert "secret" not in repr(settings)
