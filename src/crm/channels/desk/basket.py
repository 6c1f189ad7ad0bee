"""The basket: every change of it is judged at once; submit, first steps, waiting wishes, reservations."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from crm.channels.desk.basket_draft import BasketDraft
from crm.channels.desk.console_page import Console, Drawing
from crm.channels.desk.console_words import Done, cancelled, placed, started
from crm.channels.desk.errors import BasketMoved
from crm.channels.desk.forms import Form, NotUnderstood, whole_number
from crm.channels.desk.offers import offers
from crm.channels.desk.views import DeskRequest, is_htmx, query_url, see_other
from crm.core.catalog.schemas import Timing
from crm.core.compatibility.schemas import Change
from crm.core.interaction.schemas import InteractionView
from crm.core.ordering.errors import ChangedMeanwhile, NotOrderable, WishMissing
from crm.core.ordering.schemas import CancelReserved, StartRemedy, SubmitOrder
from crm.core.staff.schemas import Actor
from crm.platform.errors import CrmError

EVERYTHING = ("work", "say", "customer")


@get("/desk/calls/{call_id:uuid}/offerings")
async def find_offerings(
    request: DeskRequest,
    actor: NamedDependency[Actor],
    console: NamedDependency[Console],
    call_id: FromPath[UUID],
) -> Response[Any]:
    """Offerings for the basket as the agent types, marked with what the checker says of each."""
    if not is_htmx(request):
        return see_other(request, f"/desk?call={call_id}")
    call, basket = await console.basket(actor, call_id)
    found = await offers(request.query_params, actor, console, call, basket)
    base = f"/desk/calls/{call_id}"
    return console.views.page(
        request, "desk/basket/offers.html", offers=found, q=found.words, call=call, basket=basket, base=base
    )


@post("/desk/calls/{call_id:uuid}/basket", status_code=200)
async def change_basket(
    request: DeskRequest,
    actor: NamedDependency[Actor],
    console: NamedDependency[Console],
    call_id: FromPath[UUID],
) -> Response[Any]:
    """Add, remove, drop, retime or record; the verdict follows."""
    form = await Form.read(request)
    call = await console.change(actor, call_id, lambda basket: _changed(basket, form, console))
    if not is_htmx(request):
        return see_other(request, f"/desk?call={call_id}")
    return await console.show(request, actor, call)


def _changed(basket: BasketDraft, form: Form, console: Console) -> BasketDraft:
    do, offering = form.line("do"), form.line("offering")
    if do == "add" and offering:
        return basket.add(offering, None, console.catalog.catalogue)
    if do == "remove" and offering:
        return basket.remove(offering, str(form.identity("held")))
    if do == "record" and form.line("step"):
        return basket.record(form.line("step"))
    place = whole_number(form.line("place"))
    if place is None:
        raise NotUnderstood
    if do == "drop":
        return basket.drop(place)
    if do == "timing" and form.line("timing") in set(Timing):
        return basket.at(place, Timing(form.line("timing")))
    raise NotUnderstood


@post("/desk/calls/{call_id:uuid}/order", status_code=200)
async def submit(
    request: DeskRequest,
    actor: NamedDependency[Actor],
    console: NamedDependency[Console],
    call_id: FromPath[UUID],
) -> Response[Any]:
    """Place the order. What was ticked is kept when it is refused; a changed verdict clears the ticks."""
    form = await Form.read(request)
    call, basket = await console.basket(actor, call_id)
    if call.subscriber_id is None:
        raise NotUnderstood
    key, ticked, note = form.line("key"), form.many("ticked"), form.text("note")
    stale = key != basket.key
    wish = SubmitOrder(
        idempotency_key=key,
        interaction_id=call_id,
        subscriber_id=call.subscriber_id,
        # A page of an earlier basket can only ask for the order it has placed already: it brings no consent.
        change=_shown(form) if stale else basket.change,
        consent_token="" if stale else form.line("token", 500),
        ticked=ticked,
        note=note,
        basis="" if stale else form.text("basis"),
    )
    try:
        order = await console.ordering.submit(actor, wish)
    except CrmError as refused:
        if stale:
            problem = BasketMoved() if isinstance(refused, ChangedMeanwhile | NotOrderable) else refused
            return await console.show(request, actor, call, Drawing(blocks=EVERYTHING, problem=problem))
        ticks = () if isinstance(refused, ChangedMeanwhile) else ticked
        call = await console.change(actor, call_id, _ticking(form, ticks, note))
        return await console.show(request, actor, call, Drawing(problem=refused))
    call = await console.change(actor, call_id, lambda now: now.without(key))
    return await _finished(request, actor, console, call, placed(order), repeated=order.repeated)


def _shown(form: Form) -> Change:
    """The change the page spoke of."""
    try:
        return msgspec.json.decode(form.text("wanted"), type=Change)
    except msgspec.MsgspecError:
        raise NotUnderstood from None


def _ticking(form: Form, ticked: tuple[str, ...], note: str) -> Callable[[BasketDraft], BasketDraft]:
    """Keeps ticks and note, unless the basket is no longer the one they were made on."""
    made_on = form.line("edition")

    def ticks(now: BasketDraft) -> BasketDraft:
        if not now.items or (made_on and made_on != f"{now.key}-{now.edition}"):
            return now
        return now.tick(ticked, note)

    return ticks


@post("/desk/calls/{call_id:uuid}/ticks", status_code=204)
async def keep_ticks(
    request: DeskRequest,
    actor: NamedDependency[Actor],
    console: NamedDependency[Console],
    call_id: FromPath[UUID],
) -> None:
    """Keep which sentences have been read, should the page be lost."""
    form = await Form.read(request)
    await console.change(actor, call_id, _ticking(form, form.many("ticked"), form.text("note")))


@post("/desk/calls/{call_id:uuid}/remedy", status_code=200)
async def start_remedy(
    request: DeskRequest,
    actor: NamedDependency[Actor],
    console: NamedDependency[Console],
    call_id: FromPath[UUID],
) -> Response[Any]:
    """Start the work order that a finding asks for; the change waits for it."""
    form = await Form.read(request)
    call, basket = await console.basket(actor, call_id)
    rule_id, _, held = form.line("step").partition("|")
    if call.subscriber_id is None or not rule_id:
        raise NotUnderstood
    command = StartRemedy(
        idempotency_key=f"{basket.key}:{rule_id}:{held}",
        interaction_id=call_id,
        subscriber_id=call.subscriber_id,
        change=basket.change,
        rule_id=rule_id,
        held_id=held or None,
        ticked=form.many("ticked"),
        note=form.text("note"),
    )
    try:
        work_order = await console.ordering.start_remedy(actor, command)
    except CrmError as refused:
        call = await console.change(actor, call_id, _ticking(form, form.many("ticked"), form.text("note")))
        return await console.show(request, actor, call, Drawing(problem=refused))
    call = await console.change(actor, call_id, lambda now: now.without(basket.key))
    return await _finished(request, actor, console, call, started(work_order))


@post("/desk/calls/{call_id:uuid}/wishes/{wish_id:uuid}", status_code=200)
async def wish(
    request: DeskRequest,
    actor: NamedDependency[Actor],
    console: NamedDependency[Console],
    call_id: FromPath[UUID],
    wish_id: FromPath[UUID],
) -> Response[Any]:
    """Take up a change that waited for a work order, or drop it."""
    form = await Form.read(request)
    call = await console.interactions.current(actor, call_id)
    if call.subscriber_id is None:
        raise NotUnderstood
    drawing = Drawing()
    if form.line("do") == "drop":
        await console.ordering.drop_wish(actor, wish_id, call.subscriber_id)
        drawing = Drawing(blocks=EVERYTHING)
    else:
        waiting = {each.id: each for each in await console.ordering.wishes_of(actor, call.subscriber_id)}
        if wish_id not in waiting:
            raise WishMissing
        call = await console.change(actor, call_id, lambda now: now.take(waiting[wish_id].change))
    if not is_htmx(request):
        return see_other(request, f"/desk?call={call_id}")
    return await console.show(request, actor, call, drawing)


@post("/desk/calls/{call_id:uuid}/orders/{order_id:uuid}/cancel", status_code=200)
async def cancel_reserved(
    request: DeskRequest,
    actor: NamedDependency[Actor],
    console: NamedDependency[Console],
    call_id: FromPath[UUID],
    order_id: FromPath[UUID],
) -> Response[Any]:
    """Cancel what has not taken effect, and what came with it (clause 9)."""
    call = await console.interactions.current(actor, call_id)
    try:
        order = await console.ordering.cancel_reserved(
            actor, CancelReserved(order_id=order_id, interaction_id=call_id)
        )
    except CrmError as refused:
        return await console.show(request, actor, call, Drawing(problem=refused))
    return await _finished(request, actor, console, call, cancelled(order))


async def _finished(
    request: DeskRequest,
    actor: Actor,
    console: Console,
    call: InteractionView,
    done: Done,
    *,
    repeated: bool = False,
) -> Response[Any]:
    if not is_htmx(request):
        again = "1" if repeated else ""
        return see_other(request, query_url("/desk", call=str(call.id), done=done.number, again=again))
    return await console.show(request, actor, call, Drawing(blocks=EVERYTHING, done=done))


route_handlers = [find_offerings, change_basket, submit, keep_ticks, start_remedy, wish, cancel_reserved]
