"""What every template may use: money, times in the clinic's zone, icons, initials, and what the shell knows of the viewer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django import template
from django.conf import settings
from django.forms import BoundField
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from booking.queries import PARTS_OF_DAY, in_part
from core.actor import Actor
from core.pages import actor_of
from identity.acting import memberships_of
from identity.models import Facility, Membership
from identity.names import given_name
from identity.phone import spoken
from web import preferences

register = template.Library()

ICONS = Path(__file__).resolve().parent.parent / "icons"
CLINIC_ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
WEEKDAYS_VI = ("Thứ Hai", "Thứ Ba", "Thứ Tư", "Thứ Năm", "Thứ Sáu", "Thứ Bảy", "Chủ Nhật")
WEEKDAYS_EN = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
SHORT_VI = ("T2", "T3", "T4", "T5", "T6", "T7", "CN")
SHORT_EN = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS_EN = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def is_vietnamese() -> bool:
    """True when the page is shown in Vietnamese, the default."""
    return not (get_language() or "vi").startswith("en")


def in_zone(when: Any, zone: str | None = None) -> datetime | date | None:
    """The instant on the clinic's wall clock; dates stay dates, ISO text is read, anything else is None."""
    if isinstance(when, str):
        try:
            when = datetime.fromisoformat(when)
        except ValueError:
            return None
    if isinstance(when, datetime):
        if timezone.is_naive(when):
            when = timezone.make_aware(when, CLINIC_ZONE)
        return when.astimezone(ZoneInfo(zone) if zone else CLINIC_ZONE)
    return when if isinstance(when, date) else None


@register.filter
def money(value: Any) -> str:
    """Money as people write it: 150.000 ₫. Free is said in words. Takes Money or its JSON form."""
    if value is None or value == "":
        return ""
    if isinstance(value, Mapping):
        amount, currency = int(value["amount"]), str(value["currency"])
    else:
        amount, currency = int(value.amount), str(value.currency)
    if currency == "VND":
        return f"{amount:,}".replace(",", ".") + "\u00a0₫"
    return str(value) if not isinstance(value, Mapping) else f"{amount / 100:,.2f}\u00a0{currency}"


@register.filter
def price(value: Any) -> str:
    """A price on offer: like money, but nothing to pay is called free."""
    amount = value["amount"] if isinstance(value, Mapping) else getattr(value, "amount", None)
    return _("Free") if amount == 0 else money(value)


@register.filter
def clock(when: Any, zone: str | None = None) -> str:
    """HH:MM on the clinic's clock."""
    moment = in_zone(when, zone)
    return f"{moment:%H:%M}" if isinstance(moment, datetime) else ""


@register.filter
def day(when: Any, zone: str | None = None) -> str:
    """Thứ Ba, 24/11/2026 — or Tuesday, 24 Nov 2026."""
    moment = in_zone(when, zone)
    if moment is None:
        return ""
    if is_vietnamese():
        return f"{WEEKDAYS_VI[moment.weekday()]}, {moment:%d/%m/%Y}"
    return f"{WEEKDAYS_EN[moment.weekday()]}, {moment.day} {MONTHS_EN[moment.month - 1]} {moment.year}"


@register.filter
def date_only(when: Any, zone: str | None = None) -> str:
    """24/11/2026 — or 24 Nov 2026."""
    moment = in_zone(when, zone)
    if moment is None:
        return ""
    return f"{moment:%d/%m/%Y}" if is_vietnamese() else f"{moment.day} {MONTHS_EN[moment.month - 1]} {moment.year}"


@register.filter
def day_and_clock(when: Any, zone: str | None = None) -> str:
    """09:30 · Thứ Ba, 24/11/2026"""
    return f"{clock(when, zone)} · {day(when, zone)}" if in_zone(when, zone) else ""


@register.filter
def weekday_short(when: Any, zone: str | None = None) -> str:
    """T3, or Tue: for day strips and calendars."""
    moment = in_zone(when, zone)
    return "" if moment is None else (SHORT_VI if is_vietnamese() else SHORT_EN)[moment.weekday()]


