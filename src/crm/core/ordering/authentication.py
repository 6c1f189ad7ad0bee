"""Which identity checks an operation asks for on a channel (domain.md §3; S0, S1, S2)."""

from collections.abc import Iterable

from crm.core.ordering.schemas import AuthCheck

CHECK_NAMES: dict[str, str] = {
    "service_password": "服务密码",
    "sms_code": "短信验证码",
    "own_number": "本机来电",
    "login": "登录",
    "identity_document": "机主有效证件",
}

# Any change of products: the hotline asks for two independent proofs, a store sees the owner's document.
PRODUCT_CHANGE: dict[str, tuple[str, ...]] = {
    "hotline": ("service_password", "sms_code"),
    "web": ("login", "sms_code"),
    "app": ("login", "sms_code"),
    "sms": ("own_number",),
    "store": ("identity_document",),
}
_STRICTEST = ("service_password", "sms_code")

# A store clerk who has seen the owner's document records this step in the basket.
DOCUMENT_SEEN = "identity:document"


def checks_for_change(
    channel: str, passed: Iterable[str], recorded: Iterable[str] = ()
) -> tuple[AuthCheck, ...]:
    """The checks a product change asks for on `channel`; an unknown channel asks for the strictest."""
    done = set(passed)
    if DOCUMENT_SEEN in recorded:
        done.add("identity_document")
    wanted = PRODUCT_CHANGE.get(channel, _STRICTEST)
    return tuple(AuthCheck(method, CHECK_NAMES[method], method in done) for method in wanted)
