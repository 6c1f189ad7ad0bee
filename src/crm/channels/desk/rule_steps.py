"""Steps in the life of a rule version; the core decides who may do them."""

from datetime import datetime
from typing import Any

from litestar import Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from crm.channels.desk.console_page import Console
from crm.channels.desk.forms import Form, NotUnderstood
from crm.channels.desk.rule_pages import draft_page
from crm.channels.desk.views import DeskRequest, see_other
from crm.core.compatibility.service import DraftRefused, RuleBook
from crm.core.staff.schemas import Actor, Permission
from crm.platform.clock import SHANGHAI

LONGEST_FILE = 400_000


@post("/rules/draft", status_code=200)
async def save_draft(
    request: DeskRequest,
    actor: NamedDependency[Actor],
    console: NamedDependency[Console],
    rulebook: NamedDependency[RuleBook],
) -> Response[Any]:
    """Store a draft with one file changed; what cannot be read comes back with the mistakes named."""
    actor.require(Permission.DRAFT_RULES)
    form = await Form.read(request)
    base = form.line("base")
    number = int(base) if base.isdigit() and len(base) < 9 else None
    files = await rulebook.files(number)
    name, text, note = form.line("file"), form.text("text", LONGEST_FILE), form.text("note")
    try:
        made = await rulebook.draft(actor, files | {name: text}, note, number)
    except DraftRefused as refused:
        return draft_page(
            request,
            console.views,
            base=number,
            files=files,
            name=name,
            text=text,
            note=note,
            problems=refused.problems,
            message=refused.message,
        )
    return see_other(request, f"/rules/versions/{made.number}")


@post("/rules/versions/{number:int}/rehearsals", status_code=200)
async def rehearse(
    request: DeskRequest,
    actor: NamedDependency[Actor],
    rulebook: NamedDependency[RuleBook],
    number: FromPath[int],
) -> Response[Any]:
    """Ask for a rehearsal; it begins within seconds in a process of its own."""
    await rulebook.ask_rehearsal(actor, number)
    return see_other(request, f"/rules/versions/{number}#rehearsals")


@post("/rules/versions/{number:int}/{step:str}", status_code=200)
async def take_step(
    request: DeskRequest,
    actor: NamedDependency[Actor],
    rulebook: NamedDependency[RuleBook],
    number: FromPath[int],
    step: FromPath[str],
) -> Response[Any]:
    """Submit, approve, return, publish now or at a time, withdraw, roll back."""
    form = await Form.read(request)
    note = form.text("note")
    if step == "submit":
        await rulebook.submit(actor, number)
    elif step == "approve":
        await rulebook.approve(actor, number, note)
    elif step == "return":
        await rulebook.send_back(actor, number, note)
    elif step == "publish":
        await rulebook.publish(actor, number, _moment(form.line("starts_at")), note)
    elif step == "rollback":
        await rulebook.roll_back(actor, number, note)
    elif step == "withdraw":
        await rulebook.withdraw(actor, number)
    else:
        raise NotUnderstood("操作")
    await rulebook.refresh()
    return see_other(request, f"/rules/versions/{number}")


def _moment(text: str) -> datetime | None:
    """A moment of Shanghai as the browser's control writes it; None when it was left empty."""
    if not text:
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)
    except ValueError:
        raise NotUnderstood("生效时间") from None


route_handlers = [save_draft, rehearse, take_step]
