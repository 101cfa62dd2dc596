"""Reminders: planned when a visit is agreed, said at each lead time, answerable without signing in."""

from __future__ import annotations

from uuid import UUID

import booking.actions
import booking.queries
import notifications.actions
import realtime.actions
from booking.events import AppointmentBooked, AppointmentConfirmed, ReminderDue
from booking.reminding import token_of
from core.actor import Actor
from core.edge import now as this_instant
from core.events import on
from core.refs import Ref
from identity.queries import bookers_of, staff_of

STORY = Actor.system("reminding")


@on(AppointmentBooked)
def plan_the_reminders(event: AppointmentBooked) -> None:
    """Agreed (or moved to another time): a job for each lead time still to come."""
    booking.actions.plan_reminders(appointment_id=UUID(event.appointment_id), by=STORY, now=this_instant())


@on(ReminderDue)
def remind_the_citizen(event: ReminderDue) -> None:
    """Tell the citizen, once for each lead time, with an address for the answer."""
    facts = booking.queries.get_facts(event.appointment_id)
    if facts.status != "booked" or facts.starts_at <= this_instant():
        return
    # Who only reads for somebody hears the reminder too, and must not be handed the power to give the visit up.
    bookers = bookers_of(facts.person_id)
    notifications.actions.send(
        kind="appointment_reminder",
        to_person_id=facts.person_id,
        params={
            "practitioner": facts.practitioner_name,
            "patient": facts.person_name,
            "facility": facts.facility_name,
            "starts_at": facts.starts_at.isoformat(),
            "zone": facts.zone,
            "mode": facts.mode,
            "hours": event.hours,
        },
        own=lambda reader: {"answer": f"/v/{token_of(facts.id, reader.id)}/" if reader in bookers else ""},
        key=f"appointment_reminder:{facts.id}:{event.hours}",
        about=Ref("appointment", facts.id),
        by=STORY,
        now=this_instant(),
    )


@on(AppointmentConfirmed)
def show_that_they_come(event: AppointmentConfirmed) -> None:
    """The desk's list shows who said that they will come."""
    facts = booking.queries.get_facts(event.appointment_id)
    realtime.actions.publish(
        user_ids=[user.id for user in staff_of(facts.facility_id, "desk")],
        kind="appointment.confirmed",
        subject=Ref("appointment", facts.id),
        by=STORY,
        now=this_instant(),
    )
