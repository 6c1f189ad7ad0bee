"""What must hold of offerings as content: each alone, and all together. Pure: no files, no database."""

import difflib
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, Protocol

from crm.core.catalog.engine import Catalogue
from crm.core.catalog.schemas import Offering, OfferingKind, PenaltyFormula, Relation
from crm.platform.content import ContentProblem

BRANDS = ("全球通", "动感地带", "神州行", "集团客户")
CHANNELS = ("hotline", "web", "app", "sms", "store", "tmf")
CARDS = ("main", "secondary")
STATES = ("on_sale", "discontinued")
MAIN_PLAN_TAG = "主套餐"

_CODE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_BY_CODE_ONLY = ("includes",)
_REFERENCES = ("includes", "waives", "compatible_with", "incompatible_with", "requires")
_LONGEST_NAME = 60
_MUST_SPEAK = (OfferingKind.VNET, OfferingKind.DISCOUNT, OfferingKind.BUNDLE)
_TAGS_THAT_MUST_SPEAK = frozenset({"GPRS套餐"})


class Places(Protocol):
    """Where an entry stands; a file gives this."""

    file: str

    def line(self, index: int, key: str | None = None, value: str | None = None) -> int | None:
        """The line of an entry, its key, or a value after it."""
        ...


class OfferingSource(NamedTuple):
    """An offering and where it was written."""

    offering: Offering
    places: Places
    place: int

    def problem(self, key: str | None, message: str, remedy: str, value: str | None = None) -> ContentProblem:
        """A mistake at this entry."""
        line = self.places.line(self.place, key, value)
        return ContentProblem(self.places.file, line, f"{self.offering.code}：{message}", remedy)


def check_one(source: OfferingSource, keys: frozenset[str]) -> list[ContentProblem]:
    """Mistakes an entry makes by itself; `keys` are those written in the file."""
    return [problem for check in _ALONE for problem in check(source, keys)]


def check_all(sources: Sequence[OfferingSource]) -> list[ContentProblem]:
    """Mistakes entries make together: twice the same, unknown references, circles, silence."""
    return [*_twice(sources), *_unknown(sources), *_circles(sources), *_unstated(sources)]


def _identity(source: OfferingSource, _: frozenset[str]) -> Iterator[ContentProblem]:
    offering = source.offering
    if not _CODE.fullmatch(offering.code) or len(offering.code) > 80:
        yield source.problem("code", "编码写法不对", "只用小写字母、数字和中间的短横线，如 gprs-new-5")
    name = offering.name
    if not name.strip() or len(name) > _LONGEST_NAME or any(unicodedata.category(c) == "Cc" for c in name):
        yield source.problem("name", "名称为空、过长或含控制字符", f"写 1 到 {_LONGEST_NAME} 个字")
    if offering.state not in STATES:
        remedy = "写 on_sale（在售）或 discontinued（停办）"
        yield source.problem("state", f"不认识的状态 {offering.state}", remedy)
    for brand in (*offering.brands, *([offering.sets_brand] if offering.sets_brand else [])):
        if brand not in BRANDS:
            key = "brands" if brand in offering.brands else "sets_brand"
            yield source.problem(key, f"不认识的品牌 {brand}", "可选：" + "、".join(BRANDS), brand)
    for channel in offering.sale_channels:
        if channel not in CHANNELS:
            choices = "可选：" + "、".join(CHANNELS)
            yield source.problem("sale_channels", f"不认识的渠道 {channel}", choices, channel)


def _money(source: OfferingSource, _: frozenset[str]) -> Iterator[ContentProblem]:
    offering = source.offering
    for key in ("monthly_fee_fen", "one_off_fee_fen"):
        amount = getattr(offering, key)
        if amount is not None and not 0 <= amount <= 100_000_00:
            yield source.problem(key, f"金额 {amount} 分不可能", "以分为单位写 0 到 10000000 的整数")
    if offering.monthly_fee_fen is None and not offering.fee_note:
        yield source.problem(None, "没有月费也没有资费说明", "补上 monthly_fee_fen，或用 fee_note 说明")
    for allowance in offering.allowances:
        if allowance.amount <= 0 or not allowance.kind:
            yield source.problem("allowances", "包含的数量要大于 0，种类不能为空", "改成正整数，或删去这一项")
    for tag, most in offering.group_limits.items():
        if most < 1:
            yield source.problem("group_limits", f"{tag} 的上限小于 1", "写 1 以上的整数")


def _time(source: OfferingSource, _: frozenset[str]) -> Iterator[ContentProblem]:
    offering = source.offering
    for key in ("add_timings", "remove_timings"):
        timings = getattr(offering, key)
        if not timings or len(set(timings)) != len(timings):
            yield source.problem(key, "生效时间为空或重复", "至少写一种，第一种是默认值")
    for key in ("trial_months", "lock_in_months"):
        if not 0 <= getattr(offering, key) <= 120:
            yield source.problem(key, "月数不可能", "写 0 到 120 的整数")
    if offering.trial_months and not offering.includes:
        remedy = "用 includes 列出随开业务，或删去 trial_months"
        yield source.problem("trial_months", "写了免费体验月数却没有随开业务", remedy)
    if offering.valid_from and offering.valid_to and offering.valid_from > offering.valid_to:
        yield source.problem("valid_to", "截止日早于起始日", "改正 valid_from 或 valid_to")


