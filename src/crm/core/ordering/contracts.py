"""The contract card: what binds a line, until when, and what leaving now would cost. Pure."""

from collections.abc import Callable
from datetime import date, timedelta

from crm.core.catalog.engine import Catalogue
from crm.core.catalog.schemas import Offering, OfferingKind, Relation, Timing
from crm.core.compatibility.schemas import (
    VERDICT_NAMES,
    Change,
    ChangeItem,
    Facts,
    Held,
    HeldState,
    Qualification,
)
from crm.core.ordering.advice import bound_until, priced
from crm.core.ordering.basket import name_of
from crm.core.ordering.penalty import months_left, quote, yuan
from crm.core.ordering.schemas import ContractView
from crm.platform.clock import first_of_next_month

Qualify = Callable[[Change, Facts], Qualification]
_MOST_NAMES = 4
_MAIN_PLAN_TAG = "主套餐"


def contracts_on(
    facts: Facts, catalogue: Catalogue, channel: str, qualify: Qualify
) -> tuple[ContractView, ...]:
    """A card for each product that binds the line today, the first to end first."""
    cards: list[ContractView] = []
    for held in facts.held:
        until = bound_until(held, catalogue)
        if until is not None and until >= facts.on and held.state is not HeldState.ENDED:
            cards.append(_card(held, until, facts, catalogue, channel, qualify))
    return tuple(sorted(cards, key=lambda card: (card.locked_until, card.name)))


def _card(
    held: Held, until: date, facts: Facts, catalogue: Catalogue, channel: str, qualify: Qualify
) -> ContractView:
    offering = catalogue.get(held.offering)
    leaving = first_of_next_month(facts.on)
    left = months_left(leaving, until)
    price = quote(offering, held.starts_on, until, leaving)

    def judged(timing: Timing | None) -> Qualification:
        item = ChangeItem(action="delete", offering=held.offering, held_id=held.id, timing=timing)
        return qualify(Change(items=(item,), channel=channel), facts)

    asked = judged(None)
    stay = leave = None
    if offering is not None and offering.kind is not OfferingKind.MAIN_PLAN:
        # A line without a plan has no fee to compare with.
        stay = judged(Timing.END_OF_AGREEMENT).diff.fee_next_month_fen
        leave = judged(Timing.NEXT_MONTH).diff.fee_next_month_fen
    stay_total, leave_total = _totals(stay, leave, left, price.amount_fen)
    name = name_of(catalogue, held.offering)
    return ContractView(
        product_id=held.id, offering_code=held.offering, name=name, campaign=held.campaign,
        starts_on=held.starts_on, locked_until=until, free_from=until + timedelta(days=1),
        leaving_on=leaving, months_left=left, binds=_binds(offering, catalogue),
        losses=() if offering is None else offering.losses, penalty=price,
        stay_fee_fen=stay, leave_fee_fen=leave, stay_total_fen=stay_total, leave_total_fen=leave_total,
        verdict=asked.verdict, verdict_name=VERDICT_NAMES[asked.verdict],
        why=asked.findings[0].explain if asked.findings else "",
        script=_script(name, until, leaving, left, priced(price), stay_total, leave_total),
    )  # fmt: skip


def _totals(
    stay: int | None, leave: int | None, months: int, penalty: int | None
) -> tuple[int | None, int | None]:
    """What both ways cost until the agreement ends; None where an amount is not known."""
    stay_total = None if stay is None else stay * months
    return stay_total, None if leave is None or penalty is None else leave * months + penalty


def _binds(offering: Offering | None, catalogue: Catalogue) -> tuple[str, ...]:
    """What the customer cannot do while it runs, and what hangs on it."""
    if offering is None:
        return ("产品目录里没有这项业务，约定内容请查协议文本",)
    found = ["期内不能换主套餐" if offering.kind is OfferingKind.MAIN_PLAN else "期内不能单独取消"]
    if offering.includes:
        found.append(f"绑定{_names([name_of(catalogue, code) for code in offering.includes])}")
    excluded = [
        plan.name
        for plan in catalogue.tagged(_MAIN_PLAN_TAG)
        if plan.state == "on_sale" and catalogue.relation(offering, plan) is Relation.INCOMPATIBLE
    ]
    if excluded:
        found.append(f"期内不能换成{_names(excluded)}")
    if offering.fee_note:
        found.append(offering.fee_note)
    return tuple(found)


def _script(
    name: str, until: date, leaving: date, left: int, price: str, stay: int | None, leave: int | None
) -> str:
    said = f"您的{name}约定到 {_day(until)}。如果从 {_day(leaving)} 起退出，{price}。"
    if stay is None or leave is None or left == 0:
        return said
    gap = leave - stay
    compared = "两种办法花费相同" if gap == 0 else f"现在退出要{'多' if gap > 0 else '少'}花 {yuan(abs(gap))}"
    return f"{said}到期满还有 {left} 个月：留着共约 {yuan(stay)}，现在退出共约 {yuan(leave)}，{compared}。"


def _names(names: list[str]) -> str:
    shown = "、".join(names[:_MOST_NAMES])
    return shown if len(names) <= _MOST_NAMES else f"{shown}等 {len(names)} 项"


def _day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"
