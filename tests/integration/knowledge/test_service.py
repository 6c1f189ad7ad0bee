"""The knowledge service on a real database."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from crm.core.knowledge.content import read_knowledge_base
from crm.core.knowledge.errors import (
    ArticleMissing,
    BrokenContent,
    EmptyQuestion,
    GapMissing,
    GapNotOpen,
    ImportUnreadable,
    WrongRating,
)
from crm.core.knowledge.schemas import GapState, Origin
from crm.core.knowledge.service import KnowledgeService
from crm.core.staff.errors import NotAllowed
from crm.core.staff.schemas import Actor, Role
from crm.platform.clock import FixedClock
from crm.platform.database import Database
from crm.platform.ids import new_id

FOLDER = Path(__file__).parents[3] / "knowledge_base"


def actor(role: Role, interaction_id: UUID | None = None) -> Actor:
    return Actor(
        staff_id=new_id(), staff_number="1001", name="测试", role=role, interaction_id=interaction_id
    )


AGENT = actor(Role.AGENT)


@pytest.fixture
async def knowledge(db: Database, clock: FixedClock) -> KnowledgeService:
    service = KnowledgeService(db, clock)
    await service.load_content(FOLDER)
    return service


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the delivered folder to break and mend."""
    return shutil.copytree(FOLDER, tmp_path / "knowledge_base")


@pytest.fixture
def entries(tmp_path: Path) -> Path:
    path = tmp_path / "entries.jsonl"
    path.write_text(
        '{"id":"k1","title":"地铁流量包 使用限制","body":"限地铁车厢内使用"}\n'
        "broken\n"
        '{"id":"k2","title":"地铁流量包 功能费","body":"20元<script>alert(1)</script>"}\n',
        "utf-8",
    )
    return path


def file_of(folder: Path, article_id: str) -> Path:
    return next(folder.glob(f"*/{article_id}-*.md"))


def rewrite(path: Path, old: str, new: str) -> None:
    path.write_text(path.read_text("utf-8").replace(old, new, 1), "utf-8")


def write(path: Path, text: str) -> None:
    path.write_text(text, "utf-8")


def text_of(path: Path) -> str:
    return path.read_text("utf-8")


async def count(db: Database, table: str) -> int:
    async with db.reading() as connection:
        return await connection.fetchval(f"SELECT count(*) FROM {table}")


# ---------------------------------------------------------------- content


async def test_loading_twice_changes_nothing(knowledge: KnowledgeService) -> None:
    version = knowledge.version
    report = await knowledge.load_content(FOLDER)
    assert (report.added, report.changed, report.withdrawn) == (0, 0, 0)
    assert report.unchanged == len(knowledge) >= 45
    assert knowledge.version == version


async def test_a_changed_article_is_found_by_its_new_words(knowledge: KnowledgeService, folder: Path) -> None:
    rewrite(file_of(folder, "KB-0009"), 'title = "', 'title = "量子漫游')
    report = await knowledge.load_content(folder)
    assert (report.added, report.changed) == (0, 1)
    assert (await knowledge.search(AGENT, "量子漫游"))[0].id == "KB-0009"


async def test_an_article_that_left_is_not_found_but_still_shown(
    knowledge: KnowledgeService, folder: Path
) -> None:
    path = file_of(folder, "KB-0068")
    text = text_of(path)
    path.unlink()
    assert (await knowledge.load_content(folder)).withdrawn == 1
    assert "KB-0068" not in {hit.id for hit in await knowledge.search(AGENT, "12586 会员 语音信箱")}
    assert (await knowledge.article(AGENT, "KB-0068")).expired
    assert (await knowledge.load_content(folder)).withdrawn == 0
    write(path, text)
    assert (await knowledge.load_content(folder)).added == 1
    assert (await knowledge.search(AGENT, "12586 会员 语音信箱"))[0].id == "KB-0068"
    assert not (await knowledge.article(AGENT, "KB-0068")).expired


