"""A doctor for somebody at the station: what it is about, who is asked, and the visit it becomes."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

import booking.access
import booking.actions
import booking.queries
from booking.errors import EmergencyWords
from core.actor import Actor
from core.errors import DomainError, NotFound
from core.pages import actor_of, now
from identity import access as identity_access
from identity import queries as identity_queries
from identity.models import SHARED
from journeys import station
from records import telemedicine
from web.citizen.door import as_id, as_instant
from web.consoles.station.arrivals import station_page
from web.consoles.station.forms import AskForm

SOON = 5  # later times to choose from


@require_http_methods(["GET", "HEAD", "POST"])
@station_page
def ask(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """The wish: doctors on call of the facilities with a contract are asked one after the other."""
    actor, moment = actor_of(request), now()
    person = identity_access.get_person(actor, person_id, "book")
    form = AskForm(request.POST or None, specialties=list(identity_queries.specialties()))
    emergency: EmergencyWords | None = None
    if request.method == "POST" and form.is_valid():
        try:
            wish = booking.actions.ask_for_someone_now(
                person_id=person.id,
                specialty=form.cleaned_data["specialty"],
                reason=form.cleaned_data["reason"],
                not_an_emergency=bool(request.POST.get("not_an_emergency")),
                by=actor,
                now=moment,
            )
        except NotFound:
            raise
        except EmergencyWords as refusal:
            emergency = refusal
            form.add_error(None, str(refusal.detail))
        except DomainError as refusal:
            form.add_error(None, str(refusal.detail))
        else:
            return redirect("station_asked", ask_id=wish.id)
    context = {
        "form": form,
        "person": person,
        "times": _later_times(actor, moment),
        "emergency": emergency,
        "number": settings.EMERGENCY_NUMBER,
        "seconds": settings.BOOKING_ASK_SECONDS,
    }
    return render(request, "web/station/ask.html", context, status=422 if form.errors else 200)


def _later_times(actor: Actor, moment: datetime) -> list[Any]:
    """The next free times by video of the doctors the station may ask."""
    place = identity_access.require_station(actor)
    on = moment.astimezone(ZoneInfo(place.zone)).date()
    houses = {
        one for form in SHARED for one in telemedicine.facilities_for(place.id, form, on)
    }  # in which form is settled when a time is taken
    return booking.queries.first_free(now=moment, mode="video", facility_ids=sorted(houses), limit=SOON)


@require_POST
@station_page
def take(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """Take one of the later times."""
    actor, moment = actor_of(request), now()
    chosen = request.POST.get("time", "").split("|")
    at = as_instant(chosen[2]) if len(chosen) == 3 else None
    reason = request.POST.get("reason", "").strip()[:500]
    if at is None or not reason:
        messages.error(request, _("Say what it is about, and choose a time."))
        return redirect("station_ask", person_id=person_id)
    try:
        visit, payment = station.book(
            schedule_id=as_id(chosen[0]),
            starts_at=at,
            visit_type_id=as_id(chosen[1]),
            person_id=person_id,
            reason=reason,
            by=actor,
            now=moment,
        )
    except NotFound:
        raise
    except DomainError as refusal:
        messages.error(request, str(refusal.detail))
        return redirect("station_ask", person_id=person_id)
    if payment is not None:
        messages.info(request, _("The citizen still pays %(price)s on their own phone.") % {"price": payment.price})
    else:
        messages.success(request, _("%(name)s has a visit.") % {"name": visit.person.full_name})
    return redirect("station_day")


@require_safe
@station_page
def asked(request: HttpRequest, ask_id: UUID) -> HttpResponse:
    """Who is asked and how long; then on to the visit."""
    found = booking.access.get_ask(actor_of(request), ask_id)
    visit = found.appointment
    context = {
        "ask": found,
        "status": str(found.status),
        "duty": found.offered_to,
        "visit": visit,
        "seconds": settings.BOOKING_ASK_SECONDS,
    }
    return render(request, "web/station/asked.html", context)


@require_POST
@station_page
def withdraw(request: HttpRequest, ask_id: UUID) -> HttpResponse:
    """Take the wish back; if a doctor was faster, the page shows the visit."""
    try:
        booking.actions.withdraw_ask(ask_id=ask_id, by=actor_of(request), now=now())
    except NotFound:
        raise
    except DomainError as refusal:
        messages.error(request, str(refusal.detail))
    return redirect("station_asked", ask_id=ask_id)
