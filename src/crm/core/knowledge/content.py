"""Reads `knowledge_base/` and names every mistake with file, line and remedy, in Chinese."""

from pathlib import Path

import msgspec

from crm.core.knowledge.article_file import ArticleSource, read_article
from crm.core.knowledge.markup import first_line
from crm.core.knowledge.schemas import ForbiddenWord, Phrase, Phrases, Sheets, SynonymGroup, Topic
from crm.core.knowledge.sheet_checks import check_phrases, check_synonyms, check_topics, read_tables
from crm.platform.content import ContentProblem


class KnowledgeContent(msgspec.Struct, frozen=True):
    """Everything of the folder that could be read."""

    articles: tuple[ArticleSource, ...]
    sheets: Sheets


def check_knowledge_base(folder: Path) -> list[ContentProblem]:
    """What is wrong with the folder; empty when everything is right. Reads files, nothing else."""
    return list(read_knowledge_base(folder)[1])


def read_knowledge_base(folder: Path) -> tuple[KnowledgeContent, tuple[ContentProblem, ...]]:
    """The folder's articles in order of their ids, its sheets, and what is wrong with the rest."""
    if not folder.is_dir():
        gone = ContentProblem(
            str(folder), None, "知识库文件夹不存在", "检查 CRM_KNOWLEDGE_BASE_DIR，或从版本库恢复"
        )
        return KnowledgeContent((), Sheets()), (gone,)
    problems: list[ContentProblem] = []
    sheets = _read_sheets(folder, problems)
    articles: list[ArticleSource] = []
    for path in sorted(folder.glob("*/*.md")):
        article = read_article(path, _shown(folder, path), problems)
        if article is not None:
            articles.append(article)
    articles.sort(key=lambda article: article.id)
    _check_together(articles, {topic.code for topic in sheets.topics}, problems)
    _check_words(articles, sheets.phrases.forbidden, problems)
    return KnowledgeContent(tuple(articles), sheets), tuple(problems)


def _shown(folder: Path, path: Path) -> str:
    return path.relative_to(folder.parent).as_posix()


def _read_sheets(folder: Path, problems: list[ContentProblem]) -> Sheets:
    def read(path: Path, name: str, kind: type[msgspec.Struct]) -> list[msgspec.Struct]:
        return read_tables(path, _shown(folder, path), name, kind, problems)

    topics = [each for each in read(folder / "topics.toml", "topic", Topic) if isinstance(each, Topic)]
    groups = [
        each
        for each in read(folder / "synonyms.toml", "group", SynonymGroup)
        if isinstance(each, SynonymGroup)
    ]
    phrases: list[Phrase] = []
    forbidden: list[ForbiddenWord] = []
    for path in sorted((folder / "phrases").glob("*.toml")):
        name, kind = ("forbidden", ForbiddenWord) if path.stem == "forbidden" else ("phrase", Phrase)
        for each in read(path, name, kind):
            if isinstance(each, Phrase):
                phrases.append(each)
            elif isinstance(each, ForbiddenWord):
                forbidden.append(each)
    place = f"{folder.name}/phrases"
    problems += check_topics(f"{folder.name}/topics.toml", topics, folder)
    problems += check_synonyms(f"{folder.name}/synonyms.toml", groups)
    problems += check_phrases(place, phrases, forbidden)
    phrases.sort(key=lambda phrase: phrase.key or 10)
    return Sheets(topics, Phrases(phrases, forbidden), groups)


def _check_together(articles: list[ArticleSource], topics: set[str], problems: list[ContentProblem]) -> None:
    ids: dict[str, str] = {}
    titles: dict[str, str] = {}
    for article in articles:
        if article.id in ids:
            problems.append(
                ContentProblem(
                    article.file, 2, f"编号 {article.id} 和 {ids[article.id]} 重复", "换一个没用过的编号"
                )
            )
        if article.title in titles:
            problems.append(
                ContentProblem(
                    article.file, None, f"标题和 {titles[article.title]} 相同", "改得让人一眼能分清"
                )
            )
        if topics and article.topic not in topics:
            problems.append(
                ContentProblem(
                    article.file, None, f"分类 {article.topic} 没有登记", "在 topics.toml 里加上这个分类"
                )
            )
        ids.setdefault(article.id, article.file)
        titles.setdefault(article.title, article.file)
    for article in articles:
        for line, target in article.links:
            if target not in ids:
                problems.append(
                    ContentProblem(
                        article.file, line, f"引用的 {target} 不存在", "改成存在的编号，或删去这处引用"
                    )
                )


def _check_words(
    articles: list[ArticleSource], forbidden: list[ForbiddenWord], problems: list[ContentProblem]
) -> None:
    """The answer is read to the caller, so that no forbidden word may stand in it."""
    for article in articles:
        answer = first_line(article.body)
        problems += [
            ContentProblem(article.file, None, f"答复里有忌语“{word.word}”", f"可以改说：{word.instead}")
            for word in forbidden
            if word.word in answer
        ]
