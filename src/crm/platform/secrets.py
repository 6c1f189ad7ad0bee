"""Sealing, blind indexes and password hashes. Keys come from settings and never leave this file's objects."""

import hashlib
import hmac
import os
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE = 12
_hasher = PasswordHasher()


class Vault:
    """Encrypts personal data (AES-256-GCM) and makes keyed hashes (HMAC-SHA-256) to find it again."""

    def __init__(self, encryption_key: bytes, index_key: bytes) -> None:
        self._cipher = AESGCM(encryption_key)
        self._index_key = index_key

    def seal(self, clear: str, purpose: str) -> bytes:
        """Encrypt; `purpose` (e.g. "customer.identity") must be given again to open."""
        nonce = os.urandom(_NONCE)
        return nonce + self._cipher.encrypt(nonce, clear.encode(), purpose.encode())

    def open(self, sealed: bytes, purpose: str) -> str:
        """Decrypt; raises `ValueError` when key or purpose is not the one it was sealed with."""
        try:
            return self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], purpose.encode()).decode()
        except InvalidTag as tampered:
            raise ValueError("sealed with another key or purpose") from tampered

    def blind(self, clear: str, purpose: str) -> bytes:
        """A keyed hash: equal for equal text, useless without the key."""
        return hmac.digest(self._index_key, f"{purpose}\0{clear}".encode(), "sha256")

    def matches(self, blinded: bytes, clear: str, purpose: str) -> bool:
        """Compare in constant time."""
        return hmac.compare_digest(blinded, self.blind(clear, purpose))


def hash_password(password: str) -> str:
    """argon2id with the library's defaults."""
    return _hasher.hash(password)


def verify_password(hashed: str, password: str) -> bool:
    """Whether the password made the hash."""
    try:
        return _hasher.verify(hashed, password)
    except (VerifyMismatchError, InvalidHashError):
        return False


def new_token() -> str:
    """A session secret of 256 bits."""
    return secrets.token_urlsafe(32)


def hash_token(token: str) -> bytes:
    """What is stored of a session secret."""
    return hashlib.sha256(token.encode()).digest()


def new_code(digits: int = 6) -> str:
    """A numeric one-time code."""
    return f"{secrets.randbelow(10**digits):0{digits}d}"
