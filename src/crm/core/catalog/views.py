"""An offering in words and with its references resolved, for a page. Pure."""

from crm.core.catalog.engine import Catalogue
from crm.core.catalog.schemas import (
    KIND_NAMES,
    STATE_NAMES,
    Allowance,
    NamedOffering,
    Offering,
    OfferingView,
    Timing,
)

ADD_TIMING_NAMES: dict[Timing, str] = {
    Timing.NOW: "立即生效",
    Timing.THIS_MONTH: "本月生效",
    Timing.NEXT_MONTH: "次月生效",
    Timing.WITH_PLAN: "随新套餐生效",
    Timing.END_OF_AGREEMENT: "协议到期后生效",
}
REMOVE_TIMING_NAMES: dict[Timing, str] = {
    Timing.NOW: "立即取消",
    Timing.THIS_MONTH: "本月取消",
    Timing.NEXT_MONTH: "次月起取消",
    Timing.WITH_PLAN: "随新套餐生效时取消",
    Timing.END_OF_AGREEMENT: "到期自动失效，期内不能取消",
}
_ALLOWANCES: dict[str, tuple[str, str]] = {
    "voice_minutes": ("通话", "分钟"),
    "sms": ("短信", "条"),
    "mms": ("彩信", "条"),
    "data_mb": ("流量", "MB"),
    "wlan_mb": ("WLAN流量", "MB"),
    "wlan_minutes": ("WLAN", "分钟"),
    "songs": ("歌曲下载", "首"),
    "video_minutes": ("视频通话", "分钟"),
    "days": ("有效期", "天"),
}


def yuan(fen: int) -> str:
    """An amount in fen as yuan, without needless zeros: 5800 is 58, 550 is 5.5."""
    whole, rest = divmod(fen, 100)
    return f"{whole}.{rest:02d}".rstrip("0").rstrip(".") if rest else str(whole)


def fee_text(offering: Offering) -> str:
    """What it costs, in words; the note of the source stands in where no amount is known."""
    fee = offering.monthly_fee_fen
    if fee is None and offering.state == "series":
        return "各档位不同"
    if fee is None:
        return offering.fee_note or "资费未注明"
    if offering.one_off_fee_fen:
        once = f"一次性{yuan(offering.one_off_fee_fen)}元"
        return f"{once}，另每月{yuan(fee)}元" if fee else once
    return f"{yuan(fee)}元/月" if fee else "无月费"


def allowance_text(allowance: Allowance) -> str:
    """One allowance in words: 本地主叫通话120分钟, 国内流量2GB."""
    what, unit = _ALLOWANCES.get(allowance.kind, (allowance.kind, ""))
    amount = str(allowance.amount)
    if unit == "MB" and allowance.amount % 1024 == 0:
        amount, unit = str(allowance.amount // 1024), "GB"
    return f"{allowance.scope}{what}{amount}{unit}"


def view(offering: Offering, catalogue: Catalogue, origin: str) -> OfferingView:
    """Everything a page shows; references that the catalogue does not know are shown by their code."""
    tiers: list[NamedOffering] = []
    if offering.state == "series":
        tiers = [_named(each) for each in catalogue.tagged(offering.name) if each.state != "series"]

    def named(references: tuple[str, ...]) -> tuple[NamedOffering, ...]:
        return tuple(_resolve(reference, catalogue) for reference in references)

    return OfferingView(
        offering=offering,
        origin=origin,
        kind_name=KIND_NAMES[offering.kind],
        state_name=STATE_NAMES.get(offering.state, offering.state),
        brands_text=_brands_text(offering),
        fee_text=fee_text(offering),
        allowances_text=tuple(allowance_text(each) for each in offering.allowances),
        add_timings_text=tuple(ADD_TIMING_NAMES[timing] for timing in offering.add_timings),
        remove_timings_text=tuple(REMOVE_TIMING_NAMES[timing] for timing in offering.remove_timings),
        includes=named(offering.includes),
        waives=named(offering.waives),
        requires=named(offering.requires),
        compatible_with=named(offering.compatible_with),
        incompatible_with=named(offering.incompatible_with),
        tiers=tuple(tiers),
        main_card_excludes=named(offering.card_exclusions.get("main", ())),
        secondary_card_excludes=named(offering.card_exclusions.get("secondary", ())),
    )


def _brands_text(offering: Offering) -> str:
    if offering.sets_brand:
        return f"办理后为{offering.sets_brand}"
    return "、".join(offering.brands) or "不限品牌"


def _named(offering: Offering) -> NamedOffering:
    return NamedOffering(offering.code, offering.name, offering.state)


def _resolve(reference: str, catalogue: Catalogue) -> NamedOffering:
    if reference.startswith("tag:"):
        return NamedOffering("", f"所有{reference.removeprefix('tag:')}（另有说明的除外）")
    found = catalogue.get(reference)
    return NamedOffering(reference, reference) if found is None else _named(found)
