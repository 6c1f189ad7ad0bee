"""One order, once, exactly as it was read out."""

import asyncio
from datetime import UTC, date, datetime

import msgspec
import pytest

from crm.core.catalog.schemas import Timing
from crm.core.compatibility.schemas import Change, Facts, Verdict
from crm.core.interaction.errors import CallNotOpen
from crm.core.ordering.errors import (
    BadIdempotencyKey,
    ChangedMeanwhile,
    EmptyBasket,
    IdentityNotVerified,
    KeyUsedOtherwise,
    NotAssigned,
    NoteTooLong,
    NotOrderable,
    UnknownOffering,
)
from crm.core.ordering.schemas import OrderView
from crm.core.staff.errors import NotAllowed
from crm.core.staff.schemas import Role
from crm.core.work_order.schemas import CreateWorkOrder
from crm.platform.errors import CrmError
from tests.factories import Desk, Held, World, add, order_of, remove


async def count(world: World, table: str) -> int:
    return (await world.rows(f"SELECT count(*) AS n FROM {table}"))[0]["n"]


async def test_an_accepted_order_changes_products_and_is_kept_with_its_verdict(world: World) -> None:
    line = await world.line("easyown-qingsong", brand="神州行")
    desk = await world.desk(line)
    judgement = await world.judge(desk, add("gotone-standard"))
    order = await world.submit(desk, judgement, note="客户要求尽快😀\x00\x07\n第二行")
    assert order.number == "PO20261122000001"
    assert order.note == "客户要求尽快😀\n第二行"
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
    assert [each.number for each in await world.ordering.open_orders(desk.actor, line.id)] == [order.number]
    (entry,) = await world.rows("SELECT * FROM audit_entry WHERE action = 'order.submit'")
    assert (entry["actor_label"], entry["ip"]) == (desk.actor.staff_number, "10.0.0.8")


async def test_a_stored_verdict_replays_to_the_byte(world: World) -> None:
    line = await world.line("gotone-standard", "gprs-old-20", Held(code="vnet-group", origin="group"))
    desk = await world.desk(line)
    order = await world.submit(desk, await world.judge(desk, add("ao88-88")))
    (row,) = await world.rows("SELECT change, facts, qualification FROM product_order")
    again = world.services.compatibility.qualify(
        msgspec.convert(row["change"], Change), msgspec.convert(row["facts"], Facts)
    )
    assert msgspec.json.encode(again) == msgspec.json.encode(order.qualification)


async def test_an_immediate_change_goes_to_the_network_at_once(world: World) -> None:
    line = await world.line("gotone-standard")
    desk = await world.desk(line)
    order = await world.submit(desk, await world.judge(desk, add("sms-pack-20", Timing.NOW)))
    assert order.state == "inProgress"
    assert (await world.product(line, "sms-pack-20"))["status"] == "active"
    assert await world.ordering.deliver_provisioning() == 1
    assert [(each.msisdn, each.action, each.offering_code) for each in world.network.told] == [
        (line.msisdn, "add", "sms-pack-20")
    ]
    done = await world.ordering.order(desk.actor, order.id)
    assert (done.state, done.completed_at) == ("completed", world.clock.at)
    assert [each.kind for each in done.history] == ["accepted", "provisioned"]
    assert await world.ordering.open_orders(desk.actor, line.id) == ()


async def test_the_second_submit_returns_the_first_order(world: World) -> None:
    line = await world.line("gotone-standard")
    desk = await world.desk(line)
    judgement = await world.judge(desk, add("gotone-business"))
    command = order_of(desk, judgement)
    first = await world.ordering.submit(desk.actor, command)
    # The page's basket is used up by then; the key alone decides.
    second = await world.ordering.submit(
        desk.actor, msgspec.structs.replace(command, change=Change(items=()), note="x" * 5000)
    )
    assert second.repeated
    assert msgspec.structs.replace(second, repeated=False) == first
    assert await count(world, "product_order") == 1
    assert len(await world.messages(line)) == 1


async def test_a_used_key_does_not_answer_for_another_basket(world: World) -> None:
    desk = await world.desk(await world.line("gotone-standard"))
    command = order_of(desk, await world.judge(desk, add("gotone-business")))
    first = await world.ordering.submit(desk.actor, command)
    for items in ((add("sms-pack-20"),), (add("gotone-business", Timing.NOW),)):
        other = msgspec.structs.replace(command, change=Change(items=items))
        with pytest.raises(KeyUsedOtherwise, match=first.number):
            await world.ordering.submit(desk.actor, other)
    assert (await world.ordering.submit(desk.actor, command)).repeated
    assert await count(world, "product_order") == 1


