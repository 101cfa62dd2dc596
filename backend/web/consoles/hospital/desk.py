"""What the pages of the desk share: who may enter, days from addresses, the looks of a status."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from booking import queries
from core.actor import Actor
from core.edge import now
from core.pages import View, page
from web.templatetags import lanh

desk_page: Callable[[View], View] = page(roles={"desk"})

# Status → (badge, words for the desk).
STATUS_WORDS: dict[str, tuple[str, Any]] = {
    "held": ("warn", _("Waiting for payment")),
    "booked": ("info", _("Booked")),
    "checked_in": ("good", _("Arrived")),
    "in_consultation": ("good", _("With the doctor")),
    "interrupted": ("warn", _("Interrupted")),
    "fulfilled": ("", _("Done")),
    "expired": ("", _("Not paid in time")),
    "cancelled": ("bad", _("Cancelled")),
    "rescheduled": ("", _("Moved")),
    "no_show": ("bad", _("Did not come")),
}


def today_at(zone: str) -> date:
    """Give the clinic's date."""
    return timezone.localtime(now(), ZoneInfo(zone)).date()


def day_from(text: str | None, today: date) -> date:
    """Read a day from an address; nonsense and days nobody plans for become today."""
    try:
        wanted = date.fromisoformat(text or "")
    except ValueError:
        return today
    return wanted if abs(wanted - today) <= timedelta(days=800) else today


def id_from(text: str | None) -> UUID | None:
    """Read an id from an address; nonsense is none."""
    try:
        return UUID(text or "")
    except ValueError:
        return None


def exception_in_words(starts_at: datetime, ends_at: datetime, zone: str) -> tuple[str, str]:
    """Say the days and the hours of an exception: ("Thứ Ba, 24/11/2026", "13:30–16:30"), or "all day"."""
    tz = ZoneInfo(zone)
    starts, ends = starts_at.astimezone(tz), ends_at.astimezone(tz)
    whole_days = starts.time() == ends.time() == time(0)
    last_day = (ends - timedelta(seconds=1)).date()
    end_clock = "24:00" if ends.time() == time(0) else f"{ends:%H:%M}"
    hours = gettext("all day") if whole_days else f"{starts:%H:%M}–{end_clock}"
    if last_day == starts.date():
        return lanh.day(starts.date()), hours
    if whole_days:
        return f"{lanh.day(starts.date())} – {lanh.day(last_day)}", hours
    return f"{starts:%H:%M} {lanh.day(starts.date())}", f"– {end_clock} {lanh.day(last_day)}"


def schedules_of(by: Actor) -> list[Any]:
    """List the schedules of the desk's facility by the doctor's name."""
    return list(queries.schedules_for(by, by.facility_id))
