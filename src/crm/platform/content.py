"""What is wrong with a content file, in words for the person who owns the file."""

import msgspec


class ContentProblem(msgspec.Struct, frozen=True):
    """One mistake in a content file: where it is and how to mend it (Chinese)."""

    file: str
    line: int | None
    message: str
    remedy: str

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{place} {self.message}。改法：{self.remedy}"
