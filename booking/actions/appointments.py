"""The visit comes, begins, takes place, or is given up."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from booking import access, queries, slots
from booking.actions import moving, tickets
from booking.actions.freeing import give_back
from booking.actions.noting import note
from booking.errors import HoldExpired, TooEarly, TooLate
from booking.events import AppointmentCancelled, AppointmentCheckedIn, AppointmentFulfilled
from booking.models import Appointment, Schedule, Status
from core.actor import Actor
from core.errors import WrongState
from core.events import emit


@transaction.atomic
def link_encounter(*, appointment_id: UUID, encounter_id: UUID, by: Actor) -> Appointment:
    """Say which encounter the appointment is for. Raises NotFound, WrongState when it already has another one."""
    appointment = access.lock_appointment(by, appointment_id)
    if appointment.encounter_id == encounter_id:
        return appointment
    if appointment.encounter_id is not None:
        raise WrongState
    appointment.encounter_id = encounter_id
    appointment.save(update_fields=["encounter"])
    return appointment


@transaction.atomic
def check_in(*, appointment_id: UUID, by: Actor, now: datetime) -> Appointment:
    """Note that the citizen has arrived, on the day of the visit (the clinic's day).

    Raises NotFound, TooEarly, WrongState.
    """
    appointment = access.lock_appointment(by, appointment_id)  # to say "we are here" is more than reading
    if appointment.status == Status.CHECKED_IN:
        return appointment
    if appointment.status == Status.NO_SHOW:
        raise WrongState  # the staff take that back first, while they can: its money may be settled, its time given away
    zone = Schedule.objects.values_list("zone", flat=True).get(pk=appointment.schedule_id)
    if slots.wall(now, zone).date() < slots.wall(appointment.starts_at, zone).date():
        raise TooEarly
    if appointment.status != Status.BOOKED:  # one that was missed comes back by undo_no_show, with its fee and its time
        raise WrongState
    appointment.move_to(Status.CHECKED_IN, at=now)
    appointment.save(update_fields=["status", "checked_in_at"])
    if appointment.mode == Appointment.Mode.IN_PERSON:
        tickets.give(appointment, by=by, now=now)
    note(by, "booking.check_in", appointment)
    emit(AppointmentCheckedIn(str(appointment.pk)))
    return appointment


@transaction.atomic
def undo_check_in(*, appointment_id: UUID, by: Actor, now: datetime) -> Appointment:
    """Take a check-in back: it was somebody else. Raises NotFound, WrongState."""
    appointment = access.lock_appointment(by, appointment_id)
    if appointment.status == Status.BOOKED:
        return appointment
    if appointment.status != Status.CHECKED_IN:
        raise WrongState
    appointment.status = Status.BOOKED  # not move_to: booked_at stays the moment of the booking
    appointment.checked_in_at = None
    appointment.save(update_fields=["status", "checked_in_at"])
    tickets.withdraw(appointment, now=now)
    note(by, "booking.undo_check_in", appointment)
    return appointment


@transaction.atomic
def start_consultation(*, appointment_id: UUID, by: Actor, now: datetime) -> Appointment:
    """Note that the visit has begun, or goes on after an interruption. Raises NotFound, WrongState."""
    appointment = access.lock_appointment(by, appointment_id)
    if appointment.status in {Status.IN_CONSULTATION, Status.FULFILLED}:
        return appointment
    _begin(appointment, by, now)
    return appointment


@transaction.atomic
def fulfil(*, appointment_id: UUID, by: Actor, now: datetime) -> Appointment:
    """Note that the visit took place; of a time that is not over yet, the rest is free again. Raises NotFound, WrongState."""
    appointment = access.lock_appointment(by, appointment_id)
    if appointment.status == Status.FULFILLED:
        return appointment
    if appointment.status in {Status.BOOKED, Status.CHECKED_IN}:
        _begin(appointment, by, now)  # the news of the beginning came late
    appointment.move_to(Status.FULFILLED, at=now)
    appointment.save(update_fields=["status", "fulfilled_at"])
    note(by, "booking.fulfil", appointment)
    emit(AppointmentFulfilled(str(appointment.pk)))
    give_back(appointment, now)
    return appointment


@transaction.atomic
def cancel_appointment(*, appointment_id: UUID, reason: str = "", by: Actor, now: datetime) -> Appointment:
    """Give the time up. Citizens may until the visit begins, the facility until the doctor has started.

    A citizen who does so late leaves a fee, as the facility's policy says; whoever else gives it up, costs the citizen
    nothing. Raises NotFound, TooLate, HoldExpired, WrongState.
    """
    appointment = access.lock_appointment(by, appointment_id)
    if appointment.status == Status.CANCELLED:
        return appointment
    if appointment.status == Status.EXPIRED:
        raise HoldExpired
    if by.role == "citizen" and appointment.status != Status.HELD and appointment.starts_at <= now:
        raise TooLate
    if not appointment.can_move_to(Status.CANCELLED):
        raise TooLate
    if by.role == "citizen":
        appointment.fee_amount = queries.cancel_terms(appointment, now).fee.amount
    moving.drop_pending_move(appointment, by, now)
    appointment.move_to(Status.CANCELLED, at=now)
    appointment.cancelled_by = _side_of(by)
    appointment.cancel_reason = reason[:500]
    appointment.save(update_fields=["status", "cancelled_at", "cancelled_by", "cancel_reason", "fee_amount"])
    note(by, "booking.cancel", appointment)
    emit(AppointmentCancelled(str(appointment.pk), str(appointment.cancelled_by)))
    give_back(appointment, now)
    return appointment


def _begin(appointment: Appointment, by: Actor, now: datetime) -> None:
    appointment.move_to(Status.IN_CONSULTATION, at=now)
    appointment.save(update_fields=["status", "in_consultation_at"])
    note(by, "booking.start", appointment)


def _side_of(by: Actor) -> str:
    if by.is_system:
        return Appointment.CancelledBy.SYSTEM
    return Appointment.CancelledBy.CITIZEN if by.role == "citizen" else Appointment.CancelledBy.FACILITY