async def test_mistakes_keep_the_last_good_set(knowledge: KnowledgeService, folder: Path) -> None:
    write(file_of(folder, "KB-0009"), "+++\nid = \n+++\n")
    file_of(folder, "KB-0068").unlink()
    version = knowledge.version
    report = await knowledge.load_content(folder)
    assert report.problems
    assert (report.changed, report.withdrawn, knowledge.version) == (0, 0, version)
    assert (await knowledge.article(AGENT, "KB-0009")).title


async def test_mistakes_and_nothing_stored_is_refused(db: Database, clock: FixedClock, folder: Path) -> None:
    write(file_of(folder, "KB-0009"), "+++\n+++\n")
    with pytest.raises(BrokenContent, match="KB-0009"):
        await KnowledgeService(db, clock).load_content(folder)
    assert await count(db, "knowledge_article") == 0


async def test_another_process_notices_a_change(
    knowledge: KnowledgeService, db: Database, clock: FixedClock, entries: Path
) -> None:
    other = KnowledgeService(db, clock)
    assert await other.refresh()
    assert not await other.refresh()
    await knowledge.import_entries(entries)
    assert len(other) < len(knowledge)
    assert await other.refresh()
    assert (await other.search(AGENT, "地铁流量包"))[0].id in {"k1", "k2"}


async def test_export_and_read_back_is_the_same_folder(
    knowledge: KnowledgeService, entries: Path, tmp_path: Path
) -> None:
    await knowledge.import_entries(entries)
    target = tmp_path / "export" / "knowledge_base"
    number = await knowledge.export(target)
    assert number == len(knowledge)
    exported, problems = read_knowledge_base(target)
    delivered, _ = read_knowledge_base(FOLDER)
    assert problems == ()
    assert exported.sheets == delivered.sheets
    assert [(each.id, each.title, each.body, each.rules) for each in exported.articles] == [
        (each.id, each.title, each.body, each.rules) for each in delivered.articles
    ]
    assert len((target / "imported.jsonl").read_bytes().splitlines()) == 2


async def test_export_as_lines_can_be_imported_elsewhere(
    knowledge: KnowledgeService, entries: Path, tmp_path: Path
) -> None:
    await knowledge.import_entries(entries)
    target = tmp_path / "all.jsonl"
    number = await knowledge.export(target)
    report = await knowledge.import_entries(target, dry_run=True)
    assert report.read == number
    assert report.unchanged == 2
    assert len(report.problems) == number - 2  # our own articles stay ours


# ---------------------------------------------------------------- import


async def test_an_import_is_reported_by_line_and_idempotent(
    knowledge: KnowledgeService, db: Database, entries: Path
) -> None:
    before = await count(db, "knowledge_article")
    dry = await knowledge.import_entries(entries, dry_run=True)
    assert (dry.read, dry.added, [each.line for each in dry.problems]) == (3, 2, [2])
    assert await count(db, "knowledge_article") == before
    first = await knowledge.import_entries(entries)
    assert (first.added, first.changed, first.unchanged) == (2, 0, 0)
    again = await knowledge.import_entries(entries)
    assert (again.added, again.changed, again.unchanged) == (0, 0, 2)
    write(entries, '{"id":"k1","title":"地铁流量包 使用限制","body":"改了"}\n')
    third = await knowledge.import_entries(entries)
    assert (third.added, third.changed) == (0, 1)
    assert (await knowledge.article(AGENT, "k1")).html == "<p>改了</p>"


async def test_an_imported_body_is_text_not_markup(knowledge: KnowledgeService, entries: Path) -> None:
    await knowledge.import_entries(entries)
    view = await knowledge.article(AGENT, "k2")
    assert view.origin is Origin.IMPORT
    assert "<script" not in view.html
    assert "&lt;script&gt;" in view.html


