"""How often and when: stacking, hours of handling and series, read from an imported row's words. Pure."""

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple, Protocol

_LIKE_ITS_SERIES = 0.9  # share of equal attributes from which a row without parent belongs to the one above
_LIKE_WITH_RULE = 0.85  # the same when the stacking rule is word for word the same, too
_STACKING = "累次叠加规则"

_SENTENCES = re.compile(r"[。；;]")
_ONE_TIER = re.compile(r"只能(?:订购|办理|选择)[^，。]*中的一档|不能重复再?(?:订购|办理)")
_ONCE_EACH = re.compile(r"每[档种](?:[^，。]*?)只[可能](?:办理|申请|订购)(?:1|一)[次个]")
_ONCE_A_MONTH = re.compile(r"每种每月只[可能](?:办理|申请|订购)(?:1|一)[次个]")
_AGAIN = re.compile(r"可以?(?:重复|叠加)(?:订购|办理)")
_AT_ONCE = re.compile(
    r"最多可?以?同时(?:订购|使用|办理)(?P<most>\d{1,2})[个张](?:已充值的)?(?P<what>[^，,。；;]*)"
)
_BY_MONTH = re.compile(
    r"每个?月，?(?:最多可?以?(?:叠加)?(?:订购|办理|充入)|限制?(?:订购|办理))(?P<most>\d{1,2})[次张个](?P<what>[^，,。；;]*)"
)
_EACH_TIER = re.compile(r"各档|每档")
_PRICE = re.compile(r"^\d{1,5}(?:元档?|档)")

_LAST_DAY = re.compile(r"最后一天(?:(?P<hour>\d{1,2})点(?:以|之)?后)?[^，；。]*?(?:无法|不能|不可)")
_CHANNELS = {
    "手机营业厅": "app",
    "短信": "sms",
    "网站": "web",
    "网上营业厅": "web",
    "营业厅": "store",
    "人工": "hotline",
}
_SPEAKS_OF_CHANNELS = re.compile("渠道|自动台|通过|：|:")


class SeriesRow(Protocol):
    """A row as far as its series needs it."""

    @property
    def table(self) -> str: ...
    @property
    def level(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def parent(self) -> str | None: ...
    @property
    def attrs(self) -> dict[str, str]: ...


class Stacking(NamedTuple):
    """One tier at a time, at most N at once, at most N a month, more than one of the same."""

    one_of: str = ""
    at_once: Mapping[str, int] = MappingProxyType({})
    by_month: Mapping[str, int] = MappingProxyType({})
    stackable: bool = False


def adopted_rows(rows: Sequence[SeriesRow]) -> dict[int, str]:
    """id() of rows without a parent → the series above them that says nearly all the same.

    The source lists some tiers below their series without naming it.
    """
    found: dict[int, str] = {}
    above: SeriesRow | None = None
    for row in rows:
        if row.level == "主业务":
            above = row
        elif above is not None and row.parent is None and row.table == above.table and _is_like(row, above):
            found[id(row)] = above.name
    return found


def _is_like(row: SeriesRow, series: SeriesRow) -> bool:
    both = [key for key in row.attrs if key in series.attrs]
    if len(both) < 5:
        return False
    share = sum(row.attrs[key] == series.attrs[key] for key in both) / len(both)
    rule = row.attrs.get(_STACKING, "")
    same_rule = bool(rule) and rule == series.attrs.get(_STACKING)
    return share >= (_LIKE_WITH_RULE if same_rule else _LIKE_ITS_SERIES)


def read_stacking(text: str, code: str, name: str, series: str) -> Stacking:
    """What a stacking rule says of one offering; what it leaves unclear is not made up.

    Limits are keyed by series, by the name without its price, or by the offering's own code.
    """
    one_of = series if series and _ONE_TIER.search(text) else ""
    at_once: dict[str, int] = {}
    by_month: dict[str, int] = {code: 1} if _ONCE_A_MONTH.search(text) else {}
    for sentence in _SENTENCES.split(text):
        for limits, found in ((at_once, _AT_ONCE.search(sentence)), (by_month, _BY_MONTH.search(sentence))):
            if found and (key := _key(found["what"], sentence, code, name, series)):
                limits[key] = int(found["most"])
    # "可以叠加办理" beside other products says nothing of a second one of the same.
    again = any(_AGAIN.search(each) and "互斥" not in each for each in _SENTENCES.split(text))
    again = again and not _ONCE_EACH.search(text)
    repeats = any(most > 1 for most in (*at_once.values(), *by_month.values()))
    return Stacking(one_of, at_once, by_month, (again or repeats) and not one_of)


def _key(what: str, sentence: str, code: str, name: str, series: str) -> str:
    """Whom a limit counts; empty when it speaks of another offering."""
    what = what.removesuffix("产品").strip()
    if not what:
        return code if _EACH_TIER.search(sentence) or not series else series
    base = _PRICE.sub("", name)
    if what in series or series in what:
        return series or code
    if what in base or base in what:
        return base
    # "7天视频会员流量包" is how the text calls the series "7天手机视频流量包".
    shared = len(set(what) & set(series)) / len(set(what))
    return series if series and shared >= 0.75 and "卡" not in what else ""


def read_last_day(text: str) -> dict[str, int]:
    """Channel (or `*` for all) → hour from which the last day of a month takes no orders; 0: all day."""
    clauses = re.split(r"[，；。]", text)
    others = [clause for clause in clauses if "其他操作" in clause]
    closes: dict[str, int] = {}
    for clause in others or clauses:
        found = _LAST_DAY.search(clause)
        if found is None:
            continue
        hour = int(found["hour"] or 0)
        for channel in _channels(clause):
            closes[channel] = min(hour, closes.get(channel, 24))
    return {channel: hour for channel, hour in closes.items() if hour < 24}


def _channels(clause: str) -> tuple[str, ...]:
    if not _SPEAKS_OF_CHANNELS.search(clause):
        return ("*",)
    named: list[str] = []
    left = clause
    for word, channel in _CHANNELS.items():
        if word in left:
            named.append(channel)
            left = left.replace(word, "")
    if re.search("等渠道|各渠道|所有渠道", clause):
        named.append("*")
    return tuple(dict.fromkeys(named))
