"""The doctor on call: the switch, who asks this moment, whom they took, and wishes for visits at a distance."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

import booking.actions
from booking import queries as booking_queries
from core.actor import Actor
from core.errors import DomainError, NotFound
from core.money import Money
from core.pages import actor_of, now, page
from journeys import urgent
from web.citizen.door import as_id
from web.consoles.doctor.asked import offer_of
from web.consoles.doctor.day import own_id, zone_of

HOURS = (1, 2, 4, 8)


@dataclass(frozen=True)
class Way:
    """One kind of visit the doctor may be on call for."""

    value: str  # schedule:visit:mode
    name: str
    mode: str
    facility: str
    price: Money


def ways_of(actor: Actor, today: Any) -> list[Way]:
    """What this doctor gives at the facility they act in, by video first."""
    schedules = list(booking_queries.schedules_for(actor, actor.facility_id))
    kinds = booking_queries.visit_types_of(own_id(actor), today)
    found = [
        Way(f"{row.id}:{kind.id}:{mode}", kind.name, mode, row.facility.name, kind.price_in(mode))
        for row in schedules
        for kind in kinds
        if kind.facility_id == row.facility_id
        for mode in kind.modes
    ]
    return sorted(found, key=lambda way: (way.mode != "video", way.mode, way.price.amount))


@require_safe
@page(roles={"practitioner"})
def on_call(request: HttpRequest) -> HttpResponse:
    """The page of the switch; it looks again by itself."""
    actor, moment = actor_of(request), now()
    zone = zone_of(actor)
    duty = booking_queries.duty_of(actor, moment)
    taken = booking_queries.taken_by(actor, moment)
    offer = offer_of(actor, moment)
    wishes = list(booking_queries.remote_wishes(actor, asked_only=True)[:20])
    context = {
        "zone": zone,
        "duty": duty,
        "duty_price": duty.visit_type.price_in(duty.mode) if duty else None,
        "ways": ways_of(actor, moment.date()),
        "hours": [(number, ngettext("%(n)s hour", "%(n)s hours", number) % {"n": number}) for number in HOURS],
        "taken": taken,
        "wishes": wishes,
        "state": ",".join(
            [
                str(duty.id if duty else ""),
                str(offer["ask"].id if offer["ask"] else ""),
                *(_standing(one) for one in taken),
                *(str(one.id) for one in wishes),
            ]
        ),
        **offer,
    }
    return render(request, "web/doctor/on_call.html", context)


def _standing(ask: Any) -> str:
    """Where a taken wish stands: paid, and then with a room."""
    visit = ask.appointment
    return f"{ask.id}{visit.status}{visit.encounter_id or ''}" if visit else str(ask.id)


@require_POST
@page(roles={"practitioner"})
def switch(request: HttpRequest) -> HttpResponse:
    """Go on call for some hours, or off."""
    actor, moment = actor_of(request), now()
    if request.POST.get("off"):
        return _do(request, booking.actions.stop_on_call)
    parts = request.POST.get("way", "").split(":")
    hours = request.POST.get("hours", "")
    if len(parts) != 3 or hours not in {str(number) for number in HOURS}:
        raise NotFound
    return _do(
        request,
        booking.actions.start_on_call,
        schedule_id=as_id(parts[0]),
        visit_type_id=as_id(parts[1]),
        mode=parts[2],
        until=moment + timedelta(hours=int(hours)),
        by=actor,
        now=moment,
    )


@require_POST
@page(roles={"practitioner"})
def accept(request: HttpRequest, ask_id: UUID) -> HttpResponse:
    """Take the citizen."""
    reason = request.POST.get("fit_reason", "")[:300]
    return _do(
        request,
        urgent.accept,
        done=_("As soon as nothing is left to pay, the visit stands in your list."),
        ask_id=ask_id,
        fit_reason=reason,
    )


@require_POST
@page(roles={"practitioner"})
def decline(request: HttpRequest, ask_id: UUID) -> HttpResponse:
    """Leave the citizen to the next doctor."""
    return _do(request, booking.actions.decline_ask, ask_id=ask_id)


@require_POST
@page(roles={"practitioner"})
def open_remote(request: HttpRequest, wish_id: UUID) -> HttpResponse:
    """Open a visit at a distance, with a reason; or want to see the person in person."""
    if request.POST.get("decline"):
        return _do(request, booking.actions.decline_remote, wish_id=wish_id)
    return _do(request, booking.actions.open_remote, wish_id=wish_id, reason=request.POST.get("reason", ""))


def _do(request: HttpRequest, action: Any, *, done: str = "", **values: Any) -> HttpResponse:
    """Do one step and come back, with the refusal in words if there is one."""
    try:
        action(**{"by": actor_of(request), "now": now(), **values})
    except NotFound:
        raise
    except DomainError as refusal:
        messages.error(request, str(refusal.detail))
    else:
        if done:
            messages.success(request, done)
    return redirect("doctor_on_call")
