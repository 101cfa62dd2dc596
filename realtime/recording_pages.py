"""The page on which a recording is played, and what it is played from. Permission is asked at each request."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from core.errors import DomainError, NotFound
from core.pages import actor_of, now, page
from realtime import access, actions
from realtime.recordings import showing

WHO = {"citizen", "practitioner"}


@require_safe
@page(roles=WHO)
def recording(request: HttpRequest, recording_id: UUID) -> HttpResponse:
    """Show a recording: everybody who is on it, side by side."""
    return _shown(request, recording_id)


def _shown(request: HttpRequest, recording_id: UUID, error: DomainError | None = None) -> HttpResponse:
    found, may_watch = access.get_recording_page(actor_of(request), recording_id)
    films = list(found.films.select_related("seat__invite")) if may_watch else []
    length = max((film.starts_ms + film.duration_ms for film in films), default=0)
    context: dict[str, Any] = {
        "recording": found,
        "encounter": found.room.encounter,
        "films": films,
        "may_watch": may_watch,
        "seconds": round(length / 1000),
        "answer_days": settings.RECORDING_ANSWER_DAYS,
        "is_doctor": actor_of(request).role == "practitioner",
        "error": error,
    }
    return render(request, "realtime/recording.html", context, status=422 if error else 200)


@require_safe
@page(roles=WHO)
def film(request: HttpRequest, recording_id: UUID, film_id: UUID) -> HttpResponseBase:
    """Hand out one seat's film, or a range of it."""
    found = access.get_recording(actor_of(request), recording_id).films.filter(pk=film_id).first()
    if found is None:
        raise NotFound()
    return showing.film(request, found)


@require_safe
@page(roles=WHO)
def whole(request: HttpRequest, recording_id: UUID) -> HttpResponseBase:
    """Hand out one file with everybody's tracks, to be kept."""
    found = access.get_recording(actor_of(request), recording_id)
    day = timezone.localtime(found.created_at).date().isoformat()
    return showing.whole(request, found, f"lanh-{day}-{found.part}")


@require_POST
@page(roles={"citizen"})
def unwanted(request: HttpRequest, recording_id: UUID) -> HttpResponse:
    """The citizen no longer wants it to be kept."""
    actions.wish_deleted(recording_id=recording_id, by=actor_of(request), now=now())
    messages.success(request, _("Your doctor has been asked to delete the recording. The answer appears here."))
    return redirect("realtime_recording", recording_id)


@require_POST
@page(roles={"practitioner"})
def answered(request: HttpRequest, recording_id: UUID) -> HttpResponse:
    """The doctor deletes it, or says why it is kept."""
    by = actor_of(request)
    if request.POST.get("answer") == "delete":
        found, _may_watch = access.get_recording_page(by, recording_id)
        actions.delete_recording(recording_id=recording_id, by=by, now=now())
        messages.success(request, _("The recording has been deleted."))
        return redirect(f"/doctor/visits/{found.room.encounter_id}/")
    try:
        actions.keep_recording(recording_id=recording_id, words=request.POST.get("words", ""), by=by, now=now())
    except DomainError as error:
        if error.code != "say_why_it_is_kept":
            raise
        return _shown(request, recording_id, error)
    return redirect("realtime_recording", recording_id)
