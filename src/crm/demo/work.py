"""A few work orders around the demo customers, so that queues and histories are not empty on the first day.

None waits unclaimed with the back office or group service: who claims next there gets what was just sent.
"""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from crm.core.work_order.models import WorkOrder, WorkOrderEvent
from crm.demo.fixed import line_id
from crm.demo.people import LINES, PEOPLE
from crm.demo.staff import LOGINS, demo_id
from crm.platform.clock import day_of


class Work(NamedTuple):
    """A demo work order; hours count back from now. `handler` claimed it, `reply` ended it."""

    serial: int
    msisdn: str
    type: str
    queue: str
    title: str
    content: str
    fields: dict[str, Any]
    hours_ago: int
    deadline_hours: int
    urgency: str = "普通"
    handler: str = ""
    reply: str = ""
    unit: str = ""
    since_days: int = 0  # how long before the call it began, where the form asks for a date


WORK = (
    Work(
        900001,
        "13800010003",
        "complaint",
        "back_office",
        "投诉（资费争议）：核对10月GPRS套餐外费用",
        "客户称10月下旬流量用完没有收到提醒，产生套餐外费用36元，要求核对并说明。已解释套餐外资费标准，客户不接受。",
        {"category": "资费争议", "demand": "核对10月GPRS套餐外费用"},
        hours_ago=20,
        deadline_hours=48,
        urgency="加急",
        handler="3002",
    ),
    Work(
        900002,
        "13800010003",
        "complaint",
        "back_office",
        "投诉（业务办理）：集团V网短号不能互拨",
        "客户的集团短号两天不能互拨，长号正常。",
        {"category": "业务办理", "demand": "集团V网短号不能互拨"},
        hours_ago=24 * 21,
        deadline_hours=48,
        handler="3001",
        reply="集团成员数据同步延迟，已重新同步，客户试拨正常，表示满意。",
        unit="集团业务组",
    ),
    Work(
        900003,
        "13800010010",
        "fault",
        "network",
        "故障（信号弱）：凯里市大十字老街三号楼二层",
        "近一周室内信号弱，通话断续，室外正常。已引导换手机测试，现象相同。",
        {"phenomenon": "信号弱", "place": "凯里市大十字老街三号楼二层", "tried": "换机测试，现象相同"},
        hours_ago=6,
        deadline_hours=48,
        since_days=7,
    ),
    Work(
        900004,
        "13800010012",
        "suggestion",
        "business",
        "建议：短信话费提醒增加余额一项",
        "",
        {"kind": "建议", "summary": "短信话费提醒增加余额一项", "text": "每月提醒短信里能不能把余额也写上。"},
        hours_ago=30,
        deadline_hours=24 * 7,
    ),
    Work(
        900005,
        "13800010007",
        "store_entrusted",
        "store:guiyang-zhonghua",
        "委托办理：积分兑换加湿器",
        "客户已核验服务密码，积分够兑换，委托营业厅代办并寄送。",
        {"product": "积分兑换加湿器", "eligible": "积分6800，兑换需6000", "papers": "到厅领取"},
        hours_ago=4,
        deadline_hours=48,
    ),
)
_RANKS = {"特急": 0, "加急": 1, "普通": 2}
_NAMES = {each.number: each.name for each in LOGINS}
_CREATOR = "1001"


def work_orders(now: datetime) -> list[WorkOrder | WorkOrderEvent]:
    """The work orders as rows with their history, dates around `now`; orders before events."""
    orders = [_order(work, now) for work in WORK]
    events = [event for work, order in zip(WORK, orders, strict=True) for event in _events(work, order)]
    return [*orders, *events]


def fields_of(work: Work, created: datetime) -> dict[str, Any]:
    """The form as the room stores it."""
    if not work.since_days:
        return work.fields
    return work.fields | {"since": day_of(created - timedelta(days=work.since_days)).isoformat()}


def _order(work: Work, now: datetime) -> WorkOrder:
    line = next(each for each in LINES if each.msisdn == work.msisdn)
    person = next(each for each in PEOPLE if each.key == line.person)
    created = now - timedelta(hours=work.hours_ago)
    return WorkOrder(
        id=demo_id("work-order", str(work.serial)),
        number=f"WO{day_of(created):%Y%m%d}{work.serial}",
        idempotency_key=f"demo-{work.serial}",
        type=work.type,
        state="archived" if work.reply else "inProgress" if work.handler else "unassigned",
        urgency=work.urgency,
        urgency_rank=_RANKS[work.urgency],
        queue=work.queue,
        title=work.title,
        content=work.content,
        fields=fields_of(work, created),
        subscriber_id=line_id(work.msisdn),
        msisdn=work.msisdn,
        region=line.region,
        star_level=person.star_level,
        contact=work.msisdn,
        created_by_id=demo_id("staff", _CREATOR),
        created_by_number=_CREATOR,
        created_by_name=_NAMES[_CREATOR],
        created_group="desk-a",
        created_at=created,
        due_at=created + timedelta(hours=work.deadline_hours),
        **_handled(work, created),
    )


def _handled(work: Work, created: datetime) -> dict[str, Any]:
    if not work.handler:
        return {}
    values: dict[str, Any] = {
        "assignee_id": demo_id("staff", work.handler),
        "assignee_number": work.handler,
        "assignee_name": _NAMES[work.handler],
    }
    if work.reply:
        replied = created + timedelta(hours=20)
        values |= {
            "reply": work.reply,
            "replied_at": replied,
            "replied_by_number": work.handler,
            "resolution": "done",
            "responsible_unit": work.unit,
            "satisfaction": "满意",
            "closed_at": replied + timedelta(hours=2),
            "closed_by_number": work.handler,
        }
    return values


def _events(work: Work, order: WorkOrder) -> list[WorkOrderEvent]:
    created = order.created_at
    steps = [("created", _CREATOR, "", "unassigned", created, "")]
    if work.handler:
        claimed = created + timedelta(hours=1)
        steps.append(("claimed", work.handler, "unassigned", "inProgress", claimed, ""))
    if order.replied_at is not None and order.closed_at is not None:
        steps.append(("replied", work.handler, "inProgress", "callBackDue", order.replied_at, work.reply))
        steps.append(("calledBack", work.handler, "callBackDue", "callBackDue", order.closed_at, "客户满意"))
        steps.append(("closed", work.handler, "callBackDue", "archived", order.closed_at, ""))
    return [
        WorkOrderEvent(
            id=demo_id("work-order-event", f"{work.serial}/{place}"),
            work_order_id=order.id,
            at=at,
            staff_id=demo_id("staff", number),
            staff_number=number,
            staff_name=_NAMES[number],
            kind=kind,
            from_state=before,
            to_state=after,
            note=note,
        )
        for place, (kind, number, before, after, at, note) in enumerate(steps)
    ]