async def test_content_and_import_do_not_disturb_each_other(
    knowledge: KnowledgeService, entries: Path
) -> None:
    await knowledge.import_entries(entries)
    assert (await knowledge.load_content(FOLDER)).withdrawn == 0
    assert (await knowledge.search(AGENT, "地铁流量包 功能费"))[0].id == "k2"


async def test_a_file_that_is_not_there_is_named(knowledge: KnowledgeService, tmp_path: Path) -> None:
    with pytest.raises(ImportUnreadable, match="gone"):
        await knowledge.import_entries(tmp_path / "gone.jsonl")


# ---------------------------------------------------------------- reading


async def test_an_article_page_has_all_it_needs(knowledge: KnowledgeService) -> None:
    view = await knowledge.article(AGENT, "KB-0021")
    assert view.topic_name == "V网"
    assert "<table>" in view.html
    assert 'href="/knowledge/KB-0015"' in view.html
    assert view.answer.startswith("先看")
    assert view.source_refs == ["S3-11"]
    assert not view.expired


@pytest.mark.parametrize("wrong", ["KB-9999", "", "\x00", "x" * 10_000, "😀"])
async def test_an_unknown_article_is_missing(knowledge: KnowledgeService, wrong: str) -> None:
    with pytest.raises(ArticleMissing):
        await knowledge.article(AGENT, wrong)


async def test_search_without_a_refresh_loads_first(
    knowledge: KnowledgeService, db: Database, clock: FixedClock
) -> None:
    assert (await KnowledgeService(db, clock).search(AGENT, "绿色通道谁授权"))[0].topic == "green-channel"


async def test_validity_follows_the_clock(knowledge: KnowledgeService, clock: FixedClock) -> None:
    clock.move_to(datetime(2025, 12, 31, 15, 59, tzinfo=UTC))
    assert await knowledge.search(AGENT, "绿色通道") == []
    clock.advance(timedelta(minutes=1))
    assert await knowledge.search(AGENT, "绿色通道")


async def test_roles_without_knowledge_are_refused(knowledge: KnowledgeService) -> None:
    auditor = actor(Role.AUDITOR)
    with pytest.raises(NotAllowed):
        await knowledge.search(auditor, "彩铃")
    with pytest.raises(NotAllowed):
        await knowledge.article(auditor, "KB-0001")
    with pytest.raises(NotAllowed):
        await knowledge.rate(auditor, "KB-0001", True)
    with pytest.raises(NotAllowed):
        await knowledge.report_gap(auditor, "问题")
    with pytest.raises(NotAllowed):
        await knowledge.gaps(auditor)


async def test_phrases_and_forbidden_words(knowledge: KnowledgeService) -> None:
    keys = [phrase.key for phrase in knowledge.phrases().phrases if phrase.key]
    assert keys == list(range(1, 10))
    assert [word.word for word in knowledge.forbidden_in("这个我不知道，您自己看吧")] == ["不知道", "自己看"]
    assert knowledge.forbidden_in("我帮您核实") == []


# ---------------------------------------------------------------- ratings and gaps


async def test_one_voice_per_person(knowledge: KnowledgeService) -> None:
    await knowledge.rate(AGENT, "KB-0001", True)
    await knowledge.rate(AGENT, "KB-0001", False, "看不懂")
    await knowledge.rate(actor(Role.SHIFT_LEADER), "KB-0001", True)
    view = await knowledge.article(AGENT, "KB-0001")
    assert (view.useful, view.useless) == (1, 1)
    with pytest.raises(ArticleMissing):
        await knowledge.rate(AGENT, "KB-9999", True)
    with pytest.raises(WrongRating):
        await knowledge.rate(AGENT, "KB-0001", True, "长" * 501)


