"""What the desk must notice besides the rules' findings: month's end, shared products, penalties. Pure."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from crm.core.catalog.engine import Catalogue
from crm.core.catalog.schemas import Timing
from crm.core.compatibility.schemas import Change, Facts, Held, HeldState, Qualification, Sentence, Verdict
from crm.core.inventory.schemas import SharedGroup
from crm.core.ordering.basket import name_of
from crm.core.ordering.penalty import PenaltyQuote, quote, yuan
from crm.core.ordering.schemas import Notice
from crm.core.ordering.timing import last_bound_day
from crm.platform.clock import first_of_next_month, start_of_day

# (default) How many last days of a month are too late to dawdle; the setting CRM_MONTH_END_DAYS.
MONTH_END_DAYS = 2
_NEXT_MONTH = frozenset({Timing.NEXT_MONTH, Timing.WITH_PLAN})


def deadline_of_month(on: date) -> datetime:
    """The last minute in which something can still be finished for the next month: 23:59 in Shanghai."""
    return start_of_day(first_of_next_month(on)) - timedelta(minutes=1)


def waits_for_next_month(change: Change, held_id: str | None, catalogue: Catalogue) -> bool:
    """Whether something of the basket besides `held_id` is to take effect on the first of next month."""
    for item in change.items:
        offering = catalogue.get(item.offering)
        if offering is None or (held_id is not None and item.held_id == held_id):
            continue
        usual = offering.add_timings if item.action == "add" else offering.remove_timings
        if (item.timing or usual[0]) in _NEXT_MONTH:
            return True
    return False


def month_end_notice(verdict: Qualification, on: date, days: int) -> Notice | None:
    """A warning in the month's last `days` days about what is to begin or end with the next month."""
    begins = first_of_next_month(on)
    left = (begins - on).days
    lines = (*verdict.diff.gained, *verdict.diff.lost)
    if left > days or verdict.verdict is Verdict.REFUSE:
        return None
    if not any(line.effective_on == begins for line in lines):
        return None
    last, later = begins - timedelta(days=1), first_of_next_month(begins)
    todo = "须在当天 24 点前提交"
    if verdict.verdict is Verdict.FIRST:
        todo = "前置步骤须在当天 23:59 前办结并提交，派出的工单期限已按此收紧"
    elif verdict.verdict is Verdict.STORE:
        todo = "客户须在当天营业时间内到营业厅办理"
    text = (
        f"本月只剩 {left} 天：要从 {_day(begins)} 起生效，最晚 {_day(last)}，{todo}；"
        f"错过就顺延到 {_day(later)}，请告诉客户。"
    )
    return Notice(kind="month_end", text=text, deadline=start_of_day(begins))


def retention_asked(verdict: Qualification) -> tuple[str, ...]:
    """The retention steps that the findings ask for, by the key that records them."""
    return tuple(
        dict.fromkeys(
            remedy.record
            for finding in verdict.findings
            for remedy in finding.remedies
            if remedy.do == "record_retention" and remedy.record
        )
    )


def touched(change: Change, verdict: Qualification) -> frozenset[str]:
    """The held products that the basket ends or that stand in its way."""
    ends = {line.held_id for line in verdict.diff.lost}
    blocks = {
        finding.held_id for finding in verdict.findings if finding.verdict.severity >= Verdict.FIRST.severity
    }
    asked = {item.held_id for item in change.items}
    return frozenset(each for each in ends | blocks | asked if each)


def shared_notices(groups: Iterable[SharedGroup], ids: frozenset[str]) -> tuple[Notice, ...]:
    """How many other numbers hold what the basket touches."""
    return tuple(
        Notice(
            kind="shared",
            text=(
                f"“{group.name}”由 {group.members} 个号码共用。这里只影响本号码，"
                f"另外 {group.others} 个号码不变；"
                + ("要整体取消或更换，先看对每个号码的影响。" if group.owned else "整体变更由归属客户提出。")
            ),
            group_id=group.id,
        )
        for group in groups
        if group.product_id is not None and str(group.product_id) in ids and group.others > 0
    )


def penalty_sentences(verdict: Qualification, facts: Facts, catalogue: Catalogue) -> tuple[Sentence, ...]:
    """What must be read out when the change ends an agreement before its last bound day.

    The key holds the amount: another amount is another sentence, which nobody has ticked.
    """
    if not verdict.can_be_ordered:
        return ()
    held = {each.id: each for each in facts.held}
    found: list[Sentence] = []
    for line in verdict.diff.lost:
        mine = held.get(line.held_id or "")
        until = None if mine is None else bound_until(mine, catalogue)
        leaving = line.effective_on or facts.on
        if mine is None or until is None or leaving > until:
            continue
        price = quote(catalogue.get(mine.offering), mine.starts_on, until, leaving)
        text = f"{line.name}的协议到 {_day(until)}，{_day(leaving)} 起终止属于提前终止，{priced(price)}。"
        key = f"penalty:{mine.id}:{'unknown' if price.amount_fen is None else price.amount_fen}"
        found.append(Sentence(key, text, True, "penalty"))
    return tuple(found)


def penalty_notices(
    change: Change, verdict: Qualification, facts: Facts, catalogue: Catalogue
) -> tuple[Notice, ...]:
    """What leaving would cost where an agreement stands in the way, so that the agent can answer it."""
    if verdict.can_be_ordered:
        return ()
    ids, leaving = touched(change, verdict), first_of_next_month(facts.on)
    found: list[Notice] = []
    for mine in facts.held:
        until = bound_until(mine, catalogue)
        if mine.id not in ids or mine.state is HeldState.ENDED or until is None or leaving > until:
            continue
        price = quote(catalogue.get(mine.offering), mine.starts_on, until, leaving)
        name = name_of(catalogue, mine.offering)
        text = f"{name}的协议到 {_day(until)}；协议约定提前终止的代价：{priced(price)}。"
        found.append(Notice(kind="penalty", text=f"{text}现在能否终止以上面的规则为准。"))
    return tuple(found)


def bound_until(held: Held, catalogue: Catalogue) -> date | None:
    """The last bound day of a held product, by its record or else by its terms."""
    if held.locked_until is not None:
        return held.locked_until
    offering = catalogue.get(held.offering)
    if offering is None or held.starts_on is None:
        return None
    return last_bound_day(held.starts_on, offering)


def priced(price: PenaltyQuote) -> str:
    """The price of leaving in a sentence's half."""
    if price.amount_fen is None:
        return price.reckoning
    if price.amount_fen == 0:
        return "不收违约金"
    return f"须付违约金 {yuan(price.amount_fen)}（{price.reckoning}）"


def all_notices(found: Sequence[Notice | None]) -> tuple[Notice, ...]:
    """Those that are there."""
    return tuple(each for each in found if each is not None)


def _day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"
