"""Articles become harmless HTML."""

import re

import pytest

from crm.core.knowledge.markup import first_line, to_html, to_html_plain, to_plain


@pytest.mark.parametrize(
    "nasty",
    [
        "<script>alert(1)</script>",
        "[点我](javascript:alert(1))",
        "<img src=x onerror=alert(1)>",
        "![x](javascript:alert(1))",
        '<a href="data:text/html;base64,PHNjcmlwdD4=">x</a>',
        "[x](<javascript:alert(1)>)",
    ],
)
def test_nothing_that_runs_survives(nasty: str) -> None:
    for html in (to_html(nasty), to_html_plain(nasty)):
        lowered = html.lower()
        assert "<script" not in lowered
        assert "<img" not in lowered
        assert not re.search(r'<a[^>]*href="(javascript|data)', lowered)


def test_tables_and_lists_are_kept() -> None:
    html = to_html("|号码|业务|\n|---|---|\n|1008634|彩铃|\n\n1. 先\n2. 后")
    assert "<td>1008634</td>" in html
    assert "<ol>" in html


def test_references_become_links() -> None:
    assert 'href="/knowledge/KB-0006"' in to_html("见 KB-0006、KB-0007。")
    assert "<a" not in to_html("编号XKB-00061")


def test_plain_text_keeps_its_lines() -> None:
    assert to_html_plain("一\n二\n\n三") == "<p>一<br>二</p><p>三</p>"


def test_plain_words_for_the_search() -> None:
    assert (
        to_plain("## 步骤\n\n1. **先**看 [这里](https://a)\n\n|a|b|\n|---|---|\n|<p>c</p>|d|")
        == "步骤 先看 这里 a b c d"
    )


def test_the_first_line_is_the_answer() -> None:
    assert first_line("\n\n可以**直接**办。\n\n## 步骤") == "可以直接办。"
    assert first_line("") == ""
