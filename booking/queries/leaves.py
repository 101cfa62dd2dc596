"""A doctor away: whom it touches, and which ways on there are for each of them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Count, Q, QuerySet

from booking import access
from booking.errors import BadHours
from booking.models import Appointment, Leave, LeaveCase, Schedule, Status
from booking.queries.free import FreeTime, slots_of
from booking.slots import Span
from core.actor import Actor
from core.errors import NotFound

LATER_WITHIN = timedelta(days=30)  # after the visit that cannot be: the same doctor
NEAR_WITHIN = timedelta(days=3)  # around it: a colleague, or a video visit
MOST_COLLEAGUES = 20
MOVABLE = [Status.BOOKED, Status.CHECKED_IN]


@dataclass(frozen=True)
class Way:
    """One way on: another time with the same doctor, a colleague, or a video visit; `why` says which."""

    schedule_id: UUID
    practitioner_name: str
    starts_at: datetime
    visit_type_id: UUID
    mode: str
    why: str
    zone: str

    def as_json(self) -> dict[str, str]:
        """Plain values, as a case keeps them."""
        return {
            "schedule": str(self.schedule_id), "practitioner": self.practitioner_name, "zone": self.zone,
            "starts_at": self.starts_at.isoformat(), "visit_type": str(self.visit_type_id), "mode": self.mode,
            "why": self.why,
        }  # fmt: skip

    @classmethod
    def of(cls, kept: dict[str, Any]) -> "Way":
        """Read what a case keeps."""
        return cls(
            UUID(kept["schedule"]), kept["practitioner"], datetime.fromisoformat(kept["starts_at"]),
            UUID(kept["visit_type"]), kept["mode"], kept["why"], kept["zone"],
        )  # fmt: skip


@dataclass(frozen=True)
class Affected:
    """One visit in the time of a leave, with its ways on, the best first."""

    appointment: Appointment
    ways: list[Way]


@dataclass
class WayFinder:
    """Finds ways for many visits of one leave, reading each doctor's times once, and no time for two of them."""

    away: list[Span]
    now: datetime
    given: set[tuple[UUID, datetime]] = field(default_factory=set)
    _times: dict[tuple[UUID, UUID, date, date], list[FreeTime]] = field(default_factory=dict)
    _colleagues: dict[UUID, list[Schedule]] = field(default_factory=dict)

    def ways_for(self, visit: Appointment) -> list[Way]:
        """List the ways on for a visit, the best first: a colleague at the same time, the same doctor later, others near."""
        found: list[Way] = []
        near, same = self._near(visit), self._same_doctor_later(visit)
        if near is not None:
            found.append(self._way(visit, *near, visit.mode, "colleague"))
        if same is not None:
            found.append(self._way(visit, visit.schedule, same, visit.mode, "same"))
        if near is not None and same is not None and near[1].starts_at != visit.starts_at:
            found.reverse()  # people stay with their doctor, unless a colleague has their very time
        if visit.mode == "in_person" and "video" in visit.visit_type.modes:
            screen = self._near(visit, but=found)
            if screen is not None:
                found.append(self._way(visit, *screen, "video", "video"))
        self.given.update((one.schedule_id, one.starts_at) for one in found)
        return found

    def _same_doctor_later(self, visit: Appointment) -> FreeTime | None:
        first = visit.starts_at.date()
        for one in self._of(visit.practitioner_id, visit.visit_type_id, first, first + LATER_WITHIN):
            if one.facility_id != visit.facility_id or one.starts_at <= visit.starts_at or not self._is_open(one):
                continue
            if not any(span.overlaps(Span(one.starts_at, one.ends_at)) for span in self.away):
                return one
        return None

    def _near(self, visit: Appointment, but: Iterable[Way] = ()) -> tuple[Schedule, FreeTime] | None:
        taken = {(one.schedule_id, one.starts_at) for one in but}
        middle = visit.starts_at.date()
        best: tuple[timedelta, bool, str, Schedule, FreeTime] | None = None
        for colleague in self._colleagues_of(visit):
            for one in self._of(
                colleague.practitioner_id, visit.visit_type_id, middle - NEAR_WITHIN, middle + NEAR_WITHIN
            ):
                if one.schedule_id != colleague.pk or (one.schedule_id, one.starts_at) in taken:
                    continue
                if one.starts_at <= self.now or not self._is_open(one):
                    continue
                apart = abs(one.starts_at - visit.starts_at)
                mark = (apart, one.starts_at < visit.starts_at, str(colleague.pk), colleague, one)
                if best is None or mark[:3] < best[:3]:
                    best = mark
        return (best[3], best[4]) if best is not None else None

    def _is_open(self, one: FreeTime) -> bool:
        return (one.schedule_id, one.starts_at) not in self.given

    def _of(self, practitioner_id: UUID, visit_type_id: UUID, first: date, last: date) -> list[FreeTime]:
        key = (practitioner_id, visit_type_id, first, last)
        if key not in self._times:
            self._times[key] = slots_of(practitioner_id, visit_type_id, first, last, self.now)
        return self._times[key]

    def _colleagues_of(self, visit: Appointment) -> list[Schedule]:
        if visit.practitioner_id not in self._colleagues:
            specialties = [one.pk for one in visit.practitioner.specialties.all()]
            rows = Schedule.objects.filter(
                facility=visit.facility_id, active=True, practitioner__specialties__in=specialties
            ).exclude(practitioner=visit.practitioner_id)
            rows = rows.select_related("practitioner").distinct().order_by("pk")[:MOST_COLLEAGUES]
            self._colleagues[visit.practitioner_id] = list(rows)
        return self._colleagues[visit.practitioner_id]

    def _way(self, visit: Appointment, schedule: Schedule, one: FreeTime, mode: str, why: str) -> Way:
        name = schedule.practitioner.display_name
        return Way(one.schedule_id, name, one.starts_at, visit.visit_type_id, mode, why, one.zone)


