"""Work orders laid down directly: this room only reads them."""

from datetime import UTC, datetime, timedelta

from crm.core.work_order.models import WorkOrder
from crm.demo.fixed import line_id
from crm.demo.staff import demo_id
from crm.platform.database import Database

NOW = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)


async def assign(
    db: Database, msisdn: str, queue: str, *, number: str = "WO20261122000001", state: str = "unassigned"
) -> None:
    """A work order about a demo line in a queue."""
    async with db.transaction() as session:
        session.add(
            WorkOrder(
                number=number,
                idempotency_key=number,
                type="complaint",
                state=state,
                queue=queue,
                title="投诉",
                subscriber_id=line_id(msisdn),
                msisdn=msisdn,
                created_by_id=demo_id("staff", "1001"),
                created_at=NOW,
                due_at=NOW + timedelta(hours=48),
            )
        )
