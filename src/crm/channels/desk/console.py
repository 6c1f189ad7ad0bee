"""The console: open a call, switch tabs, note, check the caller, wrap up."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from crm.channels.desk.basket_draft import KIND, BasketDraft
from crm.channels.desk.console_page import Console, Drawing
from crm.channels.desk.console_words import TAB_NAMES, Done, cancelled, placed, started
from crm.channels.desk.errors import STATUS
from crm.channels.desk.forms import Form, clean, parse_identity
from crm.channels.desk.offers import ASKING, offers
from crm.channels.desk.views import DeskRequest, html, is_htmx, query_url, see_other
from crm.core.customer.errors import CustomerMissing, NumberIncomplete
from crm.core.interaction.errors import NoteTooLong
from crm.core.interaction.schemas import InteractionView
from crm.core.staff.schemas import Actor, Permission
from crm.platform.errors import CrmError

ORDER_PREFIX = "PO"


@get("/desk")
async def desk(
    request: DeskRequest, actor: NamedDependency[Actor], console: NamedDependency[Console]
) -> Response[Any]:
    """The console. `msisdn` opens a call (screen pop), `call` shows a running one, neither waits for one."""
    actor.require(Permission.SEE_CUSTOMER)
    number = clean(request.query_params.get("msisdn", "")).strip()
    if number:
        return await _open(request, actor, console, number)
    call_id = request.query_params.get("call", "")
    if not call_id:
        return await _waiting(request, actor, console)
    call, customer = await console.look(actor, parse_identity(call_id))
    drawing = await _wanted(request, actor, console, call)
    return await console.show(request, actor, call, drawing, customer=customer)


async def _wanted(request: DeskRequest, actor: Actor, console: Console, call: InteractionView) -> Drawing:
    """The tab asked for, and the card of what a form without JavaScript has just done."""
    tab = request.query_params.get("tab", "orders")
    done: Done | None = None
    extra: dict[str, Any] = {}
    words = clean(request.query_params.get("q", ""))[:200]
    if tab == "knowledge":
        extra = {"q": words, "hits": await console.knowledge.search(actor, words) if words else None}
    elif call.subscriber_id and ASKING & request.query_params.keys():
        basket = BasketDraft.restore(call.drafts.get(KIND))
        found = await offers(request.query_params, actor, console, call, basket)
        extra = {"q": found.words, "offers": found}
    number = request.query_params.get("done", "")
    if number.startswith(ORDER_PREFIX):
        order = await console.ordering.order(actor, number)
        again = "again" in request.query_params
        done = (
            cancelled(order)
            if order.state == "cancelled"
            else placed(msgspec.structs.replace(order, repeated=again))
        )
    elif number:
        done = started(await console.work_orders.work_order(actor, number))
    return Drawing(blocks=("work",), tab=tab if tab in TAB_NAMES else "orders", done=done, extra=extra)


async def _open(request: DeskRequest, actor: Actor, console: Console, number: str) -> Response[Any]:
    """The caller's line; a number this province does not know still gets a call to note what was said.

    The call comes first, so that the look at the customer is recorded on it.
    """
    try:
        digits, line = await console.customers.line_of(actor, number)
    except NumberIncomplete as problem:
        return await _waiting(request, actor, console, typed=number, problem=problem)
    call_id = await console.interactions.start_call(actor, digits, line)
    call, customer = await console.look(actor, call_id)
    return await console.show(request, actor, call, customer=customer)


async def _waiting(
    request: DeskRequest,
    actor: Actor,
    console: Console,
    *,
    typed: str = "",
    problem: CrmError | None = None,
) -> Response[Any]:
    return console.views.page(
        request,
        "desk/console/console.html",
        status=STATUS[problem.kind] if problem else 200,
        call=None,
        customer=None,
        typed=typed,
        problem=problem,
        wrapped="wrapped" in request.query_params,
        running=await console.interactions.running(actor),
        reasons=console.reasons,
        phrases=console.phrases(),
    )


@post("/desk/calls/{call_id:uuid}/note", status_code=200)
async def save_note(
    request: DeskRequest,
    actor: NamedDependency[Actor],
    console: NamedDependency[Console],
    call_id: FromPath[UUID],
) -> Response[Any]:
    """Keep the note while it is being written."""
    form = await Form.read(request)
    note = form.text("note")
    try:
        await console.interactions.save_note(actor, call_id, note)
    except NoteTooLong as problem:
        if is_htmx(request):
            raise
        # Without JavaScript this answer is the page: the text must still be on it.
        call, customer = await console.look(actor, call_id)
        call = msgspec.structs.replace(call, note=note)
        return await console.show(request, actor, call, Drawing(problem=problem), customer=customer)
    if not is_htmx(request):
        return see_other(request, f"/desk?call={call_id}")
    return html(f"已保存 {console.views.clock_text()}")


@post("/desk/calls/{call_id:uuid}/wrap-up", status_code=303)
async def wrap_up(
    request: DeskRequest,
    actor: NamedDependency[Actor],
    console: NamedDependency[Console],
    call_id: FromPath[UUID],
) -> Response[Any]:
    """End the call with its reason and the note in the form; a form without one leaves what was saved."""
    form = await Form.read(request)
    call = await console.interactions.current(actor, call_id)
    typed = msgspec.structs.replace(
        call,
        note=form.text("note") if form.has("note") else call.note,
        tags=tuple(dict.fromkeys(form.line("tags").split())),
        reason=form.line("reason"),
    )
    try:
        await console.interactions.wrap_up(actor, call_id, typed.reason, typed.tags, typed.note)
    except CrmError as problem:
        return await console.show(request, actor, typed, Drawing(problem=problem))
    return see_other(request, query_url("/desk", wrapped="1"))


@post("/desk/calls/{call_id:uuid}/checks/{method:str}", status_code=200)
async def check_caller(
    request: DeskRequest,
    actor: NamedDependency[Actor],
    console: NamedDependency[Console],
    call_id: FromPath[UUID],
    method: FromPath[str],
) -> Response[Any]:
    """One identity check; the answer is drawn among the checks, and the basket sees it at once."""
    form = await Form.read(request)
    call = await console.interactions.current(actor, call_id)
    opened = {"own-number": "own_number", "service-password": "service_password"}.get(method, "sms_code")
    problem: CrmError | None = None
    try:
        await _check(actor, console, call, method, form)
    except CrmError as refused:
        problem = refused
    call = await console.interactions.current(actor, call_id)
    sent = method == "send-code" and problem is None
    passed = any(check.method == opened and check.result == "passed" for check in call.checks)
    extra = {"opened_check": "" if passed and not sent else opened, "code_sent": sent}
    drawing = Drawing(blocks=("checks", "work"), main="checks", problem=problem, extra=extra)
    if is_htmx(request) or problem or sent:
        return await console.show(request, actor, call, drawing)
    return see_other(request, f"/desk?call={call_id}")


async def _check(actor: Actor, console: Console, call: InteractionView, method: str, form: Form) -> None:
    line = call.subscriber_id
    if line is None:
        raise CustomerMissing(call.msisdn)
    interactions = console.interactions
    if method == "own-number":
        await interactions.check_own_number(actor, call.id, line, call.msisdn)
    elif method == "service-password":
        await interactions.check_service_password(actor, call.id, line, form.secret("password"))
    elif method == "send-code":
        await interactions.send_code(actor, call.id, line, call.msisdn)
    else:
        await interactions.check_code(actor, call.id, line, form.line("code", 12))


@post("/desk/calls/{call_id:uuid}/decline-offers", status_code=200)
async def decline_offers(
    request: DeskRequest,
    actor: NamedDependency[Actor],
    console: NamedDependency[Console],
    call_id: FromPath[UUID],
) -> Response[Any]:
    """The customer wants no recommendation: none is shown for the rest of the call."""
    await Form.read(request)
    await console.interactions.decline_offers(actor, call_id)
    if not is_htmx(request):
        return see_other(request, f"/desk?call={call_id}")
    return await console.show(request, actor, await console.interactions.current(actor, call_id))


route_handlers = [desk, save_note, wrap_up, check_caller, decline_offers]
