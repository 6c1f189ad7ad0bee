"""The steps of a work order as forms: one address a step, the same page again when a step is refused."""

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote

from litestar import Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from crm.channels.desk.console_page import Console
from crm.channels.desk.errors import STATUS
from crm.channels.desk.forms import Form, NotUnderstood, clean, whole_number
from crm.channels.desk.views import DeskRequest, see_other
from crm.channels.desk.work_order_pages import show_order
from crm.core.staff.schemas import Actor
from crm.core.work_order.errors import WorkOrderMissing
from crm.core.work_order.schemas import HANDOVER_PARTS, Resolution, Satisfaction, WorkOrderView
from crm.core.work_order.service import WorkOrderService
from crm.platform.errors import CrmError, ErrorKind


class _Step:
    """One submitted step: who, which order, and what was typed."""

    def __init__(self, service: WorkOrderService, actor: Actor, number: str, form: Form) -> None:
        self.service = service
        self.actor = actor
        self.number = number
        self.form = form
        self.version = whole_number(form.line("version"), 999_999_999)

    @property
    def note(self) -> str:
        return self.form.text("note")

    def resolution(self) -> Resolution:
        value = self.form.line("resolution")
        if value not in list(Resolution):
            raise NotUnderstood("办理结果")
        return Resolution(value)

    def satisfaction(self) -> Satisfaction | None:
        value = self.form.line("satisfaction")
        return Satisfaction(value) if value in list(Satisfaction) else None

    def handover(self) -> dict[str, str] | None:
        if not self.form.has("handover_events"):
            return None
        return {key: self.form.text(f"handover_{key}") for key in HANDOVER_PARTS}


async def _reply(step: _Step) -> WorkOrderView:
    return await step.service.reply(
        step.actor, step.number, step.form.text("reply"), resolution=step.resolution(),
        handover=step.handover(),
        responsible_unit=step.form.line("responsible_unit"), cause=step.form.line("cause", 1000),
        version=step.version,
    )  # fmt: skip


async def _close(step: _Step) -> WorkOrderView:
    return await step.service.close(
        step.actor, step.number, resolution=step.resolution(), reply=step.form.text("reply"),
        handover=step.handover(), responsible_unit=step.form.line("responsible_unit"),
        cause=step.form.line("cause", 1000), satisfaction=step.satisfaction(), version=step.version,
    )  # fmt: skip


async def _call_back(step: _Step) -> WorkOrderView:
    result = step.satisfaction()
    if result is None:
        raise NotUnderstood("回访结果")
    return await step.service.call_back(step.actor, step.number, result, step.note, step.version)


async def _contact(step: _Step) -> WorkOrderView:
    reached = step.form.line("reached") == "yes"
    return await step.service.contact(
        step.actor, step.number, reached=reached, note=step.note, version=step.version
    )


async def _assist(step: _Step) -> WorkOrderView:
    await step.service.assist(
        step.actor, step.number, queue=step.form.line("queue"), question=step.note,
        idempotency_key=f"desk:{step.form.line('key')}", version=step.version,
    )  # fmt: skip
    return await step.service.work_order(step.actor, step.number)


async def _submit(step: _Step) -> WorkOrderView:
    order = await step.service.work_order(step.actor, step.number)
    fields = {
        field.key: step.form.text(f"field_{field.key}") for field in step.service.type_for(order.type).form
    }
    return await step.service.submit(
        step.actor, step.number, fields=fields, content=step.form.text("content"), note=step.note,
        version=step.version,
    )  # fmt: skip


async def _reassign(step: _Step) -> WorkOrderView:
    return await step.service.reassign(
        step.actor, step.number, step.form.line("staff_number"), step.note, step.version
    )


STEPS: dict[str, Callable[[_Step], Awaitable[WorkOrderView]]] = {
    "submit": _submit,
    "claim": lambda s: s.service.claim(s.actor, s.number, s.version),
    "release": lambda s: s.service.release(s.actor, s.number, s.note, s.version),
    "contact": _contact,
    "reply": _reply,
    "transfer": lambda s: s.service.transfer(s.actor, s.number, s.form.line("queue"), s.note, s.version),
    "send-back": lambda s: s.service.send_back(s.actor, s.number, s.note, s.version),
    "hold": lambda s: s.service.hold(s.actor, s.number, s.note, s.version),
    "resume": lambda s: s.service.resume(s.actor, s.number, s.note, s.version),
    "comment": lambda s: s.service.comment(s.actor, s.number, s.note),
    "urge": lambda s: s.service.urge(s.actor, s.number, s.note),
    "reassign": _reassign,
    "escalate": lambda s: s.service.escalate(s.actor, s.number, s.note, s.version),
    "assist": _assist,
    "call-back": _call_back,
    "close": _close,
    "cancel": lambda s: s.service.cancel(s.actor, s.number, s.note, s.version),
}


@post("/work-orders/{number:str}/{step:str}", status_code=303)
async def take_step(
    request: DeskRequest,
    actor: NamedDependency[Actor],
    console: NamedDependency[Console],
    work_orders: NamedDependency[WorkOrderService],
    number: FromPath[str],
    step: FromPath[str],
) -> Response[Any]:
    """Take one step; when it is refused, show the order as it is now with what was typed."""
    if step not in STEPS:
        raise NotUnderstood("操作")
    form = await Form.read(request)
    try:
        await STEPS[step](_Step(work_orders, actor, number, form))
    except CrmError as problem:
        if problem.kind is ErrorKind.BUSY or isinstance(problem, WorkOrderMissing):
            raise
        order = await work_orders.work_order(actor, number)
        status, typed = STATUS[problem.kind], await _typed(request)
        return show_order(
            request,
            actor,
            console.views,
            work_orders,
            order,
            status=status,
            step=step,
            problem=problem,
            typed=typed,
        )
    if step == "transfer":
        # The order may have left what this person may read.
        return see_other(request, f"/queues?moved={quote(number, safe='')}")
    return see_other(request, f"/work-orders/{number}?done={step}")


async def _typed(request: DeskRequest) -> dict[str, str]:
    """Everything that was typed, so that a refused step loses nothing."""
    return {name: clean(value) for name, value in (await request.form()).items() if isinstance(value, str)}


route_handlers = [take_step]
