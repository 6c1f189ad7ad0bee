"""Twins of the SMS gateway for a machine that has no network edge."""

import re
import sys
from pathlib import Path

import msgspec

from crm.platform.private_files import append_line

_CODE = re.compile(r"(?<=验证码)[0-9]{4,8}")


class ConsoleSms:
    """Writes each text as a line of JSON to a file, and to the terminal when asked.

    A one-time code stands in it only where `aloud` says that this is a demonstration.
    """

    def __init__(self, file: Path, aloud: bool = False) -> None:
        self._file = file
        self._aloud = aloud

    async def send(self, msisdn: str, text: str) -> None:
        """Append the message to the owner's file; a missing folder is made."""
        shown = text if self._aloud else _CODE.sub("******", text)
        append_line(self._file, msgspec.json.encode({"to": msisdn, "text": shown}))
        if self._aloud:
            sys.stdout.write(f"[短信] {msisdn}：{text}\n")
            sys.stdout.flush()
