"""Mistakes in the folder are named with file, line and remedy."""

import shutil
from pathlib import Path

import pytest

from crm.core.knowledge.content import check_knowledge_base, read_knowledge_base

ARTICLE = """+++
id = "KB-0001"
title = "彩铃怎么开"
topic = "ring"
keywords = ["彩铃"]
source = ["S3-4"]
valid_from = 2026-01-01
updated_on = 2026-01-01
+++

拨1008634就能开。

## 步骤

1. 拨号。

## 例外

- 见 KB-0001。

## 依据

- 速拨表。
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "knowledge_base"
    (root / "ring").mkdir(parents=True)
    (root / "phrases").mkdir()
    (root / "topics.toml").write_text('[[topic]]\ncode = "ring"\nname = "彩铃"\n', "utf-8")
    (root / "synonyms.toml").write_text(
        '[[group]]\nname = "价格"\nsay = ["多少钱"]\nmean = ["资费"]\n', "utf-8"
    )
    (root / "phrases" / "calls.toml").write_text(
        '[[phrase]]\ncode = "a"\nsituation = "开头"\nkey = 1\ntext = "您好"\nsource = ["S2"]\n', "utf-8"
    )
    (root / "phrases" / "forbidden.toml").write_text(
        '[[forbidden]]\nword = "不知道"\nwhy = "推诿"\ninstead = "我核实一下"\n', "utf-8"
    )
    (root / "ring" / "KB-0001-open.md").write_text(ARTICLE, "utf-8")
    return root


def test_a_right_folder_has_no_problem(folder: Path) -> None:
    content, problems = read_knowledge_base(folder)
    assert problems == ()
    assert [article.id for article in content.articles] == ["KB-0001"]
    assert content.sheets.phrases.phrases[0].key == 1


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ('id = "KB-0001"', 'id = "KB-0002"', 2, "文件名"),
        ("keywords", "keyword", 5, "不认识的键 keyword"),
        ('keywords = ["彩铃"]', "keywords = []", 5, "关键词"),
        ('source = ["S3-4"]', 'source = ["S9"]', 6, "S9"),
        ('source = ["S3-4"]', 'source = ["S3-13"]', 6, "S3-13"),
        ("valid_from = 2026-01-01", 'valid_from = "明天"', 7, "valid_from"),
        ("valid_from = 2026-01-01", "valid_from = 2026-01-01\nvalid_to = 2025-01-01", 8, "早于"),
        ('title = "彩铃怎么开"', 'title = "彩铃怎么开', 3, "写法"),
        ('topic = "ring"', 'topic = "sms"', 4, "topic"),
        ("拨1008634就能开。", "# 标题", 11, "第一行"),
        ("拨1008634就能开。", "长" * 121, 11, "120"),
        ("见 KB-0001", "见 KB-0404", 19, "KB-0404"),
        ("## 例外", "## 其他", None, "小标题"),
        ("- 速拨表。", "", None, "空的"),
        ("拨1008634就能开。", "不知道。", None, "忌语"),
        ("+++\nid", "id", 1, "+++"),
    ],
)
def test_a_mistake_in_an_article_is_named(
    folder: Path, old: str, new: str, line: int | None, says: str
) -> None:
    path = folder / "ring" / "KB-0001-open.md"
    assert old in ARTICLE
    path.write_text(ARTICLE.replace(old, new, 1), "utf-8")
    problems = check_knowledge_base(folder)
    found = [problem for problem in problems if says in problem.message]
    assert found, problems
    assert found[0].line == line
    assert found[0].file == "knowledge_base/ring/KB-0001-open.md"
    assert found[0].remedy


def test_ids_and_titles_are_unique(folder: Path) -> None:
    (folder / "sms").mkdir()
    shutil.copy(folder / "ring" / "KB-0001-open.md", folder / "sms" / "KB-0001-again.md")
    messages = " ".join(problem.message for problem in check_knowledge_base(folder))
    assert "编号 KB-0001" in messages
    assert "标题和" in messages


@pytest.mark.parametrize(
    ("file", "text", "says"),
    [
        (
            "phrases/calls.toml",
            '[[phrase]]\ncode = "a"\nsituation = "x"\ntext = "不知道"\nsource = []\n',
            "忌语",
        ),
        (
            "phrases/calls.toml",
            '[[phrase]]\ncode = "a"\nsituation = "x"\nkey = 10\ntext = "y"\nsource = []\n',
            "数字键",
        ),
        ("phrases/calls.toml", '[[phrase]]\ncode = "a"\ntext = "y"\nsource = []\n', "缺少 situation"),
        ("phrases/calls.toml", "[[phrase]\n", "TOML"),
        ("synonyms.toml", '[[group]]\nname = "x"\nsay = ["？"]\nmean = ["y"]\n', "空的说法"),
        ("topics.toml", '[[topic]]\ncode = "gone"\nname = "x"\n', "没有对应的文件夹"),
        ("topics.toml", '[[topic]]\ncode = "ring"\nname = "x"\ncolour = 1\n', "不认识的键 colour"),
    ],
)
def test_a_mistake_in_a_sheet_is_named(folder: Path, file: str, text: str, says: str) -> None:
    (folder / file).write_text(text, "utf-8")
    assert any(says in problem.message for problem in check_knowledge_base(folder))


def test_a_missing_folder_is_one_problem(tmp_path: Path) -> None:
    assert len(check_knowledge_base(tmp_path / "gone")) == 1
