"""Rehearsals: who would be treated differently, found on a small population, before anything is in force."""

from datetime import timedelta
from uuid import UUID

import msgspec
import pytest

from crm.app import rehearse_apart
from crm.core.compatibility.service import RehearsalResult
from crm.core.staff.errors import NotAllowed
from crm.core.staff.schemas import Role
from tests.factories import Held, World, add
from tests.integration.compatibility.drafts import with_other_words, with_verdict


async def rehearsed(world: World, files: dict[str, str]) -> RehearsalResult:
    """The result of rehearsing a draft with these files."""
    author = await world.staff(Role.BUSINESS)
    made = await world.services.rulebook.draft(author, files)
    moved: list[int] = []
    view = await world.services.rulebook.rehearse(made.number, "test", lambda _, done, __: moved.append(done))
    assert view.state == "done"
    assert view.done == view.total == moved[-1]
    assert view.result is not None
    return view.result


async def test_a_milder_rule_shows_exactly_whom_it_lets_through(world: World) -> None:
    await world.line("gotone-standard", "sms-pack-20")
    await world.line("mzone-campus-a", brand="动感地带")
    campus = await world.line("mzone-campus-a", "vnet-campus", brand="动感地带")
    await world.line("mzone-campus-a", Held(code="vnet-campus", ends_on=world.today), brand="动感地带")
    result = await rehearsed(world, await with_verdict(world, "BR-11b", "first", "consent"))
    assert (result.lines, result.people_changed, result.orders) == (4, 1, 0)
    (effect,) = result.by_rule
    assert (effect.rule_id, effect.people, effect.harder) == ("BR-11b", 1, 0)
    assert effect.milder > 0
    assert ("first", "consent") in {(moved.before, moved.after) for moved in effect.transitions}
    example = effect.examples[0]
    assert example.label == f"{campus.msisdn[:3]}****{campus.msisdn[-4:]}"
    assert campus.msisdn not in str(result)
    assert "校园V网" in example.why
    assert any("换主套餐" in line for line in result.sample)


async def test_other_words_are_counted_apart_from_other_verdicts(world: World) -> None:
    await world.line("mzone-campus-a", "vnet-campus", brand="动感地带")
    result = await rehearsed(world, await with_other_words(world))
    assert (result.people_changed, result.people_reworded) == (0, 1)
    (effect,) = result.by_rule
    assert effect.same > 0
    assert (effect.harder, effect.milder) == (0, 0)


async def test_past_orders_are_judged_again_as_of_their_day(world: World) -> None:
    line = await world.line("gotone-standard", "vnet-group")
    desk = await world.desk(line)
    judgement = await world.judge(desk, add("gotone-business"))
    fired = {finding.rule_id for finding in judgement.qualification.findings}
    assert "BR-11a" in fired
    order = await world.submit(desk, judgement)
    world.clock.advance(timedelta(days=30))
    before = next(f.verdict.value for f in judgement.qualification.findings if f.rule_id == "BR-11a")
    result = await rehearsed(world, await with_verdict(world, "BR-11a", before, "refuse"))
    assert (result.orders, result.orders_changed) == (1, 1)
    examples = [each for effect in result.by_rule for each in effect.examples]
    assert any(order.number in each.label for each in examples)
    world.clock.advance(timedelta(days=90))
    world_later = await rehearsed(world, await with_verdict(world, "BR-11a", before, "store"))
    assert world_later.orders == 0


async def test_a_rehearsal_changes_nothing_but_its_row(world: World) -> None:
    await world.line("mzone-campus-a", "vnet-campus", brand="动感地带")
    await rehearsed(world, await with_verdict(world, "BR-11b", "first", "refuse"))
    assert world.services.rulebook.number == 1
    assert await world.rows("SELECT * FROM rule_firing") == []


async def test_a_rehearsal_asked_for_on_the_page_runs_in_a_process_of_its_own(world: World) -> None:
    book = world.services.rulebook
    await world.line("mzone-campus-a", "vnet-campus", brand="动感地带")
    author, agent = await world.staff(Role.BUSINESS), await world.staff(Role.AGENT)
    made = await book.draft(author, await with_verdict(world, "BR-11b", "first", "consent"))
    with pytest.raises(NotAllowed):
        await book.ask_rehearsal(agent, made.number)
    asked = await book.ask_rehearsal(author, made.number)
    assert (await book.ask_rehearsal(author, made.number)).id == asked.id
    assert await book.run_next_rehearsal(lambda each: rehearse_apart(world.services.settings, each)) is True
    done = await book.rehearsal(author, asked.id)
    assert done.state == "done", done.failure
    assert done.percent == 100
    assert await book.run_next_rehearsal(lambda each: rehearse_apart(world.services.settings, each)) is False


async def test_a_runner_that_fails_says_so_and_one_that_dies_is_replaced(world: World) -> None:
    book = world.services.rulebook
    author = await world.staff(Role.BUSINESS)
    made = await book.draft(author, await with_other_words(world))
    asked = await book.ask_rehearsal(author, made.number)

    async def fails(_: UUID) -> None:
        raise RuntimeError("no memory left")

    async def dies(_: UUID) -> None:
        return None

    assert await book.run_next_rehearsal(fails) is True
    failed = await book.rehearsal(author, asked.id)
    assert failed.state == "failed"
    assert "no memory left" in failed.failure
    again = await book.ask_rehearsal(author, made.number)
    assert await book.run_next_rehearsal(dies) is True
    assert await book.run_next_rehearsal(dies) is False
    world.clock.advance(timedelta(minutes=2))
    assert await book.run_next_rehearsal(book.run_rehearsal) is True
    assert (await book.rehearsal(author, again.id)).state == "done"


async def test_several_processes_find_the_same(world: World) -> None:
    book = world.services.rulebook
    for _ in range(3):
        await world.line("mzone-campus-a", "vnet-campus", brand="动感地带")
        await world.line("gotone-standard", "vnet-group")
    author = await world.staff(Role.BUSINESS)
    made = await book.draft(author, await with_verdict(world, "BR-11b", "first", "consent"))
    alone = (await book.rehearse(made.number, "test")).result
    together = (await book.rehearse(made.number, "test", workers=2)).result
    assert alone is not None
    assert together is not None
    assert together == msgspec.structs.replace(alone, seconds=together.seconds)
    assert together.people_changed == 3
