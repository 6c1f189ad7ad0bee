"""Logging in, being recognised, being locked out, leaving."""

import asyncio
import threading
from datetime import timedelta

import asyncpg
import pytest
from sqlalchemy import text

from crm.core.staff.errors import LockedOut, NotLoggedIn, WeakPassword, WrongLogin
from crm.core.staff.schemas import GroupView, NewStaff, Permission, Role
from crm.core.staff.service import StaffService
from crm.platform.clock import FixedClock
from crm.platform.database import Database
from crm.platform.ids import new_id
from crm.platform.secrets import verify_password
from crm.platform.settings import Settings

PASSWORD = "guizhou-10086"


@pytest.fixture
async def staff(db: Database, clock: FixedClock, settings: Settings) -> StaffService:
    service = StaffService(db, clock, settings)
    groups = (GroupView(id=new_id(), code="test-queue", name="测试组", kind="back_office"),)
    people = (
        NewStaff("9101", "测试坐席", Role.AGENT, PASSWORD),
        NewStaff("9301", "测试后台", Role.BACK_OFFICE, PASSWORD, ("test-queue",)),
    )
    await service.hire(groups, people)
    return service


async def test_a_session_recognises_the_person_with_role_and_groups(staff: StaffService) -> None:
    login = await staff.log_in(" 9301 ", PASSWORD, "127.0.0.1")
    actor, csrf = await staff.actor_of(login.token, "127.0.0.1")
    assert (actor.staff_number, actor.role, actor.group_codes) == ("9301", Role.BACK_OFFICE, ("test-queue",))
    assert csrf == login.csrf
    assert actor.may(Permission.HANDLE_WORK_ORDER)
    assert actor.ip == "127.0.0.1"


@pytest.mark.parametrize(
    ("number", "password"), [("9101", "wrong"), ("0000", PASSWORD), ("", ""), ("😀", "x" * 10_000)]
)
async def test_a_wrong_login_does_not_say_what_was_wrong(
    staff: StaffService, number: str, password: str
) -> None:
    with pytest.raises(WrongLogin) as refusal:
        await staff.log_in(number, password, "")
    assert "工号或密码不正确" in refusal.value.message


async def test_repeated_failures_lock_the_account_for_a_while(
    staff: StaffService, clock: FixedClock, settings: Settings
) -> None:
    for _ in range(settings.lockout_after - 1):
        with pytest.raises(WrongLogin):
            await staff.log_in("9101", "wrong", "")
    with pytest.raises(LockedOut):
        await staff.log_in("9101", "wrong", "")
    with pytest.raises(LockedOut):
        await staff.log_in("9101", PASSWORD, "")
    clock.advance(timedelta(minutes=settings.lockout_minutes, seconds=1))
    assert (await staff.log_in("9101", PASSWORD, "")).actor.staff_number == "9101"


async def test_a_success_forgets_earlier_failures(staff: StaffService, settings: Settings) -> None:
    for _ in range(2):
        for _ in range(settings.lockout_after - 1):
            with pytest.raises(WrongLogin):
                await staff.log_in("9101", "wrong", "")
        await staff.log_in("9101", PASSWORD, "")


async def test_comparing_a_password_holds_neither_lock_nor_connection(
    clock: FixedClock, settings: Settings, staff: StaffService, monkeypatch: pytest.MonkeyPatch
) -> None:
    comparing, go_on = threading.Event(), threading.Event()

    def slow(hashed: str, password: str) -> bool:
        comparing.set()
        assert go_on.wait(20)
        return verify_password(hashed, password)

    monkeypatch.setattr("crm.core.staff.service.verify_password", slow)
    assert settings.database_url is not None
    small = Database(settings.database_url, pool_size=1)
    await small.start()
    try:
        logging_in = asyncio.create_task(StaffService(small, clock, settings).log_in("9101", PASSWORD, ""))
        assert await asyncio.to_thread(comparing.wait, 20)
        async with asyncio.timeout(5), small.transaction() as session:
            await session.execute(text("UPDATE staff_member SET failed_logins = 0"))
        go_on.set()
        assert (await logging_in).actor.staff_number == "9101"
    finally:
        go_on.set()
        await small.stop()


