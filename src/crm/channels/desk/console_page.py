"""The console as one page: which services it speaks to, and what each of its regions needs to be drawn."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response
from markupsafe import Markup

from crm.channels.desk.basket_draft import KIND, BasketDraft
from crm.channels.desk.console_words import TABS, Done, remedy_action, scripts_of, timings_of
from crm.channels.desk.errors import STATUS, BasketMoved
from crm.channels.desk.history import Entry, entries_of
from crm.channels.desk.views import DeskRequest, Views, is_htmx
from crm.core.catalog.service import CatalogService
from crm.core.compatibility.plan_schemas import Plan
from crm.core.compatibility.schemas import ChangeItem
from crm.core.customer.errors import CustomerMissing
from crm.core.customer.schemas import Customer360
from crm.core.customer.service import CustomerService
from crm.core.interaction.schemas import METHOD_NAMES, CallReason, InteractionView
from crm.core.interaction.service import InteractionService
from crm.core.knowledge.schemas import Phrases
from crm.core.knowledge.service import KnowledgeService
from crm.core.ordering.errors import ChangedMeanwhile
from crm.core.ordering.schemas import Judgement
from crm.core.ordering.service import OrderingService
from crm.core.staff.schemas import Actor
from crm.core.work_order.service import WorkOrderService
from crm.platform.errors import CrmError

PAGE = "desk/console/console.html"
MOST_TRIES = 8
CHECK_METHODS = tuple(METHOD_NAMES.items())


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """What a handler adds to the console: which regions, on which tab, and what has just happened."""

    blocks: Sequence[str] = ("work", "say")
    main: str = "work"  # the region htmx asked for; the others are swapped out of band
    tab: str = "orders"
    problem: CrmError | None = None
    done: Done | None = None
    extra: dict[str, Any] = field(default_factory=dict[str, Any])


class Console:
    """Everything the console's handlers need; one per process."""

    def __init__(
        self,
        views: Views,
        customers: CustomerService,
        interactions: InteractionService,
        ordering: OrderingService,
        catalog: CatalogService,
        knowledge: KnowledgeService,
        work_orders: WorkOrderService,
    ) -> None:
        self.views = views
        self.customers = customers
        self.interactions = interactions
        self.ordering = ordering
        self.catalog = catalog
        self.knowledge = knowledge
        self.work_orders = work_orders
        self._rendered_phrases: tuple[Phrases, Markup] | None = None
        self._rendered_reasons: dict[str, Markup] = {}

    async def basket(self, actor: Actor, call_id: UUID) -> tuple[InteractionView, BasketDraft]:
        """The call and what is in its basket."""
        call = await self.interactions.current(actor, call_id)
        return call, BasketDraft.restore(call.drafts.get(KIND))

    async def look(self, actor: Actor, call_id: UUID) -> tuple[InteractionView, Customer360 | None]:
        """A running call and its customer, in one round trip; a call with an unknown number has none."""
        try:
            customer = await self.customers.page(actor, call_id=call_id)
        except CustomerMissing:
            return await self.interactions.current(actor, call_id), None
        return self.interactions.read_along(actor, customer.along["call"]), customer

    async def change(
        self, actor: Actor, call_id: UUID, changed: Callable[[BasketDraft], BasketDraft]
    ) -> InteractionView:
        """Change the basket as it is stored now; the call as it is then.

        When another click was quicker, `changed` is asked again about what that one left.
        Raises `BasketMoved`.
        """
        for _ in range(MOST_TRIES):
            call, basket = await self.basket(actor, call_id)
            after = changed(basket)
            stored, body = call.drafts.get(KIND), after.body() if after.items else None
            if after is basket or (body is None and stored is None):
                return call
            if await self.interactions.swap_draft(actor, call_id, KIND, stored, body):
                drafts = {kind: kept for kind, kept in call.drafts.items() if kind != KIND}
                return msgspec.structs.replace(call, drafts=drafts | ({KIND: body} if body else {}))
        raise BasketMoved

    async def show(
        self,
        request: DeskRequest,
        actor: Actor,
        call: InteractionView,
        drawing: Drawing | None = None,
        *,
        customer: Customer360 | None = None,
    ) -> Response[str]:
        """The whole page, or for htmx the drawing's regions of it."""
        drawing = drawing or Drawing()
        whole = not is_htmx(request)
        blocks = drawing.blocks if not whole else ("customer", "work", "say")
        context = _blank(call, drawing)
        context |= await self._customer_context(actor, call, customer, blocks, drawing.tab)
        context |= await self._basket_context(actor, call, blocks, drawing)
        context |= await self._work_context(actor, call, context["customer"], drawing.tab)
        context["phrases_html"] = self._phrases_html() if "say" in blocks else ""
        context |= drawing.extra
        status = STATUS[drawing.problem.kind] if drawing.problem else 200
        return self.views.page(request, PAGE, blocks, status=status, **context)

    def phrases(self) -> Sequence[Any]:
        """The sentences one key away."""
        return self.knowledge.phrases().phrases

    def reasons(self, chosen: str = "") -> Markup:
        """The reasons of calls as options in groups, as in their file; rendered once for each choice."""
        known = chosen if any(each.code == chosen for each in self.interactions.reasons) else ""
        if known not in self._rendered_reasons:
            groups: dict[str, list[CallReason]] = {}
            for each in self.interactions.reasons:
                groups.setdefault(each.group, []).append(each)
            page = self.views.environment.get_template("desk/console/reasons.html")
            self._rendered_reasons[known] = Markup(page.render(groups=groups, chosen=known))  # noqa: S704  (escaped)
        return self._rendered_reasons[known]

    def _phrases_html(self) -> Markup:
        phrases = self.knowledge.phrases()
        if self._rendered_phrases is None or self._rendered_phrases[0] is not phrases:
            page = self.views.environment.get_template("desk/console/phrases.html")
            # The template escapes; the text is rendered once for each version of the knowledge base.
            self._rendered_phrases = (phrases, Markup(page.render(phrases=phrases.phrases)))  # noqa: S704  (rendered with autoescape)
        return self._rendered_phrases[1]

    async def _customer_context(
        self,
        actor: Actor,
        call: InteractionView,
        customer: Customer360 | None,
        blocks: Sequence[str],
        tab: str,
    ) -> dict[str, Any]:
        line = call.subscriber_id
        if line is None:
            return {
                "customer": None,
                "notices": [self.customers.home_region_notice(call.msisdn)],
                "wishes": (),
            }
        wanted = "customer" in blocks or tab in ("work", "history")
        if customer is None and wanted:
            customer = await self.customers.page(actor, subscriber_id=line)
        if customer is None:
            return {"customer": None, "notices": [], "wishes": ()}
        found: dict[str, Any] = {"customer": customer, "notices": []}
        found["wishes"] = self.ordering.wishes_along(customer.along["wishes"])
        if "customer" in blocks:
            found["groups"] = self.ordering.groups_along(customer.along["groups"])
            if any(product.locked_until for product in customer.products):
                found["contracts"] = await self.ordering.contracts_of(actor, line)
        return found

    async def _basket_context(
        self, actor: Actor, call: InteractionView, blocks: Sequence[str], drawing: Drawing
    ) -> dict[str, Any]:
        basket = BasketDraft.restore(call.drafts.get(KIND))
        judgement: Judgement | None = None
        problem = drawing.problem
        changed: tuple[str, ...] = ()
        if isinstance(problem, ChangedMeanwhile):
            judgement, changed, problem = problem.judgement, problem.differences, None
        elif basket.items and call.subscriber_id and ("say" in blocks or drawing.tab == "orders"):
            try:
                judgement = await self.ordering.judge(actor, call.id, call.subscriber_id, basket.change)
            except CrmError as unclear:
                problem = problem or unclear
        plan: Plan | None = None
        if judgement is not None and not judgement.can_be_ordered and call.subscriber_id:
            plan = await self.ordering.plan(actor, call.subscriber_id, judgement.change)
        scripts, sentences = scripts_of(judgement)
        if drawing.done and drawing.done.say:
            scripts = (drawing.done.say,)
        if call.subscriber_id is None:
            scripts = (self.customers.home_region_notice(call.msisdn),)
        return {
            "basket": basket,
            "wanted": msgspec.json.encode(basket.change).decode(),
            "judgement": judgement,
            "plan": plan,
            "problem": problem,
            "changed": changed,
            "scripts": scripts,
            "sentences_to_read": sentences,
            "offering_name": self.offering_name,
            "timings_of": self._timings,
            "remedy_action": remedy_action,
        }

    async def _work_context(
        self, actor: Actor, call: InteractionView, customer: Customer360 | None, tab: str
    ) -> dict[str, Any]:
        types = [each for each in self.work_orders.types(actor) if each.on_menu] if tab == "work" else []
        return {
            "reasons": self.reasons,
            "types": types,
            "entries": await self._history(actor, customer, call) if tab == "history" and customer else [],
            "reason_words": self.reason_words,
        }

    async def _history(self, actor: Actor, customer: Customer360, call: InteractionView) -> list[Entry]:
        orders = await self.ordering.orders_of(actor, customer.subscriber_id)
        return entries_of(customer, orders, call, self.reason_words)

    def reason_words(self, text: str) -> str:
        """A text of another room with the codes of call reasons in words."""
        for each in self.interactions.reasons:
            text = text.replace(each.code, each.name)
        return text

    def _timings(self, item: ChangeItem) -> list[tuple[str, str]]:
        return timings_of(item, self.catalog.catalogue)

    def offering_name(self, code: str) -> str:
        """The name of an offering; the code when the catalogue does not know it."""
        found = self.catalog.catalogue.get(code)
        return code if found is None else found.name


def _blank(call: InteractionView, drawing: Drawing) -> dict[str, Any]:
    return {
        "call": call,
        "tab": drawing.tab,
        "tabs": TABS,
        "main_region": drawing.main,
        "done": drawing.done,
        "check_methods": CHECK_METHODS,
        "contracts": (),
        "groups": (),
        "opened_check": "",
        "code_sent": False,
        "offers": None,
        "goal": None,
        "answers": None,
        "asked": {"data": "", "minutes": "", "fee": ""},
        "q": "",
        "hits": None,
        "article": None,
        "gap_saved": False,
        "view": None,
        "rated": False,
    }
