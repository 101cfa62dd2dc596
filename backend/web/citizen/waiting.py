"""The citizen's waiting list: join it, see the place in line, answer an offer; and choose when a doctor is away."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

import booking.access
import booking.actions
from booking import fit
from booking import queries as booking_queries
from core.actor import Actor
from core.errors import Conflict, DomainError, Invalid, NotFound
from core.pages import actor_of, now
from identity import access as identity_access
from identity.models import Person, Practitioner, VisitType
from journeys import waiting as journey
from web.citizen.door import as_id, as_instant, citizen_page, clinic_day
from web.citizen.finding import mode_for
from web.citizen.taking import pilots_for

DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
DAY_TIMES = [
    ("any", gettext_lazy("At any time")),
    ("morning", gettext_lazy("In the morning (before 12:00)")),
    ("afternoon", gettext_lazy("In the afternoon (12:00 to 17:00)")),
    ("evening", gettext_lazy("In the evening (after 17:00)")),
]
DAYS_SHOWN, TIMES_SHOWN = 5, 12  # of other times, when a doctor is away


class WaitForm(forms.Form):
    """For whom, on which days, at which time of day."""

    person = forms.ChoiceField(label=gettext_lazy("Who is the visit for?"), widget=forms.RadioSelect)
    with_whom = forms.ChoiceField(label=gettext_lazy("With whom?"), widget=forms.RadioSelect)
    first_day = forms.DateField(label=gettext_lazy("From"), widget=DAY)
    last_day = forms.DateField(label=gettext_lazy("Until"), widget=DAY)
    day_time = forms.ChoiceField(label=gettext_lazy("Time of day"), choices=DAY_TIMES)

    def __init__(self, *args: Any, people: list[Person], doctor: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        whom = [("any", gettext_lazy("Any doctor of this facility: usually sooner"))]
        choices: dict[str, list[tuple[str, Any]]] = {
            "person": [(str(one.id), one.full_name) for one in people],
            "with_whom": [("doctor", doctor), *whom] if doctor else whom,
        }
        for name, values in choices.items():
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = values

    def clean(self) -> dict[str, Any]:
        """The days must be in order."""
        values = super().clean() or {}
        first, last = values.get("first_day"), values.get("last_day")
        if first and last and last < first:
            self.add_error("last_day", _("The last day lies before the first one."))
        return values


@citizen_page
def waiting_list(request: HttpRequest) -> HttpResponse:
    """What the citizen waits for, for themselves and those they act for; offers come first."""
    actor, moment = actor_of(request), now()
    entries = [(one, booking_queries.place_in_line(one)) for one in booking_queries.entries_of(actor)]
    context = {"entries": entries, "offers": booking_queries.open_offers(actor, moment), "actor": actor}
    return render(request, "web/citizen/waiting/list.html", context)


@citizen_page
def join(request: HttpRequest) -> HttpResponse:
    """Say what to wait for; a later visit may be kept until an earlier time is taken."""
    actor, moment = actor_of(request), now()
    asked = request.POST if request.method == "POST" else request.GET
    later = _later_visit(actor, asked.get("instead_of"))
    kind = VisitType.objects.select_related("facility").filter(active=True, id=as_id(asked.get("visit"))).first()
    doctor = Practitioner.objects.filter(id=as_id(asked.get("doctor"))).first()
    if kind is None or doctor is None:
        raise NotFound()
    people = [later.person] if later else list(identity_access.people_of(actor, "book"))
    today = clinic_day(moment)
    until = clinic_day(later.starts_at) - timedelta(days=1) if later else today + timedelta(days=30)
    initial = {
        "person": str((later.person_id if later else None) or actor.person_id),
        "with_whom": "doctor",
        "first_day": today,
        "last_day": max(until, today),
        "day_time": "any",
    }
    form = WaitForm(
        request.POST if request.method == "POST" else None, people=people, doctor=doctor.display_name, initial=initial
    )
    mode = mode_for(kind, str(asked.get("mode", "")))
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            booking.actions.join_waiting_list(
                person_id=as_id(values["person"]),
                visit_type_id=kind.id,
                practitioner_id=doctor.id if values["with_whom"] == "doctor" else None,
                mode=mode,
                first_day=values["first_day"],
                last_day=values["last_day"],
                day_time=values["day_time"],
                instead_of_id=later.id if later else None,
                by=actor,
                now=moment,
            )
        except (Conflict, Invalid) as refusal:
            form.add_error(None, str(refusal.detail))
        else:
            messages.success(request, _("You are on the waiting list. We tell you as soon as a time is free."))
            return redirect("web_waiting_list")
    context = {"form": form, "people": people, "kind": kind, "doctor": doctor, "mode": mode, "later": later}
    return render(request, "web/citizen/waiting/join.html", context, status=422 if form.errors else 200)


@require_POST
@citizen_page
def leave(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    """Wait no longer."""
    try:
        booking.actions.leave_waiting_list(entry_id=entry_id, by=actor_of(request), now=now())
    except Conflict as refusal:
        messages.error(request, str(refusal.detail))
    else:
        messages.success(request, _("You are no longer on this waiting list."))
    return redirect("web_waiting_list")


@citizen_page
def offer(request: HttpRequest, offer_id: UUID) -> HttpResponse:
    """One offered time, with how long it is kept, and two answers."""
    actor, moment = actor_of(request), now()
    found = booking.access.get_offer(actor, offer_id)
    is_open = str(found.status) == "open" and found.expires_at > moment
    context = {
        "offer": found,
        "visit": found.appointment,
        "is_open": is_open,
        "seconds": max(int((found.expires_at - found.created_at).total_seconds()), 60),
        "later": found.entry.instead_of if found.entry.instead_of_id else None,
        "asks_condition": is_open and not _is_said(found) and _is_asked(found.appointment.mode),
        **pilots_for(found.appointment.facility_id, clinic_day(found.appointment.starts_at), found.appointment.mode),
    }
    return render(request, "web/citizen/waiting/offer.html", context)


@require_POST
@citizen_page
def take(request: HttpRequest, offer_id: UUID) -> HttpResponse:
    """Take the time; the next page is the visit, to be paid or agreed already."""
    condition = request.POST.get("condition", "")[:12]
    try:
        appointment, _payment = journey.take(offer_id=offer_id, condition=condition, by=actor_of(request), now=now())
    except (Conflict, Invalid) as refusal:
        messages.error(request, str(refusal.detail))
        return redirect("web_offer", offer_id=offer_id)
    return redirect("web_appointment", appointment_id=appointment.id)


@require_POST
@citizen_page
def decline(request: HttpRequest, offer_id: UUID) -> HttpResponse:
    """Leave the time to the next person."""
    try:
        booking.actions.decline_offer(offer_id=offer_id, by=actor_of(request), now=now())
    except Conflict as refusal:
        messages.error(request, str(refusal.detail))
    else:
        messages.success(request, _("The time goes to the next person. You keep your place."))
    return redirect("web_waiting_list")


@citizen_page
def case(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """A doctor is away: the ways on, other times, or all the money back."""
    actor, moment = actor_of(request), now()
    found = booking.access.get_case(actor, case_id)
    visit = found.appointment
    is_open = str(found.status) == "open" and visit.starts_at > moment
    ways = [one for one in booking_queries.ways_of(found) if one.starts_at > moment]
    context = {
        "case": found,
        "visit": visit,
        "ways": ways,
        "asks_condition": any(one.mode != visit.mode and _is_asked(one.mode) for one in ways),
        **pilots_for(visit.facility_id, clinic_day(visit.starts_at), "video"),
        "is_open": is_open,
        "other_days": other_days(visit, moment) if is_open else [],
    }
    return render(request, "web/citizen/waiting/case.html", context)


@require_POST
@citizen_page
def choose(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Do what was chosen, and come back to see it."""
    asked: dict[str, Any] = {"case_id": case_id, "by": actor_of(request), "now": now()}
    choice = request.POST.get("choice", "")
    try:
        if choice == "cancel":
            booking.actions.give_up_visit(**asked)
        else:
            schedule, _mark, rest = choice.partition("|")
            mode, _mark, starts_at = rest.partition("|")
            booking.actions.choose_time(
                schedule_id=as_id(schedule),
                starts_at=as_instant(starts_at),
                mode=mode,
                condition=request.POST.get("condition", "")[:12],
                **asked,
            )
    except NotFound:
        raise
    except DomainError as refusal:
        messages.error(request, str(refusal.detail))
    return redirect("web_leave_case", case_id=case_id)


