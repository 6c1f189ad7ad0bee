"""Contract cards, declined recommendations and the month's last days, on the delivered content."""

from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest

from crm.core.compatibility.schemas import ChangeItem, Verdict
from crm.core.interaction.errors import CallNotOpen
from crm.core.ordering.schemas import StartRemedy
from crm.core.staff.schemas import Role
from crm.core.work_order.schemas import WorkOrderView
from tests.factories import Desk, Held, World, add, remove

BUNDLE = Held(
    code="bundle-guanjia-cailing-1y",
    origin="agreement",
    starts_on=date(2026, 8, 14),
    locked_until=date(2027, 8, 13),
    campaign="来电管家+彩铃捆绑1年",
)


async def test_the_card_answers_what_if_i_leave_now(world: World) -> None:
    line = await world.line("gotone-standard", "laidian-guanjia", "cailing-5", BUNDLE)
    desk = await world.desk(line)
    (card,) = await world.ordering.contracts_of(desk.actor, line.id)
    assert (card.locked_until, card.free_from) == (date(2027, 8, 13), date(2027, 8, 14))
    assert (card.leaving_on, card.months_left) == (date(2026, 12, 1), 9)
    assert card.penalty.amount_fen == 9 * 800 * 30 // 100
    assert "9 个月" in card.penalty.reckoning
    assert card.verdict is Verdict.REFUSE
    assert any("来电管家" in each for each in card.binds)
    assert any("不能换成" in each for each in card.binds)
    assert card.stay_fee_fen is not None
    assert card.leave_fee_fen is not None
    assert card.stay_total_fen == 9 * card.stay_fee_fen
    assert card.leave_total_fen == 9 * card.leave_fee_fen + 2160
    assert "21.60元" in card.script


async def test_no_agreement_no_card_and_the_last_day_still_binds(world: World) -> None:
    free = await world.line("gotone-standard", "sms-pack-10")
    last = await world.line(
        "gotone-standard", Held(code="sms-pack-prefecture", locked_until=date(2026, 11, 22))
    )
    over = await world.line(
        "gotone-standard", Held(code="sms-pack-prefecture", locked_until=date(2026, 11, 21))
    )
    actor = await world.staff()
    assert await world.ordering.contracts_of(actor, free.id) == ()
    assert await world.ordering.contracts_of(actor, over.id) == ()
    (card,) = await world.ordering.contracts_of(actor, last.id)
    assert card.months_left == 0
    assert card.penalty.amount_fen == 0, "from December on nothing binds any more"


async def test_terms_that_are_not_written_are_never_guessed(world: World) -> None:
    line = await world.line(Held(code="gotone-standard", locked_until=date(2027, 5, 31)))
    (card,) = await world.ordering.contracts_of(await world.staff(), line.id)
    assert card.penalty.amount_fen is None
    assert card.leave_total_fen is None
    assert "协议文本" in card.script


async def test_where_a_bundle_blocks_a_plan_the_basket_tells_the_price(world: World) -> None:
    line = await world.line("gotone-standard", "laidian-guanjia", "cailing-5", BUNDLE)
    desk = await world.desk(line)
    judgement = await world.judge(desk, add("ao88-88"))
    assert judgement.qualification.verdict is Verdict.REFUSE
    (notice,) = [each for each in judgement.notices if each.kind == "penalty"]
    assert "21.60元" in notice.text


# ---- once the customer has declined, nothing is recommended any more


async def test_after_a_decline_retention_counts_as_done_and_the_order_goes_through(world: World) -> None:
    line = await world.line("gotone-standard", "sms-pack-10")
    desk = await world.desk(line)
    before = await world.judge(desk, remove(line, "sms-pack-10"))
    assert before.qualification.verdict is Verdict.FIRST
    await world.services.interactions.decline_offers(desk.actor, desk.call)
    after = await world.judge(desk, remove(line, "sms-pack-10"))
    assert after.can_be_ordered
    assert not any(each.do == "record_retention" for f in after.qualification.findings for each in f.remedies)
    order = await world.submit(desk, after)
    assert order.state == "pending"
    (entry,) = await world.rows("SELECT detail FROM audit_entry WHERE action = 'retention.recorded'")
    assert entry["detail"]["number"] == order.number
    assert len(await world.rows("SELECT 1 FROM audit_entry WHERE action = 'offer.declined'")) == 1


