"""The citizen's room: device check, waiting room, call, and what comes after."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from core.pages import actor_of, page
from realtime import access


@require_safe
@page(roles={"citizen"})
def visit(request: HttpRequest, encounter_id: UUID) -> HttpResponse:
    """Show the visit as it stands: not open yet, open, or over."""
    room = access.get_room_of(actor_of(request), encounter_id)
    encounter = room.encounter
    return render(request, "realtime/visit.html", {"encounter": encounter, "practitioner": encounter.practitioner})
