"""Offerings as the rest of the core sees them (TMF620 ProductOffering)."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import NamedTuple

import msgspec

from crm.platform.content import ContentProblem


class OfferingKind(StrEnum):
    """What sort of thing is sold; rules speak of kinds and tags."""

    MAIN_PLAN = "main_plan"
    VOICE_PACK = "voice_pack"
    SMS_PACK = "sms_pack"
    DATA_PACK = "data_pack"  # GPRS packs are data packs with the tag "GPRS套餐"
    VNET = "vnet"
    DISCOUNT = "discount"  # 优惠
    BUNDLE = "bundle"  # 捆绑优惠
    VAS = "vas"  # 增值业务, platform services
    FUNCTION = "function"  # 来电显示, 国内漫游, 呼叫等待 …
    MEMBERSHIP = "membership"
    CAMPAIGN = "campaign"
    FAMILY = "family"
    ROAMING = "roaming"
    BROADBAND = "broadband"
    DEVICE = "device"


KIND_NAMES: dict[OfferingKind, str] = {
    OfferingKind.MAIN_PLAN: "主套餐",
    OfferingKind.VOICE_PACK: "语音包",
    OfferingKind.SMS_PACK: "短彩信包",
    OfferingKind.DATA_PACK: "流量包",
    OfferingKind.VNET: "V网",
    OfferingKind.DISCOUNT: "优惠",
    OfferingKind.BUNDLE: "捆绑优惠",
    OfferingKind.VAS: "增值业务",
    OfferingKind.FUNCTION: "基础功能",
    OfferingKind.MEMBERSHIP: "会员",
    OfferingKind.CAMPAIGN: "营销活动",
    OfferingKind.FAMILY: "家庭业务",
    OfferingKind.ROAMING: "漫游业务",
    OfferingKind.BROADBAND: "宽带",
    OfferingKind.DEVICE: "终端",
}


class Timing(StrEnum):
    """When a change takes effect."""

    NOW = "now"
    THIS_MONTH = "this_month"
    NEXT_MONTH = "next_month"
    WITH_PLAN = "with_plan"
    END_OF_AGREEMENT = "end_of_agreement"


class Relation(StrEnum):
    """What the catalogue says of two offerings held together. An unstated pair is unknown, never a yes."""

    COMPATIBLE = "compatible"
    INCOMPATIBLE = "incompatible"
    UNKNOWN = "unknown"


class Allowance(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """What is included in the fee, e.g. 120 minutes of local calls."""

    kind: str  # voice_minutes | sms | mms | data_mb | …
    amount: int
    scope: str = ""


class PenaltyFormula(StrEnum):
    """How the price of leaving an agreement early is reckoned; the words are in catalog/README.md."""

    NONE = "none"  # leaving early costs nothing, and the terms say so
    FLAT = "flat"
    REMAINING_MONTHS = "remaining_months"
    BENEFIT_BACK = "benefit_back"
    DEVICE_SUBSIDY_PRORATA = "device_subsidy_prorata"


class PenaltyTerms(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """What leaving before the last bound day costs. Money in fen; which keys a formula reads: README."""

    formula: PenaltyFormula
    amount_fen: int | None = None  # flat
    monthly_fen: int | None = None  # remaining_months: base if not the monthly fee; benefit_back: per month
    rate_percent: int | None = None  # remaining_months
    subsidy_fen: int | None = None  # device_subsidy_prorata
    at_most_fen: int | None = None
    note: str = ""


class Offering(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """One thing that can be sold. References to others are codes, or `tag:…` for all that carry a tag."""

    code: str
    name: str
    kind: OfferingKind
    brands: tuple[str, ...] = ()  # brands that may hold it; empty: any
    sets_brand: str = ""  # main plans: the brand the line has under it; empty keeps the brand
    tags: tuple[str, ...] = ()
    state: str = "on_sale"  # on_sale | discontinued | series (groups its tiers); only on_sale can be ordered
    valid_from: date | None = None
    valid_to: date | None = None
    monthly_fee_fen: int | None = None  # None: the source names no price
    one_off_fee_fen: int = 0
    fee_note: str = ""
    allowances: tuple[Allowance, ...] = ()
    add_timings: tuple[Timing, ...] = (Timing.NEXT_MONTH,)  # the first is the default
    remove_timings: tuple[Timing, ...] = (Timing.NEXT_MONTH,)
    includes: tuple[str, ...] = ()  # platform services and offers that open with it
    trial_months: int = 0  # calendar months for which the included services are free
    waives: tuple[str, ...] = ()  # offerings whose fee it waives
    lock_in_months: int = 0
    penalty: PenaltyTerms | None = None  # None: the terms are not known; nobody guesses
    compatible_with: tuple[str, ...] = ()
    incompatible_with: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    one_of: str = ""  # at most one offering of this group is held at a time (tiers)
    group_limits: dict[str, int] = {}  # at most N of a group
    sale_channels: tuple[str, ...] = ()  # empty: every channel
    losses: tuple[str, ...] = ()  # sentences: what the customer loses when it ends
    retention: str = ""  # 备用信息表: what to say when the customer wants to cancel a stand-alone offer
    summary: str = ""
    source: str = ""  # e.g. "S3-11", or the import's name
    stackable: bool = False  # may be held more than once at a time
    month_limits: dict[str, int] = {}  # at most N of a tag, or of its own code, begun in a calendar month
    card_exclusions: dict[str, tuple[str, ...]] = {}  # main | secondary card of a family → what it excludes
    last_day_closes: dict[str, int] = {}  # channel or * → hour from which a month's last day takes no order
    relation_sources: dict[str, str] = {}  # reference → the words of a source that excludes it
    attributes: dict[str, str] = {}  # what an import knew besides, for people to read


STATE_NAMES: dict[str, str] = {"on_sale": "在售", "discontinued": "已停办", "series": "系列（请选具体档位）"}


class OfferingHit(msgspec.Struct, frozen=True):
    """A search result."""

    offering: Offering
    score: float
    mark: str = ""


class OfferingPage(msgspec.Struct, frozen=True):
    """One page of hits, the number of all hits, and of all that matched the words by mark."""

    hits: tuple[OfferingHit, ...]
    total: int
    by_mark: dict[str, int] = {}


class Marks(NamedTuple):
    """What somebody says of offerings, as sets of places in their codes: bit n stands for `codes[n]`."""

    codes: tuple[str, ...]
    sets: Mapping[str, int]


class SortBy(StrEnum):
    """How hits are ordered."""

    RELEVANCE = "relevance"
    PRICE = "price"
    NAME = "name"
    CATALOGUE = "catalogue"  # on sale first, by kind and price: what is shown when nothing was typed
    FEE = "fee"  # on sale first, then main plans, the cheapest first: so by price difference too
    DATA = "data"  # on sale first, the most data first
    MINUTES = "minutes"  # on sale first, the most minutes first


class OfferingQuery(msgspec.Struct, frozen=True, kw_only=True):
    """What to look for. `brand` keeps offerings a line of that brand may hold, and plans that lead to it.

    `marks` keeps the hits with one of these marks, which the asker gives to codes; empty keeps all.
    """

    words: str = ""
    brand: str | None = None
    kind: OfferingKind | None = None
    state: str | None = None
    sort: SortBy = SortBy.RELEVANCE
    limit: int = 20
    offset: int = 0
    marks: tuple[str, ...] = ()


class NamedOffering(msgspec.Struct, frozen=True):
    """Another offering as a page mentions it; a `tag:…` reference has no code, its name is words."""

    code: str
    name: str
    state: str = "on_sale"


class OfferingView(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a page shows of one offering, with references resolved and amounts in words."""

    offering: Offering
    origin: str
    kind_name: str
    state_name: str
    brands_text: str
    fee_text: str
    allowances_text: tuple[str, ...]
    add_timings_text: tuple[str, ...]
    remove_timings_text: tuple[str, ...]
    includes: tuple[NamedOffering, ...]
    waives: tuple[NamedOffering, ...]
    requires: tuple[NamedOffering, ...]
    compatible_with: tuple[NamedOffering, ...]
    incompatible_with: tuple[NamedOffering, ...]
    tiers: tuple[NamedOffering, ...]
    """Of a series: the offerings that can be ordered in its place."""
    main_card_excludes: tuple[NamedOffering, ...] = ()
    secondary_card_excludes: tuple[NamedOffering, ...] = ()


class LoadReport(msgspec.Struct, frozen=True, kw_only=True):
    """What loading the content files did. With problems nothing was changed and the last good set is kept."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    discontinued: int = 0
    problems: tuple[ContentProblem, ...] = ()


class RowOutcome(StrEnum):
    """What an import did with a row."""

    IMPORTED = "imported"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REJECTED = "rejected"


OUTCOME_NAMES: dict[RowOutcome, str] = {
    RowOutcome.IMPORTED: "新增",
    RowOutcome.CHANGED: "更新",
    RowOutcome.UNCHANGED: "未变",
    RowOutcome.REJECTED: "拒绝",
}


class ImportRow(msgspec.Struct, frozen=True):
    """One line of an import file: what became of it, and why not."""

    line: int
    outcome: RowOutcome
    code: str = ""
    name: str = ""
    reason: str = ""


class ImportReport(msgspec.Struct, frozen=True):
    """Every row of an import, in file order. After a dry run nothing was written."""

    name: str
    dry_run: bool
    rows: tuple[ImportRow, ...]

    def count(self, outcome: RowOutcome) -> int:
        """How many rows ended so."""
        return sum(row.outcome is outcome for row in self.rows)