async def test_the_basket_as_typed_is_enough_to_submit_after_a_decline(world: World) -> None:
    line = await world.line("gotone-standard", "sms-pack-10")
    desk = await world.desk(line)
    await world.services.interactions.decline_offers(desk.actor, desk.call)
    typed = await world.judge(desk, remove(line, "sms-pack-10"))
    bare = typed.change.__class__(items=typed.change.items)
    assert (await world.submit(desk, typed, change=bare)).state == "pending"


async def test_a_decline_holds_for_its_call_only_and_is_the_agents_own(world: World) -> None:
    line = await world.line("gotone-standard", "sms-pack-10")
    desk, other = await world.desk(line), await world.desk(line)
    calls = world.services.interactions
    with pytest.raises(CallNotOpen):
        await calls.decline_offers(other.actor, desk.call)
    await calls.decline_offers(desk.actor, desk.call)
    await calls.decline_offers(desk.actor, desk.call)
    assert (await calls.current(desk.actor, desk.call)).offer_declined_at == world.clock.at
    assert (await world.judge(other, remove(line, "sms-pack-10"))).qualification.verdict is Verdict.FIRST
    assert len(await world.rows("SELECT 1 FROM audit_entry WHERE action = 'offer.declined'")) == 1


# ---- the last days of a month

CAMPUS = Held(code="vnet-campus", origin="group")


async def campus(world: World) -> Desk:
    return await world.desk(await world.line("mzone-campus-a", CAMPUS, brand="动感地带"))


async def cancel_first(world: World, desk: Desk, *items: ChangeItem) -> WorkOrderView:
    judgement = await world.judge(desk, *items)
    rule = next(f for f in judgement.qualification.findings if any(r.work_order_type for r in f.remedies))
    return await world.ordering.start_remedy(
        desk.actor,
        StartRemedy(
            idempotency_key="m1",
            interaction_id=desk.call,
            subscriber_id=desk.line.id,
            change=judgement.change,
            rule_id=rule.rule_id,
            held_id=desk.line.held("vnet-campus"),
        ),
    )


def shanghai(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC) - timedelta(hours=8)


@pytest.mark.parametrize(
    ("now", "due"),
    [
        (shanghai(22, 14), shanghai(23, 14)),  # far from the end: the promise of the type
        (shanghai(29, 20), shanghai(30, 20)),
        (shanghai(30, 9), shanghai(30, 23, 59)),  # 24 hours would be too late
        (shanghai(30, 23, 59), shanghai(30, 23, 59)),
    ],
)
async def test_the_clock_of_a_precondition_ends_before_the_month_does(
    world: World, now: datetime, due: datetime
) -> None:
    world.clock.move_to(now)
    desk = await campus(world)
    order = await cancel_first(world, desk, add("gotone-standard"))
    assert order.clocks.due_at == due


async def test_a_mere_cancellation_keeps_the_whole_promise(world: World) -> None:
    world.clock.move_to(shanghai(30, 9))
    desk = await campus(world)
    order = await cancel_first(world, desk, remove(desk.line, "vnet-campus"))
    assert order.clocks.due_at == world.clock.at + timedelta(hours=24)


def stand_still(world: World, code: str) -> None:
    """Let the clock of a type stand still while its orders are laid aside."""
    content = world.services.work_orders.content
    content.types[code] = msgspec.structs.replace(content.types[code], pauses_on_hold=True)


async def test_a_pause_does_not_move_the_clock_beyond_the_month(world: World) -> None:
    world.clock.move_to(shanghai(29, 20))
    desk = await campus(world)
    stand_still(world, "cancel_group_service")
    order = await cancel_first(world, desk, add("gotone-standard"))
    handler = await world.staff(Role.BACK_OFFICE, ["group_service"])
    work = world.services.work_orders
    await work.claim(handler, order.number)
    await work.hold(handler, order.number, reason="等客户回电")
    world.clock.advance(timedelta(hours=6))
    resumed = await work.resume(handler, order.number)
    assert resumed.clocks.due_at == shanghai(30, 23, 59), (
        "without the bound it would be 2 o'clock in December"
    )


async def test_the_last_two_days_flag_the_basket(world: World) -> None:
    line = await world.line("gotone-standard")
    desk = await world.desk(line)
    assert (await world.judge(desk, add("gotone-business"))).notices == ()
    world.clock.move_to(shanghai(29, 10))
    (notice,) = (await world.judge(desk, add("gotone-business"))).notices
    assert notice.kind == "month_end"
    assert notice.deadline == shanghai(30, 24 - 1) + timedelta(hours=1)
    blocked = await campus(world)
    (notice,) = (await world.judge(blocked, add("gotone-standard"))).notices
    assert "前置步骤" in notice.text
