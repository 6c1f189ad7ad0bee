"""Refusals of the ordering room."""

from collections.abc import Sequence
from typing import Any

from crm.platform.errors import Conflict, CrmError, ErrorKind, Forbidden, Invalid, Missing


def _listed(texts: Sequence[str], most: int = 5) -> str:
    shown = "；".join(f"“{text.rstrip('。；')}”" for text in texts[:most])
    return shown if len(texts) <= most else f"{shown}；等 {len(texts)} 项"


class EmptyBasket(Invalid):
    """Nothing is in the basket."""

    code = "order_empty_basket"

    def __init__(self) -> None:
        super().__init__("受理篮是空的，没有提交。请先加入要办理或取消的业务。")


class BasketTooLarge(Invalid):
    """More lines than one call can need."""

    code = "order_basket_too_large"

    def __init__(self, most: int) -> None:
        super().__init__(f"一次最多受理 {most} 项，没有提交，篮内内容已保留。请分次办理。")


class BasketUnclear(Invalid):
    """A line of the basket cannot be understood, or two of them contradict each other."""

    code = "order_basket_unclear"

    def __init__(self, what: str) -> None:
        super().__init__(f"{what}。没有提交，篮内内容已保留，请改正后再试。")


class UnknownOffering(Invalid):
    """The catalogue does not know the offering."""

    code = "order_unknown_offering"

    def __init__(self, offering: str) -> None:
        super().__init__(
            f"产品目录里没有“{offering[:60]}”，没有提交，篮内其他内容已保留。请移除这一项，重新搜索产品后加入。"
        )


class NotHeld(Conflict):
    """The customer does not hold what the basket wants to cancel, or holds it no longer."""

    code = "order_not_held"

    def __init__(self, name: str) -> None:
        super().__init__(f"客户名下已没有“{name[:60]}”，没有提交，篮内内容已保留。请刷新客户页面后核对。")


class AlreadyHeld(Conflict):
    """The customer holds, or has reserved, what the basket wants to add."""

    code = "order_already_held"

    def __init__(self, name: str) -> None:
        super().__init__(f"客户已开通或已预约“{name[:60]}”，没有重复办理，篮内内容已保留。请移除这一项。")


class PlanReserved(Conflict):
    """Another plan is reserved already and would take effect on the same day."""

    code = "order_plan_reserved"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"客户已预约“{name}”，尚未生效，没有再换。篮内内容已保留；要改换，请先取消预约（或把取消预约一并加入受理篮）。"
        )


class ReservationStranded(Conflict):
    """Another reservation counts on the one that is to be cancelled."""

    code = "order_reservation_stranded"

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(
            f"取消后，另外预约的“{'、'.join(names)}”不能与继续使用的业务并存。"
            "没有取消任何内容，请先取消这些预约，再取消这一项。"
        )


class NoteTooLong(Invalid):
    """The note of an order is longer than an order can need."""

    code = "order_note_too_long"

    def __init__(self, most: int, length: int) -> None:
        super().__init__(
            f"受理备注有 {length} 字，最多 {most} 字。没有提交，所填内容已保留，请缩短后再提交。"
        )


class BadIdempotencyKey(Invalid):
    """The key of the page is missing or was used for another customer."""

    code = "order_bad_key"

    def __init__(self) -> None:
        super().__init__(
            "这个页面的提交编号无效或属于另一位客户，没有提交，篮内内容已保留。请刷新页面后再提交。"
        )


class KeyUsedOtherwise(Conflict):
    """The key of the page has placed an order of something else."""

    code = "order_key_used_otherwise"

    def __init__(self, number: str) -> None:
        super().__init__(
            f"这个页面已经提交过，生成的是受理单 {number}，内容与现在的受理篮不同。"
            "没有再提交，篮内内容已保留，请刷新页面，核对后再提交。"
        )


class IdentityNotVerified(Forbidden):
    """The caller has not passed the checks this operation asks for."""

    code = "order_identity_not_verified"

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(names)
        super().__init__(
            f"办理前还须核验：{'、'.join(names)}。没有提交，篮内内容已保留，请核验通过后再提交。"
        )


class NotAssigned(Forbidden):
    """A store orders only for customers whose work order is in its queue."""

    code = "order_not_assigned"

    def __init__(self) -> None:
        super().__init__("这位客户没有派给本厅的工单，不能办理，没有任何改动。请让热线先把工单派到本厅。")


