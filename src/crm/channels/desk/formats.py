"""How numbers, moments and states are written on the staff pages; pure functions used as template filters."""

from datetime import date, datetime
from functools import cache
from typing import NamedTuple

from markupsafe import Markup

from crm.core.compatibility.schemas import VERDICT_NAMES, Verdict
from crm.core.staff.schemas import ROLE_NAMES, Role
from crm.platform.clock import SHANGHAI

MINUTE = 60
HOUR = 3600
DAY = 86400
SPRITE = "vendor/lucide-1.62.0.svg"


class Look(NamedTuple):
    """A state's name with its tone and icon: never colour alone."""

    name: str
    tone: str
    icon: str


VERDICT_LOOKS: dict[str, Look] = {
    Verdict.ALLOW: Look(VERDICT_NAMES[Verdict.ALLOW], "good", "circle-check"),
    Verdict.DISCLOSE: Look(VERDICT_NAMES[Verdict.DISCLOSE], "info", "megaphone"),
    Verdict.CONSENT: Look(VERDICT_NAMES[Verdict.CONSENT], "warn", "hand"),
    Verdict.FIRST: Look(VERDICT_NAMES[Verdict.FIRST], "step", "list-checks"),
    Verdict.STORE: Look(VERDICT_NAMES[Verdict.STORE], "shop", "store"),
    Verdict.REFUSE: Look(VERDICT_NAMES[Verdict.REFUSE], "bad", "ban"),
}


def money(fen: int | None) -> str:
    """¥1,234.00 from fen; a price nobody names is said to be unknown, never zero."""
    if fen is None:
        return "资费待查"
    sign = "-" if fen < 0 else ""
    return f"{sign}¥{abs(fen) // 100:,}.{abs(fen) % 100:02d}"


def msisdn(number: str) -> str:
    """138 0013 8000; anything that is not a mobile number is shown as it is."""
    if len(number) == 11 and number.isdigit():
        return f"{number[:3]} {number[3:7]} {number[7:]}"
    return number


def moment_text(at: datetime) -> str:
    """2026-11-22 14:05 in Shanghai."""
    return at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")


def ago_text(at: datetime, now: datetime) -> str:
    """3 分钟前, or 2 小时后 for what is still to come."""
    seconds = int((now - at).total_seconds())
    side, span = ("前", seconds) if seconds >= 0 else ("后", -seconds)
    if span < MINUTE:
        return "刚刚" if seconds >= 0 else "马上"
    if span < HOUR:
        return f"{span // MINUTE} 分钟{side}"
    if span < DAY:
        return f"{span // HOUR} 小时{side}"
    return f"{span // DAY} 天{side}"


def moment(at: datetime | None, now: datetime) -> Markup:
    """The moment, with its distance from now on hover."""
    if at is None:
        return Markup("—")
    return _time(at, ago_text(at, now), moment_text(at))


def ago(at: datetime | None, now: datetime) -> Markup:
    """The distance from now, with the moment on hover."""
    if at is None:
        return Markup("—")
    return _time(at, moment_text(at), ago_text(at, now))


def _time(at: datetime, hover: str, shown: str) -> Markup:
    stamp = at.isoformat(timespec="seconds")
    return Markup(f'<time class="num" datetime="{stamp}" title="{hover}">{shown}</time>')  # noqa: S704  (digits and our own words)


def day(on: date | None) -> str:
    """2026-11-22."""
    return "—" if on is None else on.isoformat()


def verdict_look(value: Verdict | str) -> Look:
    """Name, tone and icon of a verdict."""
    return VERDICT_LOOKS[value]


def role_name(role: Role | str) -> str:
    """The role in Chinese."""
    return ROLE_NAMES[Role(role)]


@cache
def icon(name: str, label: str = "") -> Markup:
    """One symbol of the sprite; decorative unless it carries a label."""
    if label:
        return Markup(
            '<svg class="icon" role="img" aria-label="{}"><use href="/static/{}#{}"/></svg>'
        ).format(label, SPRITE, name)
    return Markup('<svg class="icon" aria-hidden="true"><use href="/static/{}#{}"/></svg>').format(
        SPRITE, name
    )
