"""Files that hold customers' numbers: readable by the account that runs the desk, by nobody else."""

import os
from pathlib import Path

_OWNER_ONLY = 0o600


def append_line(file: Path, line: bytes) -> None:
    """Append a line to a file of the owner's own; a missing folder is made. Raises OSError."""
    file.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, _OWNER_ONLY)
    with os.fdopen(descriptor, "ab") as out:
        os.fchmod(descriptor, _OWNER_ONLY)  # one from an earlier release may be open to others
        out.write(line + b"\n")
