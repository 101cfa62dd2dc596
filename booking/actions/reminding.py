"""Reminding people of their visits, and what they say to it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction

from booking import access, queries, reminding
from booking.actions.appointments import cancel_appointment
from booking.actions.noting import note
from booking.errors import TooLate
from booking.events import AppointmentConfirmed, ReminderDue
from booking.models import Appointment, Status
from core.actor import Actor
from core.errors import NotFound, WrongState
from core.events import emit
from core.tasks import later
from identity.acting import as_citizen


def leads_of(facility_id: UUID) -> list[int]:
    """Give the hours before a visit at which a facility reminds; without a wish of its own the house's."""
    return queries.policy_of(facility_id).reminder_hours or list(settings.BOOKING_REMINDER_HOURS)


@transaction.atomic
def plan_reminders(*, appointment_id: UUID, by: Actor, now: datetime) -> int:
    """Write a job for each lead time still to come; says how many. The jobs look again when their time has come."""
    appointment = access.lock_appointment(by, appointment_id)
    if appointment.status != Status.BOOKED or appointment.walk_in:
        return 0
    leads = reminding.still_to_come(leads_of(appointment.facility_id), appointment.starts_at, now)
    for hours in leads:
        _plan(appointment, hours)
    return len(leads)


@transaction.atomic
def remind(*, appointment_id: UUID, hours: int, by: Actor, now: datetime) -> bool:
    """Say that it is time to remind, if it (still) is; a job that comes very late leaves it to the next, shorter lead.

    Repeatable: what hears of it says the same thing once. Raises NotFound.
    """
    appointment = access.lock_appointment(by, appointment_id)
    if appointment.status != Status.BOOKED or now >= appointment.starts_at:
        return False
    if now < reminding.due_at(appointment.starts_at, hours):
        _plan(appointment, hours)  # the visit begins later than it did
        return False
    shorter = [one for one in leads_of(appointment.facility_id) if one < hours]
    if any(now >= reminding.due_at(appointment.starts_at, one) for one in shorter):
        return False
    emit(ReminderDue(str(appointment.pk), hours))
    return True


@transaction.atomic
def confirm_appointment(*, appointment_id: UUID, by: Actor, now: datetime) -> Appointment:
    """Say "I shall come". Raises NotFound, TooLate once it has begun, WrongState for a visit that is not booked."""
    appointment = access.lock_appointment(by, appointment_id)
    if by.role not in {"citizen", "desk"} and not by.is_system:
        raise NotFound
    if appointment.confirmed_at is not None and appointment.status in {Status.BOOKED, Status.CHECKED_IN}:
        return appointment
    if appointment.status not in {Status.BOOKED, Status.CHECKED_IN}:
        raise WrongState
    if appointment.starts_at <= now:
        raise TooLate
    appointment.confirmed_at = now
    appointment.save(update_fields=["confirmed_at"])
    note(by, "booking.confirm", appointment)
    emit(AppointmentConfirmed(str(appointment.pk)))
    return appointment


def confirm_by_link(*, token: str, now: datetime) -> Appointment:
    """The same for whoever holds the address from a reminder. Raises NotFound, TooLate, WrongState."""
    by, appointment_id = _holder(token, now)
    return confirm_appointment(appointment_id=appointment_id, by=by, now=now)


def give_up_by_link(*, token: str, now: datetime) -> Appointment:
    """Say "I cannot come": the place is free, on the facility's terms. Raises NotFound, TooLate, WrongState."""
    by, appointment_id = _holder(token, now)
    return cancel_appointment(appointment_id=appointment_id, by=by, now=now)


def _plan(appointment: Appointment, hours: int) -> None:
    later(
        "booking.tasks.remind",
        at=reminding.due_at(appointment.starts_at, hours),
        appointment_id=str(appointment.pk),
        hours=hours,
    )


def _holder(token: str, now: datetime) -> tuple[Actor, UUID]:
    """Act as the one to whom the address was sent, with what they may today. The access log says how they came."""
    appointment, reader = queries.reminded(token, now)
    return replace(as_citizen(reader), reason="reminder"), appointment.pk
