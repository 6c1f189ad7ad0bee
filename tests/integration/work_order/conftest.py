"""A work-order room on a real database, with its people."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from crm.core.staff.schemas import Actor
from crm.core.work_order.schemas import CreateWorkOrder, WorkOrderView
from crm.core.work_order.service import WorkOrderService
from crm.platform.clock import FixedClock
from crm.platform.database import Database
from crm.platform.ids import new_id
from tests.integration.work_order.people import AGENT, CONTENT, hire

Make = Callable[..., Awaitable[WorkOrderView]]

FIELDS: dict[str, dict[str, Any]] = {
    "complaint": {"category": "资费争议", "demand": "退还彩铃功能费"},
    "order_by_hand": {"product": "国内漫游", "action": "开通", "timing": "立即", "consent": "同意"},
    "cancel_group_service": {"vnet": "校园V网", "losses": "本地主叫", "confirmed": "客户已确认"},
    "consultation": {"question": "国际漫游日套餐在公海能用吗？"},
    "fault": {"phenomenon": "掉话", "place": "中华路 1 号", "since": "2026-11-20"},
    "suggestion": {"kind": "表扬", "summary": "耐心", "text": "讲得很清楚"},
}


@pytest.fixture
async def orders(db: Database, clock: FixedClock) -> WorkOrderService:
    """The service, with everybody hired."""
    await hire(db)
    return WorkOrderService(db, clock, CONTENT)


@pytest.fixture
def make(orders: WorkOrderService) -> Make:
    """Create an order of a type with sensible fields."""

    async def create(kind: str = "complaint", by: Actor = AGENT, **more: Any) -> WorkOrderView:
        values: dict[str, Any] = {
            "idempotency_key": str(new_id()),
            "type": kind,
            "fields": FIELDS.get(kind, {}),
            "msisdn": "13800010002",
            "content": "客户来电反映。",
        }
        return await orders.create(by, CreateWorkOrder(**(values | more)))

    return create
