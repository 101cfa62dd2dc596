"""Finding a doctor: the search with first free times, and one doctor's page with their days and times."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from booking import queries as booking
from core.errors import NotFound
from core.pages import now, page
from identity import queries as identity
from identity.models import VisitType
from web.citizen.door import MODES, as_day, clinic_day
from web.citizen.searching import CARDS, DAYS_SHOWN, Wish, cards_for, mode_for


@page(roles=())
def find(request: HttpRequest) -> HttpResponse:
    """Search by specialty, province, name without tone marks, day, part of the day, place and way of visit."""
    wish, moment = Wish.of(request), now()
    cards, total = cards_for(wish, moment)
    pages = -(-total // CARDS)
    context = {
        "wish": wish,
        "cards": cards,
        "total": total,
        "place": identity.facilities().filter(id=wish.facility).first() if wish.facility else None,
        "specialties": identity.specialties(),
        "provinces": identity.provinces(),
        "today": clinic_day(moment),
        "without_place": wish.address(near=""),
        "without_facility": wish.address(facility=""),
        "next_page": wish.address(page=wish.page + 1) if wish.page < pages else "",
        "previous_page": wish.address(page=wish.page - 1) if wish.page > 1 else "",
    }
    return render(request, "web/citizen/find.html", context)


@page(roles=())
def any_doctor(request: HttpRequest) -> HttpResponse:
    """Any doctor of a hospital: the least loaded of those free on the first day, ready to be taken."""
    wish = Wish.of(request)
    if wish.facility is None:
        raise NotFound()
    first = booking.least_loaded(wish.facility, now(), specialty=wish.specialty or None, mode=wish.mode or None)
    if first is None:
        messages.error(request, _("Nobody there has a free time in the next weeks."))
        return redirect(f"/find/{wish.address(facility='')}")
    query = {
        "doctor": str(first.practitioner.id),
        "schedule": str(first.schedule.pk),
        "visit": str(first.visit_type.id),
        "mode": mode_for(first.visit_type, wish.mode),
        "at": first.starts_at.isoformat(),
    }
    return redirect(f"/book/?{urlencode(query)}")


@dataclass(frozen=True)
class Day:
    """One day of the strip with its free times."""

    day: date
    times: list[booking.FreeTime]


@dataclass(frozen=True)
class MonthDay:
    """One cell of the month: how many times are free."""

    day: date
    free: int


def month_of(
    practitioner_id: UUID, visit_type_id: UUID, text: str | None, today: date, moment: datetime
) -> dict[str, Any]:
    """The month as weeks of seven cells (None outside it), with the months before and after it."""
    wanted = as_day(f"{text}-01") if text else None
    first = wanted or today.replace(day=1)
    if not today.replace(day=1) <= first <= today + timedelta(days=366):
        first = today.replace(day=1)
    cells: list[MonthDay | None] = [None] * first.weekday()
    cells += [MonthDay(one.day, one.free) for one in booking.days_of(practitioner_id, first, visit_type_id, moment)]
    cells += [None] * (-len(cells) % 7)
    before, after = first - timedelta(days=1), (first + timedelta(days=32)).replace(day=1)
    return {
        "month": first,
        "weeks": [cells[place : place + 7] for place in range(0, len(cells), 7)],
        "month_before": before if before >= today.replace(day=1) else None,
        "month_after": after if after <= today + timedelta(days=92) else None,
    }


def strip(practitioner_id: UUID, visit_type_id: UUID, first_day: date, moment: datetime) -> list[Day]:
    """Two weeks from a day, each with its free times."""
    last_day = first_day + timedelta(days=DAYS_SHOWN - 1)
    by_day: dict[date, list[booking.FreeTime]] = defaultdict(list)
    for one in booking.slots_of(practitioner_id, visit_type_id, first_day, last_day, moment):
        by_day[clinic_day(one.starts_at)].append(one)
    days = (first_day + timedelta(days=number) for number in range(DAYS_SHOWN))
    return [Day(day, by_day[day]) for day in days]


@page(roles=())
def doctor(request: HttpRequest, practitioner_id: UUID) -> HttpResponse:
    """A doctor: who they are, their licence, what they offer, and their free times by day."""
    practitioner = identity.practitioners().filter(id=practitioner_id).first()
    if practitioner is None:
        raise NotFound()
    moment = now()
    today = clinic_day(moment)
    kinds = booking.visit_types_of(practitioner.id, today)
    wanted = request.GET.get("visit")
    kind = next((one for one in kinds if str(one.id) == wanted), None)
    mode = request.GET.get("mode", "")
    if kind is None and kinds:
        first = booking.first_free(
            now=moment, practitioner_ids=[practitioner.id], mode=mode if mode in MODES else None, limit=1
        )
        kind = first[0].visit_type if first else kinds[0]
    days: list[Day] = []
    chosen: Day | None = None
    day = as_day(request.GET.get("day"))
    if kind is not None:
        first_day = today
        if day and today <= day < today + timedelta(days=366):
            first_day = today + timedelta(days=(day - today).days // DAYS_SHOWN * DAYS_SHOWN)
        days = strip(practitioner.id, kind.id, first_day, moment)
        chosen = next((one for one in days if one.day == day), None) or next((one for one in days if one.times), None)
    context = {
        "practitioner": practitioner,
        "facilities": [
            row.facility for row in practitioner.memberships.all() if row.role == "practitioner" and row.facility
        ],
        "licensed": practitioner.licence_is_valid(today),
        "kinds": kinds,
        "kind": kind,
        "mode": mode_for(kind, mode) if kind else "",
        "days": days,
        "chosen": chosen,
        "earlier": days[0].day - timedelta(days=1) if days and days[0].day > today else None,
        "later": days[-1].day + timedelta(days=1) if days and days[-1].day < today + timedelta(days=60) else None,
        "next_free": next_free(practitioner.id, kind, days, moment) if kind and not chosen else None,
        "today": today,
    }
    if kind is not None and "month" in request.GET:
        context |= month_of(practitioner.id, kind.id, request.GET.get("month"), today, moment)
    return render(request, "web/citizen/doctor.html", context)


def next_free(practitioner_id: UUID, kind: VisitType, days: list[Day], moment: datetime) -> date | None:
    """The first day with a time after the days shown, for the sentence "nothing until …"."""
    after = days[-1].day + timedelta(days=1)
    times = booking.slots_of(practitioner_id, kind.id, after, after + timedelta(days=45), moment)
    return clinic_day(times[0].starts_at) if times else None
