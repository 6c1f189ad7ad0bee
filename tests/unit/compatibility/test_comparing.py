"""The difference between two rule sets in words, and which stamp a change gets."""

from datetime import date

import msgspec

from crm.core.compatibility.comparing import changes_between
from crm.core.compatibility.rules import HeldWanted, RemedyMeant, Rule, When
from crm.core.compatibility.ruleset import RuleSet
from crm.core.compatibility.schemas import Verdict

RULE = Rule(
    id="BR-11b",
    source="S3-11b",
    title="校园V网客户换品牌",
    owner="业务组",
    verdict=Verdict.FIRST,
    explain="先取消{held}。",
    script="请先取消。",
    when=When(op=("change_plan",), brand_change=True, has=HeldWanted(tag=("校园V网",), stays=True)),
    remedies=(RemedyMeant(do="cancel", text="派单取消", where="back_office", of="held"),),
)


def lines(**changes: object) -> tuple[str, ...]:
    """The words for one changed rule."""
    (found,) = changes_between(RuleSet([RULE]), RuleSet([msgspec.structs.replace(RULE, **changes)]))
    return found.lines


def test_nothing_changed_says_nothing() -> None:
    assert changes_between(RuleSet([RULE]), RuleSet([RULE])) == ()


def test_added_and_removed_rules_name_verdict_and_conditions() -> None:
    (added,) = changes_between(RuleSet([]), RuleSet([RULE]))
    assert (added.kind, added.weight) == ("added", "harder")
    assert added.lines[0] == "新增规则，结论“须先完成前置步骤”"
    assert any("校园V网" in line for line in added.lines)
    (removed,) = changes_between(RuleSet([RULE]), RuleSet([]))
    assert (removed.kind, removed.weight) == ("removed", "milder")


def test_a_softened_and_a_hardened_verdict_are_told_apart() -> None:
    assert lines(verdict=Verdict.CONSENT)[0] == "结论放宽：由“须先完成前置步骤”改为“须客户同意”"
    assert lines(verdict=Verdict.REFUSE)[0] == "结论收紧：由“须先完成前置步骤”改为“不能办理”"
    (milder,) = changes_between(
        RuleSet([RULE]), RuleSet([msgspec.structs.replace(RULE, verdict=Verdict.CONSENT)])
    )
    assert milder.weight == "milder"


def test_conditions_say_whether_the_rule_gets_wider_or_narrower() -> None:
    assert RULE.when.has is not None
    wider = msgspec.structs.replace(RULE.when, brand_change=None)
    assert lines(when=wider) == ("去掉条件“品牌变化：是”，规则管得更宽",)
    narrower = msgspec.structs.replace(RULE.when, brand=("全球通",))
    assert lines(when=narrower) == ("新增条件“现在的品牌：全球通”，规则管得更窄",)
    other = msgspec.structs.replace(RULE.when, has=msgspec.structs.replace(RULE.when.has, tag=("集团V网",)))
    assert lines(when=other) == ("条件“已有业务属于”由“校园V网”改为“集团V网”",)


def test_words_steps_and_days_are_named() -> None:
    assert lines(script="请稍候。") == ("对客户说的话由“请先取消。”改为“请稍候。”",)
    assert lines(valid_from=date(2026, 12, 1)) == ("生效日期由不限改为2026-12-01",)
    assert lines(remedies=()) == ("去掉步骤“派单取消（后台）”",)
    assert lines(overrides=("BR-05a",)) == ("新增代替的规则“BR-05a”",)
