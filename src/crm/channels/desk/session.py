"""Who is asking: the session cookie becomes an actor, and a form's secret is checked on the way."""

from urllib.parse import quote
from uuid import UUID

import msgspec
from litestar.datastructures import Cookie

from crm.channels.desk import csrf
from crm.channels.desk.views import DeskRequest
from crm.core.interaction.service import InteractionService
from crm.core.staff.errors import NotLoggedIn
from crm.core.staff.schemas import Actor
from crm.core.staff.service import StaffService
from crm.platform.errors import Forbidden

COOKIE = "crm_session"
PASSWORD_PAGE = "/password"  # noqa: S105  (an address)


class PasswordMustChange(Forbidden):
    """The first log-in with a password somebody else made."""

    code = "desk_password_must_change"

    def __init__(self) -> None:
        super().__init__("初始密码须先修改才能继续工作。请设置新密码。")


async def provide_actor(request: DeskRequest, staff: StaffService, interactions: InteractionService) -> Actor:
    """The logged-in person. Raises `NotLoggedIn`, `ForgedForm` or `PasswordMustChange`.

    Every handler with a side effect takes `actor`, so that no form is taken without its secret.
    """
    token = request.cookies.get(COOKIE, "")
    if not token:
        raise NotLoggedIn
    actor, secret = await staff.actor_of(token, address_of(request))
    state = request.state  # a new door to the same values at every access
    state.actor, state.csrf = actor, secret
    await csrf.check(request, secret)
    call = await _call_of(request)
    if call is not None:
        if not _verifies_itself(request):
            call = await interactions.own_call(actor, call)
        state.actor = actor = msgspec.structs.replace(actor, interaction_id=call)
    if actor.must_change_password and request.url.path not in (PASSWORD_PAGE, "/logout"):
        raise PasswordMustChange
    return actor


async def _call_of(request: DeskRequest) -> UUID | None:
    """The call a request speaks of, for the audit log: in the path, the query or the form."""
    given = request.path_params.get("call_id") or request.query_params.get("call", "")
    if not given and request.method not in csrf.SAFE:
        given = (await request.form()).get("call", "")
    try:
        return UUID(str(given)) if given else None
    except ValueError:
        return None


def _verifies_itself(request: DeskRequest) -> bool:
    """The console's own statements ask whose call it is before anything is recorded on it."""
    return request.url.path == "/desk" or request.url.path.startswith("/desk/")


def address_of(request: DeskRequest) -> str:
    """The caller's IP address as the server sees it."""
    return request.client.host if request.client else ""


def session_cookie(token: str, secure: bool) -> Cookie:
    """The cookie of a session; scripts cannot read it and foreign pages do not send it with a form."""
    return Cookie(key=COOKIE, value=token, path="/", httponly=True, samesite="lax", secure=secure)


def safe_next(url: str) -> str:
    """A page of ours to go on to, or nothing: never an address elsewhere."""
    local = url.startswith("/") and not url.startswith(("//", "/\\")) and "\n" not in url and "\r" not in url
    return url if local and not url.startswith(("/login", "/logout")) else ""


def login_url(request: DeskRequest) -> str:
    """The log-in page that comes back to where the person was."""
    path = request.headers.get("hx-current-url", "") if request.headers.get("hx-request") == "true" else ""
    if path:
        origin = f"{request.url.scheme}://{request.url.netloc}"
        path = path.removeprefix(origin)
    elif request.method == "GET":
        path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    else:
        path = request.headers.get("referer", "").removeprefix(f"{request.url.scheme}://{request.url.netloc}")
    path = safe_next(path)
    return f"/login?next={quote(path, safe='')}" if path else "/login"
