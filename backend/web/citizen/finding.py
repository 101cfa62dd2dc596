"""Finding a doctor: the search with first free times, and one doctor's page with their days and times."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db.models import prefetch_related_objects
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import urlencode

from booking import queries as booking
from core.errors import NotFound
from core.pages import now, page
from identity import queries as identity
from identity.models import Facility, Practitioner, VisitType
from web.citizen.door import CLINIC_ZONE, MODES, as_day, clinic_day

CARDS = 8  # on one page of the search
TIMES_ON_A_CARD = 4
DAYS_SHOWN = 14


@dataclass
class Card:
    """One doctor in the search, with the first times somebody could have."""

    practitioner: Practitioner
    facility: Facility | None = None
    visit_type: VisitType | None = None
    mode: str = ""
    times: list[booking.FreeTime] = field(default_factory=list)

    @property
    def more(self) -> str:
        """The query string that opens the doctor's page on the same visit and day."""
        if self.visit_type is None or not self.times:
            return ""
        first = self.times[0].starts_at.astimezone(CLINIC_ZONE).date()
        return "?" + urlencode({"visit": str(self.visit_type.id), "mode": self.mode, "day": first.isoformat()})


@dataclass(frozen=True)
class Wish:
    """What somebody looks for, as it stands in the address."""

    q: str
    specialty: str
    province: str
    mode: str
    day: date | None
    page: int

    @classmethod
    def of(cls, request: HttpRequest) -> Wish:
        """Read the address; what makes no sense is left out rather than refused."""
        get = request.GET.get
        mode, number = get("mode", ""), get("page", "1")
        return cls(
            q=get("q", "").replace("\0", "").strip()[:80],
            specialty=get("specialty", "")[:40],
            province=get("province", "")[:2],
            mode=mode if mode in MODES else "",
            day=as_day(get("date")),
            page=max(1, min(int(number), 500)) if number.isascii() and number.isdigit() and len(number) < 5 else 1,
        )

    def is_empty(self) -> bool:
        """True when nothing narrows the search."""
        return not (self.q or self.specialty or self.province or self.mode or self.day)

    def address(self, **changes: Any) -> str:
        """The same search with something changed, as a query string."""
        values = {"q": self.q, "specialty": self.specialty, "province": self.province, "mode": self.mode}
        values |= {"date": self.day.isoformat() if self.day else "", "page": "", **changes}
        return "?" + urlencode({key: value for key, value in values.items() if value})


def mode_for(visit_type: VisitType, wanted: str) -> str:
    """The way the visit is held: as wished, else video where it is offered, else the first there is."""
    if wanted in visit_type.modes:
        return wanted
    return "video" if "video" in visit_type.modes else visit_type.modes[0]


def cards_for(wish: Wish, moment: datetime) -> tuple[list[Card], int]:
    """The doctors of this page of the search, soonest free first, and how many there are in all."""
    found = list(identity.practitioners(wish.q, wish.specialty, wish.province, None, wish.mode))
    start = moment
    if wish.day:
        start = max(moment, datetime.combine(wish.day, time.min, CLINIC_ZONE))
    firsts = booking.first_free(
        now=start,
        specialty=wish.specialty or None,
        province=wish.province or None,
        mode=wish.mode or None,
        practitioner_ids=[one.id for one in found],
        # Enough for this page, also when somebody has times at two places; on a chosen day all must be known.
        limit=2 * (len(found) + 1) if wish.day else 2 * CARDS * wish.page,
    )
    soonest: dict[UUID, booking.FirstFree] = {}
    for first in firsts:
        if wish.day is None or clinic_day(first.starts_at) == wish.day:
            soonest.setdefault(first.practitioner.id, first)
    # Whoever has a time comes first, in order of time; on a chosen day the others are left out.
    found.sort(key=lambda one: (one.id not in soonest, soonest[one.id].starts_at if one.id in soonest else moment))
    if wish.day:
        found = [one for one in found if one.id in soonest]
    shown = found[(wish.page - 1) * CARDS : wish.page * CARDS]
    cards = [card_for(one, soonest.get(one.id), wish, moment) for one in shown]
    prefetch_related_objects([card.facility for card in cards if card.facility], "province")
    return cards, len(found)


def card_for(practitioner: Practitioner, first: booking.FirstFree | None, wish: Wish, moment: datetime) -> Card:
    """One card; its times are those of the first free day."""
    if first is None:
        places = [row.facility for row in practitioner.memberships.all() if row.facility and row.role == "practitioner"]
        return Card(practitioner, places[0] if places else None)
    day = clinic_day(first.starts_at)
    times = booking.slots_of(practitioner.id, first.visit_type.id, day, day, moment)
    mine = [one for one in times if one.schedule_id == first.schedule.id]
    return Card(
        practitioner,
        first.schedule.facility,
        first.visit_type,
        mode_for(first.visit_type, wish.mode),
        mine[:TIMES_ON_A_CARD],
    )


@page(roles=())
def find(request: HttpRequest) -> HttpResponse:
    """Search by specialty, province, name without tone marks, day and way of visit."""
    wish, moment = Wish.of(request), now()
    cards, total = cards_for(wish, moment)
    pages = -(-total // CARDS)
    context = {
        "wish": wish,
        "cards": cards,
        "total": total,
        "specialties": identity.specialties(),
        "provinces": identity.provinces(),
        "today": clinic_day(moment),
        "next_page": wish.address(page=wish.page + 1) if wish.page < pages else "",
        "previous_page": wish.address(page=wish.page - 1) if wish.page > 1 else "",
    }
    return render(request, "web/citizen/find.html", context)


@dataclass(frozen=True)
class Day:
    """One day of the strip with its free times."""

    day: date
    times: list[booking.FreeTime]


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
    }
    return render(request, "web/citizen/doctor.html", context)


def next_free(practitioner_id: UUID, kind: VisitType, days: list[Day], moment: datetime) -> date | None:
    """The first day with a time after the days shown, for the sentence "nothing until …"."""
    after = days[-1].day + timedelta(days=1)
    times = booking.slots_of(practitioner_id, kind.id, after, after + timedelta(days=45), moment)
    return clinic_day(times[0].starts_at) if times else None