async def test_ten_submits_at_once_make_one_order(world: World) -> None:
    line = await world.line("gotone-standard")
    desk = await world.desk(line)
    command = order_of(desk, await world.judge(desk, add("gotone-business")))
    orders = await asyncio.gather(*(world.ordering.submit(desk.actor, command) for _ in range(10)))
    assert len({order.id for order in orders}) == 1
    assert sum(not order.repeated for order in orders) == 1
    assert await count(world, "product_order") == 1


async def test_a_key_belongs_to_one_customer(world: World) -> None:
    one, other = await world.line("gotone-standard"), await world.line("gotone-standard")
    desks = [await world.desk(one), await world.desk(other)]
    commands = [
        order_of(desk, await world.judge(desk, add("gotone-business")), idempotency_key="same")
        for desk in desks
    ]
    results = await asyncio.gather(
        *(world.ordering.submit(desk.actor, command) for desk, command in zip(desks, commands, strict=True)),
        return_exceptions=True,
    )
    assert sum(isinstance(each, OrderView) for each in results) == 1
    assert sum(isinstance(each, BadIdempotencyKey) for each in results) == 1
    assert await count(world, "product WHERE status = 'reserved'") == 1, "the refused one left nothing"


async def test_many_lines_at_once_get_numbers_of_their_own(world: World) -> None:
    desks = [await world.desk(await world.line("gotone-standard")) for _ in range(8)]
    judged = [await world.judge(desk, add("gotone-business")) for desk in desks]
    orders = await asyncio.gather(*(world.submit(d, j) for d, j in zip(desks, judged, strict=True)))
    assert sorted(order.number for order in orders) == [f"PO20261122{n:06d}" for n in range(1, 9)]


async def test_what_changed_between_check_and_submit_is_said(world: World) -> None:
    line = await world.line("gotone-standard")
    mine, theirs = await world.desk(line), await world.desk(line)
    judgement = await world.judge(mine, add("ao88-88"))
    await world.submit(theirs, await world.judge(theirs, add("gprs-new-20", Timing.NOW)))
    with pytest.raises(ChangedMeanwhile) as caught:
        await world.submit(mine, judgement)
    assert "刚刚开通了“GPRS新套餐20元”" in caught.value.message
    assert "篮内内容已保留" in caught.value.message
    assert await count(world, "product_order") == 1
    order = await world.submit(mine, caught.value.judgement)
    assert order.state == "pending"


async def test_what_became_impossible_meanwhile_is_said(world: World) -> None:
    line = await world.line("gotone-standard")
    desk = await world.desk(line)
    judgement = await world.judge(desk, add("ao88-88"))
    assert judgement.can_be_ordered
    await world.rows("UPDATE subscriber SET line_kind = '商务IP' RETURNING id")
    with pytest.raises(ChangedMeanwhile) as caught:
        await world.submit(desk, judgement)
    assert "号码类型由普通变为商务IP" in caught.value.message
    assert caught.value.judgement.qualification.verdict is Verdict.REFUSE
    assert await count(world, "product_order") == 0


async def test_two_agents_at_once_never_make_two_plans(world: World) -> None:
    line = await world.line("gotone-standard")
    desks = [await world.desk(line) for _ in range(4)]
    judged = [await world.judge(desk, add("gotone-business")) for desk in desks]
    results = await asyncio.gather(
        *(world.submit(d, j) for d, j in zip(desks, judged, strict=True)), return_exceptions=True
    )
    assert sum(isinstance(each, OrderView) for each in results) == 1
    refused = [each for each in results if isinstance(each, ChangedMeanwhile)]
    assert len(refused) == 3
    assert "刚刚预约了“全球通商务卡”" in refused[0].message
    assert await count(world, "product WHERE status = 'reserved'") == 1


async def test_consent_to_something_else_is_no_consent(world: World) -> None:
    line = await world.line("gotone-standard", "gprs-old-20")
    desk = await world.desk(line)
    milder = await world.judge(desk, add("gotone-business"))
    harder = await world.judge(desk, add("ao88-88"))
    with pytest.raises(ChangedMeanwhile, match="现在还须告知"):
        await world.submit(desk, milder, change=harder.change)


