"""Named refusals of the checker. What a rule says is a finding, never an error."""

from crm.platform.errors import Conflict, CrmError, ErrorKind, Invalid, Missing


class EmptyBasket(Invalid):
    """Nothing was asked for."""

    code = "compatibility_empty_basket"

    def __init__(self) -> None:
        super().__init__("还没有要办理的业务，没有可校验的内容。请先加入要开通、变更或取消的业务。")


class UnknownAction(Invalid):
    """A basket line is neither an add nor a delete."""

    code = "compatibility_unknown_action"

    def __init__(self, action: str) -> None:
        super().__init__(
            f"不认识的办理动作“{action}”，没有校验。动作只能是 add（开通、变更）或 delete（取消）。"
        )


class HeldTwice(Invalid):
    """Two held products carry the same id, so that a deletion could mean either."""

    code = "compatibility_held_twice"

    def __init__(self, held_id: str) -> None:
        super().__init__(f"已订业务的编号“{held_id}”出现了两次，没有校验。请刷新客户资料后重试。")


class RulesBroken(CrmError):
    """The rule files cannot be used; nothing may be judged by half a rule set."""

    kind = ErrorKind.INVALID
    code = "compatibility_rules_broken"


class ScenarioUnreadable(Invalid):
    """A scenario file cannot be understood."""

    code = "compatibility_scenario_unreadable"


class RuleMissing(CrmError):
    """No rule has this id."""

    kind = ErrorKind.MISSING
    code = "compatibility_rule_missing"


class EvidenceUnreadable(Invalid):
    """A bundle of a verdict cannot be understood."""

    code = "compatibility_evidence_unreadable"

    def __init__(self, what: str) -> None:
        super().__init__(f"判定材料读不懂：{what}。没有核对。请重新导出后再试。")


class RulesNotKept(Missing):
    """The rules or catalogue entries under which a verdict was given are not stored."""

    code = "compatibility_rules_not_kept"

    def __init__(self, named: str) -> None:
        super().__init__(f"没有保存当时的规则或产品条目 {named[:12]}，不能重算这个判定。请从备份恢复。")


class VerdictUnreadable(CrmError):
    """A stored verdict, or the order's own part of it, is no longer what was written."""

    code = "compatibility_verdict_unreadable"

    def __init__(self, number: str, what: str) -> None:
        super().__init__(
            f"受理单 {number} 存下的判定读不懂：{what}。没有重算，没有改动。请用备份核对这条记录。"
        )


class VerdictOvertaken(Conflict):
    """Rules or catalogue were replaced between a verdict and its certificate."""

    code = "compatibility_verdict_overtaken"

    def __init__(self) -> None:
        super().__init__("业务规则或产品目录刚刚更新，没有提交，篮内内容已保留。请重新核对后再提交。")


class VerdictNotKept(Missing):
    """The order was accepted before verdicts were stored with their certificates."""

    code = "compatibility_verdict_not_kept"

    def __init__(self, number: str) -> None:
        super().__init__(
            f"受理单 {number} 是启用判定证书以前的，没有保存证书，不能重算。单上冻结的结论仍可在页面查看。"
        )