def _main_plan(source: OfferingSource, keys: frozenset[str]) -> Iterator[ContentProblem]:
    offering = source.offering
    if offering.kind is OfferingKind.MAIN_PLAN:
        if "sets_brand" not in keys:
            remedy = '加上 sets_brand = "全球通"；保留原品牌写 sets_brand = ""'
            yield source.problem("kind", "主套餐没有写办理后的品牌", remedy)
        if MAIN_PLAN_TAG not in offering.tags:
            remedy = f'在 tags 里加上 "{MAIN_PLAN_TAG}"'
            yield source.problem("tags", f"主套餐没有标签 {MAIN_PLAN_TAG}", remedy)
    elif offering.sets_brand or MAIN_PLAN_TAG in offering.tags:
        key = "sets_brand" if offering.sets_brand else "tags"
        remedy = '删去它，或把 kind 改成 "main_plan"'
        yield source.problem(key, "不是主套餐却写了 sets_brand 或主套餐标签", remedy)


def _references_alone(source: OfferingSource, _: frozenset[str]) -> Iterator[ContentProblem]:
    offering = source.offering
    for key in _REFERENCES:
        references: tuple[str, ...] = getattr(offering, key)
        if offering.code in references:
            yield source.problem(key, "引用了自己", "删去这一项", offering.code)
        if len(set(references)) != len(references):
            yield source.problem(key, "同一项写了两次", "删去一个")
        if key in _BY_CODE_ONLY:
            for reference in references:
                if reference.startswith("tag:"):
                    message = "随开业务要逐个写编码，不能写标签"
                    yield source.problem(key, message, "改成具体的产品编码", reference)
    for both in set(offering.compatible_with) & set(offering.incompatible_with):
        yield source.problem("incompatible_with", f"{both} 既写了兼容又写了不兼容", "删去一处", both)


def _limits(source: OfferingSource, _: frozenset[str]) -> Iterator[ContentProblem]:
    offering = source.offering
    for tag, most in offering.month_limits.items():
        if most < 1:
            yield source.problem("month_limits", f"{tag} 的每月次数小于 1", "写 1 以上的整数")
    for card in offering.card_exclusions:
        if card not in CARDS:
            remedy = "主卡写 main，副卡写 secondary"
            yield source.problem("card_exclusions", f"不认识的卡别 {card}", remedy, card)
    for channel, hour in offering.last_day_closes.items():
        if channel not in ("*", *CHANNELS):
            choices = "全部渠道写 *，或：" + "、".join(CHANNELS)
            yield source.problem("last_day_closes", f"不认识的渠道 {channel}", choices, channel)
        if not 0 <= hour <= 23:
            remedy = "写 0 到 23 的整点，0 表示整天不受理"
            yield source.problem("last_day_closes", f"钟点 {hour} 不可能", remedy)


# Formula → the keys it must have, and those it may have besides.
_PENALTY_KEYS: dict[PenaltyFormula, tuple[frozenset[str], frozenset[str]]] = {
    PenaltyFormula.NONE: (frozenset(), frozenset()),
    PenaltyFormula.FLAT: (frozenset({"amount_fen"}), frozenset()),
    PenaltyFormula.REMAINING_MONTHS: (
        frozenset({"rate_percent"}),
        frozenset({"monthly_fen", "at_most_fen"}),
    ),
    PenaltyFormula.BENEFIT_BACK: (frozenset({"monthly_fen"}), frozenset({"at_most_fen"})),
    PenaltyFormula.DEVICE_SUBSIDY_PRORATA: (frozenset({"subsidy_fen"}), frozenset({"at_most_fen"})),
}
_MOST_FEN = 100_000_00


def _penalty(source: OfferingSource, _: frozenset[str]) -> Iterator[ContentProblem]:
    """An agreement says what leaving early costs, with exactly the numbers its formula reads."""
    offering, terms = source.offering, source.offering.penalty
    if terms is None:
        if offering.lock_in_months > 0:
            remedy = '加上 penalty = { formula = "…" }，见 catalog/README.md；不收违约金写 formula = "none"'
            yield source.problem("lock_in_months", "有协议期却没有写提前终止的违约金", remedy)
        return
    if offering.lock_in_months <= 0:
        yield source.problem("penalty", "没有协议期却写了违约金", "补上 lock_in_months，或删去 penalty")
    needed, allowed = _PENALTY_KEYS[terms.formula]
    for key in ("amount_fen", "monthly_fen", "rate_percent", "subsidy_fen", "at_most_fen"):
        value = getattr(terms, key)
        if value is None and key in needed:
            yield source.problem("penalty", f"{terms.formula} 缺少 {key}", f"在 penalty 里补上 {key}")
        elif value is not None and key not in needed | allowed:
            yield source.problem("penalty", f"{terms.formula} 用不到 {key}", f"删去 {key}，或换一种 formula")
        elif value is not None and not 0 < value <= (100 if key == "rate_percent" else _MOST_FEN):
            wanted = "1 到 100 的整数（百分比）" if key == "rate_percent" else "以分为单位的正整数"
            yield source.problem("penalty", f"{key} = {value} 不可能", f"写{wanted}")
    base = terms.monthly_fen or offering.monthly_fee_fen
    if terms.formula is PenaltyFormula.REMAINING_MONTHS and not base:
        yield source.problem("penalty", "月费为 0，按剩余月费算不出违约金", "补上 monthly_fen（每月基数）")


