"""Reading pages: one offering, one order, and the proof of its verdict as a file."""

from typing import Any

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from crm.channels.desk.console_page import Console, Drawing
from crm.channels.desk.forms import clean, parse_identity
from crm.channels.desk.views import DeskRequest
from crm.core.ordering.service import OrderVerdicts
from crm.core.staff.schemas import Actor, Permission


@get("/desk/offerings/{code:str}")
async def offering(
    request: DeskRequest,
    actor: NamedDependency[Actor],
    console: NamedDependency[Console],
    code: FromPath[str],
) -> Response[Any]:
    """Everything about one offering; with a call, inside the console."""
    view = console.catalog.offering(actor, clean(code))
    call_id = request.query_params.get("call", "")
    if not call_id:
        return console.views.page(
            request, "desk/basket/offering_page.html", view=view, call=None, customer=None, active="desk"
        )
    call = await console.interactions.current(actor, parse_identity(call_id))
    drawing = Drawing(blocks=("work",), tab="offering", extra={"view": view})
    return await console.show(request, actor, call, drawing)


@get("/desk/orders/{number:str}")
async def order(
    request: DeskRequest,
    actor: NamedDependency[Actor],
    console: NamedDependency[Console],
    verdicts: NamedDependency[OrderVerdicts],
    number: FromPath[str],
) -> Response[Any]:
    """An order with the verdict it was accepted under and its history."""
    view = await console.ordering.order(actor, clean(number))
    return console.views.page(
        request,
        "desk/basket/order.html",
        order=view,
        seal=await verdicts.seal(view),
        may_export=actor.may(Permission.EXPORT_VERDICT),
        active="desk",
    )


@get("/desk/orders/{number:str}/verdict.json")
async def verdict(
    actor: NamedDependency[Actor],
    verdicts: NamedDependency[OrderVerdicts],
    number: FromPath[str],
) -> Response[bytes]:
    """The verdict of an order with everything it rests on, for `crm verdict check`; the look is recorded."""
    evidence = await verdicts.evidence(actor, clean(number))
    kept = f'attachment; filename="verdict-{evidence.order}.json"'
    headers = {"Content-Disposition": kept, "Cache-Control": "no-store"}
    return Response(msgspec.json.encode(evidence), media_type="application/json", headers=headers)


route_handlers = [offering, order, verdict]