@pytest.mark.parametrize(
    ("checks", "missing"),
    [((), ("服务密码", "短信验证码")), (("own_number", "service_password"), ("短信验证码",))],
)
async def test_without_both_proofs_nothing_is_ordered(
    world: World, checks: tuple[str, ...], missing: tuple[str, ...]
) -> None:
    line = await world.line("gotone-standard")
    desk = await world.desk(line, checks)
    judgement = await world.judge(desk, add("gotone-business"))
    assert judgement.can_be_ordered, "advice needs no proof"
    assert tuple(each.name for each in judgement.missing_checks) == missing
    with pytest.raises(IdentityNotVerified) as caught:
        await world.submit(desk, judgement)
    assert caught.value.names == missing
    assert await count(world, "product_order") == 0


async def test_proofs_count_on_the_own_call_and_for_the_line_only(world: World) -> None:
    line, other = await world.line("gotone-standard"), await world.line("gotone-standard")
    desk, colleague = await world.desk(line, ()), await world.desk(line)
    judgement = await world.judge(desk, add("gotone-business"))
    with pytest.raises(CallNotOpen):
        await world.submit(desk, judgement, interaction_id=colleague.call)
    with pytest.raises(IdentityNotVerified):
        await world.submit(desk, judgement, interaction_id=None)
    elsewhere = Desk(desk.actor, line, await world.call(desk.actor, other))
    with pytest.raises(IdentityNotVerified):
        await world.submit(elsewhere, judgement)


async def test_refusals_keep_the_basket_and_success_uses_it_up(world: World) -> None:
    line = await world.line("gotone-standard")
    desk = await world.desk(line)
    interactions = world.services.interactions
    await interactions.save_draft(desk.actor, desk.call, "basket", {"items": ["…"]})
    judgement = await world.judge(desk, add("gotone-business"))
    with pytest.raises(NoteTooLong, match="10000 字"):
        await world.submit(desk, judgement, note="长" * 10_000)
    with pytest.raises(CrmError):
        await world.submit(desk, judgement, ticked=())
    assert (await interactions.current(desk.actor, desk.call)).drafts == {"basket": {"items": ["…"]}}
    await world.submit(desk, judgement)
    assert (await interactions.current(desk.actor, desk.call)).drafts == {}


async def test_nonsense_is_refused_with_words(world: World) -> None:
    line = await world.line("gotone-standard")
    desk = await world.desk(line)
    with pytest.raises(UnknownOffering, match="不存在的套餐"):
        await world.judge(desk, add("不存在的套餐😀"))
    with pytest.raises(EmptyBasket):
        await world.judge(desk)
    judgement = await world.judge(desk, add("gotone-business"))
    for key in ("", "  ", "x" * 200, "a\x00b"):
        with pytest.raises(BadIdempotencyKey):
            await world.submit(desk, judgement, idempotency_key=key)


async def test_what_is_held_already_is_not_ordered_twice(world: World) -> None:
    line = await world.line("gotone-standard", "gprs-new-20")
    desk = await world.desk(line)
    judgement = await world.judge(desk, add("gprs-new-20", Timing.NOW))
    with pytest.raises(NotOrderable, match="已经有"):
        await world.submit(desk, judgement)


@pytest.mark.parametrize(
    ("moment", "day", "number"),
    [
        (datetime(2026, 10, 31, 15, 59, tzinfo=UTC), date(2026, 11, 1), "PO20261031"),  # 23:59 in Shanghai
        (datetime(2026, 10, 31, 16, 0, tzinfo=UTC), date(2026, 12, 1), "PO20261101"),  # midnight
        (datetime(2026, 12, 31, 15, 59, tzinfo=UTC), date(2027, 1, 1), "PO20261231"),
    ],
)
async def test_the_month_ends_at_midnight_in_shanghai(
    world: World, moment: datetime, day: date, number: str
) -> None:
    line = await world.line("gotone-standard")
    world.clock.move_to(moment)
    desk = await world.desk(line)
    judgement = await world.judge(desk, add("gotone-business"))
    assert {each.effective_on for each in judgement.qualification.diff.gained} == {day}
    order = await world.submit(desk, judgement)
    assert order.number.startswith(number)
    assert {each.effective_on for each in order.lines} == {day}


