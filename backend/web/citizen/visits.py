"""Taking a time, and what becomes of it: confirm, pay, wait, come, or cancel."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.views.decorators.http import require_POST

import booking.access
import booking.actions
import payments.queries
from booking import queries as booking_queries
from core.actor import Actor
from core.errors import DomainError, NotFound
from core.pages import actor_of, now
from identity import access as identity_access
from journeys import moving
from records import handed
from web.citizen.door import citizen_page, clinic_day
from web.queue.citizen import queue_context

ASKED = ("schedule", "visit", "at", "mode")
STORY = Actor.system("web")
OVER = {"fulfilled", "expired", "cancelled", "rescheduled", "no_show"}


@citizen_page
def appointments(request: HttpRequest) -> HttpResponse:
    """Coming visits first, then the past ones; of everybody the citizen acts for."""
    actor, moment = actor_of(request), now()
    rows = list(booking_queries.appointments_of([one.id for one in identity_access.people_of(actor, "read")])[:200])
    coming = [one for one in rows if one.status not in OVER and one.ends_at > moment and not one.is_overdue(moment)]
    past = [one for one in rows if one not in coming]
    context = {"coming": coming[::-1], "past": past, "actor": actor, "moment": moment}
    return render(request, "web/citizen/appointments.html", context)


PAYING = {"pending", "unknown", "authorised", "captured"}


def story_of(appointment: Any, payment: Any, moment: datetime) -> str:
    """Which part of the story the page tells: held, paying, booked, waiting, inside, over, missed, expired, cancelled."""
    status = str(appointment.status)
    if appointment.is_overdue(moment) or status == "expired":
        return "expired"
    if status == "held":
        return "paying" if payment is not None and str(payment.status) in PAYING else "held"
    if status in {"booked", "checked_in"}:
        if appointment.ends_at + timedelta(minutes=settings.ROOM_CLOSES_MINUTES_AFTER) <= moment:
            return "missed"
        opens = appointment.starts_at - timedelta(minutes=settings.ROOM_OPENS_MINUTES_BEFORE)
        return "waiting" if appointment.mode == "video" and opens <= moment else "booked"
    return {"in_consultation": "inside", "interrupted": "inside", "fulfilled": "over", "no_show": "missed"}.get(
        status, "cancelled"
    )


@citizen_page
def appointment(request: HttpRequest, appointment_id: UUID) -> HttpResponse:
    """One appointment: where it stands and what to do now."""
    actor, moment = actor_of(request), now()
    found = booking.access.get_appointment(actor, appointment_id)
    payment = moving.payment_of(found)
    story = story_of(found, payment, moment)
    today = clinic_day(moment)
    context = {
        "appointment": found,
        "payment": payment,
        "story": story,
        "opens_at": found.starts_at - timedelta(minutes=settings.ROOM_OPENS_MINUTES_BEFORE),
        "can_cancel": str(found.status) in {"held", "booked", "checked_in"}
        and found.starts_at > moment
        and story != "expired",
        "can_check_in": found.mode == "in_person"
        and str(found.status) == "booked"
        and clinic_day(found.starts_at) == today,
        "ways": payments.queries.ways_to_pay(found.facility_id) if story == "held" else [],
        "hold_seconds": settings.BOOKING_HOLD_MINUTES * 60,
        "again": again(found, today),
        "mine": found.person_id == actor.person_id,
        "cut_short": booking_queries.cut_short_of_encounter(actor, found.encounter_id) if found.encounter_id else None,
        "taken_over": handed.taken_over(found.encounter_id) if found.encounter_id else None,
        "answers_reminders": booking_queries.answers_reminders(found, moment),
    }
    context |= changes(found, moment)
    context |= queue_context(actor, found, moment)
    return render(request, "web/citizen/appointment.html", context)


def changes(found: Any, moment: datetime) -> dict[str, Any]:
    """What the page says about other times: the terms of a cancel, the move before and after, the series, a block."""
    follower = booking_queries.follower_of(found)
    missed = str(found.status) == "no_show" and found.no_show_by == "citizen"
    return {
        "terms": booking_queries.cancel_terms(found, moment),
        "may_move": booking_queries.may_move(found, moment),
        "follower": follower,
        "waits_for_payment": follower is not None
        and str(follower.status) == "held"
        and not follower.is_overdue(moment),
        "series": list(booking_queries.series_for(STORY, found.series)) if found.series else [],
        "pause": booking_queries.block_of(found.person_id, found.facility_id, moment) if missed else None,
    }


def again(found: Any, today: date) -> str:
    """The doctor's page for another time of the same kind."""
    day = max(clinic_day(found.starts_at), today)
    query = urlencode({"visit": found.visit_type_id, "mode": found.mode, "day": day.isoformat()})
    return f"/doctors/{found.practitioner_id}/?{query}"


@require_POST
@citizen_page
def cancel(request: HttpRequest, appointment_id: UUID) -> HttpResponse:
    """Give the time back; money that was paid follows by itself."""
    return _step(
        request, appointment_id, booking.actions.cancel_appointment, reason=request.POST.get("reason", "")[:500]
    )


@require_POST
@citizen_page
def check_in(request: HttpRequest, appointment_id: UUID) -> HttpResponse:
    """Say "I am here" on the day of a visit in person."""
    return _step(request, appointment_id, booking.actions.check_in)


def _step(request: HttpRequest, appointment_id: UUID, action: Any, **values: Any) -> HttpResponse:
    """Do one step and come back to the appointment, with the refusal in words if there is one."""
    try:
        action(appointment_id=appointment_id, by=actor_of(request), now=now(), **values)
    except NotFound:
        raise
    except DomainError as refusal:
        messages.error(request, str(refusal.detail))
    return redirect("web_appointment", appointment_id=appointment_id)
