"""Hold, book, check in, begin, fulfil, cancel: the life of an appointment."""

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Q

import audit
from booking import access, queries, slots
from booking.errors import (
    HoldExpired,
    NotBookable,
    PersonBusy,
    SlotPast,
    SlotTaken,
    TooEarly,
    TooLate,
    TooManyHolds,
)
from booking.events import (
    AppointmentBooked,
    AppointmentCancelled,
    AppointmentCheckedIn,
    AppointmentFulfilled,
    AppointmentHeld,
)
from booking.events import HoldExpired as HoldExpiredEvent
from booking.models import ACTIVE, Appointment, Schedule, Status
from core.actor import Actor
from core.errors import NotFound, WrongState
from core.events import emit
from identity import access as identity_access
from identity.models import Person, VisitType

HOUSEKEEPING = Actor.system("booking")


@transaction.atomic
def hold_slot(
    *,
    schedule_id: UUID,
    starts_at: datetime,
    visit_type_id: UUID,
    person_id: UUID,
    mode: str,
    reason: str = "",
    by: Actor,
    now: datetime,
) -> Appointment:
    """Keep a time for a person while they pay (BOOKING_HOLD_MINUTES). Asking again for the same keeps the same hold.

    Raises NotFound, SlotPast, NotBookable, OffGrid, SlotTaken, PersonBusy, TooManyHolds.
    """
    person = identity_access.get_person(by, person_id, "book")
    schedule = access.lock_times_of(schedule_id)
    _line_up(person, by)
    visit_type = VisitType.objects.filter(pk=visit_type_id).first()
    if visit_type is None:
        raise NotFound
    _let_go_of_overdue(schedule, person, now)
    known = _same_hold(schedule, person, visit_type, starts_at, mode)
    if known is not None:
        return known
    slot = _fit(schedule, visit_type, starts_at, mode, now)
    _look_at_the_person(person, slot, by, now)
    appointment = Appointment(
        schedule=schedule,
        practitioner_id=schedule.practitioner_id,
        facility_id=schedule.facility_id,
        person=person,
        booked_by=by.user_id,
        visit_type=visit_type,
        mode=mode,
        during=DateTimeTZRange(slot.starts_at, slot.ends_at),
        created_at=now,
        hold_expires_at=now + timedelta(minutes=settings.BOOKING_HOLD_MINUTES),
        price_amount=visit_type.price_amount,
        price_currency=visit_type.price_currency,
        reason=reason,
    )
    _insert(appointment)
    _note(by, "booking.hold", appointment)
    emit(AppointmentHeld(str(appointment.pk), appointment.hold_expires_at.isoformat()))  # type: ignore[union-attr]
    return appointment


@transaction.atomic
def book_appointment(*, appointment_id: UUID, by: Actor, now: datetime) -> Appointment:
    """Agree on the time that is kept; once booked it stays booked.

    Raises NotFound, HoldExpired when the time ran out (even if nobody noticed yet), WrongState when it was cancelled.
    """
    appointment = access.lock_appointment(by, appointment_id)
    if (appointment.booked_at is not None and appointment.status in ACTIVE) or appointment.status == Status.FULFILLED:
        return appointment
    if appointment.status == Status.EXPIRED or appointment.is_overdue(now):
        raise HoldExpired
    appointment.move_to(Status.BOOKED, at=now)
    appointment.hold_expires_at = None
    appointment.save(update_fields=["status", "booked_at", "hold_expires_at"])
    _note(by, "booking.book", appointment)
    emit(AppointmentBooked(str(appointment.pk)))
    return appointment


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
    zone = Schedule.objects.values_list("zone", flat=True).get(pk=appointment.schedule_id)
    if slots.wall(now, zone).date() < slots.wall(appointment.starts_at, zone).date():
        raise TooEarly
    appointment.move_to(Status.CHECKED_IN, at=now)
    appointment.save(update_fields=["status", "checked_in_at"])
    _note(by, "booking.check_in", appointment)
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
    _note(by, "booking.undo_check_in", appointment)
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
    """Note that the visit took place. Raises NotFound, WrongState."""
    appointment = access.lock_appointment(by, appointment_id)
    if appointment.status == Status.FULFILLED:
        return appointment
    if appointment.status in {Status.BOOKED, Status.CHECKED_IN}:
        _begin(appointment, by, now)  # the news of the beginning came late
    appointment.move_to(Status.FULFILLED, at=now)
    appointment.save(update_fields=["status", "fulfilled_at"])
    _note(by, "booking.fulfil", appointment)
    emit(AppointmentFulfilled(str(appointment.pk)))
    return appointment


