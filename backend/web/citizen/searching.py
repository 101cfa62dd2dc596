"""The search for a doctor: the wish as it stands in the address, and the cards that answer it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time
from math import asin, cos, radians, sin, sqrt
from typing import Any
from uuid import UUID

from django.db.models import prefetch_related_objects
from django.http import HttpRequest
from django.utils.http import urlencode

from booking import queries as booking
from core.money import Money
from identity import queries as identity
from identity.models import Facility, Practitioner, VisitType
from web.citizen.door import CLINIC_ZONE, MODES, as_day, clinic_day

CARDS = 8  # on one page of the search
TIMES_ON_A_CARD = 4
MOST_BY_NAME = 300  # of one name
FIRST_LOOK = 200  # doctors, where a day, a part of it or a place narrows; more while too few of them fit
MOST_LOOKED_AT = 3200
HOUSES_NEAR = 60
FAR = 1e9
DAYS_SHOWN = 14


@dataclass
class Card:
    """One doctor in the search, with the first times somebody could have."""

    practitioner: Practitioner
    facility: Facility | None = None
    visit_type: VisitType | None = None
    mode: str = ""
    times: list[booking.FreeTime] = field(default_factory=list)
    distance_km: float | None = None

    @property
    def price(self) -> Money | None:
        """What it costs in the way that is shown."""
        return self.visit_type.price_in(self.mode) if self.visit_type else None

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
    part: str
    facility: UUID | None
    near: tuple[float, float] | None
    page: int

    @classmethod
    def of(cls, request: HttpRequest) -> Wish:
        """Read the address; what makes no sense is left out rather than refused."""
        get = request.GET.get
        mode, number, part = get("mode", ""), get("page", "1"), get("part", "")
        return cls(
            q=get("q", "").replace("\0", "").strip()[:80],
            specialty=get("specialty", "")[:40],
            province=get("province", "")[:2],
            mode=mode if mode in MODES else "",
            day=as_day(get("date")),
            part=part if part in booking.PARTS_OF_DAY else "",
            facility=_id(get("facility", "")),
            near=_place(get("near", "")),
            page=max(1, min(int(number), 500)) if number.isascii() and number.isdigit() and len(number) < 5 else 1,
        )

    def is_empty(self) -> bool:
        """True when nothing narrows the search."""
        return not any(
            (self.q, self.specialty, self.province, self.mode, self.day, self.part, self.facility, self.near)
        )

    @property
    def near_text(self) -> str:
        """The place as it stands in the address: about a kilometre, no closer."""
        return f"{self.near[0]:.2f},{self.near[1]:.2f}" if self.near else ""

    def address(self, **changes: Any) -> str:
        """The same search with something changed, as a query string."""
        values = {"q": self.q, "specialty": self.specialty, "province": self.province, "mode": self.mode}
        values |= {"date": self.day.isoformat() if self.day else "", "part": self.part, "near": self.near_text}
        values |= {"facility": str(self.facility) if self.facility else "", "page": "", **changes}
        return "?" + urlencode({key: value for key, value in values.items() if value})


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _place(text: str) -> tuple[float, float] | None:
    """Read "21.03,105.85"; anything else is no place."""
    try:
        latitude, longitude = (float(part) for part in text.split(","))
    except ValueError:
        return None
    return (latitude, longitude) if abs(latitude) <= 90 and abs(longitude) <= 180 else None


def mode_for(visit_type: VisitType, wanted: str) -> str:
    """The way the visit is held: as wished, else video where it is offered, else the first there is."""
    if wanted in visit_type.modes:
        return wanted
    return "video" if "video" in visit_type.modes else visit_type.modes[0]


def cards_for(wish: Wish, moment: datetime) -> tuple[list[Card], int]:
    """The doctors of this page of the search, soonest free first, and how many there are in all."""
    every = identity.practitioners(wish.q, wish.specialty, wish.province, wish.facility, wish.mode)
    soonest, times = _soonest(wish, every, moment)
    ordered = list(soonest)
    if wish.near:
        ordered.sort(key=lambda one: _distance(wish, soonest[one].schedule.facility) or FAR)
    # Whoever has a time comes first; on a chosen day or part of it the others are left out.
    choosy = bool(wish.day or wish.part)
    total = len(ordered) if choosy else max(every.count(), len(ordered))
    shown = ordered[(wish.page - 1) * CARDS : wish.page * CARDS]
    if len(shown) < CARDS and not choosy and total > len(ordered):
        begin = max(0, (wish.page - 1) * CARDS - len(ordered))
        rest = every.exclude(id__in=ordered).values_list("id", flat=True)
        shown += list(rest[begin : begin + CARDS - len(shown)])
    if not shown:
        return [], total
    people = {one.id: one for one in identity.practitioners().filter(id__in=shown)}
    cards = [_card(people[one], soonest.get(one), times, wish) for one in shown if one in people]
    prefetch_related_objects([card.facility for card in cards if card.facility], "province")
    return cards, total


def _soonest(
    wish: Wish, every: Any, moment: datetime
) -> tuple[dict[UUID, booking.FirstFree], dict[UUID, list[booking.FreeTime]]]:
    """Each doctor's first fitting time, the earliest first, and the times behind it by schedule."""
    if not (wish.day or wish.part or wish.near):
        found, _all = _firsts(wish, every, moment, 2 * CARDS * wish.page + CARDS)
        shown = dict(list(found.items())[(wish.page - 1) * CARDS : wish.page * CARDS])
        return found, booking.next_times(list(shown.values()), moment, count=TIMES_ON_A_CARD)
    look, days = FIRST_LOOK, DAYS_SHOWN if wish.part and not wish.day else 1
    while True:
        found, are_all = _firsts(wish, every, moment, look)
        times = booking.next_times(list(found.values()), moment, days=days, part=wish.part, count=TIMES_ON_A_CARD)
        fitting = {key: one for key, one in found.items() if times.get(one.schedule.pk)}
        if are_all or len(fitting) > wish.page * CARDS or look >= MOST_LOOKED_AT:
            return dict(sorted(fitting.items(), key=lambda pair: times[pair[1].schedule.pk][0].starts_at)), times
        look *= 4


