"""One article file: TOML between `+++` fences, then Markdown. Reads it, checks it, and writes it back."""

import hashlib
import itertools
import re
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import msgspec

from crm.core.knowledge.markup import ARTICLE_ID, first_line
from crm.platform.content import ContentProblem

FENCE = "+++"
SECTIONS = ("步骤", "例外", "依据")
LONGEST_ANSWER = 120
LONGEST_BODY = 6_000

_NAME = re.compile(r"(KB-\d{4})-([a-z0-9]+(?:-[a-z0-9]+)*)\.md")
_SOURCE = re.compile(r"S[0-4](?:-(?:[1-9]|1[0-2])[a-c]?)?|domain §\d{1,2}|pub|default")
_OFFERING = re.compile(r"[a-z0-9][a-z0-9-]*")
_RULE = re.compile(r"BR-[0-9]{2}[a-z0-9-]*")
_KEY_AT = re.compile(r" - at `\$\.?(\w*)[^`]*`")
_LINE_AT = re.compile(r"\(at line (\d+)")
_SECTION = re.compile(r"^## (.+?)\s*$", re.MULTILINE)


class FrontMatter(msgspec.Struct, frozen=True, kw_only=True):
    """What stands between the fences."""

    id: str
    title: str
    topic: str
    keywords: list[str]
    source: list[str]
    offerings: list[str] = []
    rules: list[str] = []
    valid_from: date
    valid_to: date | None = None
    updated_on: date


class ArticleSource(msgspec.Struct, frozen=True, kw_only=True):
    """An article as written by trainers. `links` are (line, article id) of every reference in the body."""

    file: str
    slug: str
    id: str
    title: str
    topic: str
    keywords: list[str]
    source: list[str]
    offerings: list[str]
    rules: list[str]
    valid_from: date
    valid_to: date | None
    updated_on: date
    body: str
    links: list[tuple[int, str]]

    def content_hash(self) -> str:
        """Changes with anything a reader or the search could notice."""
        document = msgspec.json.encode(msgspec.structs.replace(self, file="", links=[]))
        return hashlib.sha256(document).hexdigest()


def read_article(path: Path, shown: str, problems: list[ContentProblem]) -> ArticleSource | None:
    """The article in a file; None, and the reasons added to `problems`, when it cannot be used."""
    found = _Reader(path, shown)
    article = found.read()
    problems += found.problems
    return article


