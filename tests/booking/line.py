"""People in a line: booked for today in person, and here."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from booking import actions
from booking.models import Schedule, Ticket
from core.actor import Actor
from identity.models import Person, VisitType
from tests import make
from tests.booking import stage

TODAY = make.TOMORROW - timedelta(days=1)
MORNING = make.NOW - timedelta(hours=6)  # eight in Hà Nội


def person_called(name: str, born_on: date = date(1985, 1, 2), **values: Any) -> Person:
    return make.make_person(full_name=name, born_on=born_on, **values)


def booked(schedule: Schedule, visit_type: VisitType, person: Person, clock: str) -> Any:
    """A visit in person of today, agreed in the morning."""
    held = stage.hold(schedule, visit_type, person, stage.at(clock, TODAY), now=MORNING, mode="in_person")
    return actions.book_appointment(appointment_id=held.id, by=stage.SYSTEM, now=MORNING)


def arrived(
    schedule: Schedule, visit_type: VisitType, person: Person, clock: str, *, by: Actor, now: datetime = make.NOW
) -> Ticket:
    """A visit whose citizen is here: the number."""
    appointment = booked(schedule, visit_type, person, clock)
    actions.check_in(appointment_id=appointment.id, by=by, now=now)
    return Ticket.objects.get(appointment=appointment)


def state(ticket: Ticket) -> str:
    return str(Ticket.objects.values_list("status", flat=True).get(pk=ticket.pk))
