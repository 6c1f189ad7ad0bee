"""Changes of what several numbers share: judged for every member, one order each, continued after a crash."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from sqlalchemy import text

from crm.core.catalog.schemas import Offering, OfferingKind, Timing
from crm.core.compatibility.schemas import Verdict
from crm.core.inventory.models import ProductGroup
from crm.core.ordering.errors import (
    GroupBusy,
    GroupNothingToDo,
    IdentityNotVerified,
    NotAllTold,
    NotGroupOwner,
)
from crm.core.ordering.schemas import (
    GroupChange,
    GroupJudgement,
    GroupLook,
    GroupOrderView,
    OrderView,
    Outcome,
    SubmitGroup,
    SubmitOrder,
)
from crm.core.staff.errors import NotAllowed
from crm.core.staff.schemas import Actor, Role
from crm.core.work_order.schemas import Resolution
from crm.platform.ids import new_id
from tests.factories import Desk, Held, Line, World, add, remove


async def make_group(world: World, owner: Line, code: str, *members: Line, kind: str = "family") -> UUID:
    """A group owned by the owner's customer, of these lines' products."""
    async with world.db.transaction() as session:
        group = ProductGroup(
            kind=kind,
            name="测试共享",
            offering_code=code,
            owner_customer_id=await customer_of(world, owner),
            created_at=world.clock.at,
        )
        session.add(group)
        await session.flush()
        for line in members:
            await session.execute(
                text("UPDATE product SET group_id = :group WHERE id = :id"),
                {"group": group.id, "id": line.products[code]},
            )
    return group.id


async def customer_of(world: World, line: Line) -> UUID:
    (row,) = await world.rows("SELECT customer_id FROM subscriber WHERE id = :id", id=line.id)
    return row["customer_id"]


async def family(world: World, size: int = 3) -> tuple[UUID, list[Line]]:
    lines = [await world.line("gotone-standard", "family-share") for _ in range(size)]
    return await make_group(world, lines[0], "family-share", *lines), lines


def command(desk: Desk, judged: GroupJudgement, key: str = "g1") -> SubmitGroup:
    return SubmitGroup(
        idempotency_key=key,
        interaction_id=desk.call,
        change=judged.change,
        ticked=tuple(each.key for each in judged.sentences),
    )


async def look(world: World, desk: Desk, group: UUID, offering: str = "") -> GroupJudgement:
    change = GroupChange(group_id=group, action="switch" if offering else "cancel", offering=offering)
    return await world.ordering.judge_group(desk.actor, desk.call, change)


async def finish(world: World, desk: Desk, number: str) -> GroupOrderView:
    while await world.ordering.continue_groups():
        pass
    return await world.ordering.group_order(desk.actor, number)


async def test_every_member_is_judged_masked_and_nothing_changes(world: World) -> None:
    group, lines = await family(world)
    desk = await world.desk(lines[0])
    judged = await look(world, desk, group)
    assert (judged.total, judged.judged, judged.counts) == (3, 3, {Outcome.ORDER: 3})
    assert [row.msisdn_masked for row in judged.members] == [
        f"{x.msisdn[:3]}****{x.msisdn[-4:]}" for x in lines
    ]
    assert [row.own for row in judged.members] == [True, False, False]
    assert {row.fee_difference_fen for row in judged.members} == {-1000}
    assert judged.fee_difference_fen == -3000
    change = GroupChange(group_id=group, action="cancel")
    losing = await world.ordering.judge_group(desk.actor, desk.call, change, GroupLook(only_losing=True))
    assert (losing.members, losing.listed, losing.judged) == ((), 0, 3)
    (sentence,) = judged.sentences
    assert "副卡不能再用主卡流量" in sentence.text
    assert sentence.members == 3
    assert judged.members[0].losses == ("副卡不能再用主卡流量",)
    assert await world.rows("SELECT 1 FROM group_order UNION ALL SELECT 1 FROM product_order") == []


async def test_one_order_a_member_and_the_same_key_changes_nothing_more(world: World) -> None:
    group, lines = await family(world)
    desk = await world.desk(lines[0])
    judged = await look(world, desk, group)
    done = await world.ordering.submit_group(desk.actor, command(desk, judged))
    assert (done.state, done.total, done.done, done.counts) == ("done", 3, 3, {"ordered": 3})
    again = await world.ordering.submit_group(desk.actor, command(desk, judged))
    assert again.repeated
    assert again.number == done.number
    orders = await world.rows("SELECT subscriber_id, state, note FROM product_order")
    assert {row["subscriber_id"] for row in orders} == {line.id for line in lines}
    assert all(done.number in row["note"] for row in orders)
    for line in lines:
        assert (await world.product(line, "family-share"))["ends_on"] is not None
        assert len(await world.messages(line)) == 1
    (entry,) = await world.rows("SELECT detail FROM audit_entry WHERE action = 'order.group_submit'")
    assert entry["detail"]["members"] == 3


async def test_a_crash_in_the_middle_is_continued_by_another_process(world: World) -> None:
    group, lines = await family(world, 5)
    desk = await world.desk(lines[0])
    judged = await look(world, desk, group)
    begun = await world.ordering._group_orders.submit(desk.actor, command(desk, judged), at_once=2)
    assert (begun.state, begun.done, begun.counts) == ("running", 2, {"ordered": 2, "waiting": 3})
    other = await world.ordering.submit_group(desk.actor, command(desk, judged))
    assert other.repeated, "the same key neither begins nor doubles anything"
    with pytest.raises(GroupBusy, match=begun.number):
        await world.ordering.submit_group(desk.actor, command(desk, await look(world, desk, group), "g2"))
    ended = await finish(world, desk, begun.number)
    assert (ended.state, ended.done, ended.counts) == ("done", 5, {"ordered": 5})
    assert len(await world.rows("SELECT 1 FROM product_order")) == 5


async def test_a_member_that_breaks_does_not_stop_the_others(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    group, lines = await family(world, 3)
    desk = await world.desk(lines[0])
    judged = await look(world, desk, group)
    submit, tries = world.ordering._submitting.submit, 0

    async def breaks(actor: Actor, order: SubmitOrder, vouched: frozenset[str]) -> OrderView:
        nonlocal tries
        placed = await submit(actor, order, vouched)
        if placed.subscriber_id == lines[1].id:
            tries += 1
            raise RuntimeError("the process was killed after the order was written")
        return placed

    monkeypatch.setattr(world.ordering._submitting, "submit", breaks)
    begun = await world.ordering.submit_group(desk.actor, command(desk, judged))
    ended = await finish(world, desk, begun.number)
    assert (ended.state, ended.counts, tries) == ("done", {"ordered": 2, "failed": 1}, 3)
    assert len(await world.rows("SELECT 1 FROM product_order")) == 2, "the half-made order left nothing"
    assert (await world.product(lines[1], "family-share"))["ends_on"] is None


async def test_only_the_owner_decides_and_must_be_identified_and_told(world: World) -> None:
    bound = Held(code="family-share", locked_until=datetime(2027, 3, 31, tzinfo=UTC).date())
    lines = [await world.line("gotone-standard", bound if n == 1 else "family-share") for n in range(2)]
    group = await make_group(world, lines[0], "family-share", *lines)
    member, owner = await world.desk(lines[1]), await world.desk(lines[0])
    judged = await look(world, member, group)
    assert not judged.group.owned
    with pytest.raises(NotGroupOwner):
        await world.ordering.submit_group(member.actor, command(member, judged))
    weak = await world.desk(lines[0], ("service_password",))
    with pytest.raises(IdentityNotVerified):
        await world.ordering.submit_group(weak.actor, command(weak, judged))
    clerk = await world.staff(Role.STORE_CLERK, ["store:guiyang-zhonghua"])
    with pytest.raises(NotAllowed):
        await world.ordering.submit_group(clerk, command(owner, judged))
    assert judged.counts == {Outcome.ORDER: 1, Outcome.LEFT: 1}, "clause 12 binds the second member"


VNET = Held(code="vnet-group", origin="group")


async def test_a_group_vnet_goes_by_work_orders_and_what_each_loses_is_told(world: World) -> None:
    owner = await world.line("gotone-standard", VNET)
    members = [await world.line("easyown-changting", VNET, brand="神州行") for _ in range(2)]
    group = await make_group(world, owner, "vnet-group", owner, *members, kind="vnet")
    desk = await world.desk(owner)
    judged = await look(world, desk, group)
    assert judged.counts == {Outcome.WORK_ORDER: 3}
    (sentence,) = judged.sentences
    assert "集团短号" in sentence.text
    assert sentence.members == 3
    untold = SubmitGroup(idempotency_key="g1", interaction_id=desk.call, change=judged.change)
    with pytest.raises(NotAllTold, match="集团短号"):
        await world.ordering.submit_group(desk.actor, untold)
    done = await world.ordering.submit_group(desk.actor, command(desk, judged))
    assert done.counts == {"work_order": 3}
    orders = await world.rows("SELECT number, type, queue, subscriber_id, product_id FROM work_order")
    assert {row["subscriber_id"] for row in orders} == {owner.id, *(line.id for line in members)}
    assert {(row["type"], row["queue"]) for row in orders} == {("cancel_group_service", "group_service")}
    handler = await world.staff(Role.BACK_OFFICE, ["group_service"])
    await world.services.work_orders.claim(handler, orders[0]["number"])
    await world.services.work_orders.close(
        handler, orders[0]["number"], resolution=Resolution.DONE, reply="已取消"
    )
    (left,) = await world.ordering.groups_of(desk.actor, owner.id)
    assert left.members == 2


SUCCESSOR = Offering(
    code="family-share-2",
    name="家庭共享新版",
    kind=OfferingKind.FAMILY,
    monthly_fee_fen=1500,
    tags=("家庭业务",),
    add_timings=(Timing.NEXT_MONTH,),
    remove_timings=(Timing.NEXT_MONTH,),
    compatible_with=("tag:主套餐",),
)


async def test_a_switch_moves_members_and_group_to_the_new_offering(world: World) -> None:
    await world.sell(SUCCESSOR)
    group, lines = await family(world, 2)
    async with world.db.transaction() as session:
        await session.execute(
            text("UPDATE subscriber SET customer_id = :owner WHERE id = :id"),
            {"owner": await customer_of(world, lines[0]), "id": lines[1].id},
        )
    desk = await world.desk(lines[0])
    judged = await look(world, desk, group, "family-share-2")
    assert judged.counts == {Outcome.ORDER: 2}, [row.why for row in judged.members]
    assert {row.fee_difference_fen for row in judged.members} == {500}
    assert judged.sentences, "a price is told"
    done = await world.ordering.submit_group(desk.actor, command(desk, judged))
    assert done.counts == {"ordered": 2}
    for line in lines:
        new = await world.product(line, "family-share-2")
        assert (new["status"], new["group_id"]) == ("reserved", group)
    (row,) = await world.rows("SELECT offering_code FROM product_group")
    assert row["offering_code"] == "family-share-2"


async def test_a_member_whose_switch_waited_for_a_work_order_joins_the_group_in_the_end(world: World) -> None:
    line = await world.line("gotone-standard", VNET)
    group = await make_group(world, line, "vnet-group", line, kind="vnet")
    desk = await world.desk(line)
    judged = await look(world, desk, group, "vnet-family")
    assert judged.counts == {Outcome.WORK_ORDER: 1}
    await world.ordering.submit_group(desk.actor, command(desk, judged))
    (wish,) = await world.ordering.wishes_of(desk.actor, line.id)
    handler = await world.staff(Role.BACK_OFFICE, ["group_service"])
    await world.services.work_orders.claim(handler, wish.work_order_number)
    await world.services.work_orders.close(
        handler, wish.work_order_number, resolution=Resolution.DONE, reply="已取消"
    )
    await world.submit(desk, await world.judge(desk, add("vnet-family")))
    assert (await world.product(line, "vnet-family"))["group_id"] == group


async def test_whose_own_products_suffer_is_asked_and_the_owners_line_is_not(world: World) -> None:
    # Like a GPRS pack of clause 6, a main plan's change cancels it with consent; here the plan is shared.
    pack = Held(code="gprs-old-20")
    lines = [await world.line("gotone-standard", pack) for _ in range(2)]
    group = await make_group(world, lines[0], "gotone-standard", *lines, kind="bundle")
    desk = await world.desk(lines[0])
    judged = await look(world, desk, group, "ao88-88")
    assert [row.verdict for row in judged.members] == [Verdict.CONSENT, Verdict.CONSENT]
    assert [row.outcome for row in judged.members] == [Outcome.ORDER, Outcome.ASK]
    assert judged.losing == 2
    assert all("GPRS" in "".join(row.lost) for row in judged.members)
    change = judged.change
    losing = await world.ordering.judge_group(desk.actor, desk.call, change, GroupLook(only_losing=True))
    assert (losing.listed, losing.judged) == (2, 2)
    done = await world.ordering.submit_group(desk.actor, command(desk, judged))
    assert done.counts == {"ordered": 1, "work_order": 1}
    (asked,) = await world.rows("SELECT type, subscriber_id, content FROM work_order")
    assert (asked["type"], asked["subscriber_id"]) == ("member_consent", lines[1].id)
    assert "GPRS" in asked["content"]
    assert (await world.product(lines[1], "gprs-old-20"))["ends_on"] is None


async def test_what_changed_for_a_member_after_the_submit_is_not_done_untold(world: World) -> None:
    group, lines = await family(world, 3)
    desk = await world.desk(lines[0])
    judged = await look(world, desk, group)
    begun = await world.ordering._group_orders.submit(desk.actor, command(desk, judged), at_once=0)
    async with world.db.transaction() as session:
        await session.execute(
            text("UPDATE product SET locked_until = '2027-12-31' WHERE id = :id"),
            {"id": lines[1].products["family-share"]},
        )
        await session.execute(
            text("UPDATE product SET status = 'terminated', ends_on = starts_on WHERE id = :id"),
            {"id": lines[2].products["family-share"]},
        )
    ended = await finish(world, desk, begun.number)
    assert ended.counts == {"ordered": 1, "left": 2}
    assert "协议" in ended.members[1].note or "期限" in ended.members[1].note
    assert "退出" in ended.members[2].note


async def test_nothing_to_do_for_anybody_is_no_group_order(world: World) -> None:
    bound = Held(code="family-share", locked_until=datetime(2027, 3, 31, tzinfo=UTC).date())
    lines = [await world.line("gotone-standard", bound) for _ in range(2)]
    group = await make_group(world, lines[0], "family-share", *lines)
    desk = await world.desk(lines[0])
    with pytest.raises(GroupNothingToDo):
        await world.ordering.submit_group(desk.actor, command(desk, await look(world, desk, group)))
    assert await world.rows("SELECT 1 FROM group_order") == []


async def test_the_basket_of_one_number_says_how_many_others_share(world: World) -> None:
    _, lines = await family(world, 3)
    desk = await world.desk(lines[1])
    judgement = await world.judge(desk, remove(lines[1], "family-share"))
    (notice,) = [each for each in judgement.notices if each.kind == "shared"]
    assert "3 个号码共用" in notice.text
    assert "另外 2 个号码" in notice.text
    assert "归属客户提出" in notice.text
    own = await world.desk(lines[0])
    (notice,) = (await world.judge(own, remove(lines[0], "family-share"))).notices
    assert "先看对每个号码的影响" in notice.text
    alone = await world.line("gotone-standard", "family-share")
    other = await world.desk(alone)
    assert (await world.judge(other, remove(alone, "family-share"))).notices == ()


async def test_a_look_of_everybody_reaches_the_last_member_and_so_does_the_file(world: World) -> None:
    pack = Held(code="gprs-old-20")
    first = [await world.line("gotone-standard") for _ in range(2)]
    lines = [*first, await world.line("gotone-standard", pack)]
    group = await make_group(world, lines[0], "gotone-standard", *lines, kind="bundle")
    desk = await world.desk(lines[0])
    change = GroupChange(group_id=group, action="switch", offering="ao88-88")
    some = await world.ordering.judge_group(desk.actor, desk.call, change, GroupLook(most=2))
    assert (some.judged, some.total, some.losing) == (2, 3, 0)
    every = await world.ordering.judge_group(desk.actor, desk.call, change, GroupLook(most=None))
    assert (every.judged, every.losing) == (3, 1)
    (loser,) = await world.ordering.group_losers(desk.actor, desk.call, change)
    assert loser.subscriber_id == lines[2].id
    (entry,) = await world.rows("SELECT detail FROM audit_entry WHERE action = 'order.group_losers'")
    assert entry["detail"] == {"members": 1, "of": 3}


async def test_a_large_group_is_paged(world: World) -> None:
    group, lines = await family(world, 7)
    desk = await world.desk(lines[0])
    change = GroupChange(group_id=group, action="cancel")
    pages = [
        await world.ordering.judge_group(desk.actor, desk.call, change, GroupLook(offset=at, limit=3))
        for at in (0, 3, 6)
    ]
    assert [len(page.members) for page in pages] == [3, 3, 1]
    assert {page.judged for page in pages} == {7}
    assert len({row.product_id for page in pages for row in page.members}) == 7
    assert new_id() not in {page.group.id for page in pages}
