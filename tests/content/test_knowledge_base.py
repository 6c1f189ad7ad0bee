"""The delivered knowledge base is complete, right and findable; the real questions find their answers."""

import re
from datetime import date
from pathlib import Path

import pytest

from bench.knowledge_search import Question, bench_folder, entries_of, questions_of, recall
from crm.core.knowledge.content import KnowledgeContent, read_knowledge_base
from crm.core.knowledge.engine import SearchEngine
from crm.core.knowledge.lexicon import Lexicon
from crm.core.knowledge.markup import to_plain
from crm.core.knowledge.schemas import Entry

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "knowledge_base"
TODAY = date(2026, 11, 22)

FLOOR_REAL, FLOOR_OWN = 0.75, 0.85
"""Shares of questions whose right entry comes first; measured 0.80 and 0.95."""

OWN_QUESTIONS = [
    ("奥运88怎么办理", "KB-0001"),
    ("音乐套餐会员想换另一款", "KB-0002"),
    ("我要加入音乐套餐会员", "KB-0003"),
    ("神州行标准卡没登记资料想换套餐", "KB-0004"),
    ("有集团彩铃可以换套餐吗", "KB-0005"),
    ("换套餐前要说什么", "KB-0006"),
    ("换套餐想保留原来的优惠", "KB-0007"),
    ("换了套餐GPRS还在吗", "KB-0008"),
    ("套餐自带的业务能单独退吗", "KB-0009"),
    ("话吧号码能换套餐吗", "KB-0010"),
    ("公话能开国内漫游吗", "KB-0011"),
    ("预约的套餐我不想要了", "KB-0012"),
    ("来电管家和彩铃捆绑一年能办奥运88吗", "KB-0013"),
    ("套餐下个月才生效吗", "KB-0014"),
    ("集團V網換套餐", "KB-0015"),
    ("跟集团V网不兼容怎么办", "KB-0016"),
    ("校园V网换同品牌套餐", "KB-0017"),
    ("校园V网转全球通", "KB-0018"),
    ("取消H客帝国V网有什么损失", "KB-0020"),
    ("地州活动送的短信包怎么取消不了", "KB-0066"),
    ("绿色通道谁能授权", "KB-0026"),
    ("去了几次都没货", "KB-0029"),
    ("PUK码拨什么号", "KB-0034"),
    ("停机拨什么号", "KB-0033"),
    ("发0000能查什么", "KB-0037"),
    ("扣费之前会提醒吗", "KB-0038"),
    ("cxye", "KB-0041"),
    ("外地号码查话费", "KB-0044"),
    ("服务密码输错被锁了", "KB-0045"),
    ("想听通话详单", "KB-0046"),
    ("客户骂人怎么办", "KB-0049"),
    ("客户说英语", "KB-0056"),
    ("12586一分钟多少钱", "KB-0067"),
    ("积分什么时候清零", "KB-0077"),
    ("自动充值怎么设", "KB-0075"),
    ("网上营业厅登录不上", "KB-0071"),
    ("升级5G要换卡吗", "KB-0079"),
    ("知识库里没有答案", "KB-0054"),
    ("客户要投诉", "KB-0053"),
    ("lstd", "KB-0026"),
]


@pytest.fixture(scope="module")
def content() -> KnowledgeContent:
    found, problems = read_knowledge_base(FOLDER)
    assert problems == (), "\n".join(map(str, problems))
    return found


@pytest.fixture(scope="module")
def own(content: KnowledgeContent) -> SearchEngine:
    entries = [
        Entry(
            article.id,
            article.topic,
            article.topic,
            article.title,
            tuple(article.keywords),
            to_plain(article.body),
            article.valid_from,
            article.valid_to,
        )
        for article in content.articles
    ]
    return SearchEngine(entries, Lexicon(content.sheets.synonyms))


def test_there_are_enough_articles(content: KnowledgeContent) -> None:
    assert len(content.articles) >= 45


def test_every_clause_of_the_operating_notes_has_an_article(content: KnowledgeContent) -> None:
    told = {
        source.split("-")[1].rstrip("abc")
        for article in content.articles
        for source in article.source
        if source.startswith("S3-")
    }
    assert told == {str(clause) for clause in range(1, 13)}


@pytest.mark.parametrize(
    "topic", ["green-channel", "quick-dial", "transparent", "service", "tariff", "identity", "self-service"]
)
def test_every_subject_of_the_sources_is_covered(content: KnowledgeContent, topic: str) -> None:
    assert sum(article.topic == topic for article in content.articles) >= 4


def test_offerings_and_rules_named_exist(content: KnowledgeContent) -> None:
    codes = _names(ROOT / "catalog" / "offerings", "code")
    rules = _names(ROOT / "catalog" / "rules", "id")
    for article in content.articles:
        assert set(article.offerings) <= codes, article.file
        assert set(article.rules) <= rules, article.file


def _names(folder: Path, key: str) -> set[str]:
    pattern = re.compile(rf'^{key} = "([^"]+)"', re.MULTILINE)
    return {name for path in folder.rglob("*.toml") for name in pattern.findall(path.read_text("utf-8"))}


def test_no_answer_is_longer_than_a_breath(content: KnowledgeContent) -> None:
    long = [article.id for article in content.articles if len(article.body.splitlines()[0]) > 100]
    assert long == []


def test_number_keys_one_to_nine_are_all_given(content: KnowledgeContent) -> None:
    assert [phrase.key for phrase in content.sheets.phrases.phrases if phrase.key] == list(range(1, 10))


def test_questions_find_our_own_articles(own: SearchEngine) -> None:
    missed = [
        (words, expected, [hit.id for hit in own.search(words, TODAY, 3)])
        for words, expected in OWN_QUESTIONS
        if [hit.id for hit in own.search(words, TODAY, 1)] != [expected]
    ]
    assert 1 - len(missed) / len(OWN_QUESTIONS) >= FLOOR_OWN, missed


def test_real_questions_find_their_entry_first(content: KnowledgeContent, own: SearchEngine) -> None:
    """On the public data where it is at hand, else on our own articles: never skipped."""
    folder = bench_folder()
    if folder is None:
        asked = [Question(words, {expected}, "own") for words, expected in OWN_QUESTIONS]
        assert recall(own, asked).at_5 >= 0.95
        return
    engine = SearchEngine(entries_of(folder), Lexicon(content.sheets.synonyms))
    assert recall(engine, questions_of(folder)).first >= FLOOR_REAL
