"""Choosing another time for a visit: of the same doctor or a colleague, with what it costs said before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

import booking.access
import booking.actions
from booking import queries as booking_queries
from core.errors import Conflict, Invalid
from core.money import Money
from core.pages import actor_of, now
from journeys import moving
from web.citizen.door import as_day, as_id, as_instant, citizen_page, clinic_day
from web.citizen.finding import DAYS_SHOWN, Day, strip

MOST_COLLEAGUES = 12


@dataclass(frozen=True)
class Wished:
    """The time somebody has tapped, and what it would change about the price."""

    schedule_id: UUID
    starts_at: datetime
    price: Money
    before: Money

    @property
    def more(self) -> Money | None:
        return self.price - self.before if self.before < self.price else None

    @property
    def less(self) -> Money | None:
        return self.before - self.price if self.price < self.before else None


@citizen_page
def move(request: HttpRequest, appointment_id: UUID) -> HttpResponse:
    """Show free times, then what the chosen one costs, then move."""
    actor, moment = actor_of(request), now()
    found = booking.access.get_appointment(actor, appointment_id)
    if request.method == "POST":
        return _take(request, found)
    terms = booking_queries.cancel_terms(found, moment)
    if not booking_queries.may_move(found, moment):
        return render(request, "web/citizen/move.html", {"appointment": found, "terms": terms, "too_late": True})
    today = clinic_day(moment)
    schedules = booking_queries.colleagues_of(found, today)[:MOST_COLLEAGUES]
    doctor = request.GET.get("doctor", "")
    chosen_schedule = next((one for one in schedules if str(one.practitioner_id) == doctor), None)
    chosen_schedule = chosen_schedule or next(iter(schedules), None)
    days, chosen = _days(request, found, chosen_schedule, moment) if chosen_schedule else ([], None)
    context = {
        "appointment": found,
        "terms": terms,
        "schedules": _once_a_doctor(schedules),
        "doctor": chosen_schedule,
        "days": days,
        "chosen": chosen,
        "wished": _wished(request, found, moment),
        "earlier": days[0].day - timedelta(days=1) if days and days[0].day > today else None,
        "later": days[-1].day + timedelta(days=1) if days and days[-1].day < today + timedelta(days=60) else None,
    }
    return render(request, "web/citizen/move.html", context)


def _take(request: HttpRequest, found: Any) -> HttpResponse:
    try:
        moved, _payment = moving.move(
            appointment_id=found.pk,
            schedule_id=as_id(request.POST.get("schedule")),
            starts_at=as_instant(request.POST.get("at")),
            by=actor_of(request),
            now=now(),
        )
    except (Conflict, Invalid) as refusal:
        messages.error(request, str(refusal.detail))
        return redirect("web_move", appointment_id=found.pk)
    if moved.hold_expires_at is None:
        messages.success(request, _("Your visit has its new time."))
    return redirect("web_appointment", appointment_id=moved.pk)


def _days(request: HttpRequest, found: Any, schedule: Any, moment: datetime) -> tuple[list[Day], Day | None]:
    today = clinic_day(moment)
    wanted = as_day(request.GET.get("day"))
    first_day = today
    if wanted and today <= wanted < today + timedelta(days=366):
        first_day = today + timedelta(days=(wanted - today).days // DAYS_SHOWN * DAYS_SHOWN)
    days = []
    for one in strip(schedule.practitioner_id, found.visit_type_id, first_day, moment):
        here = [time for time in one.times if time.facility_id == found.facility_id]
        days.append(Day(one.day, [time for time in here if not _is_same(time, found)]))
    chosen = next((one for one in days if one.day == wanted), None) or next((one for one in days if one.times), None)
    return days, chosen


def _is_same(time: Any, found: Any) -> bool:
    return bool(time.schedule_id == found.schedule_id and time.starts_at == found.starts_at)


def _once_a_doctor(schedules: list[Any]) -> list[Any]:
    return list({one.practitioner_id: one for one in reversed(schedules)}.values())[::-1]


def _wished(request: HttpRequest, found: Any, moment: datetime) -> Wished | None:
    if not request.GET.get("at"):
        return None
    schedule_id, starts_at = as_id(request.GET.get("schedule")), as_instant(request.GET["at"])
    price = booking.actions.price_of_move(
        appointment_id=found.pk, schedule_id=schedule_id, starts_at=starts_at, by=actor_of(request), now=moment
    )
    return Wished(schedule_id, starts_at, price, found.price)
