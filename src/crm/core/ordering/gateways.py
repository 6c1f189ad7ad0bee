"""Twin of the network for a machine that has none."""

import sys
from pathlib import Path

import msgspec

from crm.core.ordering.schemas import NetworkOrder
from crm.platform.private_files import append_line


class ConsoleProvisioning:
    """Writes each order to the network as a line of JSON to a file, and to the terminal when asked."""

    def __init__(self, file: Path, aloud: bool = False) -> None:
        self._file = file
        self._aloud = aloud

    async def carry_out(self, order: NetworkOrder) -> None:
        """Append the order to the owner's file. Raises OSError when the file cannot be written."""
        line = msgspec.json.encode(order)
        append_line(self._file, line)
        if self._aloud:
            sys.stdout.write(f"[网络] {line.decode()}\n")
            sys.stdout.flush()
