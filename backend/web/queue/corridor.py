"""The screen in the corridor: rooms and numbers, no names; a bell over a socket makes it look again."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.http import require_safe

import realtime.passes
from booking import queries
from core.pages import now, page
from web.queue.kiosk import screen_at


@require_safe
@page(roles=())
def corridor(request: HttpRequest, address: str) -> HttpResponse:
    """Every room with a line today."""
    screen = screen_at(address, "corridor")
    boards = queries.boards_of(screen, now())
    latest = max((one for one in boards if one.called_at), key=lambda one: one.called_at, default=None)  # type: ignore[arg-type, return-value]
    context = {
        "screen": screen,
        "boards": boards,
        "latest": latest,
        # What is called last, and how often: when this changes, the screen rings.
        "call": f"{latest.room} {latest.now[0]} {latest.calls}" if latest and latest.now else "",
        "moment": now(),
    }
    with translation.override("vi"):
        response = render(request, "web/queue/corridor.html", context)
    response.headers["Cache-Control"] = "no-store"
    return response


@require_safe
@page(roles=())
def bell_pass(request: HttpRequest, address: str) -> HttpResponse:
    """A pass to the bell of this screen's lines, good for a minute."""
    screen = screen_at(address, "corridor")
    topics = [f"lines:{screen.facility_id}", f"screen:{screen.pk}"]
    response = JsonResponse({"pass": realtime.passes.make_pass(topics)})
    response.headers["Cache-Control"] = "no-store"
    return response
