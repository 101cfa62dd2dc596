"""The stage of the page tests: ben's free times, and ana's appointments at each point of their story."""

from __future__ import annotations

from datetime import datetime, timedelta

import booking.actions
from booking.models import Appointment, Schedule
from core.actor import Actor
from identity.models import Person, VisitType
from journeys import consultation
from tests import make

SYSTEM = Actor.system("test")


def take(
    schedule: Schedule,
    visit_type: VisitType,
    person: Person,
    starts_at: datetime,
    *,
    now: datetime,
    mode: str = "video",
    by: Person | None = None,
) -> Appointment:
    """Take a time through the journey, as the page does: held, with an open payment."""
    appointment, _payment = consultation.book(
        schedule_id=schedule.id,
        starts_at=starts_at,
        visit_type_id=visit_type.id,
        person_id=person.id,
        mode=mode,
        reason="Ho và đau họng ba ngày nay",
        by=make.actor_for(by or person),
        now=now,
    )
    return appointment


def agree(appointment: Appointment, *, now: datetime) -> Appointment:
    """The money has come: the time is agreed."""
    return booking.actions.book_appointment(appointment_id=appointment.id, by=SYSTEM, now=now)


def soon(now: datetime, days: int = 1, clock: str = "09:00") -> datetime:
    """A wall time in Hà Nội some days on."""
    return make.at((now + timedelta(days=days)).date(), clock)
