"""Reading what was typed into a form: trimmed, without control characters, within a length."""

from typing import Any
from uuid import UUID

from crm.channels.desk.views import DeskRequest
from crm.platform.errors import Invalid

LONGEST_LINE = 200
LONGEST_TEXT = 20_000


class NotUnderstood(Invalid):
    """An address or a hidden field of a form was damaged."""

    code = "desk_not_understood"

    def __init__(self, what: str = "页面参数") -> None:
        super().__init__(f"{what}无法识别，没有任何改动。请返回上一页重新操作。")


class Form:
    """The fields of a POST. Text keeps line breaks and emoji; control characters go."""

    def __init__(self, fields: Any) -> None:
        self._fields = fields

    @classmethod
    async def read(cls, request: DeskRequest) -> "Form":
        """Parse the body; files are not expected on these pages."""
        return cls(await request.form())

    def line(self, name: str, limit: int = LONGEST_LINE) -> str:
        """One line of text, trimmed and cut at `limit`."""
        return " ".join(clean(self._raw(name)).split())[:limit]

    def text(self, name: str, limit: int = LONGEST_TEXT) -> str:
        """Several lines of text; the core decides whether it is too long, `limit` only stops abuse."""
        return clean(self._raw(name)).replace("\r\n", "\n")[:limit]

    def secret(self, name: str) -> str:
        """A password exactly as typed."""
        return self._raw(name)[:LONGEST_LINE]

    def many(self, name: str) -> tuple[str, ...]:
        """Every value of a repeated field."""
        return tuple(clean(str(value)) for value in self._fields.getall(name, []))

    def identity(self, name: str) -> UUID:
        """A UUID in a hidden field. Raises `NotUnderstood`."""
        return parse_identity(self._raw(name))

    def has(self, name: str) -> bool:
        """Whether the field was sent at all."""
        return name in self._fields

    def _raw(self, name: str) -> str:
        value = self._fields.get(name, "")
        return value if isinstance(value, str) else ""


def clean(text: str) -> str:
    """Without control characters other than line breaks and tabs, and without lone surrogates."""
    kept = "".join(sign for sign in text if sign >= " " or sign in "\n\t")
    return kept.replace("\x7f", "").encode("utf-8", "ignore").decode("utf-8")


def whole_number(text: str, most: int = 999_999) -> int | None:
    """A number of plain digits up to `most`; None for anything else, such as ² or ten digits too many."""
    plain = text.isascii() and text.isdecimal() and len(text) <= len(str(most))
    return int(text) if plain and int(text) <= most else None


def parse_identity(text: str) -> UUID:
    """A UUID out of an address. Raises `NotUnderstood`."""
    try:
        return UUID(text)
    except ValueError:
        raise NotUnderstood from None
