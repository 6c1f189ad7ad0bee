"""Story 18: what the knowledge base cannot answer goes to people, and whoever asked is told [S2]."""

from crm.core.knowledge.schemas import GapState
from crm.core.staff.schemas import Role
from crm.core.work_order.schemas import Resolution
from tests.factories import World

QUESTION = "客户问公海游轮上的漫游费怎么算？" + "很长的追问。" * 200


async def test_a_gap_becomes_a_work_order_and_its_end_answers_it(world: World) -> None:
    agent = await world.staff()
    assistant = await world.staff(Role.DUTY_ASSISTANT, ("duty_assistant",))
    business = await world.staff(Role.BUSINESS, ("business",))
    knowledge, work_orders = world.services.knowledge, world.services.work_orders

    gap = await knowledge.report_gap(agent, QUESTION, "公海 漫游")
    assert gap.work_order_id is not None
    rows = await world.rows(
        "SELECT number, content, queue FROM work_order WHERE id = :id", id=gap.work_order_id
    )
    assert (rows[0]["content"], rows[0]["queue"]) == (QUESTION, "duty_assistant")
    number = rows[0]["number"]

    await work_orders.claim(assistant, number)
    await knowledge.forward_gap(assistant, gap.id)
    await work_orders.transfer(assistant, number, "business", "请业务组解答")
    await work_orders.claim(business, number)
    await work_orders.reply(
        business, number, "公海游轮按卫星漫游计费，已补充知识。", resolution=Resolution.DONE
    )
    closed = await work_orders.close(business, number, resolution=Resolution.DONE)
    assert closed.state == "archived"
    assert [each.state for each in await knowledge.gaps(agent)] == [GapState.ANSWERED]


async def test_a_gap_whose_work_order_was_cancelled_is_open_again(world: World) -> None:
    agent = await world.staff()
    assistant = await world.staff(Role.DUTY_ASSISTANT, ("duty_assistant",))
    leader = await world.staff(Role.SHIFT_LEADER)
    knowledge = world.services.knowledge
    gap = await knowledge.report_gap(agent, "公海漫游怎么收费")
    (row,) = await world.rows("SELECT number FROM work_order WHERE id = :id", id=gap.work_order_id)
    await knowledge.forward_gap(assistant, gap.id)
    await world.services.work_orders.cancel(leader, row["number"], "重复")
    assert [each.state for each in await knowledge.gaps(agent)] == [GapState.OPEN]


async def test_a_forbidden_word_in_an_answer_is_flagged_and_not_refused(world: World) -> None:
    agent = await world.staff()
    assistant = await world.staff(Role.DUTY_ASSISTANT, ("duty_assistant",))
    gap = await world.services.knowledge.report_gap(agent, "公海漫游怎么收费")
    (row,) = await world.rows("SELECT number FROM work_order WHERE id = :id", id=gap.work_order_id)
    work_orders = world.services.work_orders
    taken = await work_orders.claim(assistant, row["number"])
    assert taken.warnings == ()
    word = "不知道"
    replied = await work_orders.reply(assistant, row["number"], f"这个{word}", resolution=Resolution.DONE)
    (warning,) = replied.warnings
    assert f"“{word}”" in warning
    seen = await work_orders.work_order(assistant, row["number"])
    assert (seen.reply, seen.warnings) == (f"这个{word}", replied.warnings)


async def test_quality_reports_a_gap_with_its_work_order_too(world: World) -> None:
    quality = await world.staff(Role.QUALITY)
    gap = await world.services.knowledge.report_gap(quality, "质检发现的缺口")
    assert gap.work_order_id is not None
    assert len(await world.services.knowledge.gaps(quality)) == 1
