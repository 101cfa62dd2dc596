"""What a hospital's own systems hear of its visits, over web hooks."""

from __future__ import annotations

from uuid import UUID

import booking.actions
import booking.queries
from booking.events import (
    AppointmentBooked,
    AppointmentCancelled,
    AppointmentCheckedIn,
    AppointmentFulfilled,
    AppointmentMoved,
    AppointmentNoShow,
)
from core.actor import Actor
from core.edge import now as this_instant
from core.events import on

STORY = Actor.system("hooks")


def _tell(event: str, appointment_id: str, *, again: str = "", before: str = "") -> None:
    key = ":".join(part for part in (event, appointment_id, again) if part)
    booking.actions.tell_hooks(
        event=event, appointment_id=UUID(appointment_id), key=key, before=before, by=STORY, now=this_instant()
    )


@on(AppointmentBooked)
def tell_hooks_it_is_booked(event: AppointmentBooked) -> None:
    """Agreed. A visit that took another's place is told as moved instead."""
    if booking.queries.get_facts(event.appointment_id).moved_from_id is None:
        _tell("appointment.booked", event.appointment_id)


@on(AppointmentMoved)
def tell_hooks_it_is_moved(event: AppointmentMoved) -> None:
    """At another time: `previous` is what was given up."""
    _tell("appointment.moved", event.appointment_id, before=event.from_id)


@on(AppointmentCancelled)
def tell_hooks_it_is_off(event: AppointmentCancelled) -> None:
    """Given up; of a time that was only kept, nobody had heard."""
    if booking.queries.get_facts(event.appointment_id).was_booked:
        _tell("appointment.cancelled", event.appointment_id)


@on(AppointmentCheckedIn)
def tell_hooks_of_the_arrival(event: AppointmentCheckedIn) -> None:
    """Arrived; said again after the desk took a check-in back."""
    _tell("appointment.checked_in", event.appointment_id, again=booking.queries.arrival_of(event.appointment_id))


@on(AppointmentNoShow)
def tell_hooks_nobody_came(event: AppointmentNoShow) -> None:
    """Somebody was not there."""
    _tell("appointment.no_show", event.appointment_id)


@on(AppointmentFulfilled)
def tell_hooks_it_took_place(event: AppointmentFulfilled) -> None:
    """Done."""
    _tell("appointment.fulfilled", event.appointment_id)
