"""A wish that cannot go on by itself does not hold up the others, and a person hears of it."""

from datetime import UTC, date, datetime, timedelta

from tests.factories import Held, World, add
from tests.integration.ordering.test_plans import BUNDLE, CAMPUS, finish, take, wish_of


async def test_a_wish_that_cannot_be_read_does_not_stop_the_next(world: World) -> None:
    bad = await world.desk(await world.line("mzone-campus-a", CAMPUS, brand="动感地带"))
    good = await world.desk(await world.line("mzone-campus-a", CAMPUS, brand="动感地带"))
    for desk in (bad, good):
        adopted = await take(world, desk, add("gotone-standard"), agree=True)
        assert adopted.work_order is not None
        await finish(world, adopted.work_order.number)
    await world.rows(
        "UPDATE waiting_wish SET change = '{\"items\": 5}' WHERE subscriber_id = :id RETURNING id",
        id=bad.line.id,
    )
    assert await world.ordering.continue_wishes() == 2
    assert (await wish_of(world, good))["state"] == "done"
    assert (await wish_of(world, bad))["state"] == "cancelled"
    assert any("请拨打10086，由人工" in text for text in await world.messages(bad.line))
    assert await world.rows("SELECT id FROM audit_entry WHERE action = 'order.wish_unreadable'")
    assert await world.ordering.continue_wishes() == 0
    assert await world.ordering.wishes_of(bad.actor, bad.line.id) == ()


async def test_a_wish_that_fails_rests_and_comes_to_a_person_the_third_time(world: World) -> None:
    """An agreement without an end (year 9999) has no day after it."""
    bundle = Held(code=BUNDLE, origin="agreement", locked_until=date(2027, 3, 31))
    bad = await world.desk(await world.line("gotone-standard", bundle))
    good = await world.desk(await world.line("gotone-standard", bundle))
    for desk in (bad, good):
        await take(world, desk, add("ao88-88"), agree=True)
    await world.rows(
        "UPDATE product SET locked_until = '9999-12-31' WHERE id = :id RETURNING id",
        id=bad.line.products[BUNDLE],
    )
    world.clock.move_to(datetime(2027, 4, 1, 2, 0, tzinfo=UTC))
    assert await world.ordering.continue_wishes() == 1
    assert (await wish_of(world, good))["state"] == "done"
    for attempts in (1, 2):
        wish = await wish_of(world, bad)
        assert (wish["state"], wish["attempts"], wish["asked_at"]) == ("waiting", attempts, None)
        assert await world.ordering.continue_wishes() == 0, "it rests"
        world.clock.advance(timedelta(minutes=11))
        assert await world.ordering.continue_wishes() == attempts - 1
    (ready,) = await world.ordering.wishes_of(bad.actor, bad.line.id)
    assert ready.state == "ready"
    assert ready.asked_at is not None
    assert any("情况有变化" in text for text in await world.messages(bad.line))
