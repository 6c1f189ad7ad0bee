"""Refusals of the staff room."""

from crm.platform.errors import CrmError, ErrorKind, Forbidden


class NotAllowed(Forbidden):
    """The actor's role lacks the permission."""

    code = "staff_not_allowed"

    def __init__(self, what: str) -> None:
        super().__init__(f"您的角色不能{what}，没有任何改动。需要办理请转给有权限的同事或联系值班长。")


class WrongLogin(CrmError):
    """Staff number or password is wrong; which of them is not said."""

    kind = ErrorKind.INVALID
    code = "staff_wrong_login"

    def __init__(self) -> None:
        super().__init__("工号或密码不正确，请核对后重新输入。连续输错会暂时锁定工号。")


class LockedOut(CrmError):
    """Too many failures in a row."""

    kind = ErrorKind.FORBIDDEN
    code = "staff_locked_out"

    def __init__(self, minutes: int) -> None:
        super().__init__(f"连续输错次数过多，工号已锁定，请 {minutes} 分钟后再试，或联系管理员解锁。")


class NotLoggedIn(CrmError):
    """There is no session, or it has ended."""

    kind = ErrorKind.FORBIDDEN
    code = "staff_not_logged_in"

    def __init__(self) -> None:
        super().__init__("登录已失效，您填写的内容已按通话保存。请重新登录后继续。")


class WeakPassword(CrmError):
    """The new password is too easy, or the old one is wrong."""

    kind = ErrorKind.INVALID
    code = "staff_weak_password"
