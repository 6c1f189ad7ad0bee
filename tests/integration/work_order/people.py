"""The people of these tests: staff with roles and groups, stored so that orders can be given to them."""

from pathlib import Path

from crm.core.staff.models import StaffGroup, StaffMember, StaffMembership
from crm.core.staff.schemas import Actor, Role
from crm.platform.database import Database
from crm.platform.ids import new_id

CONTENT = Path(__file__).resolve().parents[3] / "workorders"


def actor(number: str, role: Role, *groups: str) -> Actor:
    """Somebody with a fresh id."""
    return Actor(
        staff_id=new_id(),
        staff_number=number,
        name=f"同事{number}",
        role=role,
        group_codes=groups,
        ip="10.0.0.1",
    )


AGENT = actor("1001", Role.AGENT)
OTHER_AGENT = actor("1002", Role.AGENT)
LEADER = actor("2001", Role.SHIFT_LEADER, "escalation")
ASSISTANT = actor("2002", Role.DUTY_ASSISTANT, "duty_assistant")
BACK_OFFICE = actor("3001", Role.BACK_OFFICE, "back_office", "group_service")
COLLEAGUE = actor("3002", Role.BACK_OFFICE, "back_office", "group_service")
BUSINESS = actor("4001", Role.BUSINESS, "business")
CLERK = actor("5001", Role.STORE_CLERK, "store:guiyang-zhonghua")
REVIEWER = actor("6001", Role.REVIEWER)
QUALITY = actor("7001", Role.QUALITY)
ADMIN = actor("8001", Role.ADMIN)

EVERYBODY = (
    AGENT, OTHER_AGENT, LEADER, ASSISTANT, BACK_OFFICE, COLLEAGUE, BUSINESS, CLERK, REVIEWER, QUALITY, ADMIN,
)  # fmt: skip


async def hire(db: Database) -> None:
    """Store everybody with their groups."""
    codes = {code for person in EVERYBODY for code in person.group_codes}
    async with db.transaction() as session:
        groups = {code: StaffGroup(code=code, name=code, kind="team") for code in codes}
        session.add_all(groups.values())
        for person in EVERYBODY:
            session.add(
                StaffMember(
                    id=person.staff_id,
                    staff_number=person.staff_number,
                    name=person.name,
                    role=person.role.value,
                    password_hash="-",
                )
            )
        await session.flush()
        for person in EVERYBODY:
            for code in person.group_codes:
                session.add(StaffMembership(staff_id=person.staff_id, group_id=groups[code].id))
