"""The customer on one page, without a call: two round trips, the session's and the page's."""

from typing import Any

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from crm.channels.desk.console_page import Console
from crm.channels.desk.forms import clean
from crm.channels.desk.history import entries_of
from crm.channels.desk.views import DeskRequest
from crm.core.staff.schemas import Actor, Permission


@get("/customers/{msisdn:str}")
async def customer_page(
    request: DeskRequest,
    actor: NamedDependency[Actor],
    console: NamedDependency[Console],
    msisdn: FromPath[str],
) -> Response[Any]:
    """Masked identity, products, open work and contacts of a line; the look is recorded."""
    customer = await console.customers.page(actor, msisdn=clean(msisdn).replace(" ", ""))
    return console.views.page(
        request,
        "desk/customer/page.html",
        customer=customer,
        call=None,
        contracts=(),
        groups=(),  # what others share with the line is judged on a call
        entries=entries_of(customer, (), None, console.reason_words),
        may_open=actor.may(Permission.SEE_CUSTOMER),
        reason_words=console.reason_words,
        active="desk",
    )


route_handlers = [customer_page]
