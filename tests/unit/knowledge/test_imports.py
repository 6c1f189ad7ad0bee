"""Lines from outside, judged one by one."""

from pathlib import Path

import pytest

from crm.core.knowledge.imports import LONGEST_BODY, read_entries


def write(tmp_path: Path, *lines: bytes) -> Path:
    path = tmp_path / "entries.jsonl"
    path.write_bytes(b"\n".join(lines) + b"\n")
    return path


def test_good_lines_are_read_with_their_odd_clothes(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        b"\xef\xbb\xbf" + '{"id":"a1","title":" 彩铃\\t资费 ","body":"5元\\u0000\\r\\n每月"}'.encode(),
        b"",
        '{"id":"a2","title":"甲","extra":1}'.encode() + b"\r",
    )
    entries, problems, read = read_entries(path)
    assert [(each.id, each.title, each.body) for each in entries] == [
        ("a1", "彩铃 资费", "5元\n每月"),
        ("a2", "甲", ""),
    ]
    assert problems == []
    assert read == 2


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (b"not json", "JSON"),
        (b"\xff\xfe{}", "JSON"),
        (b"[1]", "文字"),
        (b'{"title":"a"}', "缺少 id"),
        (b'{"id":7,"title":"a"}', "文字"),
        (b'{"id":"","title":"a"}', "编号"),
        (b'{"id":"a b","title":"a"}', "编号"),
        (b'{"id":"../etc","title":"a"}', "编号"),
        (b'{"id":"kb-0001","title":"a"}', "KB-"),
        (b'{"id":"x","title":"  "}', "标题"),
        (b'{"id":"x","title":"' + b"a" * 201 + b'"}', "标题"),
        (b'{"id":"x","title":"a","body":"' + b"a" * (LONGEST_BODY + 1) + b'"}', "正文"),
    ],
)
def test_a_bad_line_is_named_and_the_others_stay(tmp_path: Path, line: bytes, says: str) -> None:
    good = b'{"id":"good","title":"t","body":"b"}'
    entries, problems, _ = read_entries(write(tmp_path, good, line))
    assert [each.id for each in entries] == ["good"]
    assert [problem.line for problem in problems] == [2]
    assert says in problems[0].message


def test_an_id_twice_keeps_the_first(tmp_path: Path) -> None:
    entries, problems, _ = read_entries(
        write(tmp_path, b'{"id":"a","title":"one"}', b'{"id":"a","title":"two"}')
    )
    assert [each.title for each in entries] == ["one"]
    assert (problems[0].line, problems[0].id) == (2, "a")
