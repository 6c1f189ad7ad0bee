"""Every setting of the system, read once from the environment and checked before anything starts."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from crm.platform.errors import Invalid
from crm.platform.keys import Keys, decode_key, load_or_create

PROJECT_ROOT = Path(__file__).resolve().parents[3]

_SCHEMA = re.compile(r"[a-z_][a-z0-9_]{0,62}")
_YES = frozenset({"1", "true", "yes", "on"})
_NO = frozenset({"0", "false", "no", "off"})


class SettingsInvalid(Invalid):
    """At least one setting cannot be used; the message names all of them."""

    code = "settings_invalid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a deployment may choose. Minutes and hours are whole numbers; keys are 32 bytes each."""

    database_url: str | None
    """PostgreSQL to use; None means the embedded one under `data_dir`."""
    schema: str
    host: str
    port: int
    workers: int
    data_dir: Path
    encryption_key: bytes = field(default=b"", repr=False)
    index_key: bytes = field(default=b"", repr=False)
    session_secret: bytes = field(default=b"", repr=False)
    home_region: str
    """The province this desk serves; numbers of another province belong to their own hotline."""
    cookie_secure: bool
    demo_data: bool
    catalog_dir: Path
    workorders_dir: Path
    knowledge_base_dir: Path
    templates_dir: Path
    lockout_after: int
    """Wrong staff passwords in a row before the account rests for `lockout_minutes`."""
    lockout_minutes: int
    service_password_attempts: int
    service_password_lock_minutes: int
    sms_code_attempts: int
    sms_code_minutes: int
    session_idle_minutes: int
    session_hours: int
    month_end_days: int
    """In how many last days of a month a change for the next month is flagged."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> "Settings":
        """Read and check all settings; keys not given are made once and kept in `data_dir`.

        Raises `SettingsInvalid` naming every unusable variable with its remedy.
        """
        reader = _Reader(os.environ if environment is None else environment)
        data_dir = reader.folder("CRM_DATA_DIR", PROJECT_ROOT / ".data")
        given = reader.keys()
        settings = cls(
            database_url=reader.database_url(),
            schema=reader.schema(),
            host=reader.text("CRM_HOST", "127.0.0.1"),
            port=reader.number("PORT", 8086, 1, 65535),
            workers=reader.number("CRM_WORKERS", 1, 1, 64),
            data_dir=data_dir,
            home_region=reader.text("CRM_HOME_REGION", "贵州"),
            cookie_secure=reader.switch("CRM_COOKIE_SECURE", False),
            demo_data=reader.switch("CRM_DEMO_DATA", True),
            catalog_dir=reader.folder("CRM_CATALOG_DIR", PROJECT_ROOT / "catalog"),
            workorders_dir=reader.folder("CRM_WORKORDERS_DIR", PROJECT_ROOT / "workorders"),
            knowledge_base_dir=reader.folder("CRM_KNOWLEDGE_BASE_DIR", PROJECT_ROOT / "knowledge_base"),
            templates_dir=reader.folder("CRM_TEMPLATES_DIR", PROJECT_ROOT / "templates"),
            lockout_after=reader.number("CRM_LOCKOUT_AFTER", 5, 1, 100),
            lockout_minutes=reader.number("CRM_LOCKOUT_MINUTES", 15, 1, 1440),
            service_password_attempts=reader.number("CRM_SERVICE_PASSWORD_ATTEMPTS", 3, 1, 100),
            service_password_lock_minutes=reader.number("CRM_SERVICE_PASSWORD_LOCK_MINUTES", 30, 1, 1440),
            sms_code_attempts=reader.number("CRM_SMS_CODE_ATTEMPTS", 3, 1, 20),
            sms_code_minutes=reader.number("CRM_SMS_CODE_MINUTES", 5, 1, 60),
            session_idle_minutes=reader.number("CRM_SESSION_IDLE_MINUTES", 30, 1, 1440),
            session_hours=reader.number("CRM_SESSION_HOURS", 12, 1, 168),
            month_end_days=reader.number("CRM_MONTH_END_DAYS", 2, 1, 31),
        )
        reader.refuse_if_wrong()
        keys = given if isinstance(given, Keys) else load_or_create(data_dir, given)
        return replace(
            settings, encryption_key=keys.encryption, index_key=keys.index, session_secret=keys.session
        )


class _Reader:
    """Reads variables and collects what is wrong, so that one start names every mistake."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._problems: list[str] = []

    def refuse_if_wrong(self) -> None:
        if self._problems:
            lines = "\n".join(f"  - {problem}" for problem in self._problems)
            raise SettingsInvalid(f"设置有误，系统没有启动，数据未改动。请改正下列环境变量后重试：\n{lines}")

    def text(self, name: str, default: str) -> str:
        return self._environment.get(name, "").strip() or default

    def folder(self, name: str, default: Path) -> Path:
        value = self._environment.get(name, "").strip()
        return Path(value).expanduser().absolute() if value else default

    def number(self, name: str, default: int, least: int, most: int) -> int:
        value = self._environment.get(name, "").strip()
        if not value:
            return default
        if not re.fullmatch(r"[0-9]{1,9}", value) or not least <= int(value) <= most:
            self._problems.append(f"{name}={value}：应为 {least} 到 {most} 之间的整数")
            return default
        return int(value)

    def switch(self, name: str, default: bool) -> bool:
        value = self._environment.get(name, "").strip().lower()
        if value and value not in _YES | _NO:
            self._problems.append(f"{name}={value}：应为 1（开）或 0（关）")
        return value in _YES if value in _YES | _NO else default

    def schema(self) -> str:
        value = self.text("CRM_SCHEMA", "public")
        if not _SCHEMA.fullmatch(value) or value.startswith("pg_"):
            self._problems.append(
                f"CRM_SCHEMA={value}：只能用小写字母、数字和下划线，不以数字或 pg_ 开头，不超过 63 个字符"
            )
        return value

    def database_url(self) -> str | None:
        value = self._environment.get("DATABASE_URL", "").strip()
        if value and not value.startswith(("postgresql://", "postgres://")):
            # The value holds a password, so it is not repeated here.
            self._problems.append("DATABASE_URL：应形如 postgresql://用户:密码@主机:5432/库名")
        return value or None

    def keys(self) -> "Keys | dict[str, bytes]":
        """The three keys when all are given, else those that are."""
        given: dict[str, bytes] = {}
        variables = {
            "CRM_ENCRYPTION_KEY": "encryption",
            "CRM_INDEX_KEY": "index",
            "CRM_SESSION_SECRET": "session",
        }
        for variable, name in variables.items():
            value = self._environment.get(variable, "").strip()
            if not value:
                continue
            try:
                given[name] = decode_key(value)
            except ValueError:
                self._problems.append(
                    f"{variable}：应为 32 字节密钥的 Base64 编码（可用 openssl rand -base64 32 生成）"
                )
        return Keys(**given) if len(given) == len(variables) else given
