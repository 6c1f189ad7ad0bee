"""Messages as other rooms see them."""

from typing import Protocol


class SmsGateway(Protocol):
    """The network's edge: takes a text for a number, or raises OSError when it cannot."""

    async def send(self, msisdn: str, text: str) -> None:
        """Hand over one message."""
        ...
