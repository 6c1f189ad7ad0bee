"""Groups and logins of the demo desk; every password is DEMO_PASSWORD."""

from typing import NamedTuple
from uuid import UUID, uuid5

from crm.core.staff.models import StaffGroup, StaffMember, StaffMembership
from crm.core.staff.schemas import ROLE_NAMES, Role
from crm.platform.secrets import hash_password

DEMO_PASSWORD = "desk10086"  # noqa: S105  (a demo login, printed at start)
_ANNOUNCED = ("1001", "2001", "3001", "5001", "8001")
_NAMESPACE = UUID("0194a1b2-0000-7000-8000-000000010086")


class Group(NamedTuple):
    """A group; its code is the code of the queue it works on."""

    code: str
    name: str
    kind: str
    region: str = ""


class Login(NamedTuple):
    """A member of staff with the groups they belong to."""

    number: str
    name: str
    role: Role
    groups: tuple[str, ...]


GROUPS = (
    Group("desk-a", "热线一班", "team"),
    Group("back_office", "后台组", "back_office"),
    Group("group_service", "集团业务组", "back_office"),
    Group("network", "网络组", "back_office"),
    Group("escalation", "升级投诉专席", "back_office"),
    Group("business", "业务组", "business"),
    Group("duty_assistant", "值班经理助理", "team"),
    Group("quality", "质检组", "team"),
    Group("store:guiyang-zhonghua", "贵阳中华路营业厅", "store", "贵阳"),
)
LOGINS = (
    Login("1001", "周晓燕", Role.AGENT, ("desk-a",)),
    Login("1002", "罗建军", Role.AGENT, ("desk-a",)),
    Login("2001", "吴海燕", Role.SHIFT_LEADER, ("desk-a", "escalation")),
    Login("2002", "田志强", Role.DUTY_ASSISTANT, ("desk-a", "duty_assistant")),
    Login("3001", "龙凤英", Role.BACK_OFFICE, ("back_office", "group_service")),
    Login("3002", "石勇", Role.BACK_OFFICE, ("back_office", "network")),
    Login("4001", "潘丽萍", Role.BUSINESS, ("business",)),
    Login("5001", "杨秀珍", Role.STORE_CLERK, ("store:guiyang-zhonghua",)),
    Login("6001", "熊文", Role.REVIEWER, ("business",)),
    Login("7001", "安娜", Role.QUALITY, ("quality",)),
    Login("8001", "黄磊", Role.ADMIN, ()),
    Login("8002", "任静", Role.AUDITOR, ()),
)


def demo_id(kind: str, key: str) -> UUID:
    """The identifier of a fixed demo thing, the same in every database."""
    return uuid5(_NAMESPACE, f"{kind}:{key}")


def groups() -> list[StaffGroup]:
    """The groups as rows."""
    return [
        StaffGroup(
            id=demo_id("group", each.code), code=each.code, name=each.name, kind=each.kind, region=each.region
        )
        for each in GROUPS
    ]


def demo_logins() -> str:
    """The logins in one line, for the announcement at start."""
    shown = " ".join(f"{each.number} {ROLE_NAMES[each.role]}" for each in LOGINS if each.number in _ANNOUNCED)
    return f"{shown}（密码都是 {DEMO_PASSWORD}）"


def members() -> list[StaffMember]:
    """The logins as rows. They share one password, and so one hash: argon2 takes its time on purpose."""
    hashed = hash_password(DEMO_PASSWORD)
    return [
        StaffMember(
            id=demo_id("staff", each.number),
            staff_number=each.number,
            name=each.name,
            role=each.role.value,
            password_hash=hashed,
        )
        for each in LOGINS
    ]


def memberships() -> list[StaffMembership]:
    """Who belongs to which group."""
    return [
        StaffMembership(staff_id=demo_id("staff", each.number), group_id=demo_id("group", code))
        for each in LOGINS
        for code in each.groups
    ]
