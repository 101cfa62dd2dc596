"""Taking a free time: look at it once more, say for whom and why, confirm what the record knows, see what it costs."""

from __future__ import annotations

from dataclasses import dataclass
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

import booking.actions
from booking import fit
from booking import queries as booking_queries
from booking.api.wishes import clean_wishes
from booking.errors import ConditionNeeded, EmergencyWords, NotFitForRemote
from core.actor import Actor
from core.errors import Conflict, DomainError, Invalid, NotFound
from core.money import Money
from core.pages import actor_of, now
from identity import access as identity_access
from identity.models import Person, Practitioner, VisitType
from journeys import consultation
from payments import bhyt_estimate
from web.citizen.door import as_id, as_instant, citizen_page, clinic_day
from web.citizen.emergency import emergency_page
from web.citizen.finding import mode_for
from web.citizen.forms import BookingForm

OVER = {"fulfilled", "expired", "cancelled", "rescheduled", "no_show"}
GONE = {"slot_taken", "slot_past", "not_bookable", "off_grid"}


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
    def price(self) -> Money:
        """What it costs in the chosen way."""
        return self.visit_type.price_in(self.mode)

    @property
    def form(self) -> str:
        """The form of care: whoever takes a time here is seen on the spot, or at home."""
        return "direct_to_patient" if fit.is_remote(self.mode) else "in_person"

    @property
    def back(self) -> str:
        """The doctor's page, on the same visit and day."""
        return self._page(self.mode)

    @property
    def in_person(self) -> str:
        """The doctor's page with times in person, where this visit is given so; else all times in person."""
        if "in_person" in self.visit_type.modes:
            return self._page("in_person")
        return f"/find/?{urlencode({'mode': 'in_person'})}"

    def _page(self, mode: str) -> str:
        query = {"visit": str(self.visit_type.id), "mode": mode, "day": clinic_day(self.starts_at).isoformat()}
        return f"/doctors/{self.practitioner.id}/?{urlencode(query)}"


@dataclass(frozen=True)
class About:
    """One of the people a time may be taken for: what the insurance would pay, and what the record knows already."""

    person: Person
    insurance: bhyt_estimate.Estimate | None
    known: booking_queries.Known | None

    @property
    def confirm_field(self) -> str:
        return f"record_is_right_{self.person.id}"


def about(actor: Actor, people: list[Person], offer: Offer, moment: datetime) -> list[About]:
    """What the page shows of each of these people; the record only of those the actor may read for."""
    readable = set(identity_access.people_of(actor, "read").values_list("id", flat=True))
    found = []
    for person in people:
        estimate = bhyt_estimate.estimate(
            person.insurance_number, offer.price, form=offer.form, on=clinic_day(offer.starts_at)
        )
        found.append(
            About(person, estimate, booking_queries.known_of(person, moment) if person.id in readable else None)
        )
    return found


@citizen_page
def book(request: HttpRequest) -> HttpResponse:
    """Look once more at the time, say for whom and why, then take it."""
    actor, moment = actor_of(request), now()
    offer = Offer(request.POST if request.method == "POST" else request.GET, moment)
    people = list(identity_access.people_of(actor, "book"))
    form = BookingForm(
        request.POST if request.method == "POST" else None, people=people, initial={"person": str(actor.person_id)}
    )
    unfit = False
    if request.method == "POST" and form.is_valid():
        try:
            return _take(request, form, offer, actor, moment)
        except EmergencyWords as refusal:
            return emergency_page(request, refusal, offer.back)
        except (ConditionNeeded, NotFitForRemote) as refusal:
            unfit = isinstance(refusal, NotFitForRemote)
            form.add_error("condition", str(refusal.detail))
        except (Conflict, Invalid) as refusal:
            kept = kept_already(actor, offer, moment)
            if kept is not None:
                return redirect("web_appointment", appointment_id=kept)
            messages.error(request, str(refusal.detail))
            if refusal.code in GONE:
                return redirect(offer.back)
    elif offer.free is None:
        kept = kept_already(actor, offer, moment)
        if kept is not None:
            return redirect("web_appointment", appointment_id=kept)
        messages.error(request, _("This time is no longer free. Please choose another one."))
        return redirect(offer.back)
    context = {
        "offer": offer,
        "form": form,
        "people": people,
        "about": about(actor, people, offer, moment),
        "chosen": request.POST.get("person") or str(actor.person_id),
        "remote": fit.is_remote(offer.mode) and settings.BOOKING_FIT_CHECK != "off",
        **pilots_for(offer.visit_type.facility_id, clinic_day(offer.starts_at), offer.mode),
        "unfit": unfit,
        "weeks": range(2, 13),
        "hold_minutes": settings.BOOKING_HOLD_MINUTES,
    }
    return render(request, "web/citizen/book.html", context, status=422 if form.errors else 200)


def pilots_for(facility_id: UUID, day: date, mode: str) -> dict[str, Any]:
    """What a visit at a distance may be about there on that day, and under which approved pilots."""
    if not fit.is_remote(mode):
        return {"groups": [], "pilots": []}
    choices = booking_queries.remote_choices(facility_id, day)
    return {"groups": choices, "pilots": booking_queries.open_pilots(facility_id, day)}


def _take(request: HttpRequest, form: BookingForm, offer: Offer, actor: Actor, moment: datetime) -> HttpResponse:
    person_id = as_id(form.cleaned_data["person"])
    values = clean_wishes(
        {
            "intake": form.intake(),
            "condition": form.cleaned_data["condition"],
            "not_an_emergency": bool(request.POST.get("not_an_emergency")),
            "if_late": form.cleaned_data["if_late"],
        },
        mode=offer.mode,
        person_id=person_id,
        schedule_id=offer.schedule_id,
        reason=form.cleaned_data["reason"],
        by=actor,
        now=moment,
    )
    appointment, _payment = consultation.book(
        schedule_id=offer.schedule_id,
        starts_at=offer.starts_at,
        visit_type_id=offer.visit_type.id,
        person_id=person_id,
        mode=offer.mode,
        reason=form.cleaned_data["reason"],
        values=values,
        by=actor,
        now=moment,
    )
    return redirect("web_appointment", appointment_id=appointment.id)


def kept_already(actor: Actor, offer: Offer, moment: datetime) -> UUID | None:
    """The very time they ask for is theirs: a second tap, or the back button after booking."""
    mine = booking_queries.appointments_of([one.id for one in identity_access.people_of(actor, "book")])
    for one in mine.filter(practitioner=offer.practitioner, during__startswith=offer.starts_at):
        if one.status not in OVER and not one.is_overdue(moment):
            return UUID(str(one.id))
    return None


@require_POST
@citizen_page
def ask_for_remote(request: HttpRequest) -> HttpResponse:
    """Ask the doctor to be seen at a distance although the list does not name what it is."""
    doctor_id = as_id(request.POST.get("doctor"))
    words = request.POST.get("reason", "").strip()
    if not words:
        messages.error(request, _("Write in a few words what troubles you."))
        return redirect("web_doctor", practitioner_id=doctor_id)
    try:
        booking.actions.ask_for_remote(
            person_id=as_id(request.POST.get("person")),
            practitioner_id=doctor_id,
            words=words[:500],
            by=actor_of(request),
            now=now(),
        )
    except NotFound:
        raise
    except DomainError as refusal:
        messages.error(request, str(refusal.detail))
    else:
        messages.success(request, _("The doctor has your request. You get a message when it is answered."))
    return redirect("web_doctor", practitioner_id=doctor_id)
