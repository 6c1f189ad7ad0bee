"""Logging in and out, the own password, and the theme."""

import secrets
from typing import Any

from litestar import Response, get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency

from crm.channels.desk import csrf
from crm.channels.desk.console_page import Console
from crm.channels.desk.forms import Form
from crm.channels.desk.navigation import home_of
from crm.channels.desk.session import COOKIE, address_of, safe_next, session_cookie
from crm.channels.desk.views import THEME_COOKIE, THEMES, DeskRequest, see_other
from crm.core.staff.errors import LockedOut, WeakPassword, WrongLogin
from crm.core.staff.schemas import Actor
from crm.core.staff.service import StaffService
from crm.platform.settings import Settings

LOGIN_COOKIE = "crm_login"
YEAR = 365 * 86400


@get("/", name="home")
async def home(request: DeskRequest, actor: NamedDependency[Actor]) -> Response[Any]:
    """To the first page of this role."""
    return see_other(request, home_of(actor))


@get("/login")
async def login_page(
    request: DeskRequest, console: NamedDependency[Console], settings: NamedDependency[Settings]
) -> Response[Any]:
    """The log-in form, with a secret of its own since there is no session yet."""
    secret = request.cookies.get(LOGIN_COOKIE, "") or secrets.token_urlsafe(24)
    request.state.csrf = secret
    response = console.views.page(
        request,
        "desk/login/login.html",
        next=safe_next(request.query_params.get("next", "")),
        number="",
        problem="",
        demo=settings.demo_data,
    )
    response.set_cookie(
        Cookie(
            LOGIN_COOKIE,
            value=secret,
            path="/login",
            httponly=True,
            samesite="strict",
            secure=settings.cookie_secure,
        )
    )
    return response


@post("/login", status_code=200)
async def log_in(
    request: DeskRequest,
    console: NamedDependency[Console],
    staff: NamedDependency[StaffService],
    settings: NamedDependency[Settings],
) -> Response[Any]:
    """Open a session, or say what is wrong and keep the number."""
    secret = request.cookies.get(LOGIN_COOKIE, "")
    await csrf.check(request, secret)
    form = await Form.read(request)
    goal, number = safe_next(form.line("next", 2000)), form.line("number", 32)
    try:
        login = await staff.log_in(number, form.secret("password"), address_of(request))
    except (WrongLogin, LockedOut) as refusal:
        request.state.csrf = secret
        status = 403 if isinstance(refusal, LockedOut) else 422
        return console.views.page(
            request,
            "desk/login/login.html",
            status=status,
            next=goal,
            number=number,
            problem=refusal.message,
            demo=settings.demo_data,
        )
    response = see_other(request, goal or home_of(login.actor))
    response.set_cookie(session_cookie(login.token, settings.cookie_secure))
    response.delete_cookie(LOGIN_COOKIE, path="/login")
    return response


@post("/logout", status_code=303)
async def log_out(
    request: DeskRequest, actor: NamedDependency[Actor], staff: NamedDependency[StaffService]
) -> Response[Any]:
    """End the session."""
    await staff.log_out(actor, request.cookies.get(COOKIE, ""))
    response = see_other(request, "/login")
    response.delete_cookie(COOKIE, path="/")
    return response


@get("/password")
async def password_page(
    request: DeskRequest, actor: NamedDependency[Actor], console: NamedDependency[Console]
) -> Response[Any]:
    """The form for a new password."""
    return console.views.page(
        request, "desk/account/password.html", problem="", must=actor.must_change_password
    )


@post("/password", status_code=200)
async def change_password(
    request: DeskRequest,
    actor: NamedDependency[Actor],
    console: NamedDependency[Console],
    staff: NamedDependency[StaffService],
) -> Response[Any]:
    """Replace the password; every session ends, so the person logs in anew."""
    form = await Form.read(request)
    try:
        if form.secret("new") != form.secret("again"):
            raise WeakPassword("两次输入的新密码不一致，密码没有改动。请重新输入。")
        await staff.change_password(actor, form.secret("old"), form.secret("new"))
    except WeakPassword as weak:
        return console.views.page(
            request,
            "desk/account/password.html",
            status=422,
            problem=weak.message,
            must=actor.must_change_password,
        )
    response = see_other(request, "/login")
    response.delete_cookie(COOKIE, path="/")
    return response


@post("/theme", status_code=303)
async def choose_theme(
    request: DeskRequest, actor: NamedDependency[Actor], settings: NamedDependency[Settings]
) -> Response[Any]:  # actor: the form's secret
    """Light, dark, or whatever the computer is set to."""
    theme = (await Form.read(request)).line("theme")
    origin = f"{request.url.scheme}://{request.url.netloc}"
    response = see_other(request, safe_next(request.headers.get("referer", "").removeprefix(origin)) or "/")
    if theme in THEMES:
        response.set_cookie(
            Cookie(
                THEME_COOKIE,
                value=theme,
                path="/",
                max_age=YEAR,
                samesite="lax",
                secure=settings.cookie_secure,
            )
        )
    else:
        response.delete_cookie(THEME_COOKIE, path="/")
    return response


route_handlers = [home, login_page, log_in, log_out, password_page, change_password, choose_theme]
