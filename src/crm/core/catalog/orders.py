"""The orders in which offerings are listed. Pure."""

from crm.core.catalog.schemas import KIND_NAMES, Offering, SortBy

_ALLOWANCES = {SortBy.DATA: "data_mb", SortBy.MINUTES: "voice_minutes"}
_KIND_ORDER = {kind: place for place, kind in enumerate(KIND_NAMES)}


def place_order(offering: Offering) -> tuple[bool, str]:
    """The order of the places: main plans first, as in the sets of those who judge the whole catalogue."""
    return (offering.kind != "main_plan", offering.code)


def order_key(by: SortBy, offering: Offering, full: str) -> tuple[int | str, ...]:
    """What an offering is sorted by; `full` is its name in pinyin."""
    if by is SortBy.NAME:
        return (full, offering.code)
    price = _price_key(offering)
    if by is SortBy.PRICE:
        return (*price, full)
    gone = offering.state != "on_sale"
    if by is SortBy.FEE:
        return (gone, offering.kind != "main_plan", *price, full)
    if by is SortBy.DATA or by is SortBy.MINUTES:
        return (gone, -_allowed(offering, _ALLOWANCES[by]), *price, full)
    return (gone, _KIND_ORDER[offering.kind], *price, full)


def _allowed(offering: Offering, kind: str) -> int:
    """How much of a kind of allowance the offering includes, whatever its scope."""
    return sum(each.amount for each in offering.allowances if each.kind == kind)


def _price_key(offering: Offering) -> tuple[bool, int]:
    fee = offering.monthly_fee_fen
    return (fee is None, 0 if fee is None else fee + offering.one_off_fee_fen)
