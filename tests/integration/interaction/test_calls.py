"""A call from its first look to its wrap-up: identity checks, drafts, notes, two agents."""

import re
from dataclasses import dataclass, field
from datetime import date, timedelta
from uuid import UUID

import asyncpg
import msgspec
import pytest

from crm.core.customer.models import Customer, Subscriber
from crm.core.customer.service import CustomerService
from crm.core.customer.service_password import blind_password
from crm.core.interaction.errors import (
    CallNotOpen,
    CodeLocked,
    CodeTooSoon,
    NoteTooLong,
    SmsUnavailable,
    UnknownReason,
    WrongNumber,
)
from crm.core.interaction.identity import IdentityChecks
from crm.core.interaction.schemas import CallReason, CheckMethod, CheckResult
from crm.core.interaction.service import LONGEST_NOTE, InteractionService
from crm.core.notice.service import NoticeService
from crm.core.staff.errors import NotAllowed
from crm.core.staff.schemas import Actor, NewStaff, Role
from crm.core.staff.service import StaffService
from crm.platform.clock import FixedClock
from crm.platform.database import Database
from crm.platform.ids import new_id
from crm.platform.secrets import Vault
from crm.platform.settings import Settings

MSISDN = "13900000001"


@dataclass
class Pocket:
    """An SMS gateway that keeps what it is given, or is away."""

    texts: list[tuple[str, str]] = field(default_factory=list)
    away: bool = False

    async def send(self, msisdn: str, text: str) -> None:
        if self.away:
            raise OSError("gateway away")
        self.texts.append((msisdn, text))

    @property
    def last_code(self) -> str:
        found = re.search(r"验证码(\d{6})", self.texts[-1][1])
        assert found
        return found[1]


@dataclass
class World:
    interactions: InteractionService
    sms: Pocket
    first: Actor
    second: Actor
    line: UUID


@pytest.fixture
async def world(db: Database, clock: FixedClock, settings: Settings) -> World:
    vault, sms = Vault(settings.encryption_key, settings.index_key), Pocket()
    customers = CustomerService(db, clock, vault)
    notices = NoticeService(db, clock, sms)
    identity = IdentityChecks(db, clock, vault, settings, customers, notices)
    reasons = (CallReason("consult", "咨询", "资费"),)
    staff = StaffService(db, clock, settings)
    password = "guizhou-10086"
    await staff.hire((), tuple(NewStaff(number, "坐席", Role.AGENT, password) for number in ("9101", "9102")))
    actors = [(await staff.log_in(number, password, "10.0.0.1")).actor for number in ("9101", "9102")]
    line = new_id()
    async with db.transaction() as session:
        customer = Customer(name="张伟", created_at=clock.now())
        session.add(customer)
        await session.flush()
        session.add(
            Subscriber(
                id=line,
                customer_id=customer.id,
                msisdn=MSISDN,
                brand="动感地带",
                region="贵阳",
                opened_on=date(2020, 1, 1),
                service_password_hash=blind_password(vault, line, "246810"),
            )
        )
    return World(InteractionService(db, clock, identity, reasons), sms, actors[0], actors[1], line)


async def _column(url: str, statement: str) -> list[object]:
    connection = await asyncpg.connect(url)
    try:
        return [row[0] for row in await connection.fetch(statement)]
    finally:
        await connection.close()


async def test_looking_again_returns_to_the_same_call(world: World) -> None:
    first = await world.interactions.open_call(world.first, MSISDN, world.line)
    again = await world.interactions.open_call(world.first, MSISDN, world.line)
    assert again.id == first.id
    assert again.others == ()


async def test_two_agents_on_one_customer_see_each_other(world: World) -> None:
    await world.interactions.open_call(world.first, MSISDN, world.line)
    second = await world.interactions.open_call(world.second, MSISDN, world.line)
    assert second.others == ("9101",)
    with pytest.raises(CallNotOpen):
        await world.interactions.current(world.first, second.id)


