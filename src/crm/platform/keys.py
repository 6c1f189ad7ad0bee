"""Keys of a deployment: given by the environment, else made once and kept beside the data."""

import base64
import os
import secrets
import tomllib
from dataclasses import asdict, dataclass
from pathlib import Path

from crm.platform.errors import Invalid

KEY_BYTES = 32
FILE_NAME = "keys.toml"


class KeysUnreadable(Invalid):
    """The key file exists but cannot be used; making new keys would lose what the old ones protect."""

    code = "keys_unreadable"


@dataclass(frozen=True, slots=True)
class Keys:
    """Two independent 32-byte keys: field encryption and blind index."""

    encryption: bytes
    index: bytes


def decode_key(text: str) -> bytes:
    """The 32 bytes written as Base64 (standard or URL-safe). Raises ValueError when it is not that."""
    key = base64.b64decode(text.replace("-", "+").replace("_", "/"), validate=True)
    if len(key) != KEY_BYTES:
        raise ValueError(f"a key has {KEY_BYTES} bytes")
    return key


def load_or_create(data_dir: Path, given: dict[str, bytes]) -> Keys:
    """Keys from `given`, the rest from `data_dir`/keys.toml, which is made (mode 0600) when missing.

    Raises `KeysUnreadable` when the file is there but damaged: new keys would make every stored
    identity number unreadable.
    """
    path = data_dir / FILE_NAME
    if not path.exists():
        _create(path)
    return Keys(**(asdict(_read(path)) | given))


def _create(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = ["# 本部署的密钥。遗失后，已加密的证件号码无法还原：请备份，且不要提交到版本库。"]
    lines += [f'{name} = "{_new_key()}"' for name in Keys.__dataclass_fields__]
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
            file.flush()
            os.fsync(file.fileno())
        # A link fails when another process was first, so that all processes agree on one set.
        path.hardlink_to(draft)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def _new_key() -> str:
    return base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def _read(path: Path) -> Keys:
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
        return Keys(**{name: decode_key(document[name]) for name in Keys.__dataclass_fields__})
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise KeysUnreadable(
            f"密钥文件 {path} 无法读取，系统没有启动，数据未改动。"
            "请从备份恢复该文件；只有在没有需要保留的数据时，才可删除它让系统重新生成。"
        ) from error