async def test_a_verdict_read_before_midnight_is_not_submitted_after_it(world: World) -> None:
    line = await world.line("gotone-standard")
    world.clock.move_to(datetime(2026, 10, 31, 15, 59, tzinfo=UTC))
    desk = await world.desk(line)
    judgement = await world.judge(desk, add("gotone-business"))
    world.clock.move_to(datetime(2026, 10, 31, 16, 1, tzinfo=UTC))
    with pytest.raises(ChangedMeanwhile, match="受理日期由2026年10月31日变为2026年11月1日"):
        await world.submit(desk, judgement)


@pytest.mark.parametrize("role", [Role.BUSINESS, Role.QUALITY, Role.ADMIN, Role.AUDITOR, Role.REVIEWER])
async def test_who_may_not_order_does_not(world: World, role: Role) -> None:
    line = await world.line("gotone-standard")
    judgement = await world.judge(await world.desk(line), add("gotone-business"))
    actor = await world.staff(role)
    desk = Desk(actor, line, await world.call(actor, line))
    with pytest.raises(NotAllowed):
        await world.judge(desk, add("gotone-business"))
    with pytest.raises(NotAllowed):
        await world.submit(desk, judgement)
    with pytest.raises(NotAllowed):
        await world.ordering.orders_of(actor, line.id)


async def test_a_store_orders_for_whom_it_was_given_and_by_its_own_rules(world: World) -> None:
    member = Held(code="music-membership", origin="agreement", locked_until=date(2027, 6, 30))
    line = await world.line("music-a", member, brand="动感地带")
    clerk = await world.staff(Role.STORE_CLERK, ["store:guiyang-zhonghua"])
    change = Change(items=(add("music-b"),))
    with pytest.raises(NotAssigned):
        await world.ordering.judge(clerk, None, line.id, change)
    agent = await world.desk(line)
    leader = await world.staff(Role.SHIFT_LEADER)
    form = world.services.work_orders.type_for("store_entrusted").form
    values = {field.key: field.options[0] if field.options else "换音乐套餐B" for field in form}
    await world.services.work_orders.create(
        leader,
        CreateWorkOrder(
            idempotency_key="w1", type="store_entrusted", fields=values, content="请门店办理",
            subscriber_id=line.id, msisdn=line.msisdn, interaction_id=agent.call,
            queue="store:guiyang-zhonghua",
        ),
    )  # fmt: skip
    judgement = await world.ordering.judge(clerk, None, line.id, change)
    assert judgement.change.channel == "store"
    assert judgement.can_be_ordered, "three plans may be switched, at the store"
    assert [each.name for each in judgement.missing_checks] == ["机主有效证件"]
    seen = msgspec.structs.replace(change, recorded=("identity:document",))
    again = await world.ordering.judge(clerk, None, line.id, seen)
    order = await world.submit(Desk(clerk, line, agent.call), again, interaction_id=None)
    assert order.channel == "store"
    assert "music-membership" not in {each.offering_code for each in order.lines}


async def test_nobody_at_the_hotline_can_pretend_to_be_a_store(world: World) -> None:
    member = Held(code="music-membership", origin="agreement", locked_until=date(2027, 6, 30))
    line = await world.line("music-a", member, brand="动感地带")
    desk = await world.desk(line)
    change = Change(items=(add("music-b"),), channel="store", recorded=("identity:document",))
    judgement = await world.ordering.judge(desk.actor, desk.call, line.id, change)
    assert judgement.qualification.verdict is Verdict.STORE


async def test_what_is_told_is_what_is_done(world: World) -> None:
    """Every line of the order is a line of the differences that were shown, on the same day."""
    bundled = Held(code="news-flash", origin="trial", came_with="ao88-58")
    line = await world.line("ao88-58", bundled, "gprs-new-5", "discount-night", "cailing-5")
    desk = await world.desk(line)
    judgement = await world.judge(
        desk, add("mzone-campus-a"), add("sms-pack-20", Timing.NOW), remove(line, "gprs-new-5")
    )
    order = await world.submit(desk, judgement)
    diff = judgement.qualification.diff
    told = {("delete", each.offering, each.effective_on) for each in diff.lost}
    told |= {("add", each.offering, each.effective_on) for each in diff.gained}
    assert {(each.action, each.offering_code, each.effective_on) for each in order.lines} == told
