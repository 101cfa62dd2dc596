"""The address in a reminder: say "I shall come" or "I cannot" without signing in. It shows little."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

import booking.actions
from booking import queries
from core.edge import actor_of, now
from core.errors import DomainError, NotFound
from core.pages import page
from web.citizen.door import citizen_page


@require_GET
@page(roles=())
def reminder(request: HttpRequest, token: str) -> HttpResponse:
    """When, where, and two buttons."""
    return _show(request, token)


@require_POST
@page(roles=())
def come(request: HttpRequest, token: str) -> HttpResponse:
    """Say "I shall come"."""
    try:
        booking.actions.confirm_by_link(token=token, now=now())
    except NotFound:
        raise
    except DomainError as refusal:
        return _show(request, token, refusal)
    return redirect("web_reminder", token=token)


@require_POST
@page(roles=())
def free(request: HttpRequest, token: str) -> HttpResponse:
    """Say "I cannot come": the place is free for somebody else."""
    try:
        booking.actions.give_up_by_link(token=token, now=now())
    except NotFound:
        raise
    except DomainError as refusal:
        return _show(request, token, refusal)
    return redirect("web_reminder", token=token)


@require_POST
@citizen_page
def confirm(request: HttpRequest, appointment_id: UUID) -> HttpResponse:
    """The same answer from the visit's own page."""
    try:
        booking.actions.confirm_appointment(appointment_id=appointment_id, by=actor_of(request), now=now())
    except NotFound:
        raise
    except DomainError as refusal:
        messages.error(request, str(refusal.detail))
    return redirect("web_appointment", appointment_id=appointment_id)


def _show(request: HttpRequest, token: str, refusal: DomainError | None = None) -> HttpResponse:
    moment = now()
    found, _reader = queries.reminded(token, moment)
    status = str(found.status)
    open_still = status in {"booked", "checked_in"} and found.starts_at > moment
    context = {
        "token": token,
        "appointment": found,
        "open_still": open_still,
        "given_up": status == "cancelled",
        "moved": status == "rescheduled",
        "terms": queries.cancel_terms(found, moment) if open_still else None,
        "refusal": str(refusal.detail) if refusal else "",
    }
    answer = render(request, "web/citizen/reminder.html", context, status=409 if refusal else 200)
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer
