"""Plans on the desk: take the plan for the basket with one key; find what the customer asks for by need."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from crm.channels.desk.console_page import Console, Drawing
from crm.channels.desk.console_words import adopted_card
from crm.channels.desk.forms import Form, NotUnderstood, clean
from crm.channels.desk.views import DeskRequest, is_htmx, see_other
from crm.core.compatibility.plan_schemas import Goal, Wanted
from crm.core.compatibility.schemas import Change, ChangeItem
from crm.core.ordering.schemas import AdoptPlan
from crm.core.staff.schemas import Actor
from crm.platform.errors import CrmError

EVERYTHING = ("work", "say", "customer")
KEEP_KINDS = (("vnet", "V网"), ("bundle", "捆绑优惠"))
_MOST = 1_000_000


@post("/desk/calls/{call_id:uuid}/plan", status_code=200)
async def adopt(
    request: DeskRequest,
    actor: NamedDependency[Actor],
    console: NamedDependency[Console],
    call_id: FromPath[UUID],
) -> Response[Any]:
    """Take the plan: into the basket, or its first work order; what waits goes on by itself."""
    form = await Form.read(request)
    call, basket = await console.basket(actor, call_id)
    if call.subscriber_id is None or not basket.items:
        raise NotUnderstood
    command = AdoptPlan(
        idempotency_key=f"{basket.key}:plan",
        interaction_id=call_id,
        subscriber_id=call.subscriber_id,
        change=basket.change,
        ticked=form.many("ticked"),
        agreed=form.many("agreed"),
    )
    try:
        adopted = await console.ordering.adopt(actor, command)
    except CrmError as refused:
        said = (*form.many("ticked"), *(f"agreed:{key}" for key in form.many("agreed")))
        await console.change(actor, call_id, lambda now: now.tick(said, now.note))
        return await _again(request, actor, console, call_id, Drawing(problem=refused))
    if adopted.basket is not None:
        taken = adopted.basket
        await console.change(actor, call_id, lambda now: now.extend(taken))
        return await _again(request, actor, console, call_id, Drawing())
    await console.change(actor, call_id, lambda now: now.without(basket.key))
    return await _again(
        request, actor, console, call_id, Drawing(blocks=EVERYTHING, done=adopted_card(adopted))
    )


@get("/desk/calls/{call_id:uuid}/goal")
async def find(
    request: DeskRequest,
    actor: NamedDependency[Actor],
    console: NamedDependency[Console],
    call_id: FromPath[UUID],
) -> Response[Any]:
    """The best ways to what the customer asks for. Changes nothing."""
    call = await console.interactions.current(actor, call_id)
    if call.subscriber_id is None:
        raise NotUnderstood
    goal = _goal(request)
    found = await console.ordering.find(actor, call.subscriber_id, goal) if _asks(goal) else None
    params = request.query_params
    asked_for: dict[str, Any] = {
        "goal": goal,
        "answers": found,
        "asked": {name: clean(params.get(name, "")).strip()[:9] for name in ("data", "minutes", "fee")},
    }
    if is_htmx(request):
        return console.views.page(request, "desk/plan/answers.html", call=call, **asked_for)
    return await console.show(request, actor, call, Drawing(extra=asked_for))


@post("/desk/calls/{call_id:uuid}/goal", status_code=200)
async def take(
    request: DeskRequest,
    actor: NamedDependency[Actor],
    console: NamedDependency[Console],
    call_id: FromPath[UUID],
) -> Response[Any]:
    """One of the answers becomes the basket; its verdict and its plan follow."""
    form = await Form.read(request)
    codes = form.many("offering")
    if not codes or len(codes) > 2 or any(console.catalog.catalogue.get(code) is None for code in codes):
        raise NotUnderstood
    change = Change(items=tuple(ChangeItem(action="add", offering=code) for code in codes))
    await console.change(actor, call_id, lambda now: now.take(change))
    return await _again(request, actor, console, call_id, Drawing())


def _goal(request: DeskRequest) -> Goal:
    """From the form: gigabytes, minutes and yuan; what is no number is not asked for."""
    params = request.query_params
    wanted = [
        Wanted(kind=kind, amount=amount)
        for kind, amount in (
            ("data_mb", _number(params.get("data", ""), 1024)),
            ("voice_minutes", _number(params.get("minutes", ""), 1)),
        )
        if amount
    ]
    fee = clean(params.get("fee", "")).strip()
    kinds = {kind for kind, _ in KEEP_KINDS}
    return Goal(
        wanted=tuple(wanted),
        max_fee_fen=_number(fee, 100) if fee else None,
        keep_kinds=tuple(sorted(kinds & set(params.getall("keep", [])))),
    )


def _asks(goal: Goal) -> bool:
    return bool(goal.wanted) or goal.max_fee_fen is not None


def _number(text: str, times: int) -> int:
    try:
        return min(max(0, round(float(text) * times)), _MOST * times)
    except (ValueError, OverflowError):
        return 0


async def _again(
    request: DeskRequest, actor: Actor, console: Console, call_id: UUID, drawing: Drawing
) -> Response[Any]:
    if not is_htmx(request) and drawing.problem is None and drawing.done is None:
        return see_other(request, f"/desk?call={call_id}")
    return await console.show(request, actor, await console.interactions.current(actor, call_id), drawing)


route_handlers = [adopt, find, take]
