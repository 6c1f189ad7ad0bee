"""What leaving an agreement early costs, by the formula of its offering. Pure; integer fen, rounded down.

Months are calendar months that the agreement would still have had: a month that is paid anyway is not
counted, the last one counts whole even when the agreement ends in its middle.
"""

from datetime import date

from crm.core.catalog.schemas import Offering, PenaltyFormula, PenaltyTerms
from crm.core.ordering.contract_schemas import PenaltyQuote
from crm.platform.clock import first_of_next_month

FORMULA_NAMES: dict[PenaltyFormula, str] = {
    PenaltyFormula.NONE: "不收违约金",
    PenaltyFormula.FLAT: "固定金额",
    PenaltyFormula.REMAINING_MONTHS: "剩余月数按比例",
    PenaltyFormula.BENEFIT_BACK: "退回已享优惠",
    PenaltyFormula.DEVICE_SUBSIDY_PRORATA: "购机补贴按剩余月数退回",
}


def months_left(leaving_on: date, locked_until: date) -> int:
    """Calendar months of the agreement that begin on or after `leaving_on`; 0 when it is over by then."""
    since = leaving_on if leaving_on.day == 1 else first_of_next_month(leaving_on)
    return max(0, _months(locked_until) - _months(since) + 1)


def months_used(starts_on: date, leaving_on: date, whole: int) -> int:
    """Calendar months begun before `leaving_on`, of at most `whole`."""
    last = _months(leaving_on) - (1 if leaving_on.day == 1 else 0)
    return min(whole, max(0, last - _months(starts_on) + 1))


def quote(
    offering: Offering | None, starts_on: date | None, locked_until: date, leaving_on: date
) -> PenaltyQuote:
    """The price of being without the product from `leaving_on` on, bound until `locked_until` inclusive."""
    if leaving_on > locked_until:
        return PenaltyQuote(amount_fen=0, formula_name="协议已满", reckoning="协议期满后终止，不收违约金")
    terms = None if offering is None else offering.penalty
    if offering is None or terms is None:
        unknown = "产品目录没有写明违约金，请查协议文本，不要估计"
        return PenaltyQuote(amount_fen=None, formula_name="没有写明", reckoning=unknown)
    amount, reckoning = _reckon(terms, offering, starts_on, locked_until, leaving_on)
    if amount is not None and terms.at_most_fen is not None and amount > terms.at_most_fen:
        amount, reckoning = terms.at_most_fen, f"{reckoning}，最多收 {yuan(terms.at_most_fen)}"
    return PenaltyQuote(
        amount_fen=amount, formula_name=FORMULA_NAMES[terms.formula], reckoning=reckoning, note=terms.note
    )


def yuan(fen: int) -> str:
    """12345 → 123.45元, 500 → 5元."""
    whole, rest = divmod(fen, 100)
    return f"{whole}元" if rest == 0 else f"{whole}.{rest:02d}元"


def _reckon(
    terms: PenaltyTerms, offering: Offering, starts_on: date | None, locked_until: date, leaving_on: date
) -> tuple[int | None, str]:
    left = months_left(leaving_on, locked_until)
    match terms.formula:
        case PenaltyFormula.NONE:
            return 0, "协议约定提前终止不收违约金"
        case PenaltyFormula.FLAT:
            amount = terms.amount_fen or 0
            return amount, f"提前终止一次性收 {yuan(amount)}"
        case PenaltyFormula.REMAINING_MONTHS:
            base, rate = terms.monthly_fen or offering.monthly_fee_fen or 0, terms.rate_percent or 0
            amount = left * base * rate // 100
            return amount, f"剩余 {left} 个月 × 每月 {yuan(base)} × {rate}% = {yuan(amount)}"
        case PenaltyFormula.BENEFIT_BACK:
            return _benefit_back(terms.monthly_fen or 0, offering, starts_on, locked_until, leaving_on)
        case PenaltyFormula.DEVICE_SUBSIDY_PRORATA:
            return _prorata(terms.subsidy_fen or 0, offering, starts_on, locked_until, left)


def _benefit_back(
    monthly: int, offering: Offering, starts_on: date | None, locked_until: date, leaving_on: date
) -> tuple[int | None, str]:
    if starts_on is None:
        return None, "开始日期没有记录，算不出已享优惠，请查协议文本"
    used = months_used(starts_on, leaving_on, _whole(offering, starts_on, locked_until))
    amount = used * monthly
    return amount, f"退回已享优惠：{used} 个月 × 每月 {yuan(monthly)} = {yuan(amount)}"


def _prorata(
    subsidy: int, offering: Offering, starts_on: date | None, locked_until: date, left: int
) -> tuple[int | None, str]:
    whole = _whole(offering, starts_on, locked_until)
    if whole <= 0:
        return None, "合约总月数没有记录，算不出应退的补贴，请查协议文本"
    left = min(left, whole)
    amount = subsidy * left // whole
    return amount, f"补贴 {yuan(subsidy)} × 剩余 {left} 个月 ÷ 合约 {whole} 个月 = {yuan(amount)}"


def _whole(offering: Offering, starts_on: date | None, locked_until: date) -> int:
    """The months of the agreement: by its terms, else by its dates."""
    if offering.lock_in_months > 0:
        return offering.lock_in_months
    return 0 if starts_on is None else max(1, _months(locked_until) - _months(starts_on) + 1)


def _months(day: date) -> int:
    return day.year * 12 + day.month
