"""Changes of what several numbers share: the look at every member, the submit, the progress."""

from typing import Any
from uuid import UUID, uuid4

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from crm.channels.desk.console_page import Console
from crm.channels.desk.errors import STATUS
from crm.channels.desk.forms import Form, clean
from crm.channels.desk.views import DeskRequest, see_other
from crm.core.catalog.schemas import Offering
from crm.core.ordering.schemas import OUTCOME_NAMES, GroupChange, GroupJudgement, SubmitGroup
from crm.core.staff.schemas import Actor
from crm.platform.errors import CrmError

STATES = (
    ("waiting", "等待", "mute"),
    ("ordered", "已受理", "good"),
    ("work_order", "已派工单", "step"),
    ("left", "未办理", "warn"),
    ("failed", "失败", "bad"),
)
_MOST_CHOICES = 60


@get("/desk/calls/{call_id:uuid}/groups/{group_id:uuid}")
async def look(
    request: DeskRequest,
    actor: NamedDependency[Actor],
    console: NamedDependency[Console],
    call_id: FromPath[UUID],
    group_id: FromPath[UUID],
) -> Response[Any]:
    """Who of the group would lose what. Changes nothing."""
    change = _change(group_id, clean(request.query_params.get("to", "")).strip()[:80])
    losing = request.query_params.get("only", "") == "losing"
    judged = await console.ordering.judge_group(
        actor, call_id, change, offset=_offset(request), only_losing=losing
    )
    return await _show(request, actor, console, call_id, judged, {})


@post("/desk/calls/{call_id:uuid}/groups/{group_id:uuid}", status_code=303)
async def submit(
    request: DeskRequest,
    actor: NamedDependency[Actor],
    console: NamedDependency[Console],
    call_id: FromPath[UUID],
    group_id: FromPath[UUID],
) -> Response[Any]:
    """One order a member; what was ticked and typed is kept when it is refused."""
    form = await Form.read(request)
    change = _change(group_id, form.line("to", 80))
    command = SubmitGroup(
        idempotency_key=form.line("key"),
        interaction_id=call_id,
        change=change,
        ticked=form.many("ticked"),
        note=form.text("note"),
    )
    try:
        order = await console.ordering.submit_group(actor, command)
    except CrmError as problem:
        judged = await console.ordering.judge_group(actor, call_id, change)
        kept = {
            "problem": problem,
            "key": command.idempotency_key,
            "ticked": command.ticked,
            "note": command.note,
        }
        return await _show(request, actor, console, call_id, judged, kept)
    return see_other(request, f"/desk/group-orders/{order.number}")


@get("/desk/group-orders/{number:str}")
async def progress(
    request: DeskRequest,
    actor: NamedDependency[Actor],
    console: NamedDependency[Console],
    number: FromPath[str],
) -> Response[Any]:
    """How far a group order is, and what became of each number."""
    order = await console.ordering.group_order(actor, clean(number), offset=_offset(request))
    return console.views.page(
        request, "desk/group/order.html", ["progress"], order=order, states=STATES, active="desk"
    )


async def _show(
    request: DeskRequest,
    actor: Actor,
    console: Console,
    call_id: UUID,
    judged: GroupJudgement,
    kept: dict[str, Any],
) -> Response[Any]:
    catalogue = console.catalog.catalogue
    problem: CrmError | None = kept.get("problem")
    context: dict[str, Any] = {
        "call": await console.interactions.current(actor, call_id),
        "judged": judged,
        "choices": _choices(judged, tuple(catalogue.offerings.values())),
        "offering_name": console.offering_name,
        "outcome_names": {outcome.value: name for outcome, name in OUTCOME_NAMES.items()},
        "problem": None,
        "key": uuid4().hex,
        "ticked": (),
        "note": "",
        "active": "desk",
    }
    status = STATUS[problem.kind] if problem else 200
    return console.views.page(request, "desk/group/group.html", status=status, **(context | kept))


def _choices(judged: GroupJudgement, offerings: tuple[Offering, ...]) -> list[tuple[str, str]]:
    """What the members could get instead: what is on sale of the same kind."""
    held = judged.group.offering_code
    kind = next((each.kind for each in offerings if each.code == held), None)
    return [
        (each.code, each.name)
        for each in offerings
        if each.kind is kind and each.state == "on_sale" and each.code != held
    ][:_MOST_CHOICES]


def _change(group_id: UUID, offering: str) -> GroupChange:
    return GroupChange(group_id=group_id, action="switch" if offering else "cancel", offering=offering)


def _offset(request: DeskRequest) -> int:
    text = request.query_params.get("offset", "0")
    return int(text) if text.isdigit() and len(text) < 7 else 0


route_handlers = [look, submit, progress]
