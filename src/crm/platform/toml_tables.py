"""A TOML content file with the lines its entries stand on, so that a mistake can be named with its place."""

import re
import tomllib
from pathlib import Path
from typing import Any, cast

from crm.platform.content import ContentProblem

_AT = re.compile(r"\s*\(at (?:line (\d+), column (\d+)|end of document)\)")

_SYNTAX: tuple[tuple[str, str], ...] = (
    ("Expected '=' after a key", '键后面要有半角等号，如 name = "来电显示"'),
    ("Invalid value", "文字要放在一对半角双引号里；数字不加引号也不加单位；是/否写 true/false"),
    ("Unclosed array", "列表少了右方括号 ]"),
    ("Unclosed inline table", "花括号少了右半边 }"),
    ("Cannot overwrite a value", "同一条目里这个键写了两次，删去一个"),
    ("Illegal character", "字符串没有在本行内结束：补上半角双引号"),
    ("Unescaped '\\'", "反斜杠要写成两个 \\\\"),
    ("Expected newline or end of document after a statement", "一行只写一个键；检查引号和逗号是否成对"),
    ("Invalid statement", "这一行应是“键 = 值”或 [[表名]]；键用半角英文字母"),
    ("Expected ']]'", "表头要写成 [[表名]]"),
)


class TomlTables:
    """One file whose top level holds only `[[name]]` entries.

    `tables` are the entries as plain dictionaries, in file order; `problem` says why there are none.
    """

    def __init__(self, path: Path, name: str, shown_as: str | None = None) -> None:
        self.file = shown_as or path.name
        self.tables: tuple[dict[str, Any], ...] = ()
        self.problems: list[ContentProblem] = []
        self._lines: list[str] = []
        self._starts: list[int] = []
        text = self._read(path)
        if text is None:
            return
        self._lines = text.splitlines()
        header = re.compile(rf"\s*\[\[\s*{re.escape(name)}\s*\]\]")
        self._starts = [place for place, line in enumerate(self._lines) if header.match(line)]
        self._parse(text, name)

    def _read(self, path: Path) -> str | None:
        try:
            return path.read_text("utf-8-sig")
        except UnicodeDecodeError:
            self._add(None, "文件不是 UTF-8 编码，读不了", "用编辑器另存为 UTF-8")
        except OSError as error:
            self._add(None, f"文件打不开（{error.strerror}）", "检查文件是否存在、是否有读取权限")
        return None

    def _parse(self, text: str, name: str) -> None:
        try:
            document = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            self._add(*_explain_syntax(str(error), len(self._lines)))
            return
        entries = document.pop(name, [])
        for key in document:
            self._add(self._anywhere(key), f"顶层不认识 {key}", f"每个条目以 [[{name}]] 开头")
        if not _are_tables(entries):
            self._add(self._anywhere(name), f"{name} 写成了单个表", f"改成 [[{name}]]，两层方括号")
            return
        self.tables = tuple(entries)

    def _add(self, line: int | None, message: str, remedy: str) -> None:
        self.problems.append(ContentProblem(self.file, line, message, remedy))

    def line(self, index: int, key: str | None = None, value: str | None = None) -> int | None:
        """The line (from 1) of entry `index`; of its `key`, or of the text `value` after it, where found."""
        if index >= len(self._starts):
            return None
        start = self._starts[index]
        end = self._starts[index + 1] if index + 1 < len(self._starts) else len(self._lines)
        at = start + 1
        if key is not None:
            at = self._find(start, end, key) or at
        if value is not None:
            quoted = f'"{value}"'
            at = next((n + 1 for n in range(at - 1, end) if quoted in self._lines[n]), at)
        return at

    def _anywhere(self, key: str) -> int | None:
        return self._find(0, len(self._lines), key)

    def _find(self, start: int, end: int, key: str) -> int | None:
        wanted = re.compile(rf"\s*\[*\s*[\"']?{re.escape(key)}[\"']?\s*[=.\]]")
        return next((n + 1 for n in range(start, end) if wanted.match(self._lines[n])), None)


def _are_tables(entries: Any) -> bool:
    return isinstance(entries, list) and all(isinstance(each, dict) for each in cast("list[Any]", entries))


def _explain_syntax(message: str, last_line: int) -> tuple[int, str, str]:
    at = _AT.search(message)
    if at is None or at.group(1) is None:
        return last_line, "TOML 写法不对（文件末尾）", "有方括号、花括号或引号只写了一半，补上另一半"
    remedy = next((words for start, words in _SYNTAX if message.startswith(start)), "对照上下条目的写法改正")
    return int(at.group(1)), f"TOML 写法不对（第 {at.group(2)} 列附近）", remedy
