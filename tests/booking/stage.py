"""The booking stage: ben's schedule at the hospital, and appointments on it. Plain functions on top of the real actions."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from audit.models import Line
from booking import actions, days
from booking.models import Appointment, Rule, Schedule
from core.actor import Actor
from identity.models import Facility, Person, Practitioner, VisitType
from tests import make

SYSTEM = Actor.system("test")


def make_schedule(
    *,
    practitioner: Practitioner,
    facility: Facility,
    hours: tuple[str, str] = ("08:00", "17:00"),
    weekdays: range = range(7),
    grid: int = 20,
    now: datetime = make.NOW,
    **values: Any,
) -> Schedule:
    """A schedule with the same hours on each of these weekdays: its rows at once, for hundreds of tests begin with one."""
    begins, ends = (time.fromisoformat(one) for one in hours)
    with days.together(now=now):
        schedule = actions.add_schedule(
            practitioner_id=practitioner.id, facility_id=facility.id, by=SYSTEM, now=now, **values
        )
        Rule.objects.bulk_create(
            Rule(schedule=schedule, weekday=weekday, from_time=begins, to_time=ends, grid_minutes=grid, created_at=now)
            for weekday in weekdays
        )
    return schedule


def hold(
    schedule: Schedule,
    visit_type: VisitType,
    person: Person,
    starts_at: datetime,
    *,
    by: Actor | None = None,
    now: datetime = make.NOW,
    mode: str = "video",
    reason: str = "Ho ba ngày",
) -> Appointment:
    """A held time."""
    return actions.hold_slot(
        schedule_id=schedule.id,
        starts_at=starts_at,
        visit_type_id=visit_type.id,
        person_id=person.id,
        mode=mode,
        reason=reason,
        values=None if mode == "in_person" else {"condition_code": "J00"},
        by=by or make.actor_for(person),
        now=now,
    )


def book(
    schedule: Schedule, visit_type: VisitType, person: Person, starts_at: datetime, *, now: datetime = make.NOW
) -> Appointment:
    """A booked time."""
    held = hold(schedule, visit_type, person, starts_at, now=now)
    return actions.book_appointment(appointment_id=held.id, by=SYSTEM, now=now)


def at(clock: str, day: date = make.TOMORROW) -> datetime:
    """A wall time in Hà Nội, tomorrow unless said otherwise."""
    return make.at(day, clock)


def everything() -> tuple[list[Any], int]:
    """All that booking knows, to be compared before and after a refusal."""
    rows = Appointment.objects.order_by("id").values()
    lines = Line.objects.exclude(action="booking.read").count()
    return list(rows), lines


def minutes(number: int) -> timedelta:
    return timedelta(minutes=number)


def statuses(*ids: UUID) -> list[str]:
    found = dict(Appointment.objects.values_list("id", "status"))
    return [found[one] for one in ids]
