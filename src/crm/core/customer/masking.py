"""What of a person's data is shown without an approved reason (domain: names and identity numbers masked)."""

_COMPOUND_SURNAMES = frozenset(
    {"欧阳", "司马", "上官", "诸葛", "东方", "皇甫", "尉迟", "公孙", "慕容", "令狐"}
    | {"宇文", "长孙", "司徒", "夏侯", "端木", "独孤", "南宫", "轩辕", "闻人", "澹台"}
)
_IDENTITY_LENGTH = 18


def mask_name(name: str, kind: str = "person") -> str:
    """The family name and two stars: 张**. An organisation's registered name is public and stays."""
    if kind == "organisation" or not name:
        return name
    shown = 2 if len(name) > 2 and name[:2] in _COMPOUND_SURNAMES else 1
    return f"{name[:shown]}**"


def mask_identity(tail: str) -> str:
    """First four and last four of an identity number: 5201**********1234. Empty when none is recorded."""
    if len(tail) != 8:
        return ""
    return f"{tail[:4]}{'*' * (_IDENTITY_LENGTH - 8)}{tail[4:]}"


def tail_of(identity: str) -> str:
    """What is stored of an identity number in clear: first four and last four."""
    return identity[:4] + identity[-4:] if len(identity) >= 8 else ""
