"""互斥业务: the phrases of imported catalogues that an analyst settles. Works without JavaScript."""

from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency

from crm.channels.desk.console_page import Console
from crm.channels.desk.forms import Form, clean, whole_number
from crm.channels.desk.views import DeskRequest, query_url, see_other
from crm.core.catalog.service import CatalogService
from crm.core.staff.schemas import Actor

LIST = "/catalog/exclusions"
PHRASE = "/catalog/exclusions/phrase"
STATES = (("open", "待处理"), ("settled", "已处理"), ("known", "自动识别"), ("", "全部"))
_PAGE = 20
_LONGEST_KEY = 400
_MOST_CELLS = 60


def _asked(request: DeskRequest, name: str, limit: int = 80) -> str:
    return clean(request.query_params.get(name, "")).strip()[:limit]


@get(LIST)
async def phrases(
    request: DeskRequest,
    actor: NamedDependency[Actor],
    console: NamedDependency[Console],
    catalog: NamedDependency[CatalogService],
) -> Response[Any]:
    """The phrases of one state, the most used first, with search and paging."""
    state, words = _asked(request, "state"), _asked(request, "q")
    if state not in dict(STATES) or "state" not in request.query_params:
        state = "open"
    offset = _asked(request, "offset")
    place = whole_number(offset) or 0
    found = catalog.exclusions.page(actor, words=words, state=state, limit=_PAGE, offset=place)
    return console.views.page(
        request,
        "desk/exclusions/list.html",
        ["list"],
        active="exclusions",
        found=found,
        q=words,
        state=state,
        states=STATES,
        offset=place,
        limit=_PAGE,
        here=query_url(LIST, q=words) + ("&" if words else "?") + f"state={state}",
    )


@get(PHRASE)
async def phrase(
    request: DeskRequest,
    actor: NamedDependency[Actor],
    console: NamedDependency[Console],
    catalog: NamedDependency[CatalogService],
) -> Response[Any]:
    """One phrase: its cells, what it may mean, and what choosing that would do."""
    key = _asked(request, "key", _LONGEST_KEY)
    row = catalog.exclusions.phrase(actor, key)
    words = _asked(request, "q") if "q" in request.query_params else row.words
    given = tuple(clean(each) for each in request.query_params.getall("target", []))
    if "chosen" not in request.query_params and row.decision is not None:
        given = row.decision.targets
    preview = catalog.exclusions.preview(actor, key, given)
    chosen = {each.code for each in preview.targets}
    found = catalog.exclusions.candidates(actor, words)
    return console.views.page(
        request,
        "desk/exclusions/phrase.html",
        ["pick"],
        active="exclusions",
        row=row,
        q=words,
        preview=preview,
        candidates=tuple(each for each in found if each.code not in chosen),
        groups=_by_text(row.cells[:_MOST_CELLS]),
        hidden=max(len(row.cells) - _MOST_CELLS, 0),
    )


def _by_text(cells: tuple[Any, ...]) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    """Tiers of a series share one text: it is shown once with all their names."""
    found: dict[tuple[str, str], list[str]] = {}
    for cell in cells:
        found.setdefault((cell.kind, cell.text), []).append(cell.service)
    return tuple((kind, text, tuple(names)) for (kind, text), names in found.items())


@post(PHRASE, status_code=303)
async def settle(
    request: DeskRequest, actor: NamedDependency[Actor], catalog: NamedDependency[CatalogService]
) -> Response[Any]:
    """Settle a phrase, or take a decision back, and stay on its page to see the result."""
    form = await Form.read(request)
    key, seen = form.line("key", _LONGEST_KEY), form.line("seen", 60)
    if form.line("do") == "reopen":
        await catalog.exclusions.reopen(actor, key, seen=seen)
    else:
        retired = form.line("do") == "retire"
        await catalog.exclusions.settle(actor, key, form.many("target"), retired=retired, seen=seen)
    return see_other(request, query_url(PHRASE, key=key, done="1"))


route_handlers = [phrases, phrase, settle]