@register.filter
def day_near(when: Any, zone: str | None = None) -> str:
    """Today, tomorrow, yesterday; otherwise the day in full."""
    moment = in_zone(when, zone)
    if moment is None:
        return ""
    that_day = moment.date() if isinstance(moment, datetime) else moment
    today = timezone.now().astimezone(CLINIC_ZONE).date()
    near = {0: _("Today"), 1: _("Tomorrow"), -1: _("Yesterday")}
    return near.get((that_day - today) // timedelta(days=1)) or day(that_day)


@register.filter
def part_of_day(when: datetime, zone: str | None = None) -> str:
    """Morning, afternoon or evening, as search parts the clinic's day."""
    words = {"morning": _("Morning"), "afternoon": _("Afternoon"), "evening": _("Evening")}
    return next(words[part] for part in PARTS_OF_DAY if in_part(when, zone or str(CLINIC_ZONE), part))


@register.filter
def age(born_on: Any) -> str:
    """Completed years; for the smallest, below three, months as parents count them."""
    if not isinstance(born_on, date):
        return ""
    today = timezone.now().astimezone(CLINIC_ZONE).date()
    months = (today.year - born_on.year) * 12 + today.month - born_on.month - (today.day < born_on.day)
    if months < 36:
        return ngettext("%(count)d month old", "%(count)d months old", months) % {"count": months}
    return ngettext("%(count)d year old", "%(count)d years old", months // 12) % {"count": months // 12}


@register.filter
def phone(number: Any) -> str:
    """+84912345678 as 0912 345 678, a landline as 024 3825 5596; other numbers stay as they are."""
    text = str(number or "")
    if re.fullmatch(r"\+842\d{9}", text):
        text = f"0{text[3:5]} {text[5:9]} {text[9:]}"
    return spoken(text).replace(" ", "\u00a0")


@register.filter
def initials(name: Any) -> str:
    """The letters in an avatar: of the given name and the word before it, for Vietnamese put the given name last."""
    words = [word for word in re.split(r"\s+", str(name or "")) if word and not word.endswith(".")]
    return "".join(word[0] for word in words[-2:]).upper()


register.filter("given_name", given_name)


@register.filter
def tint(seed: Any) -> int:
    """One of four avatar tints, always the same for the same person."""
    return sum(ord(letter) for letter in str(seed or "")) % 4


@cache
def drawing(name: str) -> str:
    """The inside of an icon file. Raises TemplateSyntaxError for a name nobody drew."""
    file = ICONS / f"{name}.svg"
    if not re.fullmatch(r"[a-z-]+", name) or not file.exists():
        raise template.TemplateSyntaxError(f"No icon named {name!r} in {ICONS.name}/")
    found = re.search(r"<svg[^>]*viewBox=\"([^\"]+)\"[^>]*>(.*)</svg>", file.read_text(), re.S)
    if found is None:
        raise template.TemplateSyntaxError(f"{file.name} is not an icon")
    return f'viewBox="{found[1]}">{found[2]}'


@register.simple_tag
def icon(name: str, extra: str = "") -> SafeString:
    """An own drawing, inline, hidden from screen readers: the words beside it say what it means."""
    inside = mark_safe(drawing(name))
    return format_html(
        '<svg class="icon{}" aria-hidden="true" focusable="false" {}</svg>', f" {extra}" if extra else "", inside
    )


@register.simple_tag
def safe_icon(name: str, extra: str = "") -> SafeString:
    """An icon named by data (a specialty's): one we have not drawn becomes a stethoscope."""
    known = bool(re.fullmatch(r"[a-z-]+", name or "")) and (ICONS / f"{name}.svg").exists()
    return icon(name if known else "stethoscope", extra)


@register.simple_tag
def brand_mark() -> SafeString:
    """The leaf of Lành."""
    return format_html('<svg aria-hidden="true" focusable="false" {}</svg>', mark_safe(drawing("brand")))


@dataclass(frozen=True)
class Shell:
    """What the header shows: theme, who is looking, where they are."""

    theme: str
    language: str
    signed_in: bool
    is_staff: bool
    name: str
    path: str
    unread: int
    demo: bool
    sign_in_url: str


@register.simple_tag(takes_context=True)
def shell(context: template.Context) -> Shell:
    """Use as `{% shell as shell %}`. Works without a request too, for error pages."""
    request = context.get("request")
    actor = actor_of(request) if request is not None else Actor.anonymous()
    return Shell(
        theme=preferences.theme_of(request),
        language="vi" if is_vietnamese() else "en",
        signed_in=not actor.is_anonymous,
        is_staff=actor.is_staff,
        name=actor.name,
        path=request.path if request is not None else "",
        unread=preferences.unread_of(request),
        demo=preferences.is_demo(),
        sign_in_url=str(settings.LOGIN_URL),
    )


@dataclass(frozen=True)
class Standing:
    """As whom and where somebody of the staff works, and what else they may pick."""

    name: str
    role: str
    role_words: str
    facility: Facility | None
    choices: list[Membership]


@register.simple_tag(takes_context=True)
def standing(context: template.Context) -> Standing | None:
    """Use as `{% standing as staff %}` in consoles; None for citizens and visitors."""
    request = context.get("request")
    actor = actor_of(request) if request is not None else Actor.anonymous()
    if request is None or not actor.is_staff:
        return None
    roles = memberships_of(request.user)
    here = next((row for row in roles if row.role == actor.role and row.facility_id == actor.facility_id), None)
    return Standing(
        name=actor.name,
        role=actor.role,
        role_words=str(Membership.Role(actor.role).label),
        facility=here.facility if here else None,
        choices=[row for row in roles if row is not here],
    )


@register.simple_tag(takes_context=True)
def at(context: template.Context, *prefixes: str) -> SafeString:
    """`aria-current="page"` when the page lies under one of these paths."""
    request = context.get("request")
    path = request.path if request is not None else ""
    here = any(path == prefix or (prefix != "/" and path.startswith(prefix)) for prefix in prefixes)
    return mark_safe('aria-current="page"') if here else mark_safe("")


@register.filter
def described(field: BoundField) -> SafeString:
    """A form field tied to its hint and its error, so that a screen reader says them with the label."""
    told = []
    if field.help_text:
        told.append(f"{field.auto_id}_hint")
    attrs: dict[str, str] = {}
    if field.errors:
        told.append(f"{field.auto_id}_error")
        attrs["aria-invalid"] = "true"
    if told:
        attrs["aria-describedby"] = " ".join(told)
    return field.as_widget(attrs={**field.field.widget.attrs, **attrs})


@register.filter
def mode_words(mode: Any) -> str:
    """How a visit is held, in words."""
    return {"video": _("By video"), "in_person": _("In person"), "phone": _("By phone")}.get(str(mode), "")


@register.filter
def mode_icon(mode: Any) -> str:
    """The icon for how a visit is held."""
    return {"video": "video", "in_person": "building", "phone": "phone"}.get(str(mode), "calendar")


@register.filter
def status_badge(status: Any) -> SafeString:
    """Where an appointment stands, as a badge in the citizen's words."""
    looks = {
        "held": ("warn", _("Not paid yet")),
        "booked": ("good", _("Booked")),
        "checked_in": ("good", _("You have arrived")),
        "in_consultation": ("info", _("With the doctor")),
        "interrupted": ("warn", _("Interrupted")),
        "fulfilled": ("", _("Done")),
        "expired": ("", _("Not paid in time")),
        "cancelled": ("bad", _("Cancelled")),
        "rescheduled": ("", _("Moved")),
        "no_show": ("bad", _("Missed")),
    }
    colour, words = looks.get(str(status), ("", str(status)))
    return format_html('<span class="badge{}">{}</span>', f" badge--{colour}" if colour else "", words)


@register.simple_tag
def visit_price(kind: Any, mode: str) -> str:
    """What a kind of visit costs in that way, or in its first one where it is not given so."""
    return price(kind.price_in(mode if mode in kind.modes else kind.modes[0]))


@register.filter
def month_name(day: Any) -> str:
    """ "tháng 12/2026" or "December 2026"."""
    return f"Tháng {day.month}/{day.year}" if is_vietnamese() else f"{day:%B} {day.year}"
