"""Writes the stored knowledge as files: the folder that trainers edit, or JSON lines."""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from crm.core.knowledge.article_file import FrontMatter, toml_value, write_article
from crm.core.knowledge.schemas import Origin, Sheets

IMPORTED = "imported.jsonl"


class ExportedArticle(msgspec.Struct, frozen=True):
    """An article on its way out. `slug` is empty for imported entries."""

    origin: Origin
    slug: str
    matter: FrontMatter
    body: str


def export_lines(articles: Sequence[ExportedArticle], path: Path) -> None:
    """All articles as JSON lines of `{"id", "title", "body"}`, as an import takes them."""
    lines = [
        msgspec.json.encode({"id": each.matter.id, "title": each.matter.title, "body": each.body})
        for each in articles
    ]
    path.write_bytes(b"".join(line + b"\n" for line in lines))


def export_folder(articles: Sequence[ExportedArticle], sheets: Sheets, folder: Path) -> None:
    """The content as a folder like `knowledge_base/`; imported entries go into `imported.jsonl` beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    for topic in sheets.topics:
        (folder / topic.code).mkdir(exist_ok=True)
    for each in articles:
        if each.origin is Origin.CONTENT:
            target = folder / each.matter.topic
            target.mkdir(exist_ok=True)
            file = target / f"{each.matter.id}-{each.slug}.md"
            file.write_text(write_article(each.matter, each.body), "utf-8")
    imported = [each for each in articles if each.origin is Origin.IMPORT]
    if imported:
        export_lines(imported, folder / IMPORTED)
    (folder / "phrases").mkdir(exist_ok=True)
    for name, table, entries in (
        ("topics.toml", "topic", sheets.topics),
        ("synonyms.toml", "group", sheets.synonyms),
        ("phrases/calls.toml", "phrase", sheets.phrases.phrases),
        ("phrases/forbidden.toml", "forbidden", sheets.phrases.forbidden),
    ):
        (folder / name).write_text(_tables(table, entries), "utf-8")


def _tables(name: str, entries: Sequence[msgspec.Struct]) -> str:
    blocks: list[str] = []
    for entry in entries:
        lines = [
            f"{key} = {toml_value(value)}"
            for key, value in msgspec.structs.asdict(entry).items()
            if value not in (None, "", False)
        ]
        blocks.append("\n".join([f"[[{name}]]", *lines, ""]))
    return "\n".join(blocks)
