"""What all citizen pages share: only a citizen with a name may pass, and odd addresses get a plain answer."""

from __future__ import annotations

import functools
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.http import urlencode

from core.errors import NotFound
from core.pages import View, actor_of, page

CLINIC_ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
MODES = ("in_person", "video", "phone")


def citizen_page(view: View) -> View:
    """Guard a citizen's page. A new account first tells its name on the welcome page and then comes back."""

    @functools.wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if actor_of(request).person_id is None:
            back = request.get_full_path() if request.method == "GET" else "/"
            return redirect(f"/welcome/?{urlencode({'next': back})}")
        return view(request, *args, **kwargs)

    return page(roles={"citizen"})(answer)


def as_id(text: str | None) -> UUID:
    """Read an id from an address or form. Raises NotFound for anything else."""
    try:
        return UUID(str(text))
    except ValueError:
        raise NotFound() from None


def as_day(text: str | None) -> date | None:
    """Read a day as 2026-11-24; None when it is none."""
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None


def as_instant(text: str | None) -> datetime:
    """Read an instant with its offset. Raises NotFound for anything else."""
    try:
        # A plus sign left bare in an address arrives as a space.
        instant = datetime.fromisoformat((text or "").replace(" ", "+"))
    except ValueError:
        raise NotFound() from None
    if instant.tzinfo is None:
        raise NotFound()
    return instant


def clinic_day(instant: datetime) -> date:
    """The date on the clinics' wall."""
    return instant.astimezone(CLINIC_ZONE).date()
