"""Counting which rules fire: in memory on the way, in batches into the table, once a wish."""

from datetime import UTC, date, datetime

import pytest
from asyncpg import UndefinedTableError
from sqlalchemy import text

from crm.core.staff.schemas import Role
from tests.factories import Held, World, add
from tests.integration.ordering.test_plans import BUNDLE, take


async def test_the_same_wish_counts_once_and_a_stop_names_what_collided(world: World) -> None:
    book = world.services.rulebook
    line = await world.line("mzone-campus-a", "vnet-campus", brand="动感地带")
    desk = await world.desk(line)
    for _ in range(3):
        await world.judge(desk, add("gotone-standard"))
    assert await book.write_firings() > 0
    assert await book.write_firings() == 0
    actor = await world.staff(Role.BUSINESS)
    weeks = (await book.weeks(actor, "BR-11b"))["BR-11b"]
    assert len(weeks) == 12
    assert (weeks[-1].fired, weeks[-1].stopped, weeks[-1].ordered) == (1, 1, 0)
    (collision,) = await book.collisions(actor, "BR-11b")
    assert (collision.target, collision.held, collision.verdict) == (
        "gotone-standard",
        "vnet-campus",
        "first",
    )


async def test_looks_that_are_no_wish_are_not_counted(world: World) -> None:
    locked = Held(code=BUNDLE, origin="agreement", locked_until=date(2027, 3, 31))
    desk = await world.desk(await world.line("gotone-standard", locked))
    assert await world.ordering.contracts_of(desk.actor, desk.line.id)
    await take(world, desk, add("ao88-88"), agree=True)
    world.clock.move_to(datetime(2027, 4, 1, 2, 0, tzinfo=UTC))
    assert await world.ordering.continue_wishes() == 1
    assert await world.services.rulebook.write_firings() == 0


async def test_an_accepted_order_is_counted_and_adds_up(world: World) -> None:
    book = world.services.rulebook
    for _ in range(2):
        line = await world.line("gotone-standard", "vnet-group")
        desk = await world.desk(line)
        await world.submit(desk, await world.judge(desk, add("gotone-business")))
        await book.write_firings()
    weeks = (await book.weeks(await world.staff(Role.BUSINESS)))["BR-11a"]
    assert (weeks[-1].fired, weeks[-1].stopped, weeks[-1].ordered) == (2, 0, 2)


async def test_counts_that_cannot_be_written_are_kept(world: World) -> None:
    line = await world.line("gotone-standard", "vnet-group")
    await world.judge(await world.desk(line), add("gotone-business"))
    await _execute(world, "ALTER TABLE rule_firing RENAME TO rule_firing_away")
    with pytest.raises(UndefinedTableError):
        await world.services.rulebook.write_firings()
    await _execute(world, "ALTER TABLE rule_firing_away RENAME TO rule_firing")
    assert await world.services.rulebook.write_firings() > 0


async def _execute(world: World, statement: str) -> None:
    async with world.db.transaction() as session:
        await session.execute(text(statement))
