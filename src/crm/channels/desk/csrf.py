"""A form counts only when it comes from our own page: every unsafe request carries the session's secret."""

import hmac

from crm.channels.desk.views import DeskRequest
from crm.platform.errors import Forbidden

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
FIELD = "_csrf"
HEADER = "x-csrf-token"


class ForgedForm(Forbidden):
    """The secret is missing or wrong: a page from before the last log-in, or a foreign page."""

    code = "desk_forged_form"

    def __init__(self) -> None:
        super().__init__("页面已过期，本次提交没有生效，填写的内容仍按通话保存。请刷新页面后重新提交。")


async def check(request: DeskRequest, expected: str) -> None:
    """Raise `ForgedForm` unless the request is safe or carries `expected`."""
    if request.method in SAFE:
        return
    given = request.headers.get(HEADER, "")
    if not given:
        value = (await request.form()).get(FIELD, "")
        given = value if isinstance(value, str) else ""
    if not expected or not hmac.compare_digest(given.encode(), expected.encode()):
        raise ForgedForm