def _is_said(offer: Any) -> bool:
    """Say whether it is known what the offered visit is about: by itself, or by the later one that is given up for it."""
    later = offer.entry.instead_of
    return bool(offer.appointment.condition_code or (later is not None and later.pilot_id))


def _is_asked(mode: str) -> bool:
    """Say whether the list for visits at a distance is asked about."""
    return fit.is_remote(mode) and settings.BOOKING_FIT_CHECK != "off"


def _later_visit(actor: Actor, text: str | None) -> Any:
    return booking.access.get_appointment(actor, as_id(text)) if text else None


def other_days(visit: Any, moment: datetime) -> list[tuple[date, list[Any]]]:
    """Free times of the same doctor around the lost one and after it, by day."""
    first = clinic_day(moment)
    times = booking_queries.slots_of(
        visit.practitioner_id, visit.visit_type_id, first, first + timedelta(days=45), moment
    )
    days: dict[date, list[Any]] = {}
    for one in times:
        if one.facility_id == visit.facility_id:
            days.setdefault(clinic_day(one.starts_at), []).append(one)
    near = sorted(days, key=lambda day: abs(day - clinic_day(visit.starts_at)))[:DAYS_SHOWN]
    return [(day, days[day][:TIMES_SHOWN]) for day in sorted(near)]


def wait_address(doctor_id: UUID, visit_type_id: UUID, mode: str, instead_of: UUID | None = None) -> str:
    """The address under which somebody joins the waiting list for this."""
    query = {"doctor": doctor_id, "visit": visit_type_id, "mode": mode}
    return "/waiting-list/join/?" + urlencode(query | ({"instead_of": instead_of} if instead_of else {}))
