"""What an agent should notice before speaking. Pure."""

from datetime import datetime, timedelta

from crm.core.customer.schemas import Customer360, Warning360

REPEAT_WITHIN = timedelta(hours=72)
LOCK_IN_ENDS_WITHIN_DAYS = 60
_MOST_NAMED = 3
_SHOWN_CONTACTS = 10


def warnings_of(page: Customer360, now: datetime) -> tuple[Warning360, ...]:
    """The warnings of a page, most pressing first."""
    return (
        *_other_staff(page),
        *_line_state(page),
        *_profile(page),
        *_password(page),
        *_repeat_call(page, now),
        *_change_pending(page),
        *_overdue(page),
        *_lock_ins(page),
    )


def _other_staff(page: Customer360) -> list[Warning360]:
    if not page.other_staff:
        return []
    numbers = "、".join(each.staff_number for each in page.other_staff)
    return [_alert("other_staff", f"工号 {numbers} 正在服务该客户，提交前请先核对，避免重复受理。")]


def _line_state(page: Customer360) -> list[Warning360]:
    if page.status == "suspended":
        return [_alert("suspended", "号码已停机。请先核实停机原因，再受理其他业务。")]
    if page.status == "closed":
        return [_alert("closed", "号码已销户，不能办理业务。")]
    return []


def _profile(page: Customer360) -> list[Warning360]:
    if page.profile_recorded:
        return []
    return [
        _alert("profile_missing", "客户资料未登记。更改套餐前须本人带证件到营业厅补登（注意事项第3条）。")
    ]


def _password(page: Customer360) -> list[Warning360]:
    if page.password_locked_until_at is None:
        return []
    return [_caution("password_locked", "服务密码连续输错，暂时锁定。请改用其他核身方式或稍后再试。")]


def _repeat_call(page: Customer360, now: datetime) -> list[Warning360]:
    # The call that is running now is no repetition of itself.
    recent = [
        each
        for each in page.contacts
        if each.channel == "hotline" and each.ended_at and now - each.started_at <= REPEAT_WITHIN
    ]
    if not recent:
        return []
    times = f"{len(recent)} 次以上" if len(recent) == _SHOWN_CONTACTS else f"{len(recent)} 次"
    last = f"，上次：{recent[0].reason}" if recent[0].reason else ""
    return [_caution("repeat_call", f"72 小时内已来电 {times}{last}。先看接触历史，不要让客户重复诉求。")]


def _change_pending(page: Customer360) -> list[Warning360]:
    reserved = [each for each in page.products if each.state == "reserved"]
    if not reserved:
        return []
    first = min(reserved, key=lambda each: each.starts_on)
    others = f"等 {len(reserved)} 项" if len(reserved) > 1 else ""
    return [_caution("change_pending", f"有预约变更：{first.name}{others}，{first.starts_on} 生效。")]


def _overdue(page: Customer360) -> list[Warning360]:
    late = [each.number for each in page.open_work_orders if each.overdue]
    if not late:
        return []
    return [_caution("work_order_overdue", f"工单 {'、'.join(late[:_MOST_NAMED])} 已超时限，请致歉并催办。")]


def _lock_ins(page: Customer360) -> list[Warning360]:
    return [
        Warning360(
            kind="lock_in_ends",
            severity="info",
            text=f"{each.name}合约 {each.locked_until} 到期（还有 {each.days_locked} 天），可介绍续约。",
        )
        for each in page.products
        if each.locked and each.days_locked <= LOCK_IN_ENDS_WITHIN_DAYS
    ]


def _alert(kind: str, text: str) -> Warning360:
    return Warning360(kind=kind, severity="alert", text=text)


def _caution(kind: str, text: str) -> Warning360:
    return Warning360(kind=kind, severity="caution", text=text)
