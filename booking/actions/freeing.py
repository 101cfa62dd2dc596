"""A time comes back: its marks, and the word that somebody else may have it."""

from datetime import datetime

from booking import days
from booking.events import PlaceFreed
from booking.models import Appointment
from core.events import emit


def emit_freed(appointment: Appointment, now: datetime) -> None:
    """Say that a time is free again, while there is still something of it to have."""
    if appointment.walk_in or appointment.starts_at <= now:
        return  # whoever walked in kept no time, and what has begun helps nobody
    emit(PlaceFreed(str(appointment.schedule_id), appointment.starts_at.isoformat(), appointment.ends_at.isoformat()))


def give_back(appointment: Appointment, now: datetime) -> None:
    """Open the time an appointment kept, in the transaction that took the appointment out of it."""
    days.renew(appointment.practitioner_id, (appointment.blocked.lower, appointment.blocked.upper))
    emit_freed(appointment, now)
