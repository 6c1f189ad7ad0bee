"""Refusals of the interaction room."""

from crm.platform.errors import CrmError, ErrorKind


class CallNotOpen(CrmError):
    """The call has ended, or is another agent's."""

    kind = ErrorKind.CONFLICT
    code = "interaction_not_open"

    def __init__(self) -> None:
        super().__init__("这通电话已经结束或不属于您，本次操作没有生效。请重新打开客户后继续。")


class WrongNumber(CrmError):
    """Own-number check: the caller's number is not the line it is about."""

    kind = ErrorKind.REFUSED
    code = "interaction_wrong_number"

    def __init__(self) -> None:
        super().__init__("来电号码与所办号码不同，不能按“本机”核验。请改用服务密码或短信验证码。")


class CodeTooSoon(CrmError):
    """A code was sent moments ago."""

    kind = ErrorKind.BUSY
    code = "interaction_code_too_soon"

    def __init__(self) -> None:
        super().__init__("验证码刚刚已发送，请让客户查看短信；一分钟后可以重发。")


class CodeLocked(CrmError):
    """Too many wrong codes for a line: none is sent and none is taken for a while."""

    kind = ErrorKind.BUSY
    code = "interaction_code_locked"

    def __init__(self, minutes: int) -> None:
        super().__init__(
            f"这个号码连续输错验证码，短信核验已锁定，没有再发送；约 {minutes} 分钟后可以重发。"
            "请改用其他方式核验，或引导客户到营业厅。"
        )


class SmsUnavailable(CrmError):
    """The SMS gateway does not take messages."""

    kind = ErrorKind.BUSY
    code = "interaction_sms_unavailable"

    def __init__(self) -> None:
        super().__init__("短信暂时发不出去，核验没有进行。请稍后重发，或改用其他方式。")


class UnknownReason(CrmError):
    """The call reason is not in the list."""

    kind = ErrorKind.INVALID
    code = "interaction_unknown_reason"

    def __init__(self) -> None:
        super().__init__("请从列表里选择来电原因，小结尚未提交，备注已保存。")


class NoteTooLong(CrmError):
    """A note or draft larger than a call can need."""

    kind = ErrorKind.INVALID
    code = "interaction_note_too_long"

    def __init__(self, most: int) -> None:
        super().__init__(f"内容超过 {most} 字，上一次保存的内容仍在。请缩短后再保存。")
