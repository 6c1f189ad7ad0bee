"""What somebody means by the text in the one search box."""

import re
import unicodedata
from enum import StrEnum
from typing import Any

import msgspec

from crm.core.customer import identity_number
from crm.core.customer.grams import folded, name_query
from crm.core.customer.msisdn import digits_of, is_mobile

MOST_CHARACTERS = 64

_WORK_ORDER = re.compile(r"wo\s*([0-9]{0,14})", re.IGNORECASE)
_WORK_ORDER_DIGITS = 14
_NAME_AND_LAST_FOUR = re.compile(
    r"(?P<name>[^0-9]+?)\s*(?P<digits>[0-9]{4})|(?P<first>[0-9]{4})\s+(?P<last>[^0-9]+)"
)
_DROPPED = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "So", "Sk", "Mn", "Me"})


class Meaning(StrEnum):
    """What kind of thing was typed."""

    NOTHING = "nothing"  # nothing to look for; the notice says why
    NUMBER = "number"
    PREFIX = "prefix"
    LAST_FOUR = "last_four"
    PREFIX_OR_LAST_FOUR = "prefix_or_last_four"
    NAME = "name"
    NAME_AND_LAST_FOUR = "name_and_last_four"
    IDENTITY = "identity"
    WORK_ORDER = "work_order"


class Understood(msgspec.Struct, frozen=True, kw_only=True):
    """The reading of a search text: `text` is sought, `upper` ends a range, `digits` are the last four."""

    meaning: Meaning
    shown: str = ""
    text: str = ""
    upper: str = ""
    digits: str = ""
    notice: str = ""


_WRONG_PERSON = "证件号校验位不符，没有查找。请与客户逐位核对，常见是相邻两位写反或末位 X 漏写。"
_WRONG_CREDIT_CODE = "统一社会信用代码校验位不符，没有查找。请逐位核对，代码中没有字母 I、O、S、V、Z。"
_FOREIGN = "这是境外号码，本台没有资料。境外来电请按来电咨询处理，需要查询请客户提供本省移动号码。"
_FIXED_LINE = "这是固定电话，本台按手机号码查找。请客户提供要办理的手机号码。"
_HOW = "可输入完整号码、号码前 3 位以上、后四位、姓名、18 位证件号或 WO 开头的工单号。"


def understand(typed: str) -> Understood:
    """Read a search text. Never fails: what cannot be looked for gets a notice in Chinese."""
    if len(typed) > MOST_CHARACTERS * 4:
        return _nothing("", f"输入了 {len(typed)} 个字，太长，没有查找。{_HOW}长内容请写在小结里。")
    shown = cleaned(typed)
    if not shown:
        dropped = "（表情和控制字符已忽略）" if typed.strip() else ""
        return _nothing("", f"没有可查找的内容{dropped}。{_HOW}")
    if len(shown) > MOST_CHARACTERS:
        return _nothing(shown[:MOST_CHARACTERS], f"输入了 {len(shown)} 个字，太长，没有查找。{_HOW}")
    for reader in (_work_order, _identity, _digits, _name_and_last_four):
        understood = reader(shown)
        if understood is not None:
            return understood
    return _name(shown)


def arguments(sought: Understood, identity_index: bytes | None) -> tuple[Any, ...]:
    """What the statement of a meaning takes after the limit."""
    match sought.meaning:
        case Meaning.IDENTITY:
            return (identity_index,)
        case Meaning.NAME:
            return sought.text, sought.upper, name_query(sought.text)
        case Meaning.PREFIX:
            return sought.text, sought.upper
        case Meaning.PREFIX_OR_LAST_FOUR:
            return sought.text, sought.upper, sought.digits
        case Meaning.NAME_AND_LAST_FOUR:
            return sought.text, sought.digits
        case Meaning.LAST_FOUR:
            return (sought.digits,)
        case _:
            return (sought.text,)


def assigned_arguments(
    sought: Understood, identity_index: bytes | None, queues: tuple[str, ...]
) -> tuple[Any, ...]:
    """The same for a store's customers: every filter, those not asked for as None."""
    by_number = sought.meaning in (Meaning.NUMBER, Meaning.PREFIX)
    by_name = sought.meaning in (Meaning.NAME, Meaning.NAME_AND_LAST_FOUR)
    return (
        queues,
        sought.text if by_number else None,
        sought.digits or None,
        sought.text if by_name else None,
        identity_index,
    )


def cleaned(typed: str) -> str:
    """Half width, without emoji and control characters, single spaces."""
    if typed.isascii() and typed.isprintable():
        return " ".join(typed.split())
    plain = unicodedata.normalize("NFKC", "".join(" " if sign in "\t\r\n\f\v" else sign for sign in typed))
    kept = "".join(sign for sign in plain if unicodedata.category(sign) not in _DROPPED)
    return " ".join(kept.split())


def _nothing(shown: str, notice: str) -> Understood:
    return Understood(meaning=Meaning.NOTHING, shown=shown, notice=notice)


