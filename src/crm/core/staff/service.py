"""Use cases of the staff room: log in, be recognised, log out, change the password, hire."""

import asyncio
from datetime import timedelta
from functools import cache
from uuid import UUID

from crm.core.staff import repository
from crm.core.staff.engine import password_weakness
from crm.core.staff.errors import LockedOut, NotLoggedIn, WeakPassword, WrongLogin
from crm.core.staff.models import StaffGroup, StaffMember, StaffMembership, StaffSession
from crm.core.staff.schemas import Actor, GroupView, Login, NewStaff, Role
from crm.platform import audit
from crm.platform.clock import Clock
from crm.platform.database import Database
from crm.platform.secrets import hash_password, hash_token, new_token, verify_password
from crm.platform.settings import Settings

_WRONG_OLD = "原密码不正确，密码没有改动。请重新输入原密码。"


@cache
def _nobody() -> str:
    """Verified when the staff number is unknown, so that the answer takes as long as for a known one."""
    return hash_password(new_token())


class StaffService:
    """The only door to staff."""

    def __init__(self, db: Database, clock: Clock, settings: Settings) -> None:
        self._db = db
        self._clock = clock
        self._settings = settings

    async def log_in(self, staff_number: str, password: str, ip: str) -> Login:
        """Open a session. Raises `WrongLogin`, or `LockedOut` after repeated failures.

        The password is compared, which is slow on purpose, while no connection and no lock is held. A failure
        is counted even though the log-in is refused, hence the answer is raised after the commit.
        """
        staff_number = staff_number.strip()
        async with self._db.transaction() as session:
            seen = await repository.member_by_number(session, staff_number)
        hashed = seen.password_hash if seen is not None else await asyncio.to_thread(_nobody)
        right = await asyncio.to_thread(verify_password, hashed, password[:200])
        async with self._db.transaction() as session:
            person = await repository.lock_member(session, staff_number)
            refusal = self._refusal(person, right and person is not None and person.password_hash == hashed)
            if refusal is None and person is not None:
                return await self._open(person, ip)
        raise refusal or WrongLogin()

    def _refusal(self, person: StaffMember | None, right: bool) -> LockedOut | WrongLogin | None:
        """Why the person is not let in, the failure counted; None when they are."""
        if person is None or not person.active:
            return WrongLogin()
        now = self._clock.now()
        if person.locked_until_at is not None and person.locked_until_at > now:
            return LockedOut(-(-(person.locked_until_at - now).seconds // 60))
        if right:
            person.failed_logins, person.locked_until_at = 0, None
            return None
        person.failed_logins += 1
        if person.failed_logins < self._settings.lockout_after:
            return WrongLogin()
        person.failed_logins = 0
        person.locked_until_at = now + timedelta(minutes=self._settings.lockout_minutes)
        return LockedOut(self._settings.lockout_minutes)

    async def _open(self, person: StaffMember, ip: str) -> Login:
        token, csrf, now = new_token(), new_token(), self._clock.now()
        expires_at = now + timedelta(hours=self._settings.session_hours)
        async with self._db.transaction() as session:
            session.add(
                StaffSession(
                    token_hash=hash_token(token),
                    staff_id=person.id,
                    csrf=csrf,
                    ip=ip,
                    created_at=now,
                    seen_at=now,
                    expires_at=expires_at,
                )
            )
            groups = await repository.groups_of(session, person.id)
            actor = _actor(person, groups, ip)
            audit.record(session, actor, now, "staff.log_in", "staff", person.id)
        return Login(token=token, actor=actor, csrf=csrf, expires_at=expires_at)

    async def actor_of(self, token: str, ip: str) -> tuple[Actor, str]:
        """The actor behind a session and the session's CSRF secret; one round trip. Raises `NotLoggedIn`."""
        now = self._clock.now()
        idle_since = now - timedelta(minutes=self._settings.session_idle_minutes)
        async with self._db.reading() as connection:
            row = await repository.find_actor(
                connection, hash_token(token), now, idle_since, now - timedelta(minutes=1)
            )
        if row is None:
            raise NotLoggedIn
        actor = Actor(
            staff_id=row["id"],
            staff_number=row["staff_number"],
            name=row["name"],
            role=Role(row["role"]),
            group_ids=tuple(row["ids"] or ()),
            group_codes=tuple(row["codes"] or ()),
            ip=ip,
            must_change_password=row["must_change_password"],
        )
        return actor, row["csrf"]

    async def log_out(self, actor: Actor, token: str) -> None:
        """End the session; a second log-out does nothing."""
        async with self._db.transaction() as session:
            await repository.end_sessions(session, token_hash=hash_token(token))
            audit.record(session, actor, self._clock.now(), "staff.log_out", "staff", actor.staff_id)

    async def change_password(self, actor: Actor, old: str, new: str) -> None:
        """Replace the own password and end every session. Raises `WeakPassword` with what is wrong."""
        async with self._db.transaction() as session:
            seen = await repository.member_by_number(session, actor.staff_number)
        hashed = seen.password_hash if seen is not None else await asyncio.to_thread(_nobody)
        right = await asyncio.to_thread(verify_password, hashed, old[:200])
        if seen is None or not right:
            raise WeakPassword(_WRONG_OLD)
        weakness = password_weakness(new, old, seen.staff_number)
        if weakness:
            raise WeakPassword(weakness)
        new_hash = await asyncio.to_thread(hash_password, new)
        async with self._db.transaction() as session:
            person = await repository.lock_member(session, actor.staff_number)
            if person is None or person.password_hash != hashed:
                raise WeakPassword(_WRONG_OLD)
            person.password_hash = new_hash
            person.must_change_password = False
            await repository.end_sessions(session, staff_id=person.id)
            audit.record(session, actor, self._clock.now(), "staff.change_password", "staff", person.id)

    async def groups(self) -> tuple[GroupView, ...]:
        """Every team, back-office group and store."""
        async with self._db.transaction() as session:
            return tuple(_group(each) for each in await repository.all_groups(session))

    async def names(self, staff_ids: set[UUID]) -> dict[UUID, str]:
        """Staff number and name by id."""
        async with self._db.transaction() as session:
            return await repository.names_of(session, staff_ids)

    async def is_empty(self) -> bool:
        """Whether nobody has been hired yet."""
        async with self._db.transaction() as session:
            return await repository.count_members(session) == 0

    async def hire(self, groups: tuple[GroupView, ...], people: tuple[NewStaff, ...]) -> None:
        """Set up groups and people with their passwords; used by the demo data and by administrators."""
        hashes = {each.password: await asyncio.to_thread(hash_password, each.password) for each in people}
        async with self._db.transaction() as session:
            by_code = {
                each.code: StaffGroup(id=each.id, code=each.code, name=each.name, kind=each.kind)
                for each in groups
            }
            session.add_all(by_code.values())
            await session.flush()
            for each in people:
                person = StaffMember(
                    staff_number=each.staff_number,
                    name=each.name,
                    role=each.role.value,
                    password_hash=hashes[each.password],
                )
                session.add(person)
                await session.flush()
                session.add_all(
                    StaffMembership(staff_id=person.id, group_id=by_code[code].id)
                    for code in each.group_codes
                )


def _actor(person: StaffMember, groups: list[StaffGroup], ip: str) -> Actor:
    return Actor(
        staff_id=person.id,
        staff_number=person.staff_number,
        name=person.name,
        role=Role(person.role),
        group_ids=tuple(each.id for each in groups),
        group_codes=tuple(each.code for each in groups),
        ip=ip,
        must_change_password=person.must_change_password,
    )


def _group(group: StaffGroup) -> GroupView:
    return GroupView(id=group.id, code=group.code, name=group.name, kind=group.kind)
