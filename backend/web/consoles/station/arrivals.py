"""The station's day: who sits here, their visits, and who just came in."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

import booking.queries
import identity.actions
from core.actor import Actor
from core.errors import DomainError, NotFound
from core.pages import actor_of, now, page
from identity import access as identity_access
from identity.models import Arrival, Facility
from journeys import station
from journeys.queueing import Somebody
from records import access as records_access
from records.models import Encounter
from web.consoles.station.forms import NewForm, SearchForm, WelcomeForm

station_page = page(roles={"nurse"})


def _visits(actor: Actor, place: Facility, moment: datetime) -> list[Encounter]:
    """The visits of today, in the order of their times."""
    zone = ZoneInfo(place.zone)
    begin = datetime.combine(moment.astimezone(zone).date(), time.min, tzinfo=zone)
    rows = records_access.station_visits(actor).filter(planned_from__gte=begin, planned_from__lt=begin + timedelta(1))
    return list(rows.select_related("person", "practitioner", "facility").order_by("planned_from", "id"))


def _context(actor: Actor, moment: datetime) -> dict[str, Any]:
    place = identity_access.require_station(actor)
    arrivals = list(
        identity_access.live_arrivals(actor, moment).select_related("person", "practitioner").order_by("agreed_at")
    )
    visits = _visits(actor, place, moment)
    asks = list(booking.queries.asks_of(actor).filter(status="searching"))
    asked = {one.person_id: one for one in asks}
    rows = [{"arrival": one, "ask": asked.get(one.person_id)} for one in arrivals]
    state = [*(f"{one.id}:{one.status}" for one in visits), *(str(one.id) for one in [*arrivals, *asks])]
    return {"place": place, "zone": place.zone, "rows": rows, "visits": visits, "state": ",".join(state)}


@require_safe
@station_page
def day(request: HttpRequest) -> HttpResponse:
    """Who is here, and what goes on."""
    return render(request, "web/station/day.html", {**_context(actor_of(request), now()), "search": SearchForm()})


@require_POST  # what somebody shows does not belong into an address
@station_page
def find(request: HttpRequest) -> HttpResponse:
    """Look whether the house knows who came in."""
    actor, form = actor_of(request), SearchForm(request.POST)
    found: list[Any] | None = None
    if form.is_valid():
        try:
            found = identity.actions.find_citizen(**form.cleaned_data, by=actor, now=now())
        except NotFound:
            raise
        except DomainError as refusal:
            form.add_error("number" if "number" in refusal.fields else None, str(refusal.detail))
    context = {
        "search": form,
        "found": found,
        "identified": Arrival.Identified.choices,
        "new": NewForm(initial=_known(form)) if found == [] else None,
    }
    return render(request, "web/station/found.html", context, status=422 if form.errors else 200)


def _known(form: SearchForm) -> dict[str, Any]:
    values = form.cleaned_data
    digits = "".join(letter for letter in values["number"] if letter.isdigit())
    return {"born_on": values["born_on"], "national_id" if len(digits) == 12 else "phone": values["number"]}


@require_POST
@station_page
def welcome(request: HttpRequest) -> HttpResponse:
    """Note that somebody who was found agreed."""
    form = WelcomeForm(request.POST)
    if not form.is_valid():
        messages.error(request, str(next(iter(form.errors.values()))[0]))
        return redirect("station_day")
    values = form.cleaned_data
    try:
        arrival = station.welcome(person_id=values.pop("person"), **values, by=actor_of(request), now=now())
    except NotFound:
        raise
    except DomainError as refusal:
        messages.error(request, str(refusal.detail))
    else:
        messages.success(request, _("%(name)s is here.") % {"name": arrival.person.full_name})
    return redirect("station_day")


@require_POST
@station_page
def new(request: HttpRequest) -> HttpResponse:
    """Write down somebody the house does not know, and welcome them."""
    form = NewForm(request.POST)
    if form.is_valid():
        values = dict(form.cleaned_data)
        word = {"identified_by": values.pop("identified_by"), "agreed": values.pop("agreed")}
        try:
            arrival = station.welcome_somebody_new(somebody=Somebody(**values), **word, by=actor_of(request), now=now())
        except NotFound:
            raise
        except DomainError as refusal:
            form.add_error(None, str(refusal.detail))
        else:
            messages.success(request, _("%(name)s is here.") % {"name": arrival.person.full_name})
            return redirect("station_day")
    return render(request, "web/station/found.html", {"search": SearchForm(), "found": [], "new": form}, status=422)


@require_POST
@station_page
def leave(request: HttpRequest, arrival_id: UUID) -> HttpResponse:
    """Note that somebody has left."""
    identity.actions.see_off(arrival_id=arrival_id, by=actor_of(request), now=now())
    return redirect("station_day")
