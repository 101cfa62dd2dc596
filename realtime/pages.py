"""The citizen's room: device check, waiting room, call, and what comes after; and the path on which sent files are fetched."""

from __future__ import annotations

from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from core.errors import DomainError
from core.pages import actor_of, page
from realtime import access, queries
from realtime.files import addresses
from realtime.recordings import showing


@require_safe
@page(roles={"citizen"})
def visit(request: HttpRequest, encounter_id: UUID) -> HttpResponse:
    """Show the visit as it stands: not open yet, open, or over."""
    room = access.get_room_of(actor_of(request), encounter_id)
    encounter = room.encounter
    context = {"encounter": encounter, "practitioner": encounter.practitioner, "actor": actor_of(request)}
    return render(request, "realtime/visit.html", context)


@require_safe
@page(roles={"citizen", "practitioner"})
def open_file(request: HttpRequest, file_id: UUID) -> HttpResponse:
    """Lead to a file of a visit: ask whether one may, then go to an address that lasts a minute."""
    found = access.get_file(actor_of(request), file_id, timezone.now())
    return redirect(addresses.address_of(found.id, "full"))


@require_safe
def file(request: HttpRequest, token: str) -> HttpResponseBase:
    """Hand out what a signed address leads to. No cookie is read or set; nothing that lies here may act as a page."""
    own_host = urlsplit(settings.FILES_URL).netloc
    wanted = addresses.read(token)
    if wanted is None or (own_host and request.get_host() != own_host):
        raise Http404
    try:
        if wanted[1] == "film":
            return showing.film(request, queries.film_of(wanted[0]))
        found, content = queries.bytes_of(*wanted)
    except DomainError as error:
        raise Http404 from error
    is_pdf = found.kind == "pdf"
    response = HttpResponse(content, content_type="application/pdf" if is_pdf else "image/jpeg")
    # What it was called at home is not kept; <img> shows an attachment as well.
    day = timezone.localtime(found.kept_at).date().isoformat()
    response["Content-Disposition"] = f'attachment; filename="lanh-{day}.{"pdf" if is_pdf else "jpg"}"'
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cross-Origin-Resource-Policy"] = "same-site"
    response["Cache-Control"] = "private, no-store"
    response["Referrer-Policy"] = "no-referrer"
    return response
