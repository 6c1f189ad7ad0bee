"""The templates of the staff pages, and how a handler turns a view into a page or a piece of it."""

from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from jinja2_fragments import render_block, render_blocks
from litestar import Request, Response
from litestar.datastructures import State
from litestar.enums import MediaType
from markupsafe import Markup, escape

from crm.channels.desk import console_words, formats, timeline
from crm.channels.desk.assets import asset
from crm.channels.desk.difference import shown_difference
from crm.channels.desk.navigation import navigation
from crm.platform.clock import Clock

DeskRequest = Request[Any, Any, State]
THEMES = ("light", "dark")
THEME_COOKIE = "crm_theme"


def is_htmx(request: DeskRequest) -> bool:
    """Whether htmx asks for a piece rather than the browser for a page."""
    return request.headers.get("hx-request") == "true"


class _Pages(Environment):
    """Jinja, with the names every template knows in one dictionary: chained ones are slow to copy."""

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        known: dict[str, Any] = self.globals  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]  # Jinja leaves it untyped
        return {**known, **d} if d else known


@dataclass(frozen=True)
class Views:
    """Renders templates. A handler without JavaScript gets the page, htmx only the named blocks of it."""

    environment: Environment
    clock: Clock

    @classmethod
    def load(cls, folder: Path, clock: Clock, auto_reload: bool = False) -> "Views":
        """Read templates from `folder`; a name nobody gave is an error, never an empty place."""
        environment = _Pages(
            loader=FileSystemLoader(folder),
            autoescape=True,
            undefined=StrictUndefined,
            auto_reload=auto_reload,
            cache_size=-1,
            trim_blocks=True,
            lstrip_blocks=True,
        )

        filters: dict[str, Any] = environment.filters  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]  # Jinja leaves it untyped
        filters.update(_filters(clock))
        shared: dict[str, Any] = environment.globals  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]  # Jinja leaves it untyped
        shared.update(_globals(clock))
        # Macros that need no context are loaded once and are there in every template and block.
        shared["ui"] = environment.get_template("shared/ui.html").module
        return cls(environment, clock)

    def render(self, request: DeskRequest, template: str, blocks: Sequence[str] = (), **context: Any) -> str:
        """The whole template, or only its named blocks one after the other."""
        context = self._common(request) | context
        if not blocks:
            return self.environment.get_template(template).render(context)
        if len(blocks) == 1:
            return render_block(self.environment, template, blocks[0], context)
        return render_blocks(self.environment, template, blocks, context)

    def page(
        self,
        request: DeskRequest,
        template: str,
        blocks: Sequence[str] = (),
        *,
        status: int = 200,
        headers: dict[str, str] | None = None,
        **context: Any,
    ) -> Response[str]:
        """A page; for htmx only `blocks` of it, when any are named."""
        wanted = blocks if is_htmx(request) else ()
        return html(self.render(request, template, wanted, **context), status, headers)

    def clock_text(self) -> str:
        """The time of day, for "saved at"."""
        return formats.moment_text(self.clock.now())[11:]

    def _common(self, request: DeskRequest) -> dict[str, Any]:
        theme = request.cookies.get(THEME_COOKIE, "")
        state = request.state
        return {
            "actor": state.get("actor"),
            "csrf": state.get("csrf", ""),
            "theme": theme if theme in THEMES else "",
            "htmx": is_htmx(request),
            "active": "",
        }


def _filters(clock: Clock) -> dict[str, Any]:
    def moment(at: datetime | None) -> Markup:
        return formats.moment(at, clock.now())

    def ago(at: datetime | None) -> Markup:
        return formats.ago(at, clock.now())

    return {
        "money": formats.money,
        "msisdn": formats.msisdn,
        "day": formats.day,
        "moment": moment,
        "ago": ago,
        "segments": segments,
        "bold": bold,
        "slots": slots,
    }


def _globals(clock: Clock) -> dict[str, Any]:
    return console_words.GLOBALS | {
        "icon": formats.icon,
        "asset": asset,
        "verdict_look": formats.verdict_look,
        "role_name": formats.role_name,
        "navigation": navigation,
        "now": clock.now,
        "money": formats.money,
        "csrf_field": csrf_field,
        "shown_difference": shown_difference,
        "axis_of": timeline.axis_of,
        "bar": timeline.bar,
        "scale": timeline.scale,
    }


def html(body: str, status: int = 200, headers: dict[str, str] | None = None) -> Response[str]:
    """A finished piece of HTML as a response that nobody caches."""
    return Response(
        body,
        status_code=status,
        media_type=MediaType.HTML,
        headers={"Cache-Control": "no-store"} | (headers or {}),
    )


def see_other(request: DeskRequest, url: str) -> Response[str]:
    """Go on to another page: 303 for the browser after a POST, HX-Redirect for htmx."""
    if is_htmx(request):
        return html("", 204, {"HX-Redirect": url})
    return Response("", status_code=303, media_type=MediaType.HTML, headers={"Location": url})


def query_url(path: str, **parameters: str) -> str:
    """`path` with the non-empty parameters, percent-encoded."""
    pairs = [f"{name}={quote(value, safe='')}" for name, value in parameters.items() if value]
    return path + ("?" + "&".join(pairs) if pairs else "")


@pass_context
def csrf_field(context: Context) -> Markup:
    """The hidden field without which no form is taken."""
    return _hidden_field(context["csrf"])


@lru_cache(maxsize=4096)
def _hidden_field(secret: str) -> Markup:
    return Markup('<input type="hidden" name="_csrf" value="{}">').format(secret)


def segments(pieces: Sequence[tuple[str, bool]]) -> Markup:
    """Pieces of text with the matched ones marked; every piece is escaped."""
    return Markup("").join(_marked(text) if hit else escape(text) for text, hit in pieces)


def slots(text: str) -> str:
    """A phrase with the places to fill in, such as {称呼}, in brackets one reads aloud as a gap."""
    return text.replace("{", "〈").replace("}", "〉")


def bold(text: str, words: str) -> Markup:
    """`text` with the first occurrence of `words` marked, both escaped."""
    place = text.lower().find(words.lower()) if words else -1
    if place < 0:
        return escape(text)
    end = place + len(words)
    return escape(text[:place]) + _marked(text[place:end]) + escape(text[end:])


def _marked(text: str) -> Markup:
    return Markup(f"<mark>{escape(text)}</mark>")  # noqa: S704  (escaped right here)
