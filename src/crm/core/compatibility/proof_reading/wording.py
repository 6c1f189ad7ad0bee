"""What is explained and read aloud, filled in anew from the rule's own words.

Only `{detail}`, the words of a named check, is taken as it stands; that the check finds something is proved.
"""

import re
from collections.abc import Callable

from crm.core.compatibility.proof_reading.case import DAY, Case, Json, Product, Row, demand
from crm.core.compatibility.proof_reading.values import names_of

_PLACE = re.compile(r"\{(\w*)\}")
_DETAIL = "\0"  # no text of a rule has it
_FACTS = {
    "subscriber.brand": "客户品牌",
    "subscriber.line_kind": "号码类型",
    "subscriber.status": "号码状态",
    "subscriber.profile_recorded": "客户资料是否已录入",
    "subscriber.card": "是主卡还是副卡",
    "facts.hour": "现在的钟点",
    "held.main_plan": "现在的主套餐",
    "held.locked_until": "协议到期日",
}
_Filler = Callable[[Case, Row, Product | None], str]


def places(text: str) -> set[str]:
    """The places that a text of a rule leaves to be filled."""
    return set(_PLACE.findall(text))


def check_words(said: str, text: str, case: Case, row: Row, item: Product | None, names: str = "") -> None:
    """Raise `Rejected` unless what was said is the rule's text, filled. `names` stands for several items."""

    def fill(found: re.Match[str]) -> str:
        place = found.group(1)
        return names if place == "held" and names else _FILLERS[place](case, row, item)

    wanted = _PLACE.sub(fill, text)
    if _DETAIL in wanted:
        pattern = re.escape(wanted).replace(re.escape(_DETAIL), ".*")
        demand(re.fullmatch(pattern, said, re.DOTALL) is not None, f"说的话与规则不符：{said[:40]}")
    else:
        demand(said == wanted, f"说的话与规则不符：{said[:40]}")


def check_doubt(finding: Json, title: str) -> None:
    """Raise `Rejected` unless a finding that lacks facts says which."""
    names = "、".join(_FACTS[each] for each in dict.fromkeys(finding["unknown"]))
    demand(finding["explain"] == f"缺少{names}，判断不了“{title}”是否适用，先核实再办理。", "疑问的说明不符")
    demand(finding["script"] == f"请您稍等，我先核实一下您的{names}。", "疑问要念的话不符")
    (verify,) = finding["remedies"]
    demand(verify["text"] == f"核实并补录{names}，再重新校验", "疑问的办法不符")


def _losses(offering: Json | None) -> str:
    return "" if offering is None else "、".join(offering["losses"]) or "其优惠内容"


def _held_end(_case: Case, row: Row, item: Product | None) -> str:
    """The last day of the agreement, or else of the product itself."""
    about = row.held if item is None else item
    if about is None:
        return ""
    if about.until is not None and about.bound:
        return about.until.isoformat()
    if about.ends_on is not None:
        return (about.ends_on - DAY).isoformat()
    return "协议期满" if about.bound else "客户取消"


def _campaign(_case: Case, row: Row, item: Product | None) -> str:
    about = row.held if item is None else item
    return (about.campaign if about is not None else "") or "相关协议"


def _money(fen: int) -> str:
    yuan, rest = divmod(fen, 100)
    return f"{yuan}元" if not rest else f"{yuan}.{rest:02d}".rstrip("0") + "元"


def _price(_case: Case, row: Row, _item: Product | None) -> str:
    if row.offering is None or row.offering["monthly_fee_fen"] is None:
        return "未公布"
    monthly, once = row.offering["monthly_fee_fen"], row.offering["one_off_fee_fen"]
    parts = [f"{_money(monthly)}/月"] if monthly else []
    return "，".join(parts + ([f"一次性{_money(once)}"] if once else [])) or "免费"


def _grounds(_case: Case, row: Row, item: Product | None) -> str:
    """The words of the source that says the two exclude each other."""
    if row.offering is None or item is None or item.offering is None:
        return ""
    for one, other in ((row.offering, item.offering), (item.offering, row.offering)):
        for reference, words in sorted(one["relation_sources"].items()):
            if names_of(reference, other):
                return f"依据：{words}。" if words else ""
    return ""


def _includes(case: Case, row: Row, _item: Product | None) -> str:
    codes: list[str] = [] if row.offering is None else row.offering["includes"]
    entries = [(code, case.offerings[code]) for code in codes]
    return "、".join(code if entry is None else entry["name"] for code, entry in entries)


_FILLERS: dict[str, _Filler] = {
    "held": lambda case, row, item: "" if item is None else item.name,
    "held_end": _held_end,
    "held_losses": lambda case, row, item: "" if item is None else _losses(item.offering),
    "campaign": _campaign,
    "target": lambda case, row, item: row.name,
    "target_losses": lambda case, row, item: _losses(row.offering),
    "includes": _includes,
    "price": _price,
    "starts": lambda case, row, item: row.on.isoformat(),
    "retention": lambda case, row, item: "" if row.offering is None else row.offering["retention"],
    "plan": lambda case, row, item: "主套餐" if case.plan is None else case.plan.name,
    "brand": lambda case, row, item: case.brand or "未知品牌",
    "new_brand": lambda case, row, item: case.new_brand or "未知品牌",
    "line_kind": lambda case, row, item: case.subscriber["line_kind"] or "未知类型",
    "grounds": _grounds,
    "detail": lambda case, row, item: _DETAIL,
}
