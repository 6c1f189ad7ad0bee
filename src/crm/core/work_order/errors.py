"""Refusals of the work-order room: what happened, what was kept, what to do."""

from crm.platform.errors import Conflict, CrmError, ErrorKind, Forbidden, Invalid, Missing


class WorkOrderMissing(Missing):
    """No work order has this number, or it is not for this person."""

    code = "work_order_missing"

    def __init__(self, number: str) -> None:
        super().__init__(
            f"没有找到工单 {number}，或者它不在您的受理范围内。请核对工单号，或在“工单队列”里按号码查找。"
        )


class TypeMissing(Missing):
    """No work-order type has this code or name."""

    code = "work_order_type_missing"

    def __init__(self, wanted: str, nearest: str | None) -> None:
        hint = f"您要找的可能是“{nearest}”。" if nearest else ""
        super().__init__(f"没有“{wanted}”这种工单类型，没有建单，已填内容仍保留。{hint}请从类型列表中选择。")


class QueueMissing(Missing):
    """No queue has this code."""

    code = "work_order_queue_missing"

    def __init__(self, wanted: str) -> None:
        super().__init__(f"没有编号为“{wanted}”的工单队列，没有任何改动。请从队列列表中选择。")


class ColleagueMissing(Missing):
    """The staff number to give the order to is unknown, or not in the queue's group."""

    code = "work_order_colleague_missing"

    def __init__(self, staff_number: str, queue_name: str) -> None:
        super().__init__(
            f"工号 {staff_number} 不存在、已停用，或不是“{queue_name}”的成员，工单没有改派。"
            "请核对工号，或先转到对方所在的队列。"
        )


class FieldsInvalid(Invalid):
    """At least one form field cannot be accepted; `fields` names each with its Chinese message."""

    code = "work_order_fields_invalid"

    def __init__(self, fields: dict[str, str]) -> None:
        super().__init__(
            f"有 {len(fields)} 处需要补正，工单还没有提交，已填内容仍保留：{'；'.join(fields.values())}"
        )
        self.fields = fields


class KeyReused(Conflict):
    """The same idempotency key was used for another work order."""

    code = "work_order_key_reused"

    def __init__(self, number: str) -> None:
        super().__init__(
            f"这张表单已经提交过，生成的是工单 {number}，本次没有再建单。要另建一张，请重新打开建单页面。"
        )


class AlreadyOpen(Conflict):
    """The same held product has an order of this type under way."""

    code = "work_order_already_open"

    def __init__(self, type_name: str, number: str) -> None:
        super().__init__(
            f"这项业务已有未办结的“{type_name}”工单 {number}，没有再建单，已填内容仍保留。"
            "请在该工单里备注，或请值班长催办。"
        )


class WorkOrderChanged(Conflict):
    """Somebody else changed the order since this person read it."""

    code = "work_order_changed"

    def __init__(self, number: str, who: str, what: str) -> None:
        super().__init__(
            f"工单 {number} 刚被{who}{what}，您的操作没有生效，填写的内容仍保留。"
            "请先看最新处理记录，再决定是否重新提交。"
        )


class StepNotPossible(Conflict):
    """The state of the order does not know this step."""

    code = "work_order_step_not_possible"

    def __init__(self, action: str, state: str) -> None:
        super().__init__(
            f"工单现在是“{state}”，不能{action}，没有任何改动，填写的内容仍保留。请刷新后按当前状态可做的操作继续。"
        )


class StepNotYours(Forbidden):
    """Another post must take this step."""

    code = "work_order_step_not_yours"

    def __init__(self, action: str, whose: str) -> None:
        super().__init__(
            f"这张工单由{whose}{action}，您不能代办，没有任何改动。需要跟进可以添加备注，或请值班长催办。"
        )


class ReasonNeeded(Invalid):
    """The step needs words."""

    code = "work_order_reason_needed"

    def __init__(self, what: str) -> None:
        super().__init__(f"请填写{what}，操作没有生效，其他内容仍保留。")


class CannotClose(CrmError):
    """Archiving lacks something; `lacking` lists all of it."""

    kind = ErrorKind.REFUSED
    code = "work_order_cannot_close"

    def __init__(self, lacking: list[str]) -> None:
        super().__init__(f"工单还不能办结，填写的内容仍保留。还缺：{'；'.join(lacking)}。补齐后再提交。")
        self.lacking = lacking


class ChildrenOpen(CrmError):
    """An assistance order must end first."""

    kind = ErrorKind.REFUSED
    code = "work_order_children_open"

    def __init__(self, numbers: list[str]) -> None:
        super().__init__(
            f"协办工单 {'、'.join(numbers)} 还没有办完，本单暂不能继续，填写的内容仍保留。"
            "请先催办或撤销协办单。"
        )


class CheckNeeded(CrmError):
    """The type needs an identity check of the caller on this call."""

    kind = ErrorKind.REFUSED
    code = "work_order_check_needed"

    def __init__(self, type_name: str, checks: list[str]) -> None:
        super().__init__(
            f"“{type_name}”须在本次通话中先通过{'和'.join(checks)}核验，工单还没有提交，已填内容仍保留。请核验后再提交。"
        )


class ProductNeeded(Invalid):
    """Orders of this type are made for a held product only, by a step of the basket."""

    code = "work_order_product_needed"

    def __init__(self, type_name: str) -> None:
        super().__init__(
            f"“{type_name}”要针对客户名下的一项业务，没有建单，已填内容仍保留。"
            "请在受理台把该业务加入受理篮，按核对结果里的步骤派单。"
        )


class ProductOfAnother(Conflict):
    """The held product is not one of the line the order is about."""

    code = "work_order_product_of_another"

    def __init__(self) -> None:
        super().__init__(
            "这项业务不在该客户号码名下，没有建单，已填内容仍保留。请刷新客户页面，从该客户的在用业务重新发起。"
        )


class BrokenContent(Invalid):
    """The content folder has mistakes; the last good set stays in use."""

    code = "work_order_broken_content"

    def __init__(self, problems: list[str]) -> None:
        super().__init__(
            f"工单配置有 {len(problems)} 处错误，没有载入，仍使用上一次的配置：{'；'.join(problems[:3])}"
        )


class TooLong(Invalid):
    """A text exceeds its limit."""

    code = "work_order_text_too_long"

    def __init__(self, what: str, length: int, limit: int) -> None:
        super().__init__(
            f"{what}共 {length} 字，最多 {limit} 字，操作没有生效，填写的内容仍保留。"
            "请精简，或分几条备注填写。"
        )


class TypeNotForRole(Forbidden):
    """Orders of this type are created by other roles."""

    code = "work_order_type_not_for_role"

    def __init__(self, type_name: str, roles: str) -> None:
        super().__init__(
            f"“{type_name}”工单由{roles}建立，没有建单，已填内容仍保留。请联系相应岗位，或改选您可以建的类型。"
        )