def _work_order(shown: str) -> Understood | None:
    found = _WORK_ORDER.fullmatch(shown)
    if found is None:
        return None
    digits = found[1]
    if len(digits) < 4:
        return _nothing(shown.upper(), "工单号还没有输全：WO 加 8 位日期加 6 位流水号，如 WO20261122000123。")
    # Padded with the least and the greatest digit, a half-typed number becomes a range of whole ones.
    return Understood(
        meaning=Meaning.WORK_ORDER,
        shown=f"WO{digits}",
        text="WO" + digits.ljust(_WORK_ORDER_DIGITS, "0"),
        upper="WO" + digits.ljust(_WORK_ORDER_DIGITS, "9"),
    )


def _identity(shown: str) -> Understood | None:
    packed = shown.replace(" ", "").replace("-", "").upper()
    if len(packed) == 15 and packed.isdecimal():
        number = identity_number.upgraded(packed)
        return _identity_found(number, "已按 15 位旧证件号换算成 18 位查找。") if number else None
    if identity_number.is_person_number(packed) or identity_number.is_credit_code(packed):
        return _identity_found(packed, "")
    if identity_number.PERSON_SHAPE.fullmatch(packed):
        return _nothing(
            _hidden(packed), "证件号校验位不符，没有查找。请与客户逐位核对，常见是相邻两位写反或末位 X 漏写。"
        )
    if identity_number.CREDIT_SHAPE.fullmatch(packed) and sum(sign.isdecimal() for sign in packed) >= 8:
        return _nothing(
            _hidden(packed),
            "统一社会信用代码校验位不符，没有查找。请逐位核对，代码中没有字母 I、O、S、V、Z。",
        )
    return None


def _identity_found(number: str, notice: str) -> Understood:
    return Understood(meaning=Meaning.IDENTITY, shown=_hidden(number), text=number, notice=notice)


def _hidden(number: str) -> str:
    # The echo goes into pages and logs, so it never repeats the number.
    return f"{number[:4]}**********{number[-4:]}"


def _digits(shown: str) -> Understood | None:
    digits = digits_of(shown)
    if digits is None:
        return None
    if digits.startswith("+") or (digits.startswith("00") and len(digits) > 8):
        return _nothing(
            digits, "这是境外号码，本台没有资料。境外来电请按来电咨询处理，需要查询请客户提供本省移动号码。"
        )
    if len(digits) == 11:
        return _eleven(digits)
    if len(digits) > 11:
        return _nothing(*_too_many(digits))
    if digits.startswith("0"):
        if len(digits) == 4:
            return Understood(meaning=Meaning.LAST_FOUR, shown=digits, digits=digits)
        return _nothing(digits, _FIXED_LINE)
    if len(digits) == 4:
        return _four(digits)
    if len(digits) < 3:
        return _nothing(digits, "再多输几位：号码至少前 3 位，或后四位。")
    if not digits.startswith("1"):
        return _nothing(digits, "手机号码以 1 开头。只记得末尾时请输入后四位。")
    return Understood(meaning=Meaning.PREFIX, shown=digits, text=digits, upper=str(int(digits) + 1))


def _eleven(digits: str) -> Understood:
    if is_mobile(digits):
        return Understood(meaning=Meaning.NUMBER, shown=digits, text=digits)
    if digits.startswith("0"):
        return _nothing(digits, _FIXED_LINE)
    return _nothing(digits, "这不是有效的手机号码，请与客户核对：11 位，以 13 至 19 开头。")


def _four(digits: str) -> Understood:
    if not digits.startswith("1"):
        return Understood(meaning=Meaning.LAST_FOUR, shown=digits, digits=digits)
    return Understood(
        meaning=Meaning.PREFIX_OR_LAST_FOUR,
        shown=digits,
        text=digits,
        upper=str(int(digits) + 1),
        digits=digits,
    )


def _too_many(digits: str) -> tuple[str, str]:
    if len(digits) in (19, 20) and digits.startswith("8986"):
        return digits[:6] + "…", "这像 SIM 卡号，本台不按卡号查找。请输入手机号码。"
    if len(digits) < 18:
        return digits[
            :4
        ] + "…", f"输入了 {len(digits)} 位数字：手机号码是 11 位，证件号要输全 18 位才能查找。"
    return digits[:4] + "…", f"输入了 {len(digits)} 位数字，没有这样长的号码。请核对后重新输入。"


def _name_and_last_four(shown: str) -> Understood | None:
    found = _NAME_AND_LAST_FOUR.fullmatch(shown)
    if found is None:
        return None
    name, digits = found["name"] or found["last"], found["digits"] or found["first"]
    text = folded(name)
    if not text or not any(sign.isalnum() for sign in text):
        return None
    return Understood(meaning=Meaning.NAME_AND_LAST_FOUR, shown=shown, text=text, digits=digits)


def _name(shown: str) -> Understood:
    text = folded(shown)
    if not any(sign.isalnum() for sign in text):
        return _nothing(shown, f"没有可查找的内容。{_HOW}")
    return Understood(meaning=Meaning.NAME, shown=shown, text=text, upper=text + "\U0010ffff")
