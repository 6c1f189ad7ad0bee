"""Pure decisions of the staff room."""

SHORTEST = 8


def password_weakness(new: str, old: str, staff_number: str) -> str | None:
    """What is wrong with a new password, in Chinese; None when it will do."""
    if len(new) < SHORTEST:
        return f"新密码至少 {SHORTEST} 位，密码没有改动。请换一个更长的密码。"
    if len(new) > 200:
        return "新密码过长（最多 200 位），密码没有改动。"
    if new == old:
        return "新密码与原密码相同，密码没有改动。请换一个新的密码。"
    if staff_number in new:
        return "新密码里含有工号，容易被猜到，密码没有改动。请换一个。"
    if new.isdigit() or new.isalpha():
        return "新密码须同时含有字母和数字（或符号），密码没有改动。请换一个。"
    return None
