"""Checks of the files beside the articles: topics, synonyms, phrases and forbidden words."""

import re
from collections import Counter
from pathlib import Path

import msgspec

from crm.core.knowledge.folding import fold, tokens
from crm.core.knowledge.schemas import ForbiddenWord, Phrase, SynonymGroup, Topic
from crm.platform.content import ContentProblem
from crm.platform.toml_tables import TomlTables

_MISSING = re.compile(r"missing required field `(\w+)`")
_UNKNOWN = re.compile(r"unknown field `(\w+)`")
_AT = re.compile(r" - at `\$\.?(\w*)")


def read_tables(
    path: Path, shown: str, name: str, kind: type[msgspec.Struct], problems: list[ContentProblem]
) -> list[msgspec.Struct]:
    """The `[[name]]` entries of a file as structs; those with a mistake are named and left out."""
    file = TomlTables(path, name, shown)
    problems += file.problems
    found: list[msgspec.Struct] = []
    for index, table in enumerate(file.tables):
        try:
            found.append(msgspec.convert(table, kind))
        except msgspec.ValidationError as error:
            problems.append(_explain(file, index, str(error)))
    return found


def _explain(file: TomlTables, index: int, message: str) -> ContentProblem:
    if missing := _MISSING.search(message):
        key = missing.group(1)
        return ContentProblem(file.file, file.line(index), f"条目缺少 {key}", f"补上 {key} = …")
    if unknown := _UNKNOWN.search(message):
        key = unknown.group(1)
        return ContentProblem(
            file.file, file.line(index, key), f"不认识的键 {key}", "对照上下条目改正，或删去"
        )
    at = _AT.search(message)
    key = at.group(1) if at else ""
    remedy = '文字加引号，多项写成 ["甲", "乙"]，数字不加引号'
    return ContentProblem(file.file, file.line(index, key or None), f"{key or '条目'} 的值不对", remedy)


def check_topics(file: str, topics: list[Topic], folder: Path) -> list[ContentProblem]:
    """Every topic once, and none for a folder that does not exist."""
    problems = [
        ContentProblem(file, None, f"分类 {code} 出现两次", "留下一个")
        for code, number in Counter(topic.code for topic in topics).items()
        if number > 1
    ]
    problems += [
        ContentProblem(file, None, f"分类 {topic.code} 没有对应的文件夹", "建这个文件夹，或删去这一条")
        for topic in topics
        if not (folder / topic.code).is_dir()
    ]
    return problems


def check_synonyms(file: str, groups: list[SynonymGroup]) -> list[ContentProblem]:
    """Every phrase has searchable words, and filler is not also a synonym."""
    problems: list[ContentProblem] = []
    filler = {fold(phrase) for group in groups if not group.mean for phrase in group.say}
    for group in groups:
        if not all(tokens(fold(phrase)) for phrase in [*group.say, *group.mean]):
            problems.append(ContentProblem(file, None, f"“{group.name}”里有空的说法", "删去它"))
        both = [phrase for phrase in group.say if group.mean and fold(phrase) in filler]
        problems += [
            ContentProblem(file, None, f"“{phrase}”既是口头语又在“{group.name}”里", "只留一处")
            for phrase in both
        ]
    return problems


def check_phrases(place: str, phrases: list[Phrase], forbidden: list[ForbiddenWord]) -> list[ContentProblem]:
    """Keys 1–9 once each, codes once each, and no forbidden word in a phrase or in a replacement."""
    problems: list[ContentProblem] = []
    for code, number in Counter(phrase.code for phrase in phrases).items():
        if number > 1:
            problems.append(ContentProblem(place, None, f"用语 {code} 出现两次", "每句用不同的 code"))
    for key, number in Counter(phrase.key for phrase in phrases if phrase.key is not None).items():
        if number > 1 or not 1 <= key <= 9:
            problems.append(
                ContentProblem(place, None, f"数字键 {key} 重复或不在 1–9", "每个数字键只给一句用语")
            )
    texts = [(phrase.code, phrase.text) for phrase in phrases]
    texts += [(f"{word.word} 的替换说法", word.instead) for word in forbidden]
    for word in forbidden:
        problems += [
            ContentProblem(place, None, f"{name}里有忌语“{word.word}”", "换一个说法")
            for name, text in texts
            if word.word in text
        ]
    return problems
