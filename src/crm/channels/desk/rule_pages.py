"""Reading about rules: all of them in words, one with its proofs and firings, versions and rehearsals."""

from contextlib import suppress
from datetime import date, timedelta
from typing import Any

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from crm.channels.desk.console_page import Console
from crm.channels.desk.forms import clean, parse_identity, whole_number
from crm.channels.desk.views import DeskRequest, Views, query_url, see_other
from crm.core.compatibility.errors import RuleMissing
from crm.core.compatibility.service import REASON_NAMES, CompatibilityService, RuleBook, VersionState
from crm.core.ordering.schemas import WISH_STATE_NAMES
from crm.core.staff.schemas import Actor, Permission

OPEN_STATES = (VersionState.DRAFT, VersionState.SUBMITTED, VersionState.RETURNED, VersionState.APPROVED)
PROVES = {
    "fires": "触发",
    "just_not": "恰好不触发",
    "boundary_fires": "边界，触发",
    "boundary_not": "边界，不触发",
}

# Further from today there are no weeks to look at.
_LOOKED_BACK = timedelta(days=3660)


@get("/rules")
async def rules(
    request: DeskRequest,
    actor: NamedDependency[Actor],
    console: NamedDependency[Console],
    compatibility: NamedDependency[CompatibilityService],
    rulebook: NamedDependency[RuleBook],
) -> Response[Any]:
    """Every rule in force: clause, verdict, conditions and sentences in words, firings of twelve weeks."""
    actor.require(Permission.READ_RULES)
    words = clean(request.query_params.get("q", "")).strip()[:80]
    found = compatibility.described()
    shown = tuple(rule for rule in found if rule.matches(words))
    return console.views.page(
        request,
        "desk/rules/rules.html",
        ["list"],
        rules=shown,
        total=len(found),
        q=words,
        number=rulebook.number,
        problems=compatibility.problems,
        hash=compatibility.rules.hash,
        weeks=await rulebook.weeks(actor),
        active="rules",
    )


@get("/rules/{rule_id:str}")
async def rule(
    request: DeskRequest,
    actor: NamedDependency[Actor],
    console: NamedDependency[Console],
    compatibility: NamedDependency[CompatibilityService],
    rulebook: NamedDependency[RuleBook],
    rule_id: FromPath[str],
) -> Response[Any]:
    """One rule: conditions, proofs, firings by week, what it stopped, the newest orders it spoke on."""
    actor.require(Permission.READ_RULES)
    wanted = clean(rule_id)[:20]
    found = next((each for each in compatibility.described() if each.id == wanted), None)
    if found is None:
        raise RuleMissing(f"在用的规则里没有 {wanted}。它可能已停用，或编号有误，请从规则列表进入。")
    catalogue = console.catalog.catalogue
    names = {code: offering.name for code, offering in catalogue.offerings.items()}
    return console.views.page(
        request,
        "desk/rules/rule.html",
        rule=found,
        cases=await rulebook.cases(wanted),
        proves=PROVES,
        weeks=(await rulebook.weeks(actor, wanted)).get(wanted, []),
        collisions=await rulebook.collisions(actor, wanted),
        orders=await console.ordering.orders_under_rule(actor, wanted),
        may_open=actor.may(Permission.ORDER),
        may_look=_keeps_rules(actor),
        names=names,
        number=rulebook.number,
        active="rules",
    )


def _keeps_rules(actor: Actor) -> bool:
    return actor.may(Permission.DRAFT_RULES) or actor.may(Permission.APPROVE_RULES)


@get("/rules/{rule_id:str}/stopped")
async def stopped(
    request: DeskRequest,
    actor: NamedDependency[Actor],
    console: NamedDependency[Console],
    compatibility: NamedDependency[CompatibilityService],
    rule_id: FromPath[str],
) -> Response[Any]:
    """The calls of a week on which a rule stopped a wish, for those who keep the rules."""
    query = request.query_params
    offset = clean(query.get("offset", ""))
    place = whole_number(offset) or 0
    wanted = clean(rule_id)[:20]
    rule_view = next((each for each in compatibility.described() if each.id == wanted), None)
    if rule_view is None and _keeps_rules(actor) and not await console.ordering.stops.any_of(wanted):
        raise RuleMissing(f"没有规则 {wanted}，近一个季度也没有它拦下的来电。请从规则列表进入。")
    found = await console.ordering.stops.of_rule(actor, wanted, _day(query.get("week", ""), console), place)
    return console.views.page(
        request,
        "desk/rules/stopped.html",
        rule_id=wanted,
        rule=rule_view,
        found=found,
        before=found.monday_on - timedelta(days=7),
        after=found.monday_on + timedelta(days=7),
        last=found.monday_on + timedelta(days=6),
        today=console.views.clock.today(),
        offering_name=console.offering_name,
        wish_states=WISH_STATE_NAMES,
        active="rules",
    )