class _Reader:
    def __init__(self, path: Path, shown: str) -> None:
        self.problems: list[ContentProblem] = []
        self._path = path
        self._file = shown
        self._lines: list[str] = []

    def read(self) -> ArticleSource | None:
        name = _NAME.fullmatch(self._path.name)
        if name is None:
            self._add(None, "文件名不合规矩", "写成 KB-0001-short-name.md，短名用小写英文、数字和连字符")
            return None
        text = self._text()
        matter = self._front_matter() if text is not None else None
        if matter is None:
            return None
        start = self._lines.index(FENCE, 1) + 1
        body = "\n".join(self._lines[start:]).strip()
        self._check_matter(matter, name.group(1))
        self._check_body(body, start)
        links = [
            (start + number, target)
            for number, line in enumerate(self._lines[start:], 1)
            for target in ARTICLE_ID.findall(line)
        ]
        return ArticleSource(
            file=self._file, slug=name.group(2), body=body, links=links, **msgspec.structs.asdict(matter)
        )

    def _text(self) -> str | None:
        try:
            text = self._path.read_text("utf-8-sig")
        except UnicodeDecodeError:
            self._add(None, "文件不是 UTF-8 编码，读不了", "用编辑器另存为 UTF-8")
            return None
        except OSError as error:
            self._add(None, f"文件打不开（{error.strerror}）", "检查文件权限")
            return None
        self._lines = text.splitlines()
        if self._lines[:1] != [FENCE] or FENCE not in self._lines[1:]:
            self._add(1, "没有找到 +++ 围起来的条目说明", "文件第一行写 +++，条目说明写完再写一行 +++")
            return None
        return text

    def _front_matter(self) -> FrontMatter | None:
        end = self._lines.index(FENCE, 1)
        try:
            table: dict[str, Any] = tomllib.loads("\n".join(self._lines[1:end]))
        except tomllib.TOMLDecodeError as error:
            at = _LINE_AT.search(str(error))
            line = int(at.group(1)) + 1 if at else end
            self._add(line, "条目说明的写法不对", '写成 键 = "文字" 或 键 = ["甲", "乙"]，引号和逗号用半角')
            return None
        unknown = [key for key in table if key not in FrontMatter.__struct_fields__]
        for key in unknown:
            self._add(self._line(key), f"不认识的键 {key}", "能用的键见 knowledge_base/README.md")
        known = {key: value for key, value in table.items() if key not in unknown}
        try:
            return msgspec.convert(known, FrontMatter)
        except msgspec.ValidationError as error:
            self._explain(str(error))
            return None

    def _explain(self, message: str) -> None:
        missing = re.search(r"missing required field `(\w+)`", message)
        if missing:
            self._add(2, f"缺少 {missing.group(1)}", f"补上 {missing.group(1)} = …，写法见 README.md")
            return
        at = _KEY_AT.search(message)
        key = at.group(1) if at else ""
        kind = (
            "日期写成 2026-01-31，不加引号"
            if key.endswith(("_on", "from", "to"))
            else '文字加引号，多项写成 ["甲", "乙"]'
        )
        self._add(self._line(key), f"{key or '条目说明'} 的值不对", kind)

    def _check_matter(self, matter: FrontMatter, number: str) -> None:
        if matter.id != number:
            self._add(self._line("id"), f"id 是 {matter.id}，文件名却是 {number}", "改成一致")
        if matter.topic != self._path.parent.name:
            self._add(
                self._line("topic"),
                f"topic 是 {matter.topic}，文件却在 {self._path.parent.name}",
                "改成文件夹的名字",
            )
        if not 2 <= len(matter.title.strip()) <= 60:
            self._add(self._line("title"), "标题要有 2 到 60 个字", "写客户会问的那句话")
        if not matter.keywords or any(not word.strip() for word in matter.keywords):
            self._add(self._line("keywords"), "关键词是空的", "写上客户可能用的几个说法")
        if not matter.source:
            self._add(self._line("source"), "没有写依据", '例如 source = ["S3-6"]，写法见 README.md')
        for key, values, pattern in (
            ("source", matter.source, _SOURCE),
            ("offerings", matter.offerings, _OFFERING),
            ("rules", matter.rules, _RULE),
        ):
            for value in values:
                if not pattern.fullmatch(value):
                    self._add(self._line(key), f"{key} 里的 {value} 写法不对", "写法见 README.md 的表")
        if matter.valid_to is not None and matter.valid_to < matter.valid_from:
            self._add(self._line("valid_to"), "失效日期早于生效日期", "核对两个日期")

    def _check_body(self, body: str, start: int) -> None:
        lines = body.splitlines()
        blank = sum(1 for _ in itertools.takewhile(lambda line: not line.strip(), self._lines[start:]))
        first = min(start + blank + 1, len(self._lines))
        if not lines or re.match(r"[#|>*\-]|\d+[.)]", lines[0]):
            self._add(first, "正文第一行不是答复", "第一行直接写坐席照着念的一句话")
        elif len(first_line(body)) > LONGEST_ANSWER:
            self._add(first, f"答复超过 {LONGEST_ANSWER} 个字", "一口气能念完才行，细节放到步骤里")
        if len(body) > LONGEST_BODY:
            self._add(None, f"正文超过 {LONGEST_BODY} 个字", "拆成几条，用编号互相引用")
        if tuple(_SECTION.findall(body)) != SECTIONS:
            self._add(None, "小标题要依次是 步骤、例外、依据", "写成 ## 步骤、## 例外、## 依据 三行")
        elif any(not part.strip() for part in _SECTION.split(body)[2::2]):
            self._add(None, "有小标题下面是空的", "没有内容就写“没有”")

    def _line(self, key: str) -> int | None:
        wanted = re.compile(rf"\s*{re.escape(key)}\s*=")
        return next((number for number, line in enumerate(self._lines, 1) if wanted.match(line)), None)

    def _add(self, line: int | None, message: str, remedy: str) -> None:
        self.problems.append(ContentProblem(self._file, line, message, remedy))


def write_article(matter: FrontMatter, body: str) -> str:
    """The text of an article file; `read_article` gives the same article back."""
    lines = [FENCE]
    for key in FrontMatter.__struct_fields__:
        value: Any = getattr(matter, key)
        if value is None or (value == [] and key in ("offerings", "rules")):
            continue
        lines.append(f"{key} = {toml_value(value)}")
    return "\n".join([*lines, FENCE, "", body.strip(), ""])


def toml_value(value: str | int | list[str] | date) -> str:
    """A value as TOML writes it."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list):
        return "[" + ", ".join(map(toml_value, value)) + "]"
    return msgspec.json.encode(value).decode()
