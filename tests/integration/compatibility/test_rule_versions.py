"""The life of rule versions: first start, two people, scheduled start, roll back, a worker picks it up."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from crm.app import wire
from crm.core.compatibility.bundle import document_of, read_folder
from crm.core.compatibility.publishing_errors import (
    AlreadyScheduled,
    DraftNotProven,
    DraftUnchanged,
    DraftUnreadable,
    NothingScheduled,
    Overtaken,
    OwnDraft,
    StartInThePast,
    VersionMissing,
    WrongStep,
)
from crm.core.compatibility.service import VersionState
from crm.core.staff.errors import NotAllowed
from crm.core.staff.schemas import Actor, Role
from tests.factories import World, add
from tests.integration.compatibility.drafts import CHAPTER, PROOFS, delivered, with_other_words, with_verdict


async def approved(world: World, files: dict[str, str] | None = None) -> tuple[int, Actor]:
    """The number of an approved draft, and who approved it."""
    author, reviewer = await world.staff(Role.BUSINESS), await world.staff(Role.REVIEWER)
    book = world.services.rulebook
    made = await book.draft(author, files or await with_other_words(world), "换个说法")
    await book.submit(author, made.number)
    await book.approve(reviewer, made.number, "同意")
    return made.number, reviewer


async def test_a_fresh_install_starts_with_the_delivered_files(world: World) -> None:
    actor = await world.staff(Role.BUSINESS)
    (first,) = await world.services.rulebook.versions(actor)
    assert (first.number, first.author, first.state) == (1, "内容文件", VersionState.IN_FORCE)
    assert first.hash == world.services.compatibility.rules.hash
    files, _ = read_folder(world.services.settings.catalog_dir)
    assert await delivered(world) == files
    await world.services.rulebook.load_content()
    assert len(await world.services.rulebook.history(actor)) == 1


async def test_the_stored_document_hashes_to_its_name_and_replays(world: World) -> None:
    named = world.services.compatibility.rules.hash
    again = await world.services.rulebook.rules_by_hash(named)
    assert again.hash == named
    assert document_of(again) == document_of(world.services.compatibility.rules)
    with pytest.raises(VersionMissing):
        await world.services.rulebook.rules_by_hash("0" * 64)


async def test_only_a_second_person_brings_a_draft_into_force(world: World) -> None:
    book = world.services.rulebook
    author, colleague = await world.staff(Role.BUSINESS), await world.staff(Role.BUSINESS)
    agent = await world.staff(Role.AGENT)
    files = await with_other_words(world)
    with pytest.raises(NotAllowed):
        await book.draft(agent, files)
    made = await book.draft(author, files, "换个说法")
    assert made.state is VersionState.DRAFT
    assert [change.rule_id for change in made.changes] == ["BR-11b"]
    assert "对客户说的话" in made.changes[0].lines[0]
    with pytest.raises(WrongStep):
        await book.approve(colleague, made.number)
    await book.submit(author, made.number)
    with pytest.raises(OwnDraft):
        await book.approve(author, made.number)
    with pytest.raises(WrongStep):
        await book.publish(colleague, made.number)
    await book.approve(colleague, made.number, "同意")
    with pytest.raises(NotAllowed):
        await book.publish(agent, made.number)
    done = await book.publish(author, made.number)
    assert done.state is VersionState.IN_FORCE
    assert done.reviewed_by.startswith(colleague.staff_number)
    assert (await book.version(author, 1)).state is VersionState.RETIRED
    rows = await world.rows("SELECT action FROM audit_entry WHERE subject_kind = 'rules' ORDER BY at, id")
    assert [row["action"] for row in rows] == [
        "rules.deliver",
        "rules.draft",
        "rules.submit",
        "rules.approve",
        "rules.publish",
    ]


async def test_the_database_itself_refuses_a_reviewer_who_is_the_author(world: World) -> None:
    author = await world.staff(Role.BUSINESS)
    await world.services.rulebook.draft(author, await with_other_words(world))
    with pytest.raises(Exception, match="ck_rule_version_other_reviewer"):
        await world.rows("UPDATE rule_version SET reviewed_by_id = author_id WHERE number = 2 RETURNING hash")


async def test_another_worker_judges_by_the_new_version_without_a_restart(world: World) -> None:
    other = wire(world.services.settings, world.db, world.clock)
    await other.refresh()
    number, reviewer = await approved(world)
    line = await world.line("mzone-campus-a", "vnet-campus", brand="动感地带")
    desk = await world.desk(line)
    before = await world.judge(desk, add("gotone-standard"))
    await world.services.rulebook.publish(reviewer, number)
    assert await other.rulebook.refresh() is True
    assert await other.rulebook.refresh() is False
    assert other.compatibility.rules.hash != before.qualification.rules_hash
    assert other.rulebook.number == number
    await world.services.refresh()
    after = await world.judge(desk, add("gotone-standard"))
    said = [finding.script for finding in after.qualification.findings if finding.rule_id == "BR-11b"]
    assert said[0].startswith("烦请您留意，")


async def test_a_scheduled_start_is_kept_to_the_second_and_can_be_withdrawn(world: World) -> None:
    book = world.services.rulebook
    number, reviewer = await approved(world)
    old = world.services.compatibility.rules.hash
    with pytest.raises(StartInThePast):
        await book.publish(reviewer, number, world.clock.now())
    starts_at = world.clock.now() + timedelta(hours=10)
    assert (await book.publish(reviewer, number, starts_at)).state is VersionState.SCHEDULED
    world.clock.move_to(starts_at - timedelta(seconds=1))
    assert await book.refresh() is False
    assert world.services.compatibility.rules.hash == old
    with pytest.raises(NothingScheduled):
        await book.withdraw(reviewer, 1)
    assert (await book.withdraw(reviewer, number)).state is VersionState.APPROVED
    with pytest.raises(NothingScheduled):
        await book.withdraw(reviewer)
    await book.publish(reviewer, number, starts_at)
    world.clock.move_to(starts_at)
    assert await book.refresh() is True
    assert (await book.version(reviewer, number)).state is VersionState.IN_FORCE


async def test_two_workers_that_start_on_an_empty_database_deliver_once(world: World) -> None:
    for table in ("rule_in_force", "rule_version"):
        await world.rows(f"DELETE FROM {table} RETURNING hash")
    other = wire(world.services.settings, world.db, world.clock)
    await asyncio.gather(world.services.rulebook.load_content(), other.rulebook.load_content())
    assert [each.number for each in await other.rulebook.all_versions()] == [1]


async def test_roll_back_is_a_new_entry_of_the_history_and_needs_no_second_review(world: World) -> None:
    book = world.services.rulebook
    number, reviewer = await approved(world)
    await book.publish(reviewer, number)
    await book.refresh()
    world.clock.advance(timedelta(minutes=5))
    with pytest.raises(WrongStep):
        await book.roll_back(reviewer, number)
    assert (await book.roll_back(reviewer, 1, "说法有误")).state is VersionState.IN_FORCE
    assert await book.refresh() is True
    assert world.services.rulebook.number == 1
    entries = await book.history(reviewer)
    assert [(each.number, each.reason) for each in entries] == [
        (1, "rolled_back"),
        (number, "published"),
        (1, "delivered"),
    ]


async def test_a_roll_back_withdraws_what_was_scheduled(world: World) -> None:
    book = world.services.rulebook
    second, reviewer = await approved(world)
    await book.publish(reviewer, second)
    world.clock.advance(timedelta(minutes=1))
    third, reviewer = await approved(world, await with_other_words(world, "另外，"))
    await book.publish(reviewer, third, world.clock.now() + timedelta(days=1))
    fourth, _ = await approved(world, await with_other_words(world, "请注意，"))
    with pytest.raises(AlreadyScheduled):
        await book.publish(reviewer, fourth)
    await book.roll_back(reviewer, 1)
    world.clock.advance(timedelta(days=2))
    await book.refresh()
    assert world.services.rulebook.number == 1


async def test_a_draft_made_from_an_older_version_cannot_undo_a_newer_one(world: World) -> None:
    book = world.services.rulebook
    files = await with_other_words(world, "另外，")
    second, reviewer = await approved(world)
    third, _ = await approved(world, files)
    await book.publish(reviewer, second)
    with pytest.raises(Overtaken, match="第 2 版"):
        await book.publish(reviewer, third)


async def test_a_draft_goes_back_to_the_version_its_texts_come_from(world: World) -> None:
    book = world.services.rulebook
    author, reviewer = await world.staff(Role.BUSINESS), await world.staff(Role.REVIEWER)
    first, old = (await book.version(author, 1)).hash, await with_other_words(world, "另外，")
    second, _ = await approved(world)
    await book.publish(reviewer, second)
    made = await book.draft(author, old, "旧底稿", 1)
    again = await book.draft(author, old | {"rules/99.toml": "# 只多一句注释\n"}, base=made.number)
    assert (made.based_on, again.number, again.based_on) == (1, made.number, 1)
    assert [change.rule_id for change in made.changes] == ["BR-11b"]
    deeper = await book.draft(author, await with_other_words(world, "再者，"), base=made.number)
    by_hash = await book.draft(author, await with_other_words(world, "请看，"), base=first)
    assert (deeper.based_on, by_hash.based_on) == (1, 1)
    await book.submit(author, made.number)
    await book.approve(reviewer, made.number)
    with pytest.raises(Overtaken, match="照第 1 版改的，现在在用的是第 2 版"):
        await book.publish(reviewer, made.number)
    with pytest.raises(VersionMissing):
        await book.draft(author, await with_other_words(world, "请问，"), base=99)


async def test_a_draft_written_again_on_the_version_in_force_may_be_published(world: World) -> None:
    book = world.services.rulebook
    author, reviewer = await world.staff(Role.BUSINESS), await world.staff(Role.REVIEWER)
    files = await with_other_words(world, "另外，")
    made = await book.draft(author, files, base=1)
    second, _ = await approved(world)
    await book.publish(reviewer, second)
    assert (await book.draft(author, files, "好" * 600)).based_on == 1
    again = await book.draft(author, files, base=second)
    assert (again.number, again.based_on, len(again.note)) == (made.number, second, 500)
    await book.submit(author, made.number)
    await book.approve(reviewer, made.number)
    assert (await book.publish(reviewer, made.number)).state is VersionState.IN_FORCE


async def test_what_cannot_be_read_is_no_draft_and_what_is_not_proven_goes_no_further(world: World) -> None:
    book = world.services.rulebook
    author = await world.staff(Role.BUSINESS)
    files = await delivered(world)
    with pytest.raises(DraftUnreadable, match=r"rules/04-group.toml:\d+"):
        await book.draft(author, files | {CHAPTER: files[CHAPTER] + '\n[[rule]]\nid = "BR-99"\n'})
    with pytest.raises(DraftUnreadable, match="文件名不合规"):
        await book.draft(author, files | {"../../etc/passwd.toml": ""})
    with pytest.raises(DraftUnchanged, match="第 1 版"):
        await book.draft(author, files)
    made = await book.draft(author, await with_verdict(world, "BR-11b", "first", "consent"))
    assert made.changes[0].weight == "milder"
    with pytest.raises(DraftNotProven, match=r"cases/04-group.toml:\d+ .*不成立"):
        await book.submit(author, made.number)
    assert (await book.version(author, made.number)).state is VersionState.DRAFT


async def test_mending_only_the_proofs_mends_the_same_draft(world: World) -> None:
    book = world.services.rulebook
    author, colleague = await world.staff(Role.BUSINESS), await world.staff(Role.BUSINESS)
    files = await with_other_words(world)
    made = await book.draft(author, files | {PROOFS: ""})
    with pytest.raises(DraftNotProven, match="没有“触发”的证明"):
        await book.submit(author, made.number)
    again = await book.draft(author, files)
    assert again.number == made.number
    await book.submit(author, made.number)
    await book.send_back(colleague, made.number, "再想想")
    assert (await book.version(author, made.number)).state is VersionState.RETURNED
    with pytest.raises(DraftUnchanged):
        await book.draft(colleague, files)
    await book.submit(author, made.number)


async def test_changed_files_come_into_force_only_while_nobody_has_published_own_rules(
    world: World, tmp_path: Path
) -> None:
    actor = await world.staff(Role.BUSINESS)
    book = world.services.rulebook
    book._content_dir = _written(tmp_path / "second", await with_other_words(world))
    await book.load_content()
    await book.refresh()
    assert book.number == 2
    third, reviewer = await approved(world, await with_other_words(world, "请注意，"))
    await book.publish(reviewer, third)
    book._content_dir = _written(tmp_path / "next", await with_other_words(world, "再者，"))
    await book.load_content()
    newest = (await book.versions(actor))[0]
    assert (newest.author, newest.state) == ("内容文件", VersionState.DRAFT)
    await book.refresh()
    assert book.number == third


def _written(folder: Path, files: dict[str, str]) -> Path:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, "utf-8")
    return folder
