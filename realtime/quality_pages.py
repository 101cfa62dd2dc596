"""The page that shows how a call was: a drawing and a table for each seat, no name and nothing clinical."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from core.pages import actor_of, page
from realtime import access, reports
from realtime.words import quality_words


@require_safe
@page(roles={"practitioner", "desk", "operator"})
def call_quality(request: HttpRequest, room_id: UUID) -> HttpResponse:
    """Show the minutes of every seat of a room."""
    room = access.get_room_to_help(actor_of(request), room_id)
    context = {
        "room": room,
        "reports": reports.quality_of(room),
        "words": quality_words(),
        "width": reports.WIDTH,
        "height": reports.HEIGHT,
    }
    return render(request, "realtime/quality.html", context)