def visits_in(practitioner_id: UUID, facility_id: UUID, away: Span, now: datetime) -> list[Appointment]:
    """List the agreed visits that a leave touches, in order of time; those whose fate an earlier leave decides are not."""
    rows = Appointment.objects.filter(
        practitioner=practitioner_id,
        facility=facility_id,
        status__in=MOVABLE,
        walk_in=False,
        during__overlap=DateTimeTZRange(away.starts_at, away.ends_at),
        during__startswith__gt=now,
    )
    rows = rows.exclude(pk__in=LeaveCase.objects.filter(status=LeaveCase.Status.OPEN).values("appointment_id"))
    shown = ("person", "visit_type", "practitioner", "facility", "schedule__practitioner")
    return list(rows.select_related(*shown).prefetch_related("practitioner__specialties").order_by("during", "pk"))


def holds_in(practitioner_id: UUID, facility_id: UUID, away: Span) -> list[UUID]:
    """List the times that are kept there but not agreed."""
    rows = Appointment.objects.filter(
        practitioner=practitioner_id, facility=facility_id, status=Status.HELD,
        during__overlap=DateTimeTZRange(away.starts_at, away.ends_at),
    )  # fmt: skip
    return list(rows.order_by("pk").values_list("pk", flat=True))


def preview_leave(
    *, practitioner_id: UUID, starts_at: datetime, ends_at: datetime, by: Actor, now: datetime
) -> list[Affected]:
    """Tell the desk whom a leave of this doctor would touch, and which ways on each would have. Raises NotFound, BadHours."""
    facility_id = by.facility_id
    known = Schedule.objects.filter(access.visible_schedules(by), practitioner=practitioner_id)
    if by.role != "desk" or facility_id is None or not known.exists():
        raise NotFound
    if starts_at >= ends_at:
        raise BadHours
    away = Span(starts_at, ends_at)
    finder = WayFinder([away], now)
    return [Affected(one, finder.ways_for(one)) for one in visits_in(practitioner_id, facility_id, away, now)]


def finder_for(case: LeaveCase, now: datetime) -> WayFinder:
    """Give a finder that offers nobody a time that is already somebody else's way in the same leave."""
    finder = WayFinder([Span(case.leave.during.lower, case.leave.during.upper)], now)
    others = LeaveCase.objects.filter(leave=case.leave_id, status=LeaveCase.Status.OPEN).exclude(pk=case.pk)
    for ways in others.values_list("ways", flat=True):
        finder.given.update((way.schedule_id, way.starts_at) for way in map(Way.of, ways))
    return finder


def ways_of(case: LeaveCase) -> list[Way]:
    """Give the ways that were found for a case."""
    return [Way.of(one) for one in case.ways]


def leaves_of(by: Actor) -> QuerySet[Leave]:
    """Give the leaves this actor may see, the latest first, with how many cases stand how."""
    rows = Leave.objects.filter(access.visible_leaves(by)).select_related("practitioner", "facility")
    counts = {name: Count("cases", filter=Q(cases__status=name)) for name in ("open", "moved", "cancelled", "kept")}
    return rows.annotate(n_cases=Count("cases"), **{f"n_{name}": one for name, one in counts.items()}).order_by(
        "-during"
    )


def cases_of(leave: Leave) -> list[LeaveCase]:
    """List the cases of a leave in order of time; the caller has asked for the leave."""
    shown = ("person", "visit_type", "practitioner", "facility", "schedule")
    rows = LeaveCase.objects.filter(leave=leave).select_related(
        "leave", "moved_to__practitioner", "moved_to__schedule", *(f"appointment__{one}" for one in shown)
    )
    return list(rows.order_by("appointment__during", "pk"))


def open_case_of(appointment_id: UUID) -> LeaveCase | None:
    """Give the open case of a visit, or None."""
    return LeaveCase.objects.filter(appointment=appointment_id, status=LeaveCase.Status.OPEN).first()


def open_cases_of(person_ids: Iterable[UUID]) -> list[LeaveCase]:
    """List what these people are asked to choose, the most pressing first; the caller has asked who they may be."""
    rows = LeaveCase.objects.filter(appointment__person__in=list(person_ids), status=LeaveCase.Status.OPEN)
    rows = rows.filter(ways_found_at__isnull=False)
    return list(rows.select_related("appointment__practitioner", "appointment__person", "appointment__schedule")
                .order_by("decide_by", "pk"))  # fmt: skip


def overdue_cases(now: datetime) -> list[UUID]:
    """List the cases nobody has chosen in, though the time to choose is over."""
    rows = LeaveCase.objects.filter(status=LeaveCase.Status.OPEN, decide_by__lte=now)
    return list(rows.order_by("decide_by").values_list("pk", flat=True))


def case_facts(case_id: UUID) -> LeaveCase:
    """Give a case with its visit to a journey; it asks for no permission. Raises NotFound."""
    rows = LeaveCase.objects.select_related("leave", "appointment")
    case = rows.filter(pk=case_id).first()
    if case is None:
        raise NotFound
    return case


def facility_of_leave(leave_id: UUID) -> UUID:
    """Tell where a leave is, for a journey. Raises NotFound."""
    found = Leave.objects.filter(pk=leave_id).values_list("facility_id", flat=True).first()
    if found is None:
        raise NotFound
    return found
