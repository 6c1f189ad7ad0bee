"""Knowledge: search, read, rate, report a gap. Beside the basket, or as pages of its own."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from crm.channels.desk import knowledge_gaps
from crm.channels.desk.console_page import Console, Drawing
from crm.channels.desk.forms import Form, clean, parse_identity
from crm.channels.desk.views import DeskRequest, is_htmx, query_url, see_other
from crm.core.staff.schemas import Actor, Permission

SHOWN = 20
LONGEST_QUERY = 200


@get("/knowledge")
async def knowledge(
    request: DeskRequest, actor: NamedDependency[Actor], console: NamedDependency[Console]
) -> Response[Any]:
    """The search page; with a call, the tab beside the basket."""
    actor.require(Permission.READ_KNOWLEDGE)
    words = clean(request.query_params.get("q", "")).strip()[:LONGEST_QUERY]
    hits = await console.knowledge.search(actor, words, SHOWN) if words else None
    return await _show(request, actor, console, "desk/knowledge/search.html", "results", q=words, hits=hits)


@get("/knowledge/{article_id:str}")
async def article(
    request: DeskRequest,
    actor: NamedDependency[Actor],
    console: NamedDependency[Console],
    article_id: FromPath[str],
) -> Response[Any]:
    """One article; with a call, inside the console."""
    found = await console.knowledge.article(actor, article_id)
    words = clean(request.query_params.get("q", ""))[:LONGEST_QUERY]
    return await _show(
        request, actor, console, "desk/knowledge/article_page.html", "", article=found, q=words
    )


@post("/knowledge/{article_id:str}/rating", status_code=200)
async def rate(
    request: DeskRequest,
    actor: NamedDependency[Actor],
    console: NamedDependency[Console],
    article_id: FromPath[str],
) -> Response[Any]:
    """Did it help? One voice a person."""
    form = await Form.read(request)
    call_id = form.line("call")
    await console.knowledge.rate(
        actor, article_id, form.line("useful") == "yes", interaction_id=_call(call_id)
    )
    if not is_htmx(request):
        return see_other(request, query_url(f"/knowledge/{article_id}", call=call_id))
    found = await console.knowledge.article(actor, article_id)
    return await _show(
        request, actor, console, "desk/knowledge/article_page.html", "", call_id, article=found, rated=True
    )


@post("/knowledge/gaps", status_code=200)
async def report_gap(
    request: DeskRequest, actor: NamedDependency[Actor], console: NamedDependency[Console]
) -> Response[Any]:
    """There was no answer: the question goes to the duty assistant with the words that were searched."""
    form = await Form.read(request)
    call_id = _call(form.line("call"))
    subscriber = (await console.interactions.current(actor, call_id)).subscriber_id if call_id else None
    await console.knowledge.report_gap(
        actor, form.text("question"), form.line("words"), interaction_id=call_id, subscriber_id=subscriber
    )
    if not is_htmx(request):
        goal = f"/desk?call={call_id}&tab=knowledge" if call_id else "/knowledge?saved=1"
        return see_other(request, goal)
    return await _show(
        request,
        actor,
        console,
        "desk/knowledge/search.html",
        "results",
        form.line("call"),
        q=form.line("words"),
        hits=None,
        gap_saved=True,
    )


async def _show(
    request: DeskRequest,
    actor: Actor,
    console: Console,
    page: str,
    block: str,
    call_id: str = "",
    **context: Any,
) -> Response[Any]:
    context = {
        "rated": False,
        "gap_saved": "saved" in request.query_params,
        "works_off": actor.may(Permission.ROUTE_GAP) or actor.may(Permission.ANSWER_GAP),
        "q": "",
        "article": None,
    } | context
    call_id = call_id or request.query_params.get("call", "")
    if call_id:
        call = await console.interactions.current(actor, parse_identity(call_id))
        drawing = Drawing(blocks=("work",), tab="knowledge", extra=context)
        return await console.show(request, actor, call, drawing)
    blocks = [block] if block else []
    return console.views.page(
        request, page, blocks, call=None, active="knowledge", offering_name=console.offering_name, **context
    )


def _call(text: str) -> UUID | None:
    return parse_identity(text) if text else None


route_handlers = [knowledge, article, rate, report_gap, *knowledge_gaps.route_handlers]
