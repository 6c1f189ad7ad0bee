"""Changes of what several numbers share: the look at every member, the submit, the progress."""

from typing import Any
from uuid import UUID, uuid4

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from crm.channels.desk.console_page import Console
from crm.channels.desk.errors import STATUS
from crm.channels.desk.forms import Form, clean, whole_number
from crm.channels.desk.spreadsheet import download, table
from crm.channels.desk.views import DeskRequest, see_other
from crm.core.catalog.schemas import Offering
from crm.core.ordering.schemas import OUTCOME_NAMES, GroupChange, GroupJudgement, GroupLook, SubmitGroup
from crm.core.staff.schemas import Actor
from crm.platform.errors import CrmError

STATES = (
    ("waiting", "等待", "mute"),
    ("ordered", "已受理", "good"),
    ("work_order", "已派工单", "step"),
    ("left", "未办理", "warn"),
    ("failed", "失败", "bad"),
)
LOSING_COLUMNS = ("号码", "归属客户", "结果", "原因", "会失去的业务", "会失去的优惠", "月费变化（元）")
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
    look = GroupLook(offset=_offset(request), only_losing=losing)
    everybody = "all" in request.query_params
    if everybody:
        look = msgspec.structs.replace(look, most=None)
    judged = await console.ordering.judge_group(actor, call_id, change, look)
    return await _show(request, actor, console, call_id, judged, {"everybody": everybody})


@get("/desk/calls/{call_id:uuid}/groups/{group_id:uuid}/losing")
async def losing_as_file(
    request: DeskRequest,
    actor: NamedDependency[Actor],
    console: NamedDependency[Console],
    call_id: FromPath[UUID],
    group_id: FromPath[UUID],
) -> Response[bytes]:
    """Every number that would lose something else, as a file for whoever talks to the owner."""
    change = _change(group_id, clean(request.query_params.get("to", "")).strip()[:80])
    members = await console.ordering.group_losers(actor, call_id, change)
    rows = [
        (
            row.msisdn_masked, "是" if row.own else "", row.outcome_name, row.why,
            "、".join(row.lost), "、".join(row.losses),
            "" if row.fee_difference_fen is None else f"{row.fee_difference_fen / 100:.2f}",
        )
        for row in members
    ]  # fmt: skip
    name = f"会失去业务的号码-{console.views.clock.today():%Y%m%d}.csv"
    return download(name, table(LOSING_COLUMNS, rows))


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
        # Of everybody: a sentence that is still to be told may be that of the last member.
        judged = await console.ordering.judge_group(actor, call_id, change, GroupLook(most=None))
        kept = {
            "problem": problem,
            "everybody": True,
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
    return whole_number(request.query_params.get("offset", "0")) or 0


route_handlers = [look, losing_as_file, submit, progress]
