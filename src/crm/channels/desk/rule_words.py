"""A rule's conditions in Chinese, for people who read rules and never write code; pure."""

import re
from typing import Any

import msgspec

from crm.core.compatibility.rules import PLACEHOLDERS, HeldWanted, Rule, When
from crm.core.compatibility.ruleset import RuleSet

FIELD_WORDS: dict[str, str] = {
    "op": "操作",
    "channel": "渠道",
    "brand": "现品牌",
    "new_brand": "变更后品牌",
    "brand_change": "品牌变更",
    "line_kind": "号码类型",
    "status": "号码状态",
    "profile_recorded": "资料已登记",
    "plan_tag": "现套餐属于",
    "target": "目标业务",
    "target_kind": "目标类别",
    "target_kind_not": "目标类别不是",
    "target_tag": "目标属于",
    "target_tag_not": "目标不属于",
    "target_sale": "目标在售状态",
    "target_price": "目标收费",
    "target_has": "目标含有",
    "target_lacks": "目标没有",
    "recorded": "已做的步骤",
    "not_recorded": "未做的步骤",
    "check": "目录检查",
    "item": "要取消的业务",
    "has": "已有业务",
    "lacks": "没有业务",
    "among": "范围",
    "offering": "编码",
    "kind": "类别",
    "kind_not": "类别不是",
    "tag": "属于",
    "tag_not": "不属于",
    "origin": "来源",
    "origin_not": "来源不是",
    "state": "状态",
    "sale": "在售状态",
    "relation": "与目标的关系",
    "link": "关联",
    "link_not": "不是关联",
    "stays": "变更后仍在",
    "bound": "协议期内",
    "bundled": "随套餐捆绑",
}
VALUE_WORDS: dict[str, str] = {
    "change_plan": "换主套餐",
    "add": "开通",
    "remove": "取消",
    "cancel_reserved": "取消预约",
    "hotline": "热线",
    "web": "网厅",
    "app": "掌厅",
    "sms": "短信",
    "store": "营业厅",
    "tmf": "接口",
    "main_plan": "主套餐",
    "voice_pack": "语音包",
    "sms_pack": "短彩信包",
    "data_pack": "流量包",
    "vnet": "V网",
    "discount": "优惠",
    "bundle": "捆绑优惠",
    "vas": "增值业务",
    "function": "基础功能",
    "membership": "会员",
    "campaign": "营销活动",
    "family": "家庭业务",
    "roaming": "漫游",
    "broadband": "宽带",
    "device": "终端",
    "self": "自行订购",
    "plan": "随套餐",
    "agreement": "协议",
    "trial": "免费试用",
    "group": "集团",
    "active": "在用",
    "reserved": "预约",
    "ended": "本月已结束",
    "suspended": "停机",
    "closed": "销户",
    "on_sale": "在售",
    "discontinued": "已停办",
    "upcoming": "未上市",
    "expired": "已过期",
    "unknown": "未知",
    "compatible": "兼容",
    "incompatible": "不兼容",
    "paid": "收费",
    "free": "免费",
    "held": "已有",
    "basket": "受理篮内",
    "includes": "随开业务",
    "retention": "挽留口径",
    "losses": "损失说明",
    "price": "资费说明",
    "same_offering": "同一业务",
    "same_tier": "同组其他档位",
    "came_with_target": "由目标带来",
    "included_in_target": "目标已包含",
    "ends_with_plan": "随原套餐结束",
    "needs_target": "依赖目标",
    "left_alone": "失去所依赖的业务",
    "brand_not_allowed": "品牌不可办",
    "not_sold_here": "本渠道不办",
    "timing_not_offered": "生效时间不可选",
    "held_missing": "未持有",
    "line_twice": "重复",
    "second_plan": "第二个主套餐",
    "group_full": "同组数量已满",
    "required_missing": "缺少必备业务",
    "included_in_new_plan": "新套餐已包含",
    "no_plan_left": "将没有主套餐",
    "held_not_in_catalogue": "目录没有的业务",
}
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


class RuleRow(msgspec.Struct, frozen=True, kw_only=True):
    """A rule as the page shows it."""

    rule: Rule
    conditions: tuple[tuple[str, str], ...]
    explain: str
    script: str

    def matches(self, words: str) -> bool:
        """Whether every word occurs somewhere in the rule."""
        text = " ".join(
            (
                self.rule.id,
                self.rule.title,
                self.rule.source,
                self.rule.clause,
                self.explain,
                self.script,
                *(f"{name}{value}" for name, value in self.conditions),
            )
        ).lower()
        return all(word in text for word in words.lower().split())


def rows_of(rules: RuleSet) -> tuple[RuleRow, ...]:
    """Every rule, by id."""
    return tuple(
        RuleRow(
            rule=rule,
            conditions=conditions_of(rule.when),
            explain=readable(rule.explain),
            script=readable(rule.script),
        )
        for rule in rules.rules
    )


def conditions_of(when: When | HeldWanted | Any) -> tuple[tuple[str, str], ...]:
    """Name and value of each condition that is set."""
    found: list[tuple[str, str]] = []
    for each in msgspec.structs.fields(when):
        value = getattr(when, each.name)
        if value == each.default or value is None or value == ():
            continue
        found.append((FIELD_WORDS.get(each.name, each.name), _words(value)))
    return tuple(found)


def readable(text: str) -> str:
    """A pattern with its placeholders named in words."""
    return _PLACEHOLDER.sub(lambda match: f"〈{PLACEHOLDERS.get(match[1], match[1])}〉", text)


def _words(value: Any) -> str:
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, tuple):
        return "、".join(_words(each) for each in value)  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, msgspec.Struct):
        return "；".join(f"{name}：{words}" for name, words in conditions_of(value))
    return VALUE_WORDS.get(str(value), str(value))