async def test_a_gap_goes_from_agent_to_answer(knowledge: KnowledgeService, db: Database) -> None:
    call, subscriber, order = new_id(), new_id(), new_id()
    agent = actor(Role.AGENT, interaction_id=call)
    assistant, business = actor(Role.DUTY_ASSISTANT), actor(Role.BUSINESS)
    gap = await knowledge.report_gap(agent, " 卫星电话怎么开？😀 ", "卫星", subscriber_id=subscriber)
    assert (gap.question, gap.state, gap.interaction_id) == ("卫星电话怎么开？😀", GapState.OPEN, call)
    with pytest.raises(NotAllowed):
        await knowledge.forward_gap(agent, gap.id)
    forwarded = await knowledge.forward_gap(assistant, gap.id, order)
    assert (forwarded.state, forwarded.work_order_id) == (GapState.FORWARDED, order)
    with pytest.raises(GapNotOpen):
        await knowledge.forward_gap(assistant, gap.id)
    with pytest.raises(ArticleMissing):
        await knowledge.answer_gap(business, gap.id, "KB-9999")
    answered = await knowledge.answer_gap(business, gap.id, "KB-0001")
    assert (answered.state, answered.answered_article_id) == (GapState.ANSWERED, "KB-0001")
    assert answered.answered_at is not None
    with pytest.raises(GapNotOpen):
        await knowledge.answer_gap(business, gap.id, "KB-0002")
    with pytest.raises(GapMissing):
        await knowledge.answer_gap(business, new_id(), "KB-0001")
    async with db.reading() as connection:
        actions = await connection.fetch("SELECT action FROM audit_entry ORDER BY at, id")
    assert [row["action"] for row in actions] == [
        "knowledge.report_gap",
        "knowledge.forward_gap",
        "knowledge.answer_gap",
    ]


async def test_alike_gaps_stand_together_and_are_answered_at_once(knowledge: KnowledgeService) -> None:
    business = actor(Role.BUSINESS)
    asked = [await knowledge.report_gap(AGENT, f"问法{place}", "卫星 电话") for place in range(2)]
    other = await knowledge.report_gap(AGENT, "漫游包")
    await knowledge.forward_gap(actor(Role.DUTY_ASSISTANT), asked[0].id)
    topics = await knowledge.gap_topics(business)
    assert [(topic.words, len(topic.gaps)) for topic in topics] == [("卫星 电话", 2), ("漫游包", 1)]
    with pytest.raises(ArticleMissing):
        await knowledge.answer_gaps(business, [gap.id for gap in asked], "KB-9999")
    with pytest.raises(GapMissing):
        await knowledge.answer_gaps(business, [*(gap.id for gap in asked), new_id()], "KB-0001")
    assert len(await knowledge.gap_topics(business)) == 2, "all or none"
    await knowledge.answer_gaps(business, [gap.id for gap in asked], "KB-0001")
    (topic,) = await knowledge.gap_topics(actor(Role.SHIFT_LEADER))
    assert topic.gaps == (other,)
    for role in (Role.AGENT, Role.QUALITY, Role.STORE_CLERK):
        with pytest.raises(NotAllowed):
            await knowledge.gap_topics(actor(role))


async def test_agents_see_their_own_gaps_and_routers_all(knowledge: KnowledgeService) -> None:
    mine = await knowledge.report_gap(AGENT, "甲")
    other = await knowledge.report_gap(actor(Role.AGENT), "乙")
    assert [gap.id for gap in await knowledge.gaps(AGENT)] == [mine.id]
    assert [gap.id for gap in await knowledge.gaps(actor(Role.BUSINESS))] == [mine.id, other.id]
    assert await knowledge.gaps(actor(Role.BUSINESS), GapState.ANSWERED) == []


async def test_a_long_question_is_kept_whole_and_an_empty_one_refused(knowledge: KnowledgeService) -> None:
    long = "问" * 10_000
    assert (await knowledge.report_gap(AGENT, long + "\x00")).question == long
    for empty in ("", "  ", "\x00\x07"):
        with pytest.raises(EmptyQuestion):
            await knowledge.report_gap(AGENT, empty)
