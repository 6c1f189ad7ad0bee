"""The one search box: numbers, names, work orders, offerings, knowledge, grouped."""

from typing import Any

from litestar import Response, get
from litestar.di import NamedDependency

from crm.channels.desk.console_page import Console
from crm.channels.desk.forms import clean, parse_identity
from crm.channels.desk.views import DeskRequest, is_htmx, see_other
from crm.core.customer.schemas import SearchResult
from crm.core.staff.schemas import Actor, Permission

SHOWN = 6
LONGEST_QUERY = 200
# From this many digits on a number is meant, or its last four: neither a product nor an article.
SHORTEST_NUMBER = 4


@get("/desk/search")
async def search(
    request: DeskRequest, actor: NamedDependency[Actor], console: NamedDependency[Console]
) -> Response[Any]:
    """Results grouped by kind; for htmx only the groups."""
    words = clean(request.query_params.get("q", "")).strip()[:LONGEST_QUERY]
    call_id = request.query_params.get("call", "")
    sees = actor.may(Permission.SEE_CUSTOMER) or actor.may(Permission.SEE_ASSIGNED_CUSTOMER)
    found = (
        await console.customers.search(actor, words, SHOWN) if words and sees else SearchResult(query=words)
    )
    if found.only_line and not is_htmx(request):
        # Enter before the results were drawn: there is only one thing it can mean.
        opens = "/desk?msisdn=" if actor.may(Permission.SEE_CUSTOMER) else "/customers/"
        return see_other(request, opens + found.only_line.msisdn)
    number = words.replace(" ", "").isdigit() and len(words) >= SHORTEST_NUMBER
    offerings: tuple[Any, ...] = ()
    articles: list[Any] = []
    if words and not number:
        if actor.may(Permission.READ_CATALOG):
            offerings = console.catalog.search(actor, words, limit=SHOWN).hits
        if actor.may(Permission.READ_KNOWLEDGE):
            articles = await console.knowledge.search(actor, words, SHOWN)
    notices = [] if found.total or offerings or articles else [n for n in (found.notice,) if n]
    return console.views.page(
        request,
        "desk/search/results.html",
        ["groups"],
        q=words,
        lines=found.groups,
        offerings=offerings,
        articles=articles,
        notices=notices,
        opens=actor.may(Permission.SEE_CUSTOMER),
        call={"id": parse_identity(call_id)} if call_id else None,
    )


route_handlers = [search]
