"""What a person sees when something goes wrong: what happened, what was kept, what to do."""

import logging
from collections.abc import Callable
from typing import Any

from litestar import Response
from litestar.exceptions import HTTPException

from crm.channels.desk.security_headers import HEADERS
from crm.channels.desk.session import COOKIE, PasswordMustChange, login_url
from crm.channels.desk.views import DeskRequest, Views, html, is_htmx, see_other
from crm.core.staff.errors import NotLoggedIn
from crm.platform.errors import Conflict, CrmError, ErrorKind

log = logging.getLogger(__name__)


class BasketMoved(Conflict):
    """The page showed another basket than the one there is now."""

    code = "desk_basket_moved"

    def __init__(self) -> None:
        super().__init__("受理篮已在另一处改动，这一步没有生效。请以现在篮内的内容为准，核对后再操作。")


STATUS: dict[ErrorKind, int] = {
    ErrorKind.MISSING: 404,
    ErrorKind.CONFLICT: 409,
    ErrorKind.REFUSED: 422,
    ErrorKind.INVALID: 422,
    ErrorKind.FORBIDDEN: 403,
    ErrorKind.BUSY: 503,
}
TITLES: dict[int, str] = {
    403: "没有权限",
    404: "没有找到",
    409: "内容已被更新",
    413: "内容过大",
    422: "没有办成",
    503: "暂时办不了",
}
WORDS: dict[int, str] = {
    400: "请求无法识别，没有任何改动。请返回上一页重新操作。",
    404: "这个页面不存在，没有任何改动。请检查地址，或从上方菜单进入。",
    405: "这个操作不能这样打开，没有任何改动。请返回上一页重新操作。",
    413: "提交的内容过大，没有生效。请缩短后再提交。",
}
UNEXPECTED = "系统出现意外错误，本次操作没有生效，已保存的草稿都在。请重试；仍不行请把时间和页面告诉值班长。"


def exception_handlers(views: Views) -> dict[type[Exception], Callable[[DeskRequest, Any], Response[Any]]]:
    """One place that maps a kind of error to a status and words."""

    def refused(request: DeskRequest, error: CrmError) -> Response[Any]:
        if isinstance(error, NotLoggedIn):
            return _sealed(_to_login(request))
        if isinstance(error, PasswordMustChange):
            return _sealed(see_other(request, "/password"))
        return _sealed(error_response(views, request, STATUS[error.kind], error.message, error.code))

    def failed(request: DeskRequest, error: HTTPException) -> Response[Any]:
        status = error.status_code
        if status >= 500:
            log.error("%s on %s %s", error, request.method, request.url.path, exc_info=error)
        words = WORDS.get(status, WORDS[400] if status < 500 else UNEXPECTED)
        return _sealed(error_response(views, request, status, words, ""))

    def broke(request: DeskRequest, error: Exception) -> Response[Any]:
        log.error("unexpected error on %s %s", request.method, request.url.path, exc_info=error)
        return _sealed(error_response(views, request, 500, UNEXPECTED, ""))

    return {CrmError: refused, HTTPException: failed, Exception: broke}


def error_response(views: Views, request: DeskRequest, status: int, message: str, code: str) -> Response[str]:
    """An error as a page, or for htmx as a message that leaves the form and what was typed in it alone."""
    title = TITLES.get(status, "没有办成" if status < 500 else "系统出错")
    if is_htmx(request):
        body = views.render(
            request, "desk/error/error.html", ["message"], title=title, message=message, code=code
        )
        return html(body, status, {"HX-Retarget": "#toast", "HX-Reswap": "innerHTML"})
    body = views.render(
        request,
        "desk/error/error.html",
        title=title,
        message=message,
        code=code,
        back=request.headers.get("referer", "") if request.method != "GET" else "",
    )
    return html(body, status, {"Retry-After": "5"} if status == 503 else None)


def _to_login(request: DeskRequest) -> Response[Any]:
    response = see_other(request, login_url(request))
    if COOKIE in request.cookies:
        response.delete_cookie(COOKIE, path="/")
    return response


def _sealed(response: Response[Any]) -> Response[Any]:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response
