"""The first page: a warm welcome for visitors, "what do I do now" for citizens, the way to their console for staff."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from booking import queries as booking_queries
from core.actor import Actor
from core.pages import actor_of, now, page
from core.refs import ref
from identity import access as identity_access
from identity import queries as identity_queries
from payments import queries as payments_queries
from web.citizen.door import CLINIC_ZONE, clinic_day
from web.citizen.visits import OVER, story_of

CONSOLES = {"practitioner": "/doctor/", "pharmacist": "/pharmacy/", "desk": "/hospital/", "nurse": "/station/",
    "regulator": "/ministry/", "operator": "/operator/drugs/"}  # fmt: skip


@page(roles=())
def home(request: HttpRequest) -> HttpResponse:
    """Choose the first page by who looks."""
    actor = actor_of(request)
    if actor.is_anonymous:
        return render(request, "web/citizen/landing.html", {"specialties": identity_queries.specialties()})
    if actor.is_staff:
        return redirect(CONSOLES.get(actor.role, "/roles/"))
    if actor.person_id is None:
        return redirect("/welcome/")
    return render(request, "web/citizen/home.html", today_of(actor) | {"actor": actor})


def today_of(actor: Actor) -> dict[str, object]:
    """What the citizen's first page shows."""
    moment = now()
    people = list(identity_access.people_of(actor, "read"))
    rows = booking_queries.appointments_of([one.id for one in people])
    live = [
        one for one in rows.exclude(status__in=OVER).filter(during__endswith__gt=moment) if not one.is_overdue(moment)
    ]
    live.sort(key=lambda one: one.starts_at)
    upcoming = live[0] if live else None
    story = story_of(upcoming, payments_queries.for_subject(ref(upcoming)), moment) if upcoming else ""
    return {
        "people": people,
        "others": [one for one in people if one.id != actor.person_id],
        "next": upcoming,
        "story": story,
        "offers": booking_queries.open_offers(actor, moment),
        "cases": booking_queries.open_cases_of([one.id for one in people]),
        "later": live[1:4],
        "hour": moment.astimezone(CLINIC_ZONE).hour,
        "today": clinic_day(moment),
        "specialties": identity_queries.specialties()[:8],
    }
