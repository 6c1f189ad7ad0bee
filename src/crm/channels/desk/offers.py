"""Offerings to put into the basket: each with what the checker says of it, filtered and sorted as asked."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from crm.channels.desk.basket_draft import BasketDraft
from crm.channels.desk.console_page import Console
from crm.channels.desk.formats import verdict_look
from crm.channels.desk.forms import clean
from crm.channels.desk.views import query_url
from crm.core.catalog.schemas import Marks, Offering, OfferingHit, OfferingKind, OfferingPage, SortBy
from crm.core.compatibility.schemas import Verdict
from crm.core.compatibility.service import Possibilities
from crm.core.interaction.schemas import InteractionView
from crm.core.inventory.errors import LineMissing
from crm.core.ordering.errors import NotAssigned
from crm.core.staff.errors import NotAllowed
from crm.core.staff.schemas import Actor

SHOWN, MORE, MOST = 12, 24, 200
EVERYTHING = "all"
FILTERS: dict[str, tuple[str, tuple[Verdict, ...]]] = {
    EVERYTHING: ("全部", ()),
    "now": ("现在可办", (Verdict.ALLOW, Verdict.DISCLOSE)),
    "consent": ("须同意", (Verdict.CONSENT,)),
    "first": ("先做一步", (Verdict.FIRST,)),
    "store": ("到营业厅", (Verdict.STORE,)),
}
SORTS: dict[str, tuple[str, SortBy]] = {
    "relevance": ("最相关", SortBy.RELEVANCE),
    "fee": ("价格差", SortBy.FEE),
    "data": ("流量多", SortBy.DATA),
    "minutes": ("通话多", SortBy.MINUTES),
}
MARKS: dict[Verdict, str] = {
    Verdict.ALLOW: "可直接办",
    Verdict.DISCLOSE: "告知后可办",
    Verdict.CONSENT: "须同意",
    Verdict.FIRST: "先做一步",
    Verdict.STORE: "须到营业厅",
    Verdict.REFUSE: "不能办",
}
ASKING = frozenset({"q", "only", "sort", "show"})  # parameters that open the list on a whole page


@dataclass(frozen=True)
class Mark:
    """What the checker says of a hit: words, tone and symbol, never colour alone."""

    name: str
    tone: str
    icon: str
    title: str


@dataclass(frozen=True)
class Offer:
    """One hit. `difference_fen` is against the main plan held, for main plans only."""

    offering: Offering
    mark: Mark | None
    difference_fen: int | None
    amount: str


@dataclass(frozen=True)
class Choice:
    """One filter or order, and for filters how many hits it shows."""

    value: str
    name: str
    chosen: bool
    count: int = 0


@dataclass(frozen=True)
class Offers:
    """The list under the search box; `more` and `everything` are addresses without their path."""

    words: str
    hits: tuple[Offer, ...]
    total: int
    hidden: int
    filters: tuple[Choice, ...]
    sorts: tuple[Choice, ...]
    chosen: str
    first_new: int
    more: str
    everything: str


async def offers(
    parameters: Mapping[str, str], actor: Actor, console: Console, call: InteractionView, basket: BasketDraft
) -> Offers:
    """The hits for what was asked. Marks are judged on what the customer holds, not on the basket.

    They are missing, and nothing is filtered, for a number that is not ours or when the actor may not order.
    """
    possible = await _possibilities(actor, console, call, basket)
    words = clean(parameters.get("q", "")).strip()[:80]
    only, sort = parameters.get("only", ""), parameters.get("sort", "")
    only = only if only in FILTERS and possible is not None else EVERYTHING
    sort = sort if sort in SORTS else "relevance"
    by = SORTS[sort][1] if words or sort != "relevance" else SortBy.CATALOGUE
    show = _shown(parameters.get("show", ""))
    found = console.catalog.search(
        actor, words, limit=show, sort=by, marks=FILTERS[only][1],
        marked=None if possible is None else Marks(possible.all_codes, possible.by_name()),
    )  # fmt: skip
    address = {"call": str(call.id), "q": words, "only": only, "sort": sort}
    more = found.total > show and show < MOST
    return Offers(
        words=words,
        hits=_hits(found, console, possible, by),
        total=found.total,
        hidden=sum(found.by_mark.values()) - found.total if possible is not None else 0,
        filters=_filters(found, only) if possible is not None else (),
        sorts=tuple(Choice(value, name, value == sort) for value, (name, _) in SORTS.items()),
        chosen=FILTERS[only][0],
        first_new=show - MORE if show > SHOWN else -1,
        more=query_url("", **address, show=str(min(show + MORE, MOST))) if more else "",
        everything=query_url("", **(address | {"only": EVERYTHING})),
    )


async def _possibilities(
    actor: Actor, console: Console, call: InteractionView, basket: BasketDraft
) -> Possibilities | None:
    if call.subscriber_id is None:
        return None
    try:
        return await console.ordering.possibilities(actor, call.subscriber_id, basket.recorded)
    except (LineMissing, NotAllowed, NotAssigned):
        return None


def _shown(asked: str) -> int:
    """So many hits at most; nonsense means as many as at first."""
    wanted = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 4 else SHOWN
    return min(max(wanted, SHOWN), MOST)


def _filters(found: OfferingPage, only: str) -> tuple[Choice, ...]:
    counts = found.by_mark
    return tuple(
        Choice(
            value,
            name,
            value == only,
            sum(counts.get(each, 0) for each in verdicts) if verdicts else sum(counts.values()),
        )
        for value, (name, verdicts) in FILTERS.items()
    )


def _hits(
    found: OfferingPage, console: Console, possible: Possibilities | None, by: SortBy
) -> tuple[Offer, ...]:
    held = console.catalog.catalogue.get(possible.plan) if possible is not None and possible.plan else None
    fee = None if held is None else held.monthly_fee_fen
    return tuple(
        Offer(
            offering=hit.offering,
            mark=_mark(hit),
            difference_fen=_difference(hit.offering, fee),
            amount=_amount(hit.offering, by),
        )
        for hit in found.hits
    )


def _mark(hit: OfferingHit) -> Mark | None:
    if not hit.mark:
        return None
    verdict = Verdict(hit.mark)
    look = verdict_look(verdict)
    return Mark(MARKS[verdict], look.tone, look.icon, f"单独办理这项：{look.name}")


def _difference(offering: Offering, fee: int | None) -> int | None:
    if fee is None or offering.kind is not OfferingKind.MAIN_PLAN or offering.monthly_fee_fen is None:
        return None
    return offering.monthly_fee_fen - fee


def _amount(offering: Offering, by: SortBy) -> str:
    """How much of what the list is sorted by."""
    kinds: dict[Any, str] = {SortBy.DATA: "data_mb", SortBy.MINUTES: "voice_minutes"}
    if by not in kinds:
        return ""
    amount = sum(each.amount for each in offering.allowances if each.kind == kinds[by])
    if not amount:
        return ""
    if by is SortBy.MINUTES:
        return f"{amount} 分钟"
    return f"{amount / 1024:.4g} GB" if amount >= 1024 else f"{amount} MB"
