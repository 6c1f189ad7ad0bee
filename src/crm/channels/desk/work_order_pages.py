"""One work order as a page, and the form that makes a new one."""

from typing import Any
from uuid import UUID, uuid4

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from crm.channels.desk.console_page import Console
from crm.channels.desk.errors import STATUS
from crm.channels.desk.forms import Form, parse_identity
from crm.channels.desk.views import DeskRequest, Views, query_url, see_other
from crm.channels.desk.work_order_looks import (
    SATISFACTION_HINTS,
    contact_look,
    event_icon,
    result_look,
    state_look,
    urgency_look,
)
from crm.core.interaction.schemas import METHOD_NAMES
from crm.core.staff.schemas import Actor
from crm.core.work_order.errors import FieldsInvalid
from crm.core.work_order.schemas import (
    HANDOVER_PARTS,
    RESOLUTION_NAMES,
    Action,
    CreateWorkOrder,
    FieldKind,
    FormField,
    TypeView,
    Urgency,
    WorkOrderView,
)
from crm.core.work_order.service import WorkOrderService
from crm.platform.errors import CrmError

# Steps with a form of their own on the page, not in the column of steps.
ELSEWHERE = {
    Action.SUBMIT, Action.CLAIM, Action.RESUME, Action.COMMENT, Action.REPLY, Action.CLOSE, Action.CALL_BACK,
}  # fmt: skip
DONE_WORDS: dict[str, str] = {
    "created": "工单已建好，进入队列等待领取。",
    "submit": "已补正提交，工单回到原队列。",
    "claim": "已领取，由您处理。",
    "release": "已放回队列。",
    "contact": "联系情况已登记。",
    "reply": "答复已保存。",
    "send-back": "已退回建单人补正。",
    "hold": "已挂起。",
    "resume": "已恢复处理。",
    "comment": "备注已添加。",
    "urge": "已催办。",
    "reassign": "已改派。",
    "escalate": "已升级到专席。",
    "assist": "协办单已发出，办完后会写进本单的处理记录。",
    "call-back": "回访结果已登记。",
    "close": "工单已办结归档。",
    "cancel": "工单已撤销。",
}


@get(["/work-orders/{number:str}", "/queues/{number:str}"])
async def work_order_page(
    request: DeskRequest,
    actor: NamedDependency[Actor],
    console: NamedDependency[Console],
    work_orders: NamedDependency[WorkOrderService],
    number: FromPath[str],
) -> Response[Any]:
    """One order with its history and the steps that are open to this person."""
    order = await work_orders.work_order(actor, number)
    done = DONE_WORDS.get(request.query_params.get("done", ""), "")
    return show_order(request, actor, console.views, work_orders, order, done=done)


def show_order(
    request: DeskRequest,
    actor: Actor,
    views: Views,
    work_orders: WorkOrderService,
    order: WorkOrderView,
    *,
    status: int = 200,
    done: str = "",
    step: str = "",
    problem: CrmError | None = None,
    typed: dict[str, str] | None = None,
) -> Response[Any]:
    """The page; after a refused step with its reason and with everything that was typed."""
    kind = work_orders.type_for(order.type)
    mine = [queue.code for queue in work_orders.my_queues(actor)]
    return views.page(
        request,
        "desk/work_order/work_order.html",
        status=status,
        active="queues",
        order=order,
        kind=kind,
        done=done,
        call=_call(request.query_params.get("call", "")),
        step=step,
        problem=problem,
        wrong=problem.fields if isinstance(problem, FieldsInvalid) else {},
        typed=typed or {},
        can=set(order.actions),
        aside=set(order.actions) - ELSEWHERE,
        queues=work_orders.queues(),
        helpers=work_orders.assistance_queues(),
        next_queue=order.queue if order.queue in mine else "",
        resolutions=[(each.value, RESOLUTION_NAMES[each]) for each in kind.resolutions],
        key=uuid4().hex,
        **_LOOKS,
    )


