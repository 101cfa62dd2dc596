"""A schedule as a calendar: what is free, taken and closed, in wall time."""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Literal

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from booking import slots
from booking.models import ACTIVE, Appointment, Closure, Rule, Schedule, Status
from booking.queries.sessions import Shared, shared_among
from booking.queries.times import holidays_for

SHOWN = [*ACTIVE, Status.FULFILLED, Status.NO_SHOW]


@dataclass(frozen=True)
class Piece:
    """A stretch of one day in wall time. `elsewhere`: the practitioner is taken at another facility."""

    kind: Literal["free", "past", "closed", "elsewhere", "taken"]
    starts: datetime
    ends: datetime
    appointment: Appointment | None = None
    off_hours: bool = False  # agreed before the hours were changed
    shared: Shared | None = None  # a time of several people, `appointment` is one of them

    @property
    def minutes(self) -> int:
        return round((self.ends - self.starts).total_seconds() / 60)


@dataclass
class CalendarDay:
    """One day of the clinic."""

    day: date
    openings: list[slots.Opening] = field(default_factory=list)
    pieces: list[Piece] = field(default_factory=list)
    closures: list[Closure] = field(default_factory=list)

    @property
    def free(self) -> int:
        """How many times of the grid can still be asked for."""
        return sum(piece.kind == "free" for piece in self.pieces)

    @property
    def taken(self) -> int:
        """How many people come."""
        return sum(piece.shared.taken if piece.shared else 1 for piece in self.pieces if piece.kind == "taken")


def calendar_of(schedule: Schedule, first_day: date, days: int, now: datetime) -> list[CalendarDay]:
    """Lay out a schedule for some days: four statements. The caller has asked who may see it."""
    last_day = first_day + timedelta(days=days - 1)
    first = slots.instant(first_day, time(0), schedule.zone)
    last = slots.instant(last_day + timedelta(days=1), time(0), schedule.zone)
    window = DateTimeTZRange(first, last)
    rules = [rule.as_weekly() for rule in Rule.objects.filter(schedule=schedule)]
    closures = list(Closure.objects.filter(schedule=schedule, during__overlap=window).order_by("during"))
    appointments = [
        one
        for one in Appointment.objects.filter(
            practitioner=schedule.practitioner_id, status__in=SHOWN, during__overlap=window
        ).select_related("person", "visit_type")
        if not one.is_overdue(now)
    ]
    exceptional = [closure.as_exceptional() for closure in closures]
    exceptional += holidays_for([schedule], first, last)[schedule.pk]
    found = {first_day + timedelta(days=n): CalendarDay(first_day + timedelta(days=n)) for n in range(days)}
    for opening in slots.openings(rules, exceptional, schedule.zone, first_day, last_day):
        day = found.get(opening.starts.date())
        if day is not None:
            day.openings.append(opening)
            day.pieces += _of_opening(opening, day.pieces, schedule, exceptional, appointments, now)
    own = [one for one in appointments if one.schedule_id == schedule.pk]
    shared = shared_among(own, lambda one: slots.seats_at(rules, exceptional, schedule.zone, one.as_span()))
    for one in appointments:
        day = found.get(slots.wall(one.starts_at, schedule.zone).date())
        group = shared.get(one.session)
        if day is not None and (group is None or group.first is one):
            day.pieces.append(_of_appointment(one, schedule, day, exceptional, group))
    for closure in closures:
        for day in found.values():
            if _touches(closure, day.day, schedule.zone):
                day.closures.append(closure)
    for day in found.values():
        day.pieces.sort(key=lambda piece: (piece.starts, piece.ends))
    return list(found.values())


def _of_opening(
    opening: slots.Opening,
    known: list[Piece],
    schedule: Schedule,
    exceptional: list[slots.Exceptional],
    appointments: list[Appointment],
    now: datetime,
) -> list[Piece]:
    """Cut open hours along their grid: one piece a step, closed steps in a row made one."""
    step = timedelta(minutes=opening.grid_minutes)
    seen = {piece.starts for piece in known}
    found: list[Piece] = []
    starts = opening.starts
    while starts < opening.ends:
        ends = min(starts + step, opening.ends)
        span = slots.Span(
            slots.instant(starts.date(), starts.time(), schedule.zone),
            slots.instant(ends.date(), ends.time(), schedule.zone),
        )
        if any(one.kind == "closed" and one.overlaps(span) for one in exceptional):
            if found and found[-1].kind == "closed" and found[-1].ends == starts:
                starts, ends = found.pop().starts, ends
            found.append(Piece("closed", starts, ends))
        elif starts not in seen and not any(one.as_span().overlaps(span) for one in appointments):
            found.append(Piece("past" if span.starts_at < now else "free", starts, ends))
        starts = ends
    return found


def _of_appointment(
    one: Appointment, schedule: Schedule, day: CalendarDay, exceptional: list[slots.Exceptional], shared: Shared | None
) -> Piece:
    starts, ends = slots.wall(one.starts_at, schedule.zone), slots.wall(one.ends_at, schedule.zone)
    if one.schedule_id != schedule.pk:
        return Piece("elsewhere", starts, ends)
    closed = any(other.kind == "closed" and other.overlaps(one.as_span()) for other in exceptional)
    off_hours = closed or not any(opening.holds(starts, ends) for opening in day.openings)
    return Piece("taken", starts, ends, one, off_hours, shared)


def _touches(closure: Closure, day: date, zone: str) -> bool:
    starts, ends = slots.wall(closure.starts_at, zone), slots.wall(closure.ends_at, zone)
    return starts < datetime.combine(day + timedelta(days=1), time(0)) and ends > datetime.combine(day, time(0))
