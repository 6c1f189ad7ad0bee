"""Entries from outside: JSON lines of `{"id", "title", "body"}`, each judged on its own."""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec

from crm.core.knowledge.schemas import ImportLine

TOPIC = "import"
TOPIC_NAME = "外部导入"
LONGEST_TITLE, LONGEST_BODY, LONGEST_ID = 200, 50_000, 64
OWN_IDS = "KB-"

_UNFIT = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


class ImportedEntry(msgspec.Struct, frozen=True):
    """A good line."""

    id: str
    title: str
    body: str

    def content_hash(self) -> str:
        """Changes with the title or the body."""
        return hashlib.sha256(f"{self.title}\n{self.body}".encode()).hexdigest()


class _Line(msgspec.Struct):
    id: str
    title: str
    body: str = ""


def read_entries(path: Path) -> tuple[list[ImportedEntry], list[ImportLine], int]:
    """Good entries, the lines that are not, and how many lines there were. Raises OSError."""
    entries: dict[str, ImportedEntry] = {}
    problems: list[ImportLine] = []
    read = 0
    for number, raw in _lines(path):
        read += 1
        found = _judge(number, raw)
        if isinstance(found, ImportLine):
            problems.append(found)
        elif found.id in entries:
            problems.append(ImportLine(number, found.id, "编号和前面的行重复，只取前面那一行"))
        else:
            entries[found.id] = found
    return list(entries.values()), problems, read


def without_control_characters(text: str) -> str:
    """The text without characters that cannot be stored or shown; line breaks and tabs stay."""
    return _UNFIT.sub("", text)


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    with path.open("rb") as file:
        for number, raw in enumerate(file, 1):
            line = raw.strip().removeprefix(b"\xef\xbb\xbf")
            if line:
                yield number, line


def _judge(number: int, raw: bytes) -> ImportedEntry | ImportLine:
    try:
        line = msgspec.json.decode(raw, type=_Line)
    except msgspec.ValidationError as error:
        missing = re.search(r"missing required field `(\w+)`", str(error))
        what = f"缺少 {missing.group(1)}" if missing else "id、title、body 应为文字"
        return ImportLine(number, None, what)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ImportLine(number, None, "不是 UTF-8 编码的一行 JSON")
    entry = ImportedEntry(
        id=without_control_characters(line.id).strip(),
        title=" ".join(without_control_characters(line.title).split()),
        body=without_control_characters(line.body).strip(),
    )
    problem = _problem(entry)
    return ImportLine(number, entry.id or None, problem) if problem else entry


def _problem(entry: ImportedEntry) -> str | None:
    if not entry.id or len(entry.id) > LONGEST_ID or re.search(r"[\s/?#%]", entry.id):
        return f"编号要有 1 到 {LONGEST_ID} 个字符，不含空格和 / ? # %"
    if entry.id.upper().startswith(OWN_IDS):
        return f"编号不能以 {OWN_IDS} 开头，那是本库条目用的"
    if not entry.title or len(entry.title) > LONGEST_TITLE:
        return f"标题要有 1 到 {LONGEST_TITLE} 个字"
    if len(entry.body) > LONGEST_BODY:
        return f"正文超过 {LONGEST_BODY} 个字，请拆开"
    return None