@get(["/work-orders/new", "/queues/new"])
async def new_page(
    request: DeskRequest,
    actor: NamedDependency[Actor],
    console: NamedDependency[Console],
    work_orders: NamedDependency[WorkOrderService],
) -> Response[Any]:
    """The form of a type; without a type, the types to choose from."""
    query = request.query_params
    types = work_orders.types(actor)
    wanted = query.get("type", "")
    chosen = next((kind for kind in types if wanted in {kind.code, kind.name}), None)
    if wanted and chosen is None:
        work_orders.type_of(wanted)
    typed = {name: query.get(name, "") for name in ("msisdn", "call", "repeat_of", "content")}
    typed |= {f"field_{key}": value for key, value in query.items() if key not in typed}
    return _show_form(request, console.views, work_orders, types, chosen, typed=typed)


def _show_form(
    request: DeskRequest,
    views: Views,
    work_orders: WorkOrderService,
    types: tuple[TypeView, ...],
    chosen: TypeView | None,
    *,
    typed: dict[str, str],
    problem: CrmError | None = None,
) -> Response[Any]:
    return views.page(
        request,
        "desk/work_order/new.html",
        status=200 if problem is None else STATUS[problem.kind],
        active="queues",
        types=types,
        kind=chosen,
        places=() if chosen is None else work_orders.choices(chosen.code),
        typed=typed,
        wrong=problem.fields if isinstance(problem, FieldsInvalid) else {},
        problem=problem,
        urgencies=[(each.value, each.value) for each in Urgency],
        check_names=METHOD_NAMES,
        key=typed.get("key") or uuid4().hex,
    )


@post("/work-orders", status_code=303)
async def create(
    request: DeskRequest,
    actor: NamedDependency[Actor],
    console: NamedDependency[Console],
    work_orders: NamedDependency[WorkOrderService],
) -> Response[Any]:
    """Make the order, or show the form again with every mistake at its field and nothing lost."""
    form = await Form.read(request)
    kind = work_orders.type_of(form.line("type"))
    names = [f"field_{field.key}" for field in kind.form]
    lines = ("msisdn", "contact", "queue", "urgency", "call", "repeat_of", "may_escalate", "key")
    typed = {name: form.text(name) for name in (*names, "content")}
    typed |= {name: form.line(name) for name in lines}
    try:
        order = await work_orders.create(actor, _command(kind, typed))
    except CrmError as problem:
        types = work_orders.types(actor)
        return _show_form(request, console.views, work_orders, types, kind, typed=typed, problem=problem)
    return see_other(request, query_url(f"/work-orders/{order.number}", done="created", call=typed["call"]))


def _command(kind: TypeView, typed: dict[str, str]) -> CreateWorkOrder:
    return CreateWorkOrder(
        idempotency_key=f"desk:{typed['key'] or uuid4().hex}",
        type=kind.code,
        fields={field.key: typed[f"field_{field.key}"] for field in kind.form},
        content=typed["content"],
        urgency=Urgency(typed["urgency"]) if typed["urgency"] in list(Urgency) else Urgency.NORMAL,
        queue=typed["queue"],
        msisdn=typed["msisdn"],
        contact=typed["contact"],
        may_escalate=bool(typed["may_escalate"]),
        interaction_id=_call(typed["call"]),
        repeat_of=typed["repeat_of"],
    )


def shown_value(field: FormField, fields: dict[str, Any]) -> str:
    """A stored field as it is typed: money in yuan."""
    value = fields.get(field.key)
    if value is None:
        return ""
    return f"{value / 100:.2f}" if field.kind is FieldKind.MONEY else str(value)


_LOOKS: dict[str, Any] = {
    "steps": Action,
    "parts": HANDOVER_PARTS,
    "resolution_names": {each.value: name for each, name in RESOLUTION_NAMES.items()},
    "satisfactions": [(each.value, hint) for each, hint in SATISFACTION_HINTS.items()],
    "shown_value": shown_value,
    "result_look": result_look,
    "contact_look": contact_look,
    "state_look": state_look,
    "urgency_look": urgency_look,
    "event_icon": event_icon,
}
"""What the page of an order needs besides the order."""


def _call(text: str) -> UUID | None:
    return parse_identity(text) if text else None


route_handlers = [work_order_page, new_page, create]
