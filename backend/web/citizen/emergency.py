"""The page that stops: what was written sounds like an emergency, so first of all the number to call."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from booking.errors import EmergencyWords

KEPT_BACK = {"csrfmiddlewaretoken", "not_an_emergency"}


def emergency_page(request: HttpRequest, refusal: EmergencyWords, back: str) -> HttpResponse:
    """Show the number to call; who knows better goes on with the very same form."""
    values = [(name, one) for name, many in request.POST.lists() if name not in KEPT_BACK for one in many]
    context = {
        "number": settings.EMERGENCY_NUMBER,
        "signs": refusal.signs,
        "values": values,
        "back": back,
        "action": request.get_full_path(),
    }
    return render(request, "web/citizen/emergency.html", context, status=409)
