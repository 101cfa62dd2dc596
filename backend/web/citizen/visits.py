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
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

import booking.access
import booking.actions
import payments.queries
from booking import queries as booking_queries
from core.actor import Actor
from core.errors import Conflict, DomainError, Invalid, NotFound
from core.pages import actor_of, now
from core.refs import ref
from identity import access as identity_access
from identity.models import Practitioner, VisitType
from journeys import consultation
from web.citizen.door import as_id, as_instant, citizen_page, clinic_day
from web.citizen.finding import mode_for
from web.citizen.forms import BookingForm

ASKED = ("schedule", "visit", "at", "mode")
OVER = {"fulfilled", "expired", "cancelled", "rescheduled", "no_show"}


class Offer:
    """The free time somebody is about to take, looked up again from the address."""

    def __init__(self, values: Any, moment: datetime) -> None:
        kinds = VisitType.objects.select_related("facility__province").filter(active=True)
        visit_type = kinds.filter(id=as_id(values.get("visit"))).first()
        practitioner = Practitioner.objects.filter(id=as_id(values.get("doctor"))).first()
        if visit_type is None or practitioner is None:
            raise NotFound()
        self.visit_type, self.practitioner = visit_type, practitioner
        self.starts_at = as_instant(values.get("at"))
        self.schedule_id = as_id(values.get("schedule"))
        self.mode = mode_for(self.visit_type, str(values.get("mode", "")))
        day = clinic_day(self.starts_at)
        times = booking_queries.slots_of(self.practitioner.id, self.visit_type.id, day, day, moment)
        self.free = next(
            (one for one in times if one.schedule_id == self.schedule_id and one.starts_at == self.starts_at), None
        )
        self.ends_at = self.starts_at + timedelta(minutes=self.visit_type.minutes)

    @property
    def back(self) -> str:
        """The doctor's page, on the same visit and day."""
        query = {"visit": str(self.visit_type.id), "mode": self.mode, "day": clinic_day(self.starts_at).isoformat()}
        return f"/doctors/{self.practitioner.id}/?{urlencode(query)}"


@citizen_page
def book(request: HttpRequest) -> HttpResponse:
    """Look once more at the time, say for whom and why, then take it."""
    actor, moment = actor_of(request), now()
    offer = Offer(request.POST if request.method == "POST" else request.GET, moment)
    people = list(identity_access.people_of(actor, "book"))
    form = BookingForm(
        request.POST if request.method == "POST" else None, people=people, initial={"person": str(actor.person_id)}
    )
    if request.method == "POST" and form.is_valid():
        try:
            appointment, _payment = consultation.book(
                schedule_id=offer.schedule_id,
                starts_at=offer.starts_at,
                visit_type_id=offer.visit_type.id,
                person_id=as_id(form.cleaned_data["person"]),
                mode=offer.mode,
                reason=form.cleaned_data["reason"],
                by=actor,
                now=moment,
            )
        except (Conflict, Invalid) as refusal:
            kept = kept_already(actor, offer, moment)
            if kept is not None:
                return redirect("web_appointment", appointment_id=kept)
            messages.error(request, str(refusal.detail))
            if refusal.code in {"slot_taken", "slot_past", "not_bookable", "off_grid"}:
                return redirect(offer.back)
        else:
            return redirect("web_appointment", appointment_id=appointment.id)
    elif offer.free is None:
        kept = kept_already(actor, offer, moment)
        if kept is not None:
            return redirect("web_appointment", appointment_id=kept)
        messages.error(request, _("This time is no longer free. Please choose another one."))
        return redirect(offer.back)
    context = {"offer": offer, "form": form, "people": people, "hold_minutes": settings.BOOKING_HOLD_MINUTES}
    return render(request, "web/citizen/book.html", context, status=422 if form.errors else 200)


def kept_already(actor: Actor, offer: Offer, moment: datetime) -> UUID | None:
    """The very time they ask for is theirs: a second tap, or the back button after booking."""
    mine = booking_queries.appointments_of([one.id for one in identity_access.people_of(actor, "book")])
    for one in mine.filter(practitioner=offer.practitioner, during__startswith=offer.starts_at):
        if one.status not in OVER and not one.is_overdue(moment):
            return UUID(str(one.id))
    return None


@citizen_page
def appointments(request: HttpRequest) -> HttpResponse:
    """Coming visits first, then the past ones; of everybody the citizen acts for."""
    actor, moment = actor_of(request), now()
    rows = list(booking_queries.appointments_of([one.id for one in identity_access.people_of(actor, "read")])[:200])
    coming = [one for one in rows if one.status not in OVER and one.ends_at > moment and not one.is_overdue(moment)]
    past = [one for one in rows if one not in coming]
    context = {"coming": coming[::-1], "past": past, "actor": actor, "moment": moment}
    return render(request, "web/citizen/appointments.html", context)


def story_of(appointment: Any, payment: Any, moment: datetime) -> str:
    """Which part of the story the page tells: held, paying, booked, waiting, inside, over, missed, expired, cancelled."""
    status = str(appointment.status)
    if appointment.is_overdue(moment) or status == "expired":
        return "expired"
    if status == "held":
        return "paying" if payment is not None and str(payment.status) in {"captured", "pending"} else "held"
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
    payment = payments.queries.for_subject(ref(found))
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
        "gateways": list(settings.PAYMENT_GATEWAYS),
        "hold_seconds": settings.BOOKING_HOLD_MINUTES * 60,
        "again": again(found, today),
        "mine": found.person_id == actor.person_id,
    }
    return render(request, "web/citizen/appointment.html", context)


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
