"""Markdown of an article: safe HTML for a page, and plain text for the search."""

import re
from functools import cache

import nh3
from markdown_it import MarkdownIt

ARTICLE_ID = re.compile(r"(?<![A-Za-z0-9-])KB-\d{4}(?!\d)")
ARTICLE_PATH = "/knowledge/"
"""Where an article's page lives; references in the text become links to it."""

_TAGS = {
    "p", "br", "hr", "strong", "em", "del", "code", "pre", "blockquote", "ul", "ol", "li",
    "h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td", "a",
}  # fmt: skip
_ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}}
_HTML_TAG = re.compile(r"<[^<>]{1,300}>")
_LINE_MARK = re.compile(r"^\s{0,3}(?:#{1,6}\s+|>\s?|[-*+]\s+|\d{1,3}[.)]\s+)", re.MULTILINE)
_TABLE_RULE = re.compile(r"^\s*\|?(?:\s*:?-{3,}:?\s*\|?)+\s*$", re.MULTILINE)
_LINK = re.compile(r"!?\[([^\[\]]{0,300})\]\([^()\s]{0,500}\)")
_EMPHASIS = re.compile(r"\*{1,3}|`{1,3}|~~")
_SPACE = re.compile(r"\s+")


@cache
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(["table", "strikethrough"])


def to_html(markdown: str) -> str:
    """HTML from Markdown with only harmless tags; links may go to articles, https and telephone numbers."""
    linked = ARTICLE_ID.sub(lambda found: f"[{found.group()}]({ARTICLE_PATH}{found.group()})", markdown)
    return nh3.clean(
        _parser().render(linked),
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes={"https", "http", "tel"},
        link_rel="noopener noreferrer nofollow",
    )


def to_html_plain(text: str) -> str:
    """HTML from plain text: escaped, a paragraph for each block, line breaks kept."""
    blocks = [block.strip() for block in re.split(r"\n\s*\n", text) if block.strip()]
    return "".join("<p>" + nh3.clean_text(block).replace("&#10;", "<br>") + "</p>" for block in blocks)


def to_plain(markdown: str) -> str:
    """The words of a Markdown or HTML text on one line, without its marks."""
    text = _TABLE_RULE.sub(" ", markdown)
    text = _LINE_MARK.sub("", text)
    text = _LINK.sub(r"\1", text)
    text = _HTML_TAG.sub(" ", text)
    text = _EMPHASIS.sub("", text).replace("|", " ")
    return _SPACE.sub(" ", text).strip()


def first_line(markdown: str) -> str:
    """The answer to say: the first line with words in it, plain."""
    for line in markdown.splitlines():
        plain = to_plain(line)
        if plain:
            return plain
    return ""
