"""See a doctor now: say what it is about, watch who is asked, go on to the visit."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

import booking.access
import booking.actions
from booking import fit
from booking import queries as booking_queries
from booking.errors import EmergencyWords
from core.errors import DomainError, NotFound
from core.pages import actor_of, now
from identity import access as identity_access
from identity import queries as identity_queries
from web.citizen.door import MODES, as_id, citizen_page
from web.citizen.emergency import emergency_page
from web.citizen.forms import AskForm

SOON = 3  # free times to offer where nobody is on call


@citizen_page
def ask(request: HttpRequest) -> HttpResponse:
    """The wish: for whom, how, what about. Doctors on call are asked one after the other."""
    actor, moment = actor_of(request), now()
    people = list(identity_access.people_of(actor, "book"))
    open_ask = booking_queries.asks_of(actor).filter(status="searching").first()
    if request.method == "GET" and open_ask is not None:
        return redirect("web_ask", ask_id=open_ask.id)
    duties = booking_queries.on_call_now(moment)
    modes = [mode for mode in MODES if any(one.mode == mode for one in duties)] or ["video"]
    form = AskForm(
        request.POST if request.method == "POST" else None,
        people=people,
        modes=modes,
        specialties=list(identity_queries.specialties()),
        initial={"person": str(actor.person_id), "mode": modes[0] if "video" not in modes else "video"},
    )
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            wish = booking.actions.ask_for_someone_now(
                person_id=as_id(values["person"]),
                specialty=values["specialty"],
                mode=values["mode"],
                reason=values["reason"],
                condition=values["condition"],
                not_an_emergency=bool(request.POST.get("not_an_emergency")),
                by=actor,
                now=moment,
            )
        except EmergencyWords as refusal:
            return emergency_page(request, refusal, "/now/")
        except NotFound:
            raise
        except DomainError as refusal:
            form.add_error("condition" if "condition" in (refusal.fields or {}) else None, str(refusal.detail))
        else:
            return redirect("web_ask", ask_id=wish.id)
    context = {
        "form": form,
        "people": people,
        "duties": duties,
        "prices": booking_queries.prices_on_call(duties),
        "groups": fit.groups(),
        "soon": [] if duties else booking_queries.first_free(now=moment, mode="video", limit=SOON),
        "number": settings.EMERGENCY_NUMBER,
        "seconds": settings.BOOKING_ASK_SECONDS,
    }
    return render(request, "web/citizen/ask.html", context, status=422 if form.errors else 200)


@citizen_page
def asked(request: HttpRequest, ask_id: UUID) -> HttpResponse:
    """How the search stands: who is asked and how long, who comes, or where else help is."""
    actor, moment = actor_of(request), now()
    found = booking.access.get_ask(actor, ask_id)
    status = str(found.status)
    soon: list[Any] = []
    if status == "nobody":
        soon = booking_queries.first_free(now=moment, specialty=found.specialty or None, mode=found.mode, limit=SOON)
    context = {
        "ask": found,
        "status": status,
        "duty": found.offered_to,
        "price": found.offered_to.visit_type.price_in(found.offered_to.mode) if found.offered_to else None,
        "seconds": settings.BOOKING_ASK_SECONDS,
        "number": settings.EMERGENCY_NUMBER,
        "soon": soon,
    }
    return render(request, "web/citizen/asked.html", context)


@require_POST
@citizen_page
def withdraw(request: HttpRequest, ask_id: UUID) -> HttpResponse:
    """Take the wish back; if a doctor was faster, the page shows the visit."""
    try:
        booking.actions.withdraw_ask(ask_id=ask_id, by=actor_of(request), now=now())
    except NotFound:
        raise
    except DomainError as refusal:
        messages.error(request, str(refusal.detail))
    return redirect("web_ask", ask_id=ask_id)
