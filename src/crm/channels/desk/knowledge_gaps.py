"""Working off what the knowledge base could not answer: the most asked first, an article for each."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency

from crm.channels.desk.console_page import Console
from crm.channels.desk.errors import STATUS
from crm.channels.desk.forms import Form, parse_identity, whole_number
from crm.channels.desk.views import DeskRequest, see_other
from crm.core.knowledge.schemas import GapTopic
from crm.core.staff.schemas import Actor, Permission
from crm.core.work_order.schemas import QueueFilter
from crm.platform.errors import CrmError

PAGE = "/knowledge/gaps"
SHOWN = 30
SUGGESTED = 3
_MOST_ORDERS = 200


@get(PAGE)
async def gaps(
    request: DeskRequest, actor: NamedDependency[Actor], console: NamedDependency[Console]
) -> Response[Any]:
    """What waits for an answer, with the nearest articles and the work orders."""
    return await _show(request, actor, console)


@post(f"{PAGE}/answer", status_code=303)
async def answer(
    request: DeskRequest, actor: NamedDependency[Actor], console: NamedDependency[Console]
) -> Response[Any]:
    """Name the article that answers some gaps; what was typed is kept when there is no such article."""
    form = await Form.read(request)
    chosen = [parse_identity(each) for each in form.many("gap")]
    article = form.line("other", 64) or form.line("article", 64)
    try:
        await console.knowledge.answer_gaps(actor, chosen, article)
    except CrmError as problem:
        return await _show(request, actor, console, problem=problem, typed=(set(chosen), article))
    return see_other(request, f"{PAGE}?done={len(chosen)}")


async def _show(
    request: DeskRequest,
    actor: Actor,
    console: Console,
    *,
    problem: CrmError | None = None,
    typed: tuple[set[UUID], str] = (set(), ""),
) -> Response[Any]:
    topics = await console.knowledge.gap_topics(actor)
    done = request.query_params.get("done", "")
    return console.views.page(
        request,
        "desk/knowledge/gaps.html",
        status=STATUS[problem.kind] if problem else 200,
        active="knowledge",
        topics=[(topic, await _near(actor, console, topic)) for topic in topics[:SHOWN]],
        hidden=max(len(topics) - SHOWN, 0),
        orders=await _numbers(actor, console) if topics else {},
        may_answer=actor.may(Permission.ANSWER_GAP),
        problem=problem,
        typed=typed,
        done=whole_number(done, 9999) or 0,
    )


async def _near(actor: Actor, console: Console, topic: GapTopic) -> Any:
    return await console.knowledge.search(actor, topic.words[:200], SUGGESTED)


async def _numbers(actor: Actor, console: Console) -> dict[UUID, str]:
    """The numbers of the consultations this person may see, by id."""
    asked = QueueFilter(type="consultation", page_size=_MOST_ORDERS)
    page = await console.work_orders.queue(actor, asked)
    return {row.id: row.number for row in page.rows}


route_handlers = [gaps, answer]