@transaction.atomic
def cancel_appointment(*, appointment_id: UUID, reason: str = "", by: Actor, now: datetime) -> Appointment:
    """Give the time up. Citizens may until the visit begins, the facility until the doctor has started.

    Raises NotFound, TooLate, HoldExpired, WrongState.
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
    appointment.move_to(Status.CANCELLED, at=now)
    appointment.cancelled_by = _side_of(by)
    appointment.cancel_reason = reason[:500]
    appointment.save(update_fields=["status", "cancelled_at", "cancelled_by", "cancel_reason"])
    _note(by, "booking.cancel", appointment)
    emit(AppointmentCancelled(str(appointment.pk), str(appointment.cancelled_by)))
    return appointment


@transaction.atomic
def expire_hold(*, appointment_id: UUID, by: Actor, now: datetime) -> Appointment:
    """Let go of a kept time nobody confirmed; before its time, or once it is booked, nothing happens.

    Raises NotFound.
    """
    appointment = access.lock_appointment(by, appointment_id)
    if appointment.is_overdue(now):
        _expire(appointment, by, now)
    return appointment


def _line_up(person: Person, by: Actor) -> None:
    # One person at two doctors' doors at once: the second waits, so that busy and the number of holds are exact; the same
    # for one account that books for several people. Always taken after the schedules, first the person, then the account,
    # so lines cannot wait for each other.
    with connection.cursor() as cursor:
        for name in (f"booking person {person.pk}", f"booking account {by.user_id}"):
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])


def _let_go_of_overdue(schedule: Schedule, person: Person, now: datetime) -> None:
    overdue = Appointment.objects.select_for_update(of=("self",)).filter(
        Q(practitioner=schedule.practitioner_id) | Q(person=person), status=Status.HELD, hold_expires_at__lte=now
    )
    for appointment in overdue.order_by("pk"):
        _expire(appointment, HOUSEKEEPING, now)


def _same_hold(
    schedule: Schedule, person: Person, visit_type: VisitType, starts_at: datetime, mode: str
) -> Appointment | None:
    held = Appointment.objects.filter(
        schedule=schedule, person=person, visit_type=visit_type, mode=mode, status=Status.HELD
    )
    return held.filter(during__startswith=starts_at).first()


def _fit(schedule: Schedule, visit_type: VisitType, starts_at: datetime, mode: str, now: datetime) -> slots.Slot:
    if starts_at < now:
        raise SlotPast
    if starts_at > now + timedelta(days=schedule.horizon_days + 2):
        raise NotBookable
    day = slots.wall(starts_at, schedule.zone).date()
    if mode not in visit_type.modes or not queries.offers(schedule, visit_type, day):
        raise NotBookable
    around = timedelta(days=2)
    times = queries.times_of([schedule], starts_at - around, starts_at + around, now)[schedule.pk]
    return slots.fit(
        times.rules_for(visit_type),
        times.closures,
        times.busy,
        schedule.zone,
        visit_type.minutes,
        starts_at,
        now,
        timedelta(minutes=schedule.min_notice_minutes),
        schedule.horizon_days,
    )


def _look_at_the_person(person: Person, slot: slots.Slot, by: Actor, now: datetime) -> None:
    active = Appointment.objects.filter(person=person, status__in=ACTIVE)
    if active.filter(during__overlap=DateTimeTZRange(slot.starts_at, slot.ends_at)).exists():
        raise PersonBusy
    if active.filter(status=Status.HELD).count() >= settings.BOOKING_MAX_OPEN_HOLDS:
        raise TooManyHolds
    if by.user_id is not None and not by.is_staff:
        # A family may hold twice as much as one person, but no account a doctor's whole day, however many it acts for.
        theirs = Appointment.objects.filter(booked_by=by.user_id, status=Status.HELD, hold_expires_at__gt=now)
        if theirs.count() >= 2 * settings.BOOKING_MAX_OPEN_HOLDS:
            raise TooManyHolds


def _insert(appointment: Appointment) -> None:
    try:
        with transaction.atomic():
            appointment.save(force_insert=True)
    except IntegrityError as error:  # the exclusion constraints are the guards that never sleep
        name = getattr(getattr(error.__cause__, "diag", None), "constraint_name", "")
        if name == "appointment_practitioner_free":
            raise SlotTaken from error
        if name == "appointment_person_free":
            raise PersonBusy from error
        raise


def _begin(appointment: Appointment, by: Actor, now: datetime) -> None:
    appointment.move_to(Status.IN_CONSULTATION, at=now)
    appointment.save(update_fields=["status", "in_consultation_at"])
    _note(by, "booking.start", appointment)


def _expire(appointment: Appointment, by: Actor, now: datetime) -> None:
    appointment.move_to(Status.EXPIRED, at=now)
    appointment.save(update_fields=["status", "expired_at"])
    _note(by, "booking.expire", appointment)
    emit(HoldExpiredEvent(str(appointment.pk)))


def _side_of(by: Actor) -> str:
    if by.is_system:
        return Appointment.CancelledBy.SYSTEM
    return Appointment.CancelledBy.CITIZEN if by.role == "citizen" else Appointment.CancelledBy.FACILITY


def _note(by: Actor, action: str, appointment: Appointment) -> None:
    audit.record(by, action, appointment, person_id=appointment.person_id, facility_id=appointment.facility_id)
