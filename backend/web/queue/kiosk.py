"""The kiosk at the entrance: show a code or type a phone number, get a number. Nothing of it stays on the screen."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from booking import actions, codes, queries
from core.errors import Conflict, DomainError, NotFound
from core.pages import now, page
from identity.phone import to_e164
from web.templatetags.lanh import initials

SHOWN_S = 20
LANGUAGES = {"vi", "en"}


def screen_at(address: str, kind: str) -> Any:
    """The screen of an address. Raises NotFound alike for no address of ours, a revoked one, and one of another kind."""
    screen_id = codes.screen_of(address)
    screen = queries.open_screen(screen_id, kind) if screen_id else None
    if screen is None:
        raise NotFound
    return screen


@require_http_methods(["GET", "HEAD", "POST"])
@page(roles=())
def kiosk(request: HttpRequest, address: str) -> HttpResponse:
    """The two ways to say who has come; after one of them, the number."""
    screen = screen_at(address, "kiosk")
    language = request.GET.get("lang", "vi")
    language = language if language in LANGUAGES else "vi"
    with translation.override(language):
        context: dict[str, Any] = {
            "screen": screen,
            "home": request.path,
            "here": f"{request.path}?lang={language}",
            "language": language,
            "way": "phone" if request.GET.get("by") == "phone" else "code",
            "seconds": SHOWN_S,
        }
        status = 200
        if request.method == "POST":
            context["way"] = "phone" if "phone" in request.POST else "code"
            try:
                context |= _arrived(screen, request)
            except DomainError as refusal:
                words = refusal.detail if isinstance(refusal, Conflict) else _("Please check what you typed.")
                if refusal.code == "wrong_state":
                    words = _("This visit cannot be checked in here. Please ask at the desk.")
                context["problem"], status = str(words), 422
        template = "web/queue/kiosk_number.html" if "ticket" in context else "web/queue/kiosk.html"
        response = render(request, template, context, status=status)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Content-Language"] = language
    return response


def _arrived(screen: Any, request: HttpRequest) -> dict[str, Any]:
    """Check in whoever stands here. Raises NobodyFound, KioskTired, WrongState."""
    moment = now()
    if "phone" in request.POST:
        number = to_e164(request.POST["phone"][:40])
        year = request.POST.get("year", "")[:4]
        phones = {number} if number else set()
        ticket = actions.arrive_by_phone(
            screen=screen, phones=phones, birth_year=int(year) if year.isascii() and year.isdigit() else 0, now=moment
        )
    else:
        ticket = actions.arrive_by_code(screen=screen, code=request.POST.get("code", "")[:40], now=moment)
    return {
        "ticket": ticket,
        "place": queries.place_of(ticket, moment),
        "initials": initials(ticket.appointment.person.full_name),
    }
