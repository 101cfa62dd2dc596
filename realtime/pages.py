"""The citizen's room: device check, waiting room, call, and what comes after."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from core.pages import actor_of, now, page
from realtime import access
from realtime.models import Room
from realtime.words import call_words


@require_safe
@page(roles={"citizen"})
def visit(request: HttpRequest, encounter_id: UUID) -> HttpResponse:
    """Show the visit as it stands: not open yet, open, or over."""
    room = access.get_room_of(actor_of(request), encounter_id)
    moment = now()
    is_over = room.status == Room.Status.CLOSED or moment >= room.closes_at
    context = {
        "room": room,
        "encounter": room.encounter,
        "practitioner": room.encounter.practitioner,
        "is_over": is_over,
        "is_early": not is_over and moment < room.opens_at,
        "words": call_words(),
    }
    response = render(request, "realtime/visit.html", context)
    return response