def _day(text: str, console: Console) -> date:
    """A day of the wanted week; anything else is this week, and so is a week nobody was here."""
    today = console.views.clock.today()
    with suppress(ValueError):
        wanted = date.fromisoformat(clean(text))
        return wanted if abs(wanted - today) < _LOOKED_BACK else today
    return today


@get("/rules/versions")
async def versions(
    request: DeskRequest,
    actor: NamedDependency[Actor],
    console: NamedDependency[Console],
    rulebook: NamedDependency[RuleBook],
) -> Response[Any]:
    """Every version with state, author and reviewer; what was in force from when."""
    return console.views.page(
        request,
        "desk/rules/versions.html",
        versions=await rulebook.versions(actor),
        history=await rulebook.history(actor),
        reasons=REASON_NAMES,
        can_draft=actor.may(Permission.DRAFT_RULES),
        active="rules",
    )


@get("/rules/versions/{number:int}")
async def version(
    request: DeskRequest,
    actor: NamedDependency[Actor],
    console: NamedDependency[Console],
    rulebook: NamedDependency[RuleBook],
    number: FromPath[int],
) -> Response[Any]:
    """One version: what changed, whether its proofs hold, rehearsals, and the next step."""
    found = await rulebook.version(actor, number)
    problems = await rulebook.problems(number) if found.state in OPEN_STATES else ()
    return console.views.page(
        request,
        "desk/rules/version.html",
        version=found,
        states=VersionState,
        problems=problems,
        rehearsals=await rulebook.rehearsals_of(actor, found.hash),
        files=sorted(await rulebook.files(number)),
        can_draft=actor.may(Permission.DRAFT_RULES),
        can_approve=actor.may(Permission.APPROVE_RULES),
        is_own=found.author_id == actor.staff_id,
        is_open=found.state in OPEN_STATES,
        active="rules",
    )


@get("/rules/rehearsals/{rehearsal_id:str}")
async def rehearsal(
    request: DeskRequest,
    actor: NamedDependency[Actor],
    console: NamedDependency[Console],
    rulebook: NamedDependency[RuleBook],
    rehearsal_id: FromPath[str],
) -> Response[Any]:
    """The progress or result of a rehearsal; htmx asks again every second until it is done."""
    found = await rulebook.rehearsal(actor, parse_identity(rehearsal_id))
    return console.views.page(
        request, "desk/rules/rehearsal_page.html", ["rehearsal"], rehearsal=found, active="rules"
    )


@get("/rules/draft")
async def draft(
    request: DeskRequest,
    actor: NamedDependency[Actor],
    console: NamedDependency[Console],
    rulebook: NamedDependency[RuleBook],
) -> Response[Any]:
    """Write a draft: one file of the version in force, or of another version, to change."""
    actor.require(Permission.DRAFT_RULES)
    base = clean(request.query_params.get("base", ""))
    number = whole_number(base) or rulebook.number
    files = await rulebook.files(number)
    chosen = clean(request.query_params.get("file", ""))
    if chosen and chosen not in files:
        return see_other(request, query_url("/rules/draft", base=str(number or "")))
    name = chosen or min(files)
    return draft_page(request, console.views, base=number, files=files, name=name, text=files[name])


def draft_page(
    request: DeskRequest,
    views: Views,
    *,
    base: int | None,
    files: dict[str, str],
    name: str,
    text: str,
    note: str = "",
    problems: tuple[Any, ...] = (),
    message: str = "",
) -> Response[Any]:
    """The form of a draft, with what was typed and what is wrong with it."""
    return views.page(
        request,
        "desk/rules/draft.html",
        status=422 if message else 200,
        base=base,
        names=sorted(files),
        name=name,
        text=text,
        note=note,
        problems=problems,
        message=message,
        active="rules",
    )


route_handlers = [rules, rule, stopped, versions, version, rehearsal, draft]
