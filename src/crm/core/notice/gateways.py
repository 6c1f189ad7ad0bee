"""Twins of the SMS gateway for a machine that has no network edge."""

import sys
from pathlib import Path

import msgspec


class ConsoleSms:
    """Writes each text as a line of JSON to a file, and to the terminal when asked."""

    def __init__(self, file: Path, aloud: bool = False) -> None:
        self._file = file
        self._aloud = aloud

    async def send(self, msisdn: str, text: str) -> None:
        """Append the message; a missing folder is made."""
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with self._file.open("ab") as out:
            out.write(msgspec.json.encode({"to": msisdn, "text": text}) + b"\n")
        if self._aloud:
            sys.stdout.write(f"[短信] {msisdn}：{text}\n")
            sys.stdout.flush()
