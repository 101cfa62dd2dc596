"""The day of the visit, across the apps: somebody walks in, numbers are called, screens and phones hear of it at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from django.conf import settings
from django.db import transaction

import booking.actions
import booking.queries
import identity.actions
import notifications.actions
import payments.actions
import realtime.actions
import records.actions
from booking.events import (
    AppointmentCancelled,
    AppointmentFulfilled,
    AppointmentMoved,
    AppointmentNoShow,
    LineMoved,
    ScreenRevoked,
    TicketCalled,
    TicketGiven,
    TicketTransferred,
)
from core.actor import Actor
from core.edge import now as this_instant
from core.events import on
from core.refs import Ref, ref
from identity.queries import contacts_of, staff_of
from records.events import EncounterStarted

if TYPE_CHECKING:
    from booking.models import Ticket
    from payments.models import Payment

STORY = Actor.system("queueing")
TIME_TO_PAY = timedelta(hours=12)  # a walk-in pays on the same day, at the counter or by phone


@dataclass(frozen=True)
class Somebody:
    """Who stands at the desk, as they say it."""

    full_name: str
    born_on: date
    sex: str = "unknown"
    phone: str = ""
    national_id: str = ""


@transaction.atomic
def walk_in(
    *,
    schedule_id: UUID,
    visit_type_id: UUID,
    somebody: Somebody,
    priority: str = "",
    reason: str = "",
    by: Actor,
    now: datetime,
) -> tuple[Ticket, Payment | None]:
    """Write down who came without an appointment, give a number, and open the payment; all of it, or nothing.

    Raises what booking.walk_in raises.
    """
    person = identity.actions.meet_person(
        full_name=somebody.full_name,
        born_on=somebody.born_on,
        sex=somebody.sex,
        phone=somebody.phone,
        national_id=somebody.national_id,
        by=by,
        now=now,
    )
    ticket = booking.actions.walk_in(
        schedule_id=schedule_id,
        visit_type_id=visit_type_id,
        person_id=person.id,
        priority=priority,
        reason=reason,
        by=by,
        now=now,
    )
    visit = ticket.appointment
    if visit.price.is_zero:
        return ticket, None
    payment = payments.actions.open_payment(
        subject=ref(visit),
        price=visit.price,
        payer_id=person.id,
        facility_id=visit.facility_id,
        description=visit.visit_type.name_vi,
        expires_at=now + TIME_TO_PAY,
        by=by,
        now=now,
    )
    return ticket, payment


@on(LineMoved)
def ring_the_screens(event: LineMoved) -> None:
    """A line looks different: corridor screens and whoever calls look again. Numbers only, and not even these in the bell."""
    realtime.actions.ring_board(f"lines:{event.facility_id}", by=STORY)


@on(ScreenRevoked)
def close_the_screen(event: ScreenRevoked) -> None:
    """Revoked: the screen's line closes, and its page comes back with nothing."""
    realtime.actions.ring_board(f"screen:{event.screen_id}", by=STORY)


@on(TicketGiven)
def ring_given(event: TicketGiven) -> None:
    """A number was given: the citizen's page shows it."""
    _ring(event.appointment_id)


@on(TicketCalled)
def call_on_the_phone(event: TicketCalled) -> None:
    """The number is called: who sits too far from the screen reads it on their phone."""
    facts = booking.queries.get_facts(UUID(event.appointment_id))
    ticket = booking.queries.ticket_of(STORY, facts.id)
    if ticket is not None and ticket.status == "called":
        notifications.actions.send(
            kind="your_turn",
            to_person_id=facts.person_id,
            params={"number": ticket.number, "room": ticket.line.room, "facility": facts.facility_name},
            key=f"your_turn:{ticket.pk}:{event.calls}",
            about=Ref("appointment", facts.id),
            by=STORY,
            now=this_instant(),
        )
    _ring(event.appointment_id)


@on(TicketTransferred)
def hand_the_encounter_over(event: TicketTransferred) -> None:
    """Sent to another doctor: what is written will be theirs to write."""
    facts = booking.queries.get_facts(UUID(event.appointment_id))
    if facts.encounter_id is not None:
        records.actions.hand_over(
            encounter_id=facts.encounter_id, practitioner_id=facts.practitioner_id, by=STORY, now=this_instant()
        )
    _ring(event.appointment_id)


@on(EncounterStarted)
def note_who_is_inside(event: EncounterStarted) -> None:
    """The doctor has begun: the number is inside."""
    if event.appointment_ref:
        visit = Ref.parse(event.appointment_ref).id
        booking.actions.start_consultation(appointment_id=visit, by=STORY, now=this_instant())
        booking.actions.follow_the_visit(appointment_id=visit, by=STORY, now=this_instant())


@on(AppointmentFulfilled)
def note_who_came_out(event: AppointmentFulfilled) -> None:
    """The doctor has closed the visit: the number is done."""
    booking.actions.follow_the_visit(appointment_id=UUID(event.appointment_id), by=STORY, now=this_instant())


@on(AppointmentCancelled)
def leave_the_line(event: AppointmentCancelled) -> None:
    """Cancelled: nobody calls the number any more."""
    booking.actions.follow_the_visit(appointment_id=UUID(event.appointment_id), by=STORY, now=this_instant())


@on(AppointmentNoShow)
def leave_the_line_unseen(event: AppointmentNoShow) -> None:
    """Nobody came: nobody calls the number any more."""
    booking.actions.follow_the_visit(appointment_id=UUID(event.appointment_id), by=STORY, now=this_instant())


@on(AppointmentMoved)
def leave_the_old_line(event: AppointmentMoved) -> None:
    """Moved to another time: the number of the old one is given up."""
    booking.actions.follow_the_visit(appointment_id=UUID(event.from_id), by=STORY, now=this_instant())


def say_leave_now() -> None:
    """Whoever is not here yet and would be called within the time of the way hears "leave now", once."""
    travel = timedelta(minutes=settings.QUEUE_TRAVEL_MINUTES)
    for appointment_id in booking.queries.on_the_way(this_instant(), travel):
        _say_leave_now(appointment_id)


@transaction.atomic
def _say_leave_now(appointment_id: UUID) -> None:
    if not booking.actions.say_leave_now(appointment_id=appointment_id, by=STORY, now=this_instant()):
        return
    facts = booking.queries.get_facts(appointment_id)
    notifications.actions.send(
        kind="leave_now",
        to_person_id=facts.person_id,
        params={"facility": facts.facility_name, "minutes": settings.QUEUE_TRAVEL_MINUTES},
        key=f"leave_now:{facts.id}",
        about=Ref("appointment", facts.id),
        by=STORY,
        now=this_instant(),
    )


def _ring(appointment_id: str) -> None:
    facts = booking.queries.get_facts(UUID(appointment_id))
    users = [*contacts_of(facts.person_id), *staff_of(facts.facility_id, "desk")]
    listeners = {user.id for user in users} | ({facts.practitioner_user_id} - {None})
    realtime.actions.publish(
        user_ids=[one for one in listeners if one is not None],
        kind="appointment.queue",
        subject=Ref("appointment", facts.id),
        by=STORY,
        now=this_instant(),
    )