_ALONE: tuple[Callable[[OfferingSource, frozenset[str]], Iterator[ContentProblem]], ...] = (
    _identity, _money, _time, _main_plan, _references_alone, _limits, _penalty,
)  # fmt: skip


def _twice(sources: Sequence[OfferingSource]) -> Iterator[ContentProblem]:
    codes: dict[str, OfferingSource] = {}
    names: dict[str, OfferingSource] = {}
    for source in sources:
        code, name = source.offering.code, source.offering.name
        if code in codes:
            first = codes[code]
            where = f"{first.places.file}:{first.places.line(first.place, 'code')}"
            remedy = "换一个编码，或删去重复的条目"
            yield source.problem("code", f"编码重复，{where} 已经用过", remedy)
        elif name in names:
            message = f"与 {names[name].offering.code} 同名，坐席分不清"
            yield source.problem("name", message, "换一个能区分的名称")
        codes.setdefault(code, source)
        names.setdefault(name, source)


def _unknown(sources: Sequence[OfferingSource]) -> Iterator[ContentProblem]:
    codes = {source.offering.code for source in sources}
    tags = {tag for source in sources for tag in source.offering.tags}
    for source in sources:
        offering = source.offering
        references = [(key, each) for key in _REFERENCES for each in getattr(offering, key)]
        references += [("card_exclusions", each) for on in offering.card_exclusions.values() for each in on]
        for key, reference in references:
            tag = reference.removeprefix("tag:")
            known, kind = (tags, "标签") if reference.startswith("tag:") else (codes, "编码")
            if tag not in known:
                yield _unknown_reference(source, key, reference, kind, sorted(known))
        for tag in offering.group_limits:
            if tag not in tags:
                yield _unknown_reference(source, "group_limits", tag, "标签", sorted(tags))


def _unknown_reference(
    source: OfferingSource, key: str, reference: str, kind: str, known: list[str]
) -> ContentProblem:
    near = difflib.get_close_matches(reference.removeprefix("tag:"), known, 1, 0.6)
    remedy = f"是不是 {near[0]}？" if near else f"改成目录里已有的{kind}，或先补上这个条目"
    return source.problem(key, f"{key} 引用了不存在的{kind} {reference}", remedy, reference)


def _circles(sources: Sequence[OfferingSource]) -> Iterator[ContentProblem]:
    for key in ("includes", "requires"):
        following = {source.offering.code: getattr(source.offering, key) for source in sources}
        for source in sources:
            circle = _circle_from(source.offering.code, following)
            # The smallest code speaks for the circle, so that it is named once.
            if circle and min(circle) == source.offering.code:
                shown = " → ".join([*circle, circle[0]])
                yield source.problem(key, f"{key} 绕成了圈：{shown}", "去掉其中一条")


def _unstated(sources: Sequence[OfferingSource]) -> Iterator[ContentProblem]:
    """V-nets, GPRS packs and discounts speak of every main plan: silence stops the agent (S3-6, 10, 11)."""
    catalogue = Catalogue(source.offering for source in sources)
    plans = catalogue.tagged(MAIN_PLAN_TAG)
    for source in sources:
        held = source.offering
        if held.kind not in _MUST_SPEAK and not _TAGS_THAT_MUST_SPEAK.intersection(held.tags):
            continue
        silent = [plan.code for plan in plans if catalogue.relation(held, plan) is Relation.UNKNOWN]
        if silent:
            shown = "、".join(silent[:3]) + (f" 等 {len(silent)} 个" if len(silent) > 3 else "")
            remedy = "在 compatible_with 或 incompatible_with 里写上编码，或写 tag:标签"
            yield source.problem(None, f"没有说明与主套餐 {shown} 是否兼容", remedy)


def _circle_from(start: str, following: dict[str, tuple[str, ...]]) -> list[str]:
    path: list[str] = []
    pending: list[tuple[str, int]] = [(start, 0)]
    seen: set[str] = set()
    while pending:
        code, depth = pending.pop()
        del path[depth:]
        if code == start and depth:
            return path
        if code in seen:
            continue
        seen.add(code)
        path.append(code)
        pending += [(after, depth + 1) for after in following.get(code, ())]
    return []
