"""The console as one page: which services it speaks to, and what each of its regions needs to be drawn."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from litestar import Response

from crm.channels.desk.basket_draft import KIND, BasketDraft
from crm.channels.desk.console_words import TABS, Done, remedy_action, scripts_of, timings_of
from crm.channels.desk.errors import STATUS
from crm.channels.desk.history import entries_of
from crm.channels.desk.views import DeskRequest, Views, is_htmx
from crm.core.catalog.service import CatalogService
from crm.core.compatibility.plan_schemas import Plan
from crm.core.compatibility.schemas import ChangeItem
from crm.core.customer.schemas import Customer360
from crm.core.customer.service import CustomerService
from crm.core.interaction.schemas import METHOD_NAMES, CallReason, InteractionView
from crm.core.interaction.service import InteractionService
from crm.core.knowledge.service import KnowledgeService
from crm.core.ordering.errors import ChangedMeanwhile
from crm.core.ordering.schemas import Judgement
from crm.core.ordering.service import OrderingService
from crm.core.staff.schemas import Actor
from crm.core.work_order.service import WorkOrderService
from crm.platform.errors import CrmError

PAGE = "desk/console/console.html"
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

    async def basket(self, actor: Actor, call_id: UUID) -> tuple[InteractionView, BasketDraft]:
        """The call and what is in its basket."""
        call = await self.interactions.current(actor, call_id)
        return call, BasketDraft.restore(call.drafts.get(KIND))

    async def keep(self, actor: Actor, call_id: UUID, basket: BasketDraft) -> None:
        """Store the basket, or forget it when it is empty."""
        if basket.items:
            await self.interactions.save_draft(actor, call_id, KIND, basket.body())
        else:
            await self.interactions.drop_draft(actor, call_id, KIND)

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
        context |= self._work_context(actor, call, context["customer"], drawing.tab)
        if "say" in blocks:
            context["phrases"] = self.phrases()
        context |= drawing.extra
        status = STATUS[drawing.problem.kind] if drawing.problem else 200
        return self.views.page(request, PAGE, blocks, status=status, **context)

    def phrases(self) -> Sequence[Any]:
        """The sentences one key away."""
        return self.knowledge.phrases().phrases

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
        found: dict[str, Any] = {"customer": customer, "notices": [], "wishes": ()}
        if "customer" in blocks and customer is not None:
            bound = any(product.locked_until for product in customer.products)
            found["wishes"] = await self.ordering.wishes_of(actor, line)
            found["groups"] = await self.ordering.groups_of(actor, line)
            found["contracts"] = await self.ordering.contracts_of(actor, line) if bound else ()
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
        if call.subscriber_id is None:
            scripts = (self.customers.home_region_notice(call.msisdn),)
        return {
            "basket": basket,
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

    def _work_context(
        self, actor: Actor, call: InteractionView, customer: Customer360 | None, tab: str
    ) -> dict[str, Any]:
        types = [each for each in self.work_orders.types(actor) if each.on_menu] if tab == "work" else []
        return {
            "reasons": _by_group(self.interactions.reasons),
            "types": types,
            "entries": entries_of(customer, call) if tab == "history" and customer else [],
        }

    def _timings(self, item: ChangeItem) -> list[tuple[str, str]]:
        return timings_of(item, self.catalog.catalogue)

    def offering_name(self, code: str) -> str:
        """The name of an offering; its code when the catalogue does not know it."""
        found = self.catalog.catalogue.get(code)
        return code if found is None else found.name


def _by_group(reasons: Sequence[CallReason]) -> dict[str, list[CallReason]]:
    """The reasons by group, both in the order of their file."""
    groups: dict[str, list[CallReason]] = {}
    for each in reasons:
        groups.setdefault(each.group, []).append(each)
    return groups


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
        "phrases": (),
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
