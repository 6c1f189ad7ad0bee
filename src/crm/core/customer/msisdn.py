"""Phone numbers: how people type them, whose they are, and what to say about a number that is not ours."""

import re
import unicodedata
from enum import StrEnum

_SPACERS = re.compile(r"[\s\-()（）._/]+")
_DIGITS = re.compile(r"\+?[0-9]+")
_MOBILE = re.compile(r"1[3-9][0-9]{9}")
# Long-distance prefixes that some phones put before the number.
_PREFIXES = ("17951", "12593", "17911", "12520", "11808")


class Operator(StrEnum):
    """Who issued a number segment. Ported numbers keep their segment."""

    MOBILE = "中国移动"
    UNICOM = "中国联通"
    TELECOM = "中国电信"
    BROADNET = "中国广电"


HOTLINES = {
    Operator.MOBILE: "10086",
    Operator.UNICOM: "10010",
    Operator.TELECOM: "10000",
    Operator.BROADNET: "10099",
}

_SEGMENTS: dict[Operator, str] = {
    Operator.MOBILE: "134 135 136 137 138 139 147 148 150 151 152 157 158 159 165 172 178 182 183 184 187 188"
    " 195 197 198",
    Operator.UNICOM: "130 131 132 145 146 155 156 166 167 171 175 176 185 186 196",
    Operator.TELECOM: "133 149 153 162 173 174 177 180 181 189 190 191 193 199",
    Operator.BROADNET: "192",
}
_OPERATORS = {segment: operator for operator, listed in _SEGMENTS.items() for segment in listed.split()}


def digits_of(text: str) -> str | None:
    """The digits of something typed as a number, e.g. `138 0013-8000`, `+86…`, `１３８…`; None if it is none.

    A leading + of another country stays, so that the caller can say so.
    """
    packed = _SPACERS.sub("", unicodedata.normalize("NFKC", text))
    if _DIGITS.fullmatch(packed) is None:
        return None
    return national(packed)


def national(digits: str) -> str:
    """Without the country code of China or a long-distance prefix."""
    for code in ("+86", "0086"):
        if digits.startswith(code):
            return digits.removeprefix(code)
    if len(digits) == 13 and digits.startswith("86") and is_mobile(digits[2:]):
        return digits[2:]
    if len(digits) == 16 and digits[:5] in _PREFIXES and is_mobile(digits[5:]):
        return digits[5:]
    return digits


def is_mobile(digits: str) -> bool:
    """Whether this is a complete mobile number of mainland China."""
    return _MOBILE.fullmatch(digits) is not None


def operator_of(msisdn: str) -> Operator | None:
    """Who issued the segment, None when nobody has."""
    return _OPERATORS.get(msisdn[:3])


def spaced(msisdn: str) -> str:
    """138 0013 8000."""
    return f"{msisdn[:3]} {msisdn[3:7]} {msisdn[7:]}" if len(msisdn) == 11 else msisdn


def home_region_notice(msisdn: str, province: str) -> str:
    """What to say about a complete number that this province does not know (service rules: fees of a number
    of another region are asked at its home hotline)."""
    operator = operator_of(msisdn)
    if operator is None:
        return f"{spaced(msisdn)} 不属于任何已知号段，请与客户核对号码。"
    if operator is not Operator.MOBILE:
        return (
            f"{spaced(msisdn)} 是{operator}号段，{province}移动没有该用户。"
            f"请客户拨打 {HOTLINES[operator]}；如已携号转入，请客户说明转入省份。"
        )
    return f"{spaced(msisdn)} 不是{province}移动的用户，本台不能查询。请客户拨打归属地 10086。"


def incomplete_notice(typed: str) -> str:
    """What to say about something typed as a number that cannot be one; empty for 11 digits."""
    digits = digits_of(typed)
    if digits is None:
        shown = " ".join(typed.split())[:20]
        return f"“{shown}”不是号码，没有打开任何资料。请输入 11 位手机号码；姓名、证件号请用上方搜索。"
    if digits.startswith("+"):
        return f"{digits[:20]} 是境外号码，本台没有资料。需要查询请客户提供本省移动号码。"
    if len(digits) < 11:
        return f"号码不完整：{digits} 只有 {len(digits)} 位，手机号码是 11 位。没有打开任何资料，请补全。"
    if len(digits) > 11:
        return f"号码多了：输入了 {len(digits)} 位，手机号码是 11 位。没有打开任何资料，请核对。"
    return ""
