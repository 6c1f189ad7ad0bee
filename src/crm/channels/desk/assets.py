"""The address of a static file with a mark of its content, so that browsers may keep it for a year."""

import hashlib
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "static"


@cache
def asset(name: str) -> str:
    """`/static/<name>`; our own files carry a hash, vendored ones have the version in their name."""
    if name.startswith("vendor/"):
        return f"/static/{name}"
    digest = hashlib.sha256((FOLDER / name).read_bytes()).hexdigest()[:10]
    return f"/static/{name}?v={digest}"
