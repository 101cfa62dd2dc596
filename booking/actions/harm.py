"""Whom a change of hours would hurt: the agreed visits that had their place in the hours before and no longer do."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from booking import days, queries, slots
from booking.errors import AppointmentsAffected
from booking.models import Appointment, Schedule
from booking.queries import Times


def covered(schedules: Iterable[Schedule], now: datetime) -> set[UUID]:
    """Tell which agreed visits have their place in the present hours of these schedules: inside, and with a seat.

    Their days are locked first: whoever books meanwhile waits, and then finds the new hours.
    """
    schedules = list(schedules)
    days.lock({schedule.practitioner_id for schedule in schedules}, (now, now + days.FARTHEST))
    found: set[UUID] = set()
    for schedule in schedules:
        agreed = queries.still_agreed(schedule, now)
        if agreed:
            first, last = min(one.starts_at for one in agreed), max(one.ends_at for one in agreed)
            times = queries.times_of([schedule], first, last, now)[schedule.pk]
            inside = [one for one in agreed if _is_inside(one, schedule, times)]
            found |= _with_seats(inside, schedule, times)
    return found


def refuse(schedules: Iterable[Schedule], before: set[UUID], keep_agreed: bool, now: datetime) -> None:
    """Stop a change that leaves visits without their place, unless the desk keeps them. Raises AppointmentsAffected."""
    harmed = before - covered(schedules, now)
    if harmed and not keep_agreed:
        raise AppointmentsAffected(sorted(str(one) for one in harmed))


def _is_inside(one: Appointment, schedule: Schedule, times: Times) -> bool:
    # Who came without a time keeps none that could be taken away.
    return one.walk_in or slots.covers(times.rules_for(one.visit_type), times.closures, schedule.zone, one.as_span())


def _with_seats(inside: list[Appointment], schedule: Schedule, times: Times) -> set[UUID]:
    """Those who share a time keep their seats in the order they came, as many as the hours have."""
    sessions: dict[UUID, list[Appointment]] = defaultdict(list)
    for one in inside:
        sessions[one.session].append(one)
    found: set[UUID] = set()
    for company in sessions.values():
        seats = len(company)
        if seats > 1:
            rules = times.rules_for(company[0].visit_type)
            seats = slots.seats_at(rules, times.closures, schedule.zone, company[0].as_span())
        first_come = sorted(company, key=lambda one: (one.created_at, one.pk))
        found |= {one.pk for one in first_come[:seats]}
    return found
