"""What the pages about calendars share: the secret addresses of whoever asks, and the calendars a schedule follows."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from booking import actions, busy, queries
from core.edge import actor_of, now
from core.errors import Conflict, DomainError, Invalid


@dataclass(frozen=True)
class Followed:
    """One calendar a schedule follows, with what went wrong and whom it meets."""

    feed: Any
    host: str
    problem: str
    conflicts: list[Any]


def address_of(token: str) -> str:
    """Give the whole secret address."""
    return f"{settings.PUBLIC_URL}{reverse('booking_calendar', args=[token])}"


def make_link(request: HttpRequest, person_id: UUID | None = None) -> tuple[str, str]:
    """Make a secret address: it and no refusal, or none and why not."""
    try:
        _link, token = actions.make_calendar_link(person_id=person_id, by=actor_of(request), now=now())
    except Conflict as refusal:
        return "", str(refusal.detail)
    return address_of(token), ""


def followed_by(schedule: Any) -> list[Followed]:
    """List what a schedule follows."""
    moment = now()
    return [
        Followed(
            feed,
            feed.url.split("/")[2] if feed.url else "",
            str(busy.PROBLEMS.get(feed.problem, "")),
            queries.conflicts_of(feed, now=moment),
        )
        for feed in queries.feeds_of(schedule)
    ]


def follow(request: HttpRequest, schedule_id: UUID) -> str:
    """Follow what the form says, an address or a file; gives the refusal in words, or nothing."""
    uploaded = request.FILES.get("file")
    url = request.POST.get("url", "").strip()[:500]
    if not uploaded and not url:
        return _("Give an address or choose a file.")
    try:
        if uploaded and (uploaded.size or 0) > busy.MOST_BYTES:
            return str(busy.PROBLEMS["calendar_too_large"])
        actions.follow_calendar(
            schedule_id=schedule_id,
            url=url,
            content=uploaded.read() if uploaded else None,
            name=request.POST.get("name", "").strip() or (str(uploaded.name) if uploaded else ""),
            by=actor_of(request),
            now=now(),
        )
    except (Conflict, Invalid) as refusal:
        return refusal_in_words(refusal)
    return ""


def refusal_in_words(refusal: DomainError) -> str:
    """Give the sentence of the first field it names, or its own."""
    return str(next((words[0] for words in refusal.fields.values() if words), refusal.detail))