async def test_own_number_counts_only_for_the_calling_line(world: World) -> None:
    call = await world.interactions.open_call(world.first, MSISDN, world.line)
    check = await world.interactions.check_own_number(world.first, call.id, world.line, MSISDN)
    assert (check.method, check.result) == (CheckMethod.OWN_NUMBER, CheckResult.PASSED)
    with pytest.raises(WrongNumber):
        await world.interactions.check_own_number(world.first, call.id, world.line, "13900000002")


async def test_three_wrong_passwords_lock_the_line_for_half_an_hour(
    world: World, clock: FixedClock, database_url: str
) -> None:
    call = await world.interactions.open_call(world.first, MSISDN, world.line)

    async def check(password: str) -> CheckResult:
        return (
            await world.interactions.check_service_password(world.first, call.id, world.line, password)
        ).result

    assert [await check("000000") for _ in range(3)] == [
        CheckResult.FAILED,
        CheckResult.FAILED,
        CheckResult.LOCKED,
    ]
    assert await check("246810") is CheckResult.LOCKED
    clock.advance(timedelta(minutes=30, seconds=1))
    assert await check("246810") is CheckResult.PASSED
    assert await world.interactions.checks_passed(call.id, world.line) == {CheckMethod.SERVICE_PASSWORD}
    everything = str(
        await _column(
            database_url, "SELECT a::text FROM audit_entry a UNION ALL SELECT i::text FROM identity_check i"
        )
    )
    assert "246810" not in everything


async def test_a_code_goes_to_the_line_and_is_stored_nowhere(world: World, database_url: str) -> None:
    call = await world.interactions.open_call(world.first, MSISDN, world.line)
    await world.interactions.send_code(world.first, call.id, world.line, MSISDN)
    code = world.sms.last_code
    assert world.sms.texts[-1][0] == MSISDN
    assert code not in str(await _column(database_url, "SELECT text FROM message"))
    with pytest.raises(CodeTooSoon):
        await world.interactions.send_code(world.first, call.id, world.line, MSISDN)
    right = await world.interactions.check_code(world.first, call.id, world.line, f" {code} ")
    again = await world.interactions.check_code(world.first, call.id, world.line, code)
    assert (right.result, again.result) == (CheckResult.PASSED, CheckResult.EXPIRED)


async def test_a_code_expires_and_gives_up_after_three_tries(world: World, clock: FixedClock) -> None:
    call = await world.interactions.open_call(world.first, MSISDN, world.line)

    async def check(code: str) -> CheckResult:
        return (await world.interactions.check_code(world.first, call.id, world.line, code)).result

    assert await check("123456") is CheckResult.EXPIRED
    await world.interactions.send_code(world.first, call.id, world.line, MSISDN)
    clock.advance(timedelta(minutes=6))
    assert await check(world.sms.last_code) is CheckResult.EXPIRED
    await world.interactions.send_code(world.first, call.id, world.line, MSISDN)
    wrong = f"{(int(world.sms.last_code) + 1) % 1_000_000:06d}"
    assert [await check(wrong) for _ in range(3)] == [
        CheckResult.FAILED,
        CheckResult.FAILED,
        CheckResult.LOCKED,
    ]
    assert await check(world.sms.last_code) is CheckResult.LOCKED


def _wrong(world: World) -> str:
    return f"{(int(world.sms.last_code) + 1) % 1_000_000:06d}"


async def test_a_locked_line_takes_no_codes_on_any_call_until_the_lock_is_over(
    world: World, clock: FixedClock
) -> None:
    first = await world.interactions.open_call(world.first, MSISDN, world.line)
    second = await world.interactions.open_call(world.second, MSISDN, world.line)
    await world.interactions.send_code(world.first, first.id, world.line, MSISDN)
    for _ in range(3):
        await world.interactions.check_code(world.first, first.id, world.line, _wrong(world))
    clock.advance(timedelta(minutes=2))
    for actor, call in ((world.first, first), (world.second, second)):
        with pytest.raises(CodeLocked, match="28 分钟"):
            await world.interactions.send_code(actor, call.id, world.line, MSISDN)
    seen = await world.interactions.check_code(world.second, second.id, world.line, world.sms.last_code)
    assert seen.result is CheckResult.LOCKED
    assert len(world.sms.texts) == 1
    clock.advance(timedelta(minutes=28, seconds=1))
    await world.interactions.send_code(world.second, second.id, world.line, MSISDN)
    right = await world.interactions.check_code(world.second, second.id, world.line, world.sms.last_code)
    assert right.result is CheckResult.PASSED


