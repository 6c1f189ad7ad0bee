"""The vocabulary in Chinese, and values as the desk reads them."""

from datetime import date
from functools import lru_cache

from crm.core.catalog.schemas import KIND_NAMES, Offering
from crm.core.compatibility.calendar import last_day
from crm.core.compatibility.items import Item

FIELD_NAMES: dict[str, str] = {
    "op": "办理动作",
    "channel": "渠道",
    "brand": "现在的品牌",
    "new_brand": "变更后的品牌",
    "brand_change": "品牌变化",
    "line_kind": "号码类型",
    "status": "号码状态",
    "profile_recorded": "客户资料已录入",
    "plan_tag": "现在的主套餐属于",
    "target": "要办理的业务",
    "target_kind": "业务类别",
    "target_kind_not": "业务类别不是",
    "target_tag": "业务属于",
    "target_tag_not": "业务不属于",
    "target_sale": "在售情况",
    "target_price": "价格",
    "target_has": "业务带有",
    "target_lacks": "业务没有",
    "recorded": "本次来电已记录",
    "not_recorded": "本次来电还没记录",
    "check": "目录检查",
    "item_origin": "该业务的来源",
    "item_origin_not": "该业务的来源不是",
    "item_bound": "该业务在协议期内",
    "item_bundled": "该业务由套餐捆绑",
    "held": "已有业务",
    "held_kind": "已有业务的类别",
    "held_kind_not": "已有业务的类别不是",
    "held_tag": "已有业务属于",
    "held_tag_not": "已有业务不属于",
    "held_origin": "已有业务的来源",
    "held_origin_not": "已有业务的来源不是",
    "held_state": "已有业务的状态",
    "held_sale": "已有业务的在售情况",
    "held_stays": "变更后仍在使用",
    "held_bound": "已有业务在协议期内",
    "held_link": "与要办业务的联系",
    "held_link_not": "与要办业务没有联系",
    "relation": "与要办业务的兼容关系",
    "lacks": "没有这样的业务",
}

EFFECT_NAMES: dict[str, str] = {
    "cancel": "取消已有业务",
    "lose_discount": "可能失去优惠",
    "open_with_plan": "随同开通",
    "keep": "保留已有业务",
}

FACT_NAMES: dict[str, str] = {
    "subscriber.brand": "客户品牌",
    "subscriber.line_kind": "号码类型",
    "subscriber.status": "号码状态",
    "subscriber.profile_recorded": "客户资料是否已录入",
    "subscriber.card": "是主卡还是副卡",
    "facts.hour": "现在的钟点",
    "held.main_plan": "现在的主套餐",
    "held.locked_until": "协议到期日",
}

_WORDS: dict[str, str] = {
    "change_plan": "变更主套餐",
    "add": "开通",
    "remove": "取消",
    "cancel_reserved": "取消预约",
    "nothing": "取消（客户没有）",
    "hotline": "10086人工台",
    "web": "网上营业厅",
    "app": "手机营业厅",
    "sms": "短信营业厅",
    "store": "营业厅",
    "tmf": "开放接口",
    "active": "正常",
    "suspended": "已停机",
    "closed": "已销户",
    "reserved": "预约",
    "ended": "本月已取消",
    "self": "自己办理",
    "plan": "随套餐",
    "campaign": "营销活动",
    "agreement": "协议",
    "trial": "随套餐免费体验",
    "group": "集团办理",
    "compatible": "兼容",
    "incompatible": "不兼容",
    "unknown": "未知",
    "on_sale": "在售",
    "discontinued": "已停办",
    "upcoming": "未上市",
    "expired": "已过期",
    "paid": "收费",
    "free": "免费",
    "includes": "随同开通的业务",
    "retention": "备用信息表的说明",
    "losses": "会失去的内容",
    "price": "价格",
    "now": "立即",
    "this_month": "当月",
    "next_month": "次月",
    "with_plan": "随新套餐",
    "end_of_agreement": "协议到期后",
    "same_offering": "同一业务",
    "same_tier": "同组只能选一的档位",
    "came_with_target": "随它开通",
    "included_in_target": "由它包含",
    "ends_with_plan": "随原套餐结束",
    "card_excludes": "主副卡互斥",
    "left_alone": "依赖的业务将不在",
    "brand_not_allowed": "品牌不符",
    "not_sold_here": "本渠道不受理",
    "sold_elsewhere": "只在其他渠道受理",
    "timing_not_offered": "生效方式不提供",
    "held_missing": "没有这项业务",
    "line_twice": "重复的一行",
    "second_plan": "第二个主套餐",
    "group_full": "数量已满",
    "required_missing": "缺少前提业务",
    "included_in_new_plan": "新套餐已包含",
    "no_plan_left": "取消后没有主套餐",
    "held_not_in_catalogue": "已有业务不在目录里",
    "last_day_closed": "月末停止受理",
    "month_full": "本月次数已满",
    "stackable": "可重复办理",
} | {str(kind): name for kind, name in KIND_NAMES.items()}


def word(value: str) -> str:
    """The Chinese word for a value of the vocabulary; a value that is Chinese already stays."""
    return _WORDS.get(value, str(value))


@lru_cache(maxsize=4096)  # the tags of an offering are read over and over
def words(values: tuple[str, ...]) -> str:
    """Several values in one breath."""
    return "、".join([_WORDS.get(each, str(each)) for each in values])


def only_word(values: tuple[str, ...]) -> str:
    """The word for the one value that is possible; empty when there are several."""
    return word(values[0]) if len(values) == 1 else ""


def yes_no(value: bool) -> str:
    """是 or 否."""
    return "是" if value else "否"


def money(fen: int | None) -> str:
    """Fen as yuan: 1800 → 18元, 550 → 5.5元."""
    if fen is None:
        return "未公布"
    yuan, rest = divmod(fen, 100)
    return f"{yuan}元" if not rest else f"{yuan}.{rest:02d}".rstrip("0") + "元"


def price(offering: Offering | None) -> str:
    """What an offering costs: 18元/月, 一次性20元, 免费 or 未公布."""
    if offering is None or offering.monthly_fee_fen is None:
        return "未公布"
    parts = [money(offering.monthly_fee_fen) + "/月"] if offering.monthly_fee_fen else []
    if offering.one_off_fee_fen:
        parts.append("一次性" + money(offering.one_off_fee_fen))
    return "，".join(parts) or "免费"


@lru_cache(maxsize=1024)
def day(value: date) -> str:
    """2026-11-30."""
    return value.isoformat()


def end_of(item: Item) -> str:
    """The last day of the item's agreement, or else of the item itself."""
    if item.until is not None and item.bound:
        return day(item.until)
    if item.held is not None and item.held.ends_on is not None:
        return day(last_day(item.held.ends_on))
    return "协议期满" if item.bound else "客户取消"


def binding(item: Item) -> str:
    """Whether an agreement binds the item, and until when."""
    if item.bound is None:
        return "未知"
    if not item.bound:
        return "否" if item.until is None else f"否，已于 {day(item.until)} 到期"
    return "是，到期日未记录" if item.until is None else f"是，到 {day(item.until)}（含当天）"


def staying(item: Item, stays: bool) -> str:
    """Whether the item would be there after the change."""
    if stays:
        return "是"
    return "否" if item.ends_on is None else f"否，{day(item.ends_on)} 起没有"
