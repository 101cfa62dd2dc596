"""The inbox, how messages travel, and the demo's outbox."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.contrib import messages as notes
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.errors import NotFound
from core.pages import actor_of, now, page
from notifications import actions, queries, words
from notifications.kinds import CITIZEN, KINDS, OPTIONAL, STAFF
from notifications.models import Message

PAGE = 20
# Staff read their messages inside the console they work in; shells are known by name, not by import.
FRAMES = {
    "citizen": "web/base.html",
    "practitioner": "web/doctor/_frame.html",
    "pharmacist": "web/pharmacy/_frame.html",
    "desk": "web/hospital/_frame.html",
}


@dataclass(frozen=True)
class Row:
    """A message as the list shows it."""

    id: UUID
    title: str
    text: str
    link: str
    icon: str
    created_at: datetime
    is_unread: bool


def _row(message: Message) -> Row:
    language = get_language() or ""
    return Row(
        id=message.id,
        title=words.of_message(message, "subject", language),
        text=words.of_message(message, "inbox", language),
        link=words.link_of(message),
        icon=KINDS[message.kind].icon,
        created_at=message.created_at,
        is_unread=message.is_unread,
    )


@require_GET
@page()
def inbox(request: HttpRequest) -> HttpResponse:
    """One's messages, newest first; `?before=<id>` turns the page."""
    user_id = actor_of(request).user_id
    rows = queries.inbox(user_id)
    before_id = _uuid(request.GET.get("before", ""))
    before = rows.filter(id=before_id).first() if before_id else None
    if before:
        rows = rows.filter(Q(created_at__lt=before.created_at) | Q(created_at=before.created_at, id__lt=before.id))
    found = list(rows[: PAGE + 1])
    context = {
        "rows": [_row(message) for message in found[:PAGE]],
        "older": found[PAGE - 1].id if len(found) > PAGE else None,
        "is_first": before is None,
        "unread": queries.unread_count(user_id),
        "base": FRAMES.get(actor_of(request).role, "web/console.html"),
    }
    return render(request, "notifications/inbox.html", context)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


@require_POST
@page()
def read(request: HttpRequest, message_id: UUID) -> HttpResponse:
    """Open a message: it is read, and one goes on to what it is about."""
    message = actions.mark_read(message_id=message_id, by=actor_of(request), now=now())
    wants_to_go = "go" in request.POST
    return redirect((words.link_of(message) if wants_to_go else "") or "notifications_inbox")


@require_POST
@page()
def read_all(request: HttpRequest) -> HttpResponse:
    """Everything is read."""
    actions.mark_all_read(by=actor_of(request), now=now())
    return redirect("notifications_inbox")


@require_http_methods(["GET", "HEAD", "POST"])
@page()
def preferences(request: HttpRequest) -> HttpResponse:
    """Choose how each kind of message travels. The inbox always has it."""
    actor = actor_of(request)
    audience = STAFF if actor.is_staff else CITIZEN
    assert actor.user_id is not None  # page() lets only signed-in people in
    wishes = [wish for wish in queries.wishes_of(actor.user_id) if wish.kind.audiences & audience]
    if request.method == "POST":
        chosen = {
            (wish.kind.code, carrier): f"{wish.kind.code}.{carrier}" in request.POST
            for wish in wishes
            for carrier in OPTIONAL
        }
        actions.set_preferences(wishes=chosen, by=actor)
        notes.success(request, _("Saved. We will reach you the way you like."))
        return redirect("notifications_preferences")
    context = {
        "wishes": wishes,
        "carriers": OPTIONAL,
        "base": FRAMES.get(actor.role, "web/console.html"),
    }
    return render(request, "notifications/preferences.html", context)


@require_GET
@page(roles=())
def outbox(request: HttpRequest) -> HttpResponse:
    """Demo only: the SMS, e-mails and pushes that would have left, newest first; sign-in codes can be read here."""
    if not settings.DEMO:
        raise NotFound()
    wanted, carrier = request.GET.get("phone", "")[:40], request.GET.get("carrier", "")
    rows = queries.outbox(wanted)
    if carrier in OPTIONAL:
        rows = rows.filter(carrier=carrier)
    context = {"attempts": rows[:60], "phone": wanted, "carrier": carrier, "carriers": OPTIONAL}
    response = render(request, "notifications/outbox.html", context)
    response.headers["Cache-Control"] = "no-store"
    return response