async def test_a_new_code_is_not_a_new_set_of_guesses(world: World, clock: FixedClock) -> None:
    results: list[CheckResult] = []
    for actor in (world.first, world.second, world.first):
        call = await world.interactions.open_call(actor, MSISDN, world.line)
        await world.interactions.send_code(actor, call.id, world.line, MSISDN)
        results.append(
            (await world.interactions.check_code(actor, call.id, world.line, _wrong(world))).result
        )
        clock.advance(timedelta(minutes=2))
    assert results == [CheckResult.FAILED, CheckResult.FAILED, CheckResult.LOCKED]


async def test_a_code_is_not_sent_again_within_a_minute_even_after_it_was_used(
    world: World, clock: FixedClock
) -> None:
    call = await world.interactions.open_call(world.first, MSISDN, world.line)
    await world.interactions.send_code(world.first, call.id, world.line, MSISDN)
    await world.interactions.check_code(world.first, call.id, world.line, world.sms.last_code)
    with pytest.raises(CodeTooSoon):
        await world.interactions.send_code(world.first, call.id, world.line, MSISDN)
    clock.advance(timedelta(minutes=1))
    await world.interactions.send_code(world.first, call.id, world.line, MSISDN)


async def test_without_a_gateway_the_agent_hears_it_and_may_try_again(world: World) -> None:
    call = await world.interactions.open_call(world.first, MSISDN, world.line)
    world.sms.away = True
    with pytest.raises(SmsUnavailable):
        await world.interactions.send_code(world.first, call.id, world.line, MSISDN)
    world.sms.away = False
    await world.interactions.send_code(world.first, call.id, world.line, MSISDN)


async def test_drafts_and_notes_survive_until_the_call_is_wrapped_up(world: World) -> None:
    call = await world.interactions.open_call(world.first, MSISDN, world.line)
    for body in ({"text": "半句"}, {"text": "整句\x00😀"}):
        await world.interactions.save_draft(world.first, call.id, "work_order", body)
    await world.interactions.save_note(world.first, call.id, "客户咨询\x00资费😀")
    with pytest.raises(NoteTooLong):
        await world.interactions.save_note(world.first, call.id, "长" * (LONGEST_NOTE + 1))
    seen = await world.interactions.current(world.first, call.id)
    assert seen.note == "客户咨询资费😀"
    assert seen.drafts["work_order"]["text"] == "整句😀"
    with pytest.raises(UnknownReason):
        await world.interactions.wrap_up(world.first, call.id, "made-up", (), "好")
    await world.interactions.wrap_up(world.first, call.id, "consult", ("资费",), "好")
    with pytest.raises(CallNotOpen):
        await world.interactions.save_note(world.first, call.id, "迟到")
    fresh = await world.interactions.open_call(world.first, MSISDN, world.line)
    assert fresh.id != call.id
    assert fresh.drafts == {}


async def test_roles_without_customers_open_no_calls(world: World) -> None:
    trainer = msgspec.structs.replace(world.first, role=Role.BUSINESS)
    with pytest.raises(NotAllowed):
        await world.interactions.open_call(trainer, MSISDN, world.line)


async def test_messages_wait_for_the_gateway(world: World, db: Database, clock: FixedClock) -> None:
    notices = NoticeService(db, clock, world.sms)
    async with db.transaction() as session:
        notices.queue(session, world.line, MSISDN, "order_accepted", "业务已受理")
    world.sms.away = True
    assert await notices.send_due() == 0
    world.sms.away = False
    assert await notices.send_due() == 1
    assert await notices.send_due() == 0
    assert world.sms.texts == [(MSISDN, "业务已受理")]
