"""What a reminder's address shows, and whether a visit may be confirmed."""

from datetime import datetime, timedelta

from booking import reminding
from booking.models import Appointment, Status
from core.errors import NotFound
from identity.models import User
from identity.queries import bookers_of

REMEMBERED = timedelta(days=1)  # after the visit: then its address leads nowhere, whoever still has the message


def reminded(token: str, now: datetime) -> tuple[Appointment, User]:
    """Give the visit an address from a reminder is about, and to whom it was sent; it shows little.

    Raises NotFound, also long after the visit, and when its reader may no longer book for the citizen.
    """
    appointment_id = reminding.appointment_of(token)
    rows = Appointment.objects.select_related("facility", "person", "visit_type", "schedule")
    found = rows.filter(pk=appointment_id).first() if appointment_id else None
    if found is None or found.ends_at + REMEMBERED <= now:
        raise NotFound
    for reader in bookers_of(found.person_id):
        if reminding.is_for(token, reader.pk):
            return found, reader
    raise NotFound


def answers_reminders(appointment: Appointment, now: datetime) -> bool:
    """Say whether "I shall come" means something for this visit now."""
    return appointment.status == Status.BOOKED and now < appointment.starts_at and not appointment.walk_in