class NotAllTold(CrmError):
    """A sentence has not been read out, or the customer has not agreed."""

    kind = ErrorKind.REFUSED
    code = "order_not_all_told"

    def __init__(self, texts: Sequence[str]) -> None:
        self.texts = tuple(texts)
        super().__init__(f"还没有向客户说明并勾选：{_listed(texts)}。没有提交，篮内内容已保留。")


class NotOrderable(CrmError):
    """The verdict is severer than consent. Carries the judgement."""

    kind = ErrorKind.REFUSED
    code = "order_refused_by_rules"

    def __init__(self, verdict_name: str, reasons: Sequence[str], judgement: Any) -> None:
        self.judgement = judgement
        super().__init__(
            f"按规则{verdict_name}：{_listed(reasons, 3)}。没有提交，篮内内容已保留，请按提示的步骤处理。"
        )


class ChangedMeanwhile(Conflict):
    """What was read out is no longer what would happen. Carries the new judgement and the differences."""

    code = "order_changed_meanwhile"

    def __init__(self, differences: Sequence[str], judgement: Any) -> None:
        self.differences = tuple(differences)
        self.judgement = judgement
        super().__init__(
            f"核对之后情况有变化：{_listed(differences)}。没有提交，篮内内容已保留，请按新的结果重新告知客户后提交。"
        )


class OrderMissing(Missing):
    """No such order."""

    code = "order_missing"

    def __init__(self) -> None:
        super().__init__("没有找到这张受理单，没有任何改动。请核对单号，或从客户页面打开。")


class NothingReserved(Conflict):
    """Everything of the order has taken effect or was cancelled."""

    code = "order_nothing_reserved"

    def __init__(self) -> None:
        super().__init__("这张受理单没有待生效的业务，没有取消任何内容。已生效的业务请按取消业务办理。")


class LossesNotConfirmed(CrmError):
    """What the customer loses has not been read out and confirmed (clause 11 note 3)."""

    kind = ErrorKind.REFUSED
    code = "order_losses_not_confirmed"

    def __init__(self, losses: Sequence[str]) -> None:
        self.losses = tuple(losses)
        super().__init__(
            f"派发工单前须向客户逐项说明将失去：{_listed(losses)}，并勾选客户已确认。工单没有建立，篮内内容已保留。"
        )


class NoSuchStep(Conflict):
    """The judgement does not offer this step (any more)."""

    code = "order_no_such_step"

    def __init__(self) -> None:
        super().__init__("按现在的核对结果不需要这一步了，没有建立工单，篮内内容已保留。请重新核对受理篮。")


class WishMissing(Missing):
    """No such waiting wish, or it is not the state that allows this."""

    code = "order_wish_missing"

    def __init__(self) -> None:
        super().__init__("这项待办意愿不存在或已处理，没有任何改动。请刷新客户页面。")


class NetworkRefused(CrmError):
    """The network says no, and will say so again."""

    kind = ErrorKind.REFUSED
    code = "order_network_refused"


class NotGroupOwner(Forbidden):
    """Only the owner of a group decides for all of its members."""

    code = "order_not_group_owner"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"来电客户不是“{name[:60]}”的归属客户，不能为全部成员办理，没有任何改动。"
            "可以只为本号码办理；整体变更请归属客户来电，或转集团业务组。"
        )


class GroupChangeUnclear(Invalid):
    """A group change that cannot be understood."""

    code = "order_group_change_unclear"

    def __init__(self, what: str) -> None:
        super().__init__(f"{what}，没有提交。请从客户页面重新打开后选择。")


class GroupBusy(Conflict):
    """Another order for the whole group is still being carried out."""

    code = "order_group_busy"

    def __init__(self, number: str) -> None:
        super().__init__(f"这个集团的整单 {number} 还在逐个办理，没有重复提交。请等它完成后再看结果。")


class GroupNothingToDo(CrmError):
    """No member can get an order or a work order."""

    kind = ErrorKind.REFUSED
    code = "order_group_nothing"

    def __init__(self, reason: str) -> None:
        super().__init__(f"没有一个成员现在可以办理，没有提交：{reason.rstrip('。')}。请按各成员的提示处理。")


class GroupOrderMissing(Missing):
    """No such group order."""

    code = "order_group_missing"

    def __init__(self) -> None:
        super().__init__("没有找到这张整单，没有任何改动。请核对单号。")


class NoPlan(CrmError):
    """No steps make the basket possible."""

    kind = ErrorKind.REFUSED
    code = "order_no_plan"

    def __init__(self, reasons: Sequence[str]) -> None:
        why = "；".join(each.rstrip("。") for each in reasons[:3]) or "规则不允许"
        super().__init__(f"没有办法让这项办理变为可行：{why}。没有任何改动，请看可以替代的业务。")
