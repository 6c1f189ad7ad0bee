"""A customer calls for a year: whatever is ordered, cancelled and activated, the holdings stay sound."""

import os
import random
from collections import Counter
from datetime import date, timedelta

import pytest

from crm.core.catalog.schemas import Relation
from crm.core.compatibility.schemas import Change, ChangeItem
from crm.core.inventory.schemas import HeldProduct
from crm.core.ordering.errors import BasketUnclear, NothingReserved, ReservationStranded
from crm.core.ordering.schemas import CancelReserved
from crm.core.ordering.states import order_state
from crm.platform.clock import first_of_next_month
from tests.factories import Desk, World, add

PLANS = [
    "gotone-standard",
    "gotone-business",
    "ao88-58",
    "ao88-88",
    "easyown-dazhong",
    "mzone-net",
    "music-a",
]
PACKS = ["sms-pack-20", "sms-pack-10", "gprs-new-20", "gprs-new-5", "discount-friends", "discount-night"]
SERVICES = ["cailing-5", "mail-139", "laidian-xianshi", "laidian-guanjia"]
STEPS = 120


@pytest.mark.parametrize("seed", range(int(os.environ.get("WALKS", "3"))))
async def test_a_year_of_calls_leaves_sound_holdings(world: World, seed: int) -> None:
    chance = random.Random(seed)
    line = await world.line("easyown-dazhong", "laidian-xianshi", "gprs-old-5", brand="神州行")
    done: Counter[str] = Counter()
    for _ in range(STEPS):
        desk = await world.desk(line)
        step = chance.choice(["order", "order", "order", "cancel", "wait", "wait"])
        done[await TAKE[step](world, desk, chance)] += 1
        await the_world_is_sound(world, desk)
    assert done["ordered"] >= 10, done
    assert done["cancelled"] >= 1, done
    await every_verdict_replays(world)


async def order_something(world: World, desk: Desk, chance: random.Random) -> str:
    held = (await world.services.inventory.holdings(desk.line.id)).products
    items = [add(code) for code in chance.sample(PLANS + PACKS + SERVICES, chance.choice([1, 1, 2]))]
    leaving = [each for each in held if each.state != "ended"]
    if chance.random() < 0.4 and leaving:
        gone = chance.choice(leaving)
        items.append(ChangeItem(action="delete", offering=gone.offering_code, held_id=str(gone.id)))
    recorded = tuple(f"retention:{each.id}" for each in held) + tuple(
        f"retention:{each.offering_code}" for each in held
    )
    change = Change(items=tuple(items), recorded=recorded)
    judgement = await world.ordering.judge(desk.actor, desk.call, desk.line.id, change)
    if not judgement.can_be_ordered:
        return "refused"
    try:
        await world.submit(desk, judgement)
    except (BasketUnclear, ReservationStranded):
        return "refused"
    return "ordered"


async def cancel_something(world: World, desk: Desk, chance: random.Random) -> str:
    orders = await world.ordering.open_orders(desk.actor, desk.line.id)
    if not orders:
        return "nothing"
    order = chance.choice(orders)
    try:
        await world.ordering.cancel_reserved(
            desk.actor, CancelReserved(order_id=order.id, interaction_id=desk.call)
        )
    except (NothingReserved, ReservationStranded):
        return "nothing"
    return "cancelled"


async def wait_some_days(world: World, _: Desk, chance: random.Random) -> str:
    world.clock.advance(timedelta(days=chance.randint(1, 20), minutes=chance.randint(0, 1440)))
    await world.ordering.activate_due()
    await world.ordering.deliver_provisioning()
    return "waited"


TAKE = {"order": order_something, "cancel": cancel_something, "wait": wait_some_days}


async def the_world_is_sound(world: World, desk: Desk) -> None:
    catalogue = world.services.catalog.catalogue
    holdings = await world.services.inventory.holdings(desk.line.id)
    today, later = world.today, first_of_next_month(world.today)
    for day in (today, later):
        there = [each for each in holdings.products if holds(each, day)]
        twice = {code: n for code, n in Counter(each.offering_code for each in there).items() if n > 1}
        assert not twice, f"held twice on {day}"
        plans = [each for each in there if catalogue.offerings[each.offering_code].kind == "main_plan"]
        assert len(plans) == 1, f"{len(plans)} main plans on {day}"
        mine = catalogue.offerings[plans[0].offering_code]
        for each in there:
            said = catalogue.relation(mine, catalogue.offerings[each.offering_code])
            assert said is not Relation.INCOMPATIBLE, f"{mine.code} with {each.offering_code} on {day}"
    (plan,) = [
        each
        for each in holdings.products
        if holds(each, today) and catalogue.offerings[each.offering_code].kind == "main_plan"
    ]
    assert holdings.brand == (catalogue.offerings[plan.offering_code].sets_brand or holdings.brand)
    for order in await world.ordering.orders_of(desk.actor, desk.line.id, limit=100):
        requested = [each.state for each in order.lines if each.reason == "requested"]
        others = [each.state for each in order.lines if each.reason != "requested"]
        assert order.state == order_state(requested, others)
        assert all(each.state != "pending" or each.effective_on > today for each in order.lines)


async def every_verdict_replays(world: World) -> None:
    """Whatever has happened since, each order's verdict is the same to the byte, and proved."""
    for row in await world.rows("SELECT number FROM product_order ORDER BY number"):
        found = (await world.services.verdicts.replay(row["number"]))[1]
        assert found.holds, f"{row['number']}: {found.difference} {found.objection}"


def holds(product: HeldProduct, day: date) -> bool:
    return product.starts_on <= day and (product.ends_on is None or product.ends_on > day)
