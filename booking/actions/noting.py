"""One line in the access log for what is done to an appointment."""

import audit
from booking.models import Appointment
from core.actor import Actor
from core.rounds import Statement


def note(by: Actor, action: str, appointment: Appointment, **detail: object) -> None:
    """Write the line into the open transaction; the citizen reads it."""
    audit.record(
        by, action, appointment, person_id=appointment.person_id, facility_id=appointment.facility_id, detail=detail
    )


def note_along(by: Actor, action: str, appointment: Appointment) -> Statement:
    """Give the same line as a statement that goes along with the one that does it."""
    return audit.as_insert(
        by, action, appointment, person_id=appointment.person_id, facility_id=appointment.facility_id
    )
