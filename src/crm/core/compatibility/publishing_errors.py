"""Named refusals in the life of a rule version."""

from crm.platform.content import ContentProblem
from crm.platform.errors import Conflict, CrmError, ErrorKind, Forbidden, Invalid, Missing

_SHOWN = 20


class VersionMissing(Missing):
    """No rule version has this number or hash."""

    code = "rules_version_missing"

    def __init__(self, named: object) -> None:
        super().__init__(f"没有规则版本 {named}。请在“规则 · 版本”里核对编号。")


class DraftRefused(Invalid):
    """A draft that was not stored, with what is wrong in its files."""

    code = "rules_draft_refused"
    problems: tuple[ContentProblem, ...] = ()


class DraftUnreadable(DraftRefused):
    """The files of a draft cannot be read as rules; nothing was stored."""

    code = "rules_draft_unreadable"

    def __init__(self, problems: tuple[ContentProblem, ...]) -> None:
        self.problems = problems
        shown = "\n".join(f"  {each}" for each in problems[:_SHOWN])
        super().__init__(
            f"规则文件有 {len(problems)} 处错误，没有存成草稿，您写的内容仍在。请改正后再存：\n{shown}"
        )


class DraftUnchanged(DraftRefused):
    """The draft is the very content of a version that exists."""

    code = "rules_draft_unchanged"

    def __init__(self, number: int) -> None:
        super().__init__(f"内容与第 {number} 版完全相同，没有新建草稿。要恢复旧版请用“回退到这一版”。")


class DraftNotProven(CrmError):
    """Lint or a proof fails, so that the version must not come into force."""

    kind = ErrorKind.REFUSED
    code = "rules_not_proven"

    def __init__(self, number: int, problems: tuple[ContentProblem, ...]) -> None:
        self.problems = problems
        shown = "\n".join(f"  {each}" for each in problems[:_SHOWN])
        super().__init__(
            f"第 {number} 版的检查和例证有 {len(problems)} 处不过，状态没有改变。"
            f"请改正后存成新的草稿：\n{shown}"
        )


class OwnDraft(Forbidden):
    """Who wrote a draft cannot approve it."""

    code = "rules_own_draft"

    def __init__(self) -> None:
        super().__init__("自己起草的规则不能自己审核，状态没有改变。请由业务组的另一位同事或审核人员审核。")


class WrongStep(Conflict):
    """The version is not in a state that allows this step, perhaps because somebody was quicker."""

    code = "rules_wrong_step"

    def __init__(self, number: int, state: str, step: str) -> None:
        super().__init__(f"第 {number} 版现在是“{state}”，不能{step}，没有任何改动。请刷新页面看最新状态。")


class Overtaken(Conflict):
    """Another version came into force after this draft had been written: publishing would undo it."""

    code = "rules_overtaken"

    def __init__(self, number: int, base: int | None, in_force: int) -> None:
        made = "更早的版本" if base is None else f"第 {base} 版"
        super().__init__(
            f"第 {number} 版是照{made}改的，现在在用的是第 {in_force} 版，"
            "发布会把中间的改动一起撤掉，所以没有发布。"
            f"请以第 {in_force} 版为底稿重新起草。"
        )


class AlreadyScheduled(Conflict):
    """Another version waits for its start."""

    code = "rules_already_scheduled"

    def __init__(self, number: int) -> None:
        super().__init__(
            f"第 {number} 版已定时、还没有生效，不能再发布别的版本，没有任何改动。请先撤回它的定时。"
        )


class NothingScheduled(Conflict):
    """There is no start to withdraw."""

    code = "rules_nothing_scheduled"

    def __init__(self) -> None:
        super().__init__("没有等待生效的版本，没有任何改动。它可能刚刚生效或已被撤回，请刷新页面。")


class StartInThePast(Invalid):
    """A scheduled start must lie ahead."""

    code = "rules_start_in_the_past"

    def __init__(self) -> None:
        super().__init__("生效时间已经过去，没有发布。请写一个将来的时间，或不写时间立即发布。")


class VersionDamaged(CrmError):
    """A stored version cannot be used by this release; the rules in force stay as they are."""

    kind = ErrorKind.BUSY
    code = "rules_version_damaged"

    def __init__(self, number: int, why: str) -> None:
        super().__init__(
            f"第 {number} 版规则读不出来（{why}），沿用原来的规则。请回退到别的版本，并联系系统维护人员。"
        )


class RehearsalMissing(Missing):
    """No rehearsal has this id."""

    code = "rules_rehearsal_missing"

    def __init__(self) -> None:
        super().__init__("没有这次演练的记录。请在版本页重新开始演练。")
