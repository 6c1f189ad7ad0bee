"""Named refusals: every error a person can cause carries a kind, a stable code and a Chinese message."""

from enum import StrEnum


class ErrorKind(StrEnum):
    """How a channel should answer; each channel maps a kind once."""

    MISSING = "missing"
    CONFLICT = "conflict"
    REFUSED = "refused"
    INVALID = "invalid"
    FORBIDDEN = "forbidden"
    BUSY = "busy"


class CrmError(Exception):
    """A refusal with words for the person who caused it.

    `message` says in Chinese what happened, what was kept and what to do. `code` never changes once
    released; the list in docs/error-codes.md is tested against the code.
    """

    kind: ErrorKind = ErrorKind.REFUSED
    code: str = "refused"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class Missing(CrmError):
    """The thing asked for does not exist, or not for this person."""

    kind = ErrorKind.MISSING
    code = "missing"


class Conflict(CrmError):
    """Somebody else changed the thing in between."""

    kind = ErrorKind.CONFLICT
    code = "conflict"


class Invalid(CrmError):
    """What was typed cannot be understood."""

    kind = ErrorKind.INVALID
    code = "invalid"


class Forbidden(CrmError):
    """The person's role does not allow this."""

    kind = ErrorKind.FORBIDDEN
    code = "forbidden"


class Busy(CrmError):
    """A part we need does not answer just now; the same request may succeed later."""

    kind = ErrorKind.BUSY
    code = "busy"
