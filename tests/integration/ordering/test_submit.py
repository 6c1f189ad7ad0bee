"""One order, once, exactly as it was read out."""

from datetime import date

from tests.factories import World, add


async def test_an_accepted_order_changes_products_and_is_kept_with_its_verdict(world: World) -> None:
    line = await world.line("easyown-qingsong", brand="神州行")
    desk = await world.desk(line)
    judgement = await world.judge(desk, add("gotone-standard"))
    order = await world.submit(desk, judgement, note="客户要求尽快")
    assert order.number == "PO20261122000001"
    assert order.state == "pending"
    assert [(each.action, each.offering_code, each.effective_on) for each in order.lines] == [
        ("add", "gotone-standard", date(2026, 12, 1)),
        ("delete", "easyown-qingsong", date(2026, 12, 1)),
    ]
    assert (await world.product(line, "gotone-standard"))["status"] == "reserved"
    assert (await world.product(line, "easyown-qingsong"))["ends_on"] == date(2026, 12, 1)
    stored = await world.ordering.order(desk.actor, order.number)
    assert stored == order
    assert stored.qualification == judgement.qualification