async def test_a_password_changed_meanwhile_opens_nothing(
    staff: StaffService, monkeypatch: pytest.MonkeyPatch
) -> None:
    login = await staff.log_in("9101", PASSWORD, "")
    comparing, go_on = threading.Event(), threading.Event()

    def slow(hashed: str, password: str) -> bool:
        comparing.set()
        assert go_on.wait(20)
        return verify_password(hashed, password)

    with monkeypatch.context() as patch:
        patch.setattr("crm.core.staff.service.verify_password", slow)
        logging_in = asyncio.create_task(staff.log_in("9101", PASSWORD, ""))
        assert await asyncio.to_thread(comparing.wait, 20)
    await staff.change_password(login.actor, PASSWORD, "brand-new-10086")
    go_on.set()
    with pytest.raises(WrongLogin):
        await logging_in


async def test_wrong_passwords_at_once_are_all_counted(staff: StaffService, settings: Settings) -> None:
    tries = (staff.log_in("9101", "wrong", "") for _ in range(settings.lockout_after))
    results = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(each, LockedOut) for each in results) == 1
    with pytest.raises(LockedOut):
        await staff.log_in("9101", PASSWORD, "")


async def test_a_session_ends_when_idle_when_old_and_when_left(
    staff: StaffService, clock: FixedClock, settings: Settings
) -> None:
    idle = await staff.log_in("9101", PASSWORD, "")
    clock.advance(timedelta(minutes=settings.session_idle_minutes, seconds=1))
    with pytest.raises(NotLoggedIn):
        await staff.actor_of(idle.token, "")

    used = await staff.log_in("9101", PASSWORD, "")
    step = timedelta(minutes=settings.session_idle_minutes - 1)
    while clock.now() + step < used.expires_at:
        clock.advance(step)
        await staff.actor_of(used.token, "")
    clock.advance(step)
    with pytest.raises(NotLoggedIn):
        await staff.actor_of(used.token, "")

    left = await staff.log_in("9101", PASSWORD, "")
    await staff.log_out(left.actor, left.token)
    await staff.log_out(left.actor, left.token)
    with pytest.raises(NotLoggedIn):
        await staff.actor_of(left.token, "")


async def test_the_secret_of_a_session_is_not_in_the_database(staff: StaffService, database_url: str) -> None:
    login = await staff.log_in("9101", PASSWORD, "")
    connection = await asyncpg.connect(database_url)
    try:
        hashes = await connection.fetch("SELECT token_hash FROM staff_session")
        stored = await connection.fetchval(
            "SELECT password_hash FROM staff_member WHERE staff_number = '9101'"
        )
    finally:
        await connection.close()
    assert hashes
    assert all(login.token.encode() not in row["token_hash"] for row in hashes)
    assert stored.startswith("$argon2id$")


async def test_a_new_password_ends_every_session(staff: StaffService) -> None:
    first, second = [await staff.log_in("9101", PASSWORD, "") for _ in range(2)]
    for weak in ("short1", "onlyletters", "1234567890", "x9101-long-enough", PASSWORD):
        with pytest.raises(WeakPassword):
            await staff.change_password(first.actor, PASSWORD, weak)
    with pytest.raises(WeakPassword, match="原密码"):
        await staff.change_password(first.actor, "wrong", "brand-new-10086")
    await staff.change_password(first.actor, PASSWORD, "brand-new-10086")
    for login in (first, second):
        with pytest.raises(NotLoggedIn):
            await staff.actor_of(login.token, "")
    await staff.log_in("9101", "brand-new-10086", "")


async def test_logging_in_and_out_is_audited(staff: StaffService, database_url: str) -> None:
    login = await staff.log_in("9101", PASSWORD, "10.1.2.3")
    await staff.log_out(login.actor, login.token)
    connection = await asyncpg.connect(database_url)
    try:
        rows = await connection.fetch("SELECT action, actor_label, ip FROM audit_entry ORDER BY at, id")
    finally:
        await connection.close()
    assert [(row["action"], row["actor_label"]) for row in rows] == [
        ("staff.log_in", "9101"),
        ("staff.log_out", "9101"),
    ]
    assert rows[0]["ip"] == "10.1.2.3"
