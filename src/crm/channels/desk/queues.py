"""Work orders as lists: the queues with their counts, claiming the next one, and a list as a file."""

from typing import Any
from urllib.parse import quote

from litestar import Response, get, post
from litestar.di import NamedDependency

from crm.channels.desk import work_order_pages, work_order_steps
from crm.channels.desk.console_page import Console
from crm.channels.desk.formats import moment_text
from crm.channels.desk.forms import Form
from crm.channels.desk.queue_filter import ALL, ASSIGNED, CREATED, QueueAddress
from crm.channels.desk.spreadsheet import download, table
from crm.channels.desk.views import DeskRequest, see_other
from crm.channels.desk.work_order_looks import result_look, state_look, urgency_look
from crm.core.staff.schemas import Actor, Permission
from crm.core.work_order.schemas import STATE_NAMES, QueueRow
from crm.core.work_order.service import WorkOrderService

COLUMNS = (
    "工单号", "类型", "紧急程度", "标题", "客户号码", "状态", "队列", "处理人", "建单人",
    "建单时间", "办结时限", "时限情况", "被退回", "被催办", "重新处理",
)  # fmt: skip


def _address(request: DeskRequest, actor: Actor, work_orders: WorkOrderService) -> QueueAddress:
    sees_all = actor.may(Permission.REASSIGN_WORK_ORDER)
    return QueueAddress.read(request.query_params, work_orders.my_queues(actor), sees_all)


@get("/queues")
async def queues_page(
    request: DeskRequest,
    actor: NamedDependency[Actor],
    console: NamedDependency[Console],
    work_orders: NamedDependency[WorkOrderService],
) -> Response[Any]:
    """The list of one tab with the counts of all."""
    address = _address(request, actor, work_orders)
    found = await work_orders.queue(actor, address.filter())
    return console.views.page(
        request,
        "desk/queues/queues.html",
        ["list"],
        active="queues",
        address=address,
        found=found,
        tabs=_tabs(actor, found.queues),
        queue=next((each for each in found.queues if each.code == address.view), None),
        types=work_orders.all_types(),
        states=STATE_NAMES,
        may_create=bool(work_orders.types(actor)),
        empty=request.query_params.get("empty") == "1",
        result_look=result_look,
        state_look=state_look,
        urgency_look=urgency_look,
        assigned=ASSIGNED,
        created=CREATED,
        everything=ALL if actor.may(Permission.REASSIGN_WORK_ORDER) else "",
    )


def _tabs(actor: Actor, queues: tuple[Any, ...]) -> tuple[Any, ...]:
    """A shift leader watches every queue; others see those they work in."""
    return (
        queues if actor.may(Permission.REASSIGN_WORK_ORDER) else tuple(each for each in queues if each.mine)
    )


@post("/queues/claim-next", status_code=303)
async def claim_next(
    request: DeskRequest, actor: NamedDependency[Actor], work_orders: NamedDependency[WorkOrderService]
) -> Response[Any]:
    """Take the most pressing order of a queue and open it."""
    queue = (await Form.read(request)).line("queue", 80)
    taken = await work_orders.claim_next(actor, queue)
    if taken is None:
        return see_other(request, f"/queues?view={quote(queue, safe='')}&empty=1")
    return see_other(request, f"/work-orders/{taken.number}")


@get("/queues/export")
async def export(
    request: DeskRequest, actor: NamedDependency[Actor], work_orders: NamedDependency[WorkOrderService]
) -> Response[bytes]:
    """The list as CSV that opens in a spreadsheet with its Chinese intact."""
    address = _address(request, actor, work_orders)
    rows = await work_orders.export(actor, address.filter())
    return download(f"工单-{work_orders.today():%Y%m%d}.csv", as_csv(rows))


def as_csv(rows: tuple[QueueRow, ...]) -> bytes:
    """One line an order."""
    return table(COLUMNS, [
        (
            row.number, row.type_name, row.urgency.value, row.title, row.msisdn, row.state_name,
            row.queue_name, row.assignee, row.created_by, moment_text(row.created_at),
            moment_text(row.clocks.due_at), result_look(row.clocks).name,
            row.sent_back_count, row.urged_count, row.reopened_count,
        )
        for row in rows
    ])  # fmt: skip


route_handlers = [
    queues_page,
    claim_next,
    export,
    *work_order_pages.route_handlers,
    *work_order_steps.route_handlers,
]
