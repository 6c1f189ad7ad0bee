"""Who acts when nobody does: the daily job and the outbox."""

from uuid import UUID

from crm.core.staff.schemas import Actor, Role

SYSTEM = Actor(staff_id=UUID(int=0), staff_number="system", name="系统", role=Role.BACK_OFFICE)