def _firsts(wish: Wish, every: Any, moment: datetime, most: int) -> tuple[dict[UUID, booking.FirstFree], bool]:
    """Each doctor's first free time, the earliest first, of at most so many schedules; and whether these are all."""
    firsts = booking.first_free(
        now=max(moment, datetime.combine(wish.day, time.min, CLINIC_ZONE)) if wish.day else moment,
        specialty=wish.specialty or None,
        province=wish.province or None,
        mode=wish.mode or None,
        facility_id=wish.facility,
        facility_ids=identity.houses_near(*wish.near, province=wish.province, most=HOUSES_NEAR) if wish.near else None,
        # A name narrows to few; without one the search itself knows who is free first.
        practitioner_ids=list(every.values_list("id", flat=True)[:MOST_BY_NAME]) if wish.q else None,
        part=wish.part,
        limit=most,
    )
    found: dict[UUID, booking.FirstFree] = {}
    for one in firsts:
        if one.practitioner.profession == "doctor" and (not wish.day or clinic_day(one.starts_at) == wish.day):
            found.setdefault(one.practitioner.id, one)
    # Of a chosen day all are known as soon as one lies behind it.
    beyond = bool(wish.day and firsts and clinic_day(firsts[-1].starts_at) > wish.day)
    return found, len(firsts) < most or beyond


def _card(
    practitioner: Practitioner,
    first: booking.FirstFree | None,
    times: dict[UUID, list[booking.FreeTime]],
    wish: Wish,
) -> Card:
    """One card; its times are those of the first free day."""
    if first is None:
        places = [row.facility for row in practitioner.memberships.all() if row.facility and row.role == "practitioner"]
        return Card(practitioner, places[0] if places else None)
    mine = times.get(first.schedule.pk, [])
    day = clinic_day(mine[0].starts_at) if mine else None
    return Card(
        practitioner,
        first.schedule.facility,
        first.visit_type,
        mode_for(first.visit_type, wish.mode),
        [one for one in mine if clinic_day(one.starts_at) == day],
        _distance(wish, first.schedule.facility),
    )


def _distance(wish: Wish, facility: Facility) -> float | None:
    """Kilometres along the great circle, or None when one of the two places is not known."""
    if wish.near is None or facility.latitude is None or facility.longitude is None:
        return None
    north, east, there, over = (radians(one) for one in (*wish.near, facility.latitude, facility.longitude))
    half = sin((there - north) / 2) ** 2 + cos(north) * cos(there) * sin((over - east) / 2) ** 2
    return 2 * identity.EARTH_RADIUS_M / 1000 * asin(min(1.0, sqrt(half)))
